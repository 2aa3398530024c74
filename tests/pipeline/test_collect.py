"""What a process that polls for years must not leave behind."""

import gc
from pathlib import Path

from monitor.pipeline.collect import SourceOutcome, run_collect
from tests.collect.faults import Reply, a_feed, a_world


def test_polls_in_one_process_set_objects_aside_from_the_garbage_collector_only_once(tmp_path: Path) -> None:
    set_aside: list[int] = []
    left: list[list[object]] = []

    def seen(_: SourceOutcome) -> None:
        set_aside.append(gc.get_freeze_count())
        ring: list[object] = []
        ring.append(ring)  # garbage of another job's, which comes while sources are polled
        left.append(ring)

    with a_world(tmp_path) as world:
        for number in range(3):
            world.add(f"one-{number}", lambda _: Reply(a_feed(1)))
            run_collect(world.store, world.config(), lambda: world.now, say=seen, force=True)
    assert len(set_aside) == 6
    assert max(set_aside) == set_aside[0]
