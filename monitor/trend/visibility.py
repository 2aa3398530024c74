"""How visible social work is beside teachers, nurses and police in the same sources.

Mentions of social work for each mention of another profession: what the sources have in common, such as a
feed that was added or a week without collection, drops out of it. The interval is that of a share of two
kinds (Wilson 1927, JASA 22, 209-212) turned into a ratio. Mentions of one item are not independent of each
other, so it rests on the items that name either; items of one story are not either, so over several weeks it
is widened by how much the split of weeks varies beyond chance.
"""

from collections.abc import Iterable, Mapping, Sequence

from monitor.clock import Week
from monitor.findings import MentionRatio
from monitor.trend.shares import score_limits
from monitor.types import ProfessionCount

SOCIAL_WORK = "social_work"
MINIMUM_DISPERSION_WEEKS = 8

Cell = tuple[str, Week]
"""Group and week."""


def weekly_ratios(counts: Sequence[ProfessionCount]) -> list[MentionRatio]:
    """Return social work beside each other profession, by group, week, and in the order of the counts."""
    cells = _by_cell(counts)
    return [
        _ratio(week, group, profession, [cell], 1.0)
        for (group, week), cell in cells.items()
        for profession in _others(cell)
    ]


def pooled_ratios(counts: Sequence[ProfessionCount]) -> list[MentionRatio]:
    """Return the same over all weeks taken together, by group."""
    groups: dict[str, list[Mapping[str, ProfessionCount]]] = {}
    for (group, _), cell in _by_cell(counts).items():
        groups.setdefault(group, []).append(cell)
    return [
        _ratio(None, group, profession, cells, split_dispersion(cells, profession))
        for group, cells in groups.items()
        for profession in _others(cells[0])
    ]


def split_dispersion(cells: Sequence[Mapping[str, ProfessionCount]], profession: str) -> float:
    """Return Pearson's chi-squared over its degrees of freedom for an equal split of items, at least 1.

    With fewer than eight weeks that have items, or where all of them name the same one, it is 1.
    """
    pairs = [(cell[SOCIAL_WORK].items, cell[profession].items) for cell in cells]
    pairs = [(ours, theirs) for ours, theirs in pairs if ours + theirs]
    ours, both = sum(pair[0] for pair in pairs), sum(map(sum, pairs))
    if len(pairs) < MINIMUM_DISPERSION_WEEKS or ours in (0, both):
        return 1.0
    share = ours / both
    squares = ((own - (own + other) * share) ** 2 / (own + other) for own, other in pairs)
    return max(1.0, sum(squares) / (share * (1 - share)) / (len(pairs) - 1))


def _by_cell(counts: Iterable[ProfessionCount]) -> dict[Cell, dict[str, ProfessionCount]]:
    cells: dict[Cell, dict[str, ProfessionCount]] = {}
    for count in counts:
        cells.setdefault((count.group, count.week), {})[count.profession] = count
    return dict(sorted(cells.items()))


def _others(cell: Mapping[str, ProfessionCount]) -> list[str]:
    return [profession for profession in cell if profession != SOCIAL_WORK]


def _ratio(
    week: Week | None,
    group: str,
    profession: str,
    cells: Sequence[Mapping[str, ProfessionCount]],
    dispersion: float,
) -> MentionRatio:
    ours, theirs = ([cell[name] for cell in cells] for name in (SOCIAL_WORK, profession))
    items, other_items = sum(c.items for c in ours), sum(c.items for c in theirs)
    mentions, other_mentions = sum(c.mentions for c in ours), sum(c.mentions for c in theirs)
    if not other_mentions:
        return MentionRatio(
            week, group, profession, items, mentions, other_items, other_mentions, None, None, None
        )
    share = mentions / (mentions + other_mentions)
    low, high = score_limits(share, (items + other_items) / dispersion)
    return MentionRatio(
        week, group, profession, items, mentions, other_items, other_mentions,
        mentions / other_mentions, low / (1 - low), high / (1 - high) if high < 1 else None,
    )  # fmt: skip
