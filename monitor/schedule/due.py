"""Pure decisions over times: how the clock stands, and when to try again."""

from datetime import datetime, timedelta

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0


def jumped_back(before: datetime, after: datetime, seconds: float, pace: float = 1.0) -> bool:
    """Tell whether the wall clock fell behind by more than a minute over so many true seconds.

    Args:
        pace: how much faster than true time the clock runs; the two are read up to a second apart.
    """
    return after - before < timedelta(seconds=(seconds - 1) * pace - 59)


def retry_wait(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 1, doubling up to 60."""
    return min(FIRST_WAIT * 2.0 ** min(failures - 1, 10), LONGEST_WAIT)
