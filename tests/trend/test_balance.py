from monitor.trend.balance import compare_volume, fail_over_ratio, sum_tone
from tests.trend.conftest import WEEK, a_count


def test_volume_stands_beside_the_median_and_range_of_the_weeks_that_were_read() -> None:
    before = [
        a_count(WEEK.plus(-back), items, labelled=100) for back, items in enumerate((4, 8, 30), start=1)
    ]
    volume = compare_volume(a_count(WEEK, 12, labelled=90), before, weeks=12)
    assert (volume.labelled, volume.relevant) == (90, 12)
    assert (volume.covered, volume.median, volume.lowest, volume.highest) == (3, 8, 4, 30)
    without_item = a_count(WEEK.plus(-4), 0, labelled=0)
    volume = compare_volume(a_count(WEEK, 12), [*before, without_item], weeks=12)
    assert (volume.covered, volume.median, volume.lowest) == (4, 6, 0)


def test_volume_without_anything_before_it_has_no_median() -> None:
    volume = compare_volume(None, [], weeks=12)
    assert (volume.relevant, volume.covered, volume.median, volume.lowest) == (0, 0, None, None)


def test_net_tone_is_positive_less_negative_over_all_relevant_items() -> None:
    tone = sum_tone([a_count(relevant=10, negative=5, positive=1), a_count(relevant=10, positive=2)])
    assert (tone.n, tone.negative, tone.neutral, tone.positive, tone.net) == (20, 5, 12, 3, -0.1)
    assert sum_tone([]).net is None


def test_the_ratio_of_the_two_ways_to_fail_needs_an_item_of_the_second() -> None:
    assert fail_over_ratio([a_count(relevant=9, hits={"incompetent": 6, "over_zealous": 4})]) == 1.5
    assert fail_over_ratio([a_count(relevant=9, hits={"incompetent": 6})]) is None
