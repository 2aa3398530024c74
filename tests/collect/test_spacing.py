"""The pause between two requests to a host."""

from monitor.clock import stopwatch
from monitor.collect import loop
from monitor.collect.spacing import Turns


def test_the_pause_after_a_request_holds_in_the_next_round_too() -> None:
    async def one_round(host: str) -> None:
        async with Turns(pause=0.4, at_once=2).turn(f"http://{host}/feed"):
            pass

    loop.run(one_round("paused.example"))
    took = stopwatch()
    loop.run(one_round("other.example"))
    assert took() < 0.3
    loop.run(one_round("paused.example"))
    assert took() >= 0.3
