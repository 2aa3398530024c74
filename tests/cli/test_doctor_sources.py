import json
from pathlib import Path

from monitor.config.load import load_config
from monitor.demo.newsroom import BROKEN_SOURCE, serve_newsroom
from tests.cli.conftest import Run


def test_every_address_is_asked_and_the_day_is_recorded_for_those_that_answer(run: Run, folder: Path) -> None:
    with serve_newsroom() as newsroom:
        (folder / "feeds.yaml").write_text(newsroom.feeds_yaml, "utf-8")
        result = run("doctor", "--sources", "--record", "--json")

    found = {one["source"]: one for one in json.loads(result.stdout)["sources"]}
    checked = load_config(folder / "feeds.yaml").checked

    assert result.exit_code == 1
    (said,) = result.stderr.splitlines()
    assert said.startswith(f"monitor: 1 of {len(found)} addresses: no feed answers; ")
    assert [key for key, one in found.items() if not one["answers"]] == [BROKEN_SOURCE]
    assert "HTML page" in found[BROKEN_SOURCE]["finding"]
    assert {key for key, day in checked.items() if day is None} == {BROKEN_SOURCE}
    assert not (folder / "monitor.db").exists()
