"""Memory is given back to the system."""

import ctypes
from pathlib import Path

import pytest

from monitor.schedule.memory import give_back

MB = 1 << 20


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc")
def test_memory_that_was_freed_below_what_is_still_held_goes_back() -> None:
    blocks = [bytearray(50_000) for _ in range(2_000)]
    before = resident()
    held = blocks[-1]
    del blocks

    assert give_back()
    assert len(held) == 50_000
    assert resident() < before - 50 * MB
