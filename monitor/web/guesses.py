"""Wrong passwords, counted by the address that they come from, so that nobody can try many."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from monitor.clock import Clock

MOST_WRONG: Final = 10
WITHIN: Final = timedelta(minutes=5)
"""From the first wrong password on; when it is over, counting begins anew."""
MOST_ADDRESSES: Final = 4096
"""Those that guessed longest ago are forgotten first, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class _Wrong:
    since: datetime
    count: int


class Guesses:
    """Tells which addresses must wait, for all answers of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()

    def wait(self, address: str) -> int:
        """Return the seconds until an address may try a password again; 0 where it may now."""
        left = self._left(self._wrong.get(_neighbourhood(address)))
        return 0 if left is None or left.count < MOST_WRONG else self._seconds(left)

    def note(self, address: str) -> None:
        """Count a wrong password."""
        key = _neighbourhood(address)
        before = self._left(self._wrong.pop(key, None)) or _Wrong(self._clock(), 0)
        self._wrong[key] = _Wrong(before.since, before.count + 1)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)

    def _left(self, wrong: _Wrong | None) -> _Wrong | None:
        """Return what still counts; a clock that was put back ends a count too."""
        if wrong is None or not timedelta(0) <= self._clock() - wrong.since < WITHIN:
            return None
        return wrong

    def _seconds(self, wrong: _Wrong) -> int:
        return max(1, round((wrong.since + WITHIN - self._clock()).total_seconds()))


def _neighbourhood(address: str) -> str:
    """Return an address, of IPv6 its /64, which one customer has whole; what is none counts as one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)
