import re
from dataclasses import replace

import pytest

from monitor.report.anatomy import lay_out, plot_of
from monitor.report.opening import strip
from monitor.report.render import text_document
from monitor.report.rows import datasets
from monitor.report.usual import middle_half, usual_hits, usual_shares, usual_tone, usual_volume
from monitor.types import WeekCount
from tests.report.conftest import WEEK, monthly_data, report_data


def counted(relevant: list[int], hits: list[int]) -> list[WeekCount]:
    """Weeks of so many items, the newest last; the last is the week of the report."""
    size = len(relevant)
    return [
        WeekCount(WEEK.plus(place - size + 1), "national", 500, n, 0, n, 0, {"positive": k})
        for place, (n, k) in enumerate(zip(relevant, hits, strict=True))
    ]


def test_the_mean_is_of_all_items_of_the_four_weeks_before_and_not_of_their_shares() -> None:
    data = report_data(counted([30, 10, 40, 20, 99], [3, 5, 4, 2, 99]))
    usual = usual_shares(data)["positive"]
    assert usual.mean == pytest.approx(14 / 100)
    assert usual.mean_n == 100


def test_the_middle_half_lies_between_the_quartiles_of_the_weeks_before() -> None:
    data = report_data(counted([100] * 9 + [100], [*range(10, 19), 90]))
    usual = usual_shares(data)["positive"]
    assert usual.low == pytest.approx(0.12)
    assert usual.high == pytest.approx(0.16)
    assert usual_hits(data, "positive").high == pytest.approx(16)


def test_weeks_of_few_items_have_no_share_to_take_quartiles_of() -> None:
    data = report_data(counted([19] * 30, [3] * 30))
    usual = usual_shares(data)["positive"]
    assert (usual.low, usual.high) == (None, None)
    assert usual_volume(data).low == 19


def test_fewer_than_eight_weeks_have_no_middle_half() -> None:
    assert middle_half([1.0] * 7) == (None, None)
    assert middle_half([1.0] * 8) == (1.0, 1.0)


def test_no_week_beyond_a_year_before_is_usual() -> None:
    data = report_data(counted([100] * 40 + [20] * 52 + [50], [0] * 93))
    assert (usual_volume(data).low, usual_volume(data).high) == (20, 20)


def test_a_month_is_set_against_blocks_of_as_many_weeks() -> None:
    data = monthly_data()
    weeks = {week: items or 0 for week, items in data.findings.weekly_relevant}
    first = data.since
    blocks = [sum(weeks[first.plus(-4 * k + j)] for j in range(4)) for k in range(1, 5)]
    assert usual_volume(data).mean == sum(blocks) / 4


def test_the_period_itself_is_no_part_of_what_is_usual() -> None:
    data = report_data(counted([100] * 20, [10] * 20))
    changed = [replace(p, share=0.9) if p.week == WEEK else p for p in data.findings.shares]
    assert usual_shares(replace(data, findings=replace(data.findings, shares=changed))) == usual_shares(data)


def with_gap(gap: range, size: int = 30) -> list[WeekCount]:
    """Weeks of forty items, but for those so long ago that were not read."""
    counts = counted([40] * size, [10] * size)
    return [count for count in counts if (WEEK.monday() - count.week.monday()).days // 7 not in gap]


def test_weeks_that_were_not_read_are_no_part_of_what_is_usual() -> None:
    data = report_data(with_gap(range(4, 28)))
    assert (usual_volume(data).mean, usual_volume(data).low) == (40, None)
    data = report_data(with_gap(range(4, 20)))
    assert (usual_volume(data).low, usual_volume(data).high) == (40, 40)
    assert (usual_hits(data, "positive").low, usual_hits(data, "positive").mean) == (10, 10)


def test_a_week_that_was_read_and_had_no_item_counts_as_one_without_coverage() -> None:
    data = report_data(counted([0] * 12 + [40], [0] * 12 + [10]))
    assert (usual_volume(data).mean, usual_volume(data).high) == (0, 0)


def test_the_mean_is_of_those_of_the_four_weeks_before_that_were_read() -> None:
    counts = counted([10] * 20 + [40, 40, 50], [0] * 23)
    data = report_data([count for count in counts if count.week not in (WEEK.plus(-3), WEEK.plus(-4))])
    assert usual_volume(data).mean == 40


def test_a_month_with_a_week_that_was_not_read_is_no_usual_month() -> None:
    whole = monthly_data()
    gone = whole.since.plus(-6)
    weekly = [(week, None if week == gone else n) for week, n in whole.findings.weekly_relevant]
    data = replace(whole, findings=replace(whole.findings, weekly_relevant=weekly))
    blocks = [sum(dict(whole.findings.weekly_relevant)[whole.since.plus(-4 * k + j)] or 0 for j in range(4))
              for k in (1, 3, 4)]  # fmt: skip
    assert usual_volume(data).mean == sum(blocks) / 3


def test_weeks_that_were_not_read_are_a_gap_in_the_chart_and_not_read_in_the_table() -> None:
    data = report_data(with_gap(range(5, 21)))
    rows = datasets(plot_of(data))
    assert len(rows["items"]) == 30 - 16
    assert {row["share of items"] for row in rows["weekly"] if row["n"] == 0} == {"not read"}
    text = " ".join(text_document(lay_out(data)).split())
    table = text.split("Four weeks to")[1].split("HOW MUCH COVERAGE")[0]
    assert len(re.findall("not read not read not read", table)) == 3
    assert "no items" not in table
    picture = next(part for part in lay_out(data).parts if part.id == "volume")
    assert "16 weeks without a bar were not read." in str(picture.blocks)


def test_the_net_tone_stands_beside_its_mean_its_middle_half_and_a_verdict() -> None:
    def toned(favourable: int, back: int) -> WeekCount:
        return WeekCount(WEEK.plus(-back), "national", 500, 40, 10, 30 - favourable, favourable, {})

    past = [toned(6 + back % 5, back) for back in range(1, 21)]
    data = report_data([toned(24, 0), *past])
    usual = usual_tone(data)
    assert usual.mean == pytest.approx((7 + 8 + 9 + 10 - 40) / 160)
    assert usual.mean_n == 160
    assert usual.low == pytest.approx(-3 / 40)
    assert usual.high == pytest.approx(-1 / 40)
    tone = strip(data).figures[-1]
    assert (tone.name, tone.mean, tone.usual) == ("Net tone", "−4 of 160", "−8 to −2")
    assert tone.verdict == "above the middle half"
    assert strip(report_data([toned(8, 0), *past])).figures[-1].verdict == "as usual"
    assert strip(report_data([toned(0, 0), *past])).figures[-1].verdict == "below the middle half"
    young = strip(report_data([toned(24, 0), *past[:7]])).figures[-1]
    assert (young.usual, young.verdict) == ("too few weeks of 20 items", "too few weeks to compare")
