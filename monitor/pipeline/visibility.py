"""Visibility: mentions of social work beside other professions, from the weekly sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from monitor.clock import Week
from monitor.findings import MentionRatio
from monitor.store.open import Store
from monitor.store.professions import weekly_professions
from monitor.trend.visibility import pooled_ratios, weekly_ratios
from monitor.types import Grouping, ProfessionCount

METHOD = (
    "mentions in titles and summaries of all items, whatever they are about, by one lexicon for all four "
    "professions; first revisions; wire copies counted once; ratio of mentions of social work to those of "
    "the other profession, 95 % interval on the items that name either, over all weeks widened for variation "
    "between weeks"
)
NOTHING = "no item is stored for these weeks"
ALL_WEEKS = (Week(1900, 1), Week(2199, 1))


@dataclass(frozen=True, slots=True)
class Visibility:
    """Counts by week, and social work beside each other profession, by week and over all of them."""

    counts: Sequence[ProfessionCount]
    weekly: Sequence[MentionRatio]
    pooled: Sequence[MentionRatio]


def read_visibility(store: Store, weeks: tuple[Week, Week] | None, by: str | None = None) -> Visibility:
    """Return the visibility of social work in the given weeks, or all.

    Args:
        by: a `Grouping`, or None.
    """
    first, last = weeks or ALL_WEEKS
    with store.reading() as session:
        counts = weekly_professions(session, first, last, cast("Grouping | None", by))
    return Visibility(counts, weekly_ratios(counts), pooled_ratios(counts))


def visibility_json(found: Visibility) -> dict[str, object]:
    """Return the answer of ``monitor visibility --json``."""
    return {
        "method": METHOD,
        "status": "ok" if found.counts else "not_estimable",
        "reason": "" if found.counts else NOTHING,
        "rows": [_count_json(count) for count in found.counts],
        "ratios": [_ratio_json(row) for row in found.weekly],
        "pooled": [_ratio_json(row) for row in found.pooled],
    }


def _count_json(count: ProfessionCount) -> dict[str, object]:
    return {
        "week": str(count.week),
        "group": count.group,
        "profession": count.profession,
        "items": count.items,
        "mentions": count.mentions,
    }


def _ratio_json(row: MentionRatio) -> dict[str, object]:
    return {
        **({} if row.week is None else {"week": str(row.week)}),
        "group": row.group,
        "profession": row.profession,
        "n": row.items + row.other_items,
        "mentions": row.mentions,
        "other_mentions": row.other_mentions,
        "ratio": row.ratio,
        "low": row.low,
        "high": row.high,
    }
