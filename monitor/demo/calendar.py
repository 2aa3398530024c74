"""The 182 weeks of the sample, and what share of each week's stories is of which kind.

A kind is the name of a file of passages, or ``scandal/FRAME`` for a story of the Saltmarle case.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from monitor.clock import LONDON, Week
from monitor.types import Event

WEEKS = 182
ARCHIVE_WEEKS = 174
"""The weeks that come from the bundled archive; those after come from the feeds."""
SCANDAL_WEEK = 142
"""Two and a half years in, so that its study has enough placebo weeks before it."""
LAST_WEEK = Week(2026, 46)
DEMO_NOW = datetime(2026, 11, 16, 7, tzinfo=LONDON).astimezone(UTC)
"""The Monday morning after the last week, when the demo's report is written."""

DAEMON_START = datetime(2026, 11, 15, 18, tzinfo=LONDON).astimezone(UTC)
"""The Sunday evening on which the demo's daemon starts."""

DEMO_EVENT = Event(
    id="DEMO1",
    date="2026-02-03",
    precision="day",
    name="Kit Arlen verdict (Saltmarle, invented)",
    nation="England",
    type="verdict",
    expected_frames=("incompetent", "blamed", "secretive"),
    note="A man is convicted of murdering a four-year-old known to social services in an invented borough",
    verified=True,
)

QUIET = 20
"""Relevant stories in the thinnest weeks; no week has fewer."""
_OFF_TOPIC = 15
_VOLUME_HALF_LIFE = 3.0
_SHARE_HALF_LIFE = 5.0

_BASE = {
    "neutral": 0.37,
    "incompetent": 0.185,
    "positive": 0.11,
    "over_zealous": 0.075,
    "reform": 0.08,
    "expert": 0.04,
    "misconduct": 0.03,
    "bureaucratic": 0.025,
    "blamed": 0.02,
    "secretive": 0.02,
    "ideological": 0.015,
    "scapegoated": 0.015,
}
_FALL = {"incompetent": 0.49, "blamed": 0.10, "secretive": 0.05}
"""Shares that the scandal takes in its first week; they halve every five weeks."""
_AFTER = {"scapegoated": 0.07, "overstretched": 0.06, "reform": 0.09}
"""Shares at the height of what follows, nine weeks in."""
_CAMPAIGN = 0.20


def week_at(number: int) -> Week:
    """Return the week of a number from 1 to ``WEEKS``."""
    return LAST_WEEK.plus(number - WEEKS)


def is_quiet(number: int) -> bool:
    """Tell whether newsrooms are on holiday: August, and the two weeks around Christmas."""
    monday = week_at(number).monday()
    return monday.month == 8 or (monday.month, monday.day // 20) == (12, 1)


def volume(number: int) -> float:
    """Return what the scandal multiplies a week's relevant stories by: 3 for two weeks, then falling to 1."""
    if number < SCANDAL_WEEK:
        return 1.0
    age = max(0, number - SCANDAL_WEEK - 1)
    return 1 + 2 * math.exp2(-age / _VOLUME_HALF_LIFE)


def off_topic_count(number: int) -> int:
    """Return how many stories of a week are not about social work."""
    return _OFF_TOPIC - 4 if is_quiet(number) else _OFF_TOPIC


def mix(number: int) -> Mapping[str, float]:
    """Return kind to its expected share of a week's relevant stories; they sum to 1."""
    lifts = _scandal(number)
    if number == WEEKS:
        lifts["campaign"] = _CAMPAIGN
    base = _BASE | {"overstretched": 0.06 + 0.06 * number / WEEKS}
    left = (1 - sum(lifts.values())) / sum(base.values())
    return {kind: share * left for kind, share in base.items()} | lifts


def _scandal(number: int) -> dict[str, float]:
    age = number - SCANDAL_WEEK
    if age < 0:
        return {}
    fading = math.exp2(-age / _SHARE_HALF_LIFE)
    lifts = {f"scandal/{frame}": share * fading for frame, share in _FALL.items()}
    lifts["scandal/neutral"] = 0.10 * fading**2
    rise = max(0.0, (age - 3) / 6)
    lifts |= {f"scandal/{frame}": share * rise * math.exp(1 - rise) for frame, share in _AFTER.items()}
    return lifts
