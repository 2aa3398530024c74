"""Samples give every item of a stratum the same chance, and plans follow the formula that they cite."""

from collections import Counter

import numpy as np
import pytest

from monitor.label.sampling import LEAST_CODES, Lottery, allocate, hashed, need, sample_key, wilson
from monitor.types import Stratum

STRATA: tuple[Stratum, ...] = ("relevant", "close", "irrelevant", "unlabelled")


def drawn(key: int, items: int, count: int, batch: int = 7) -> list[int]:
    """Draw of the items 1 to ``items``, all relevant, that come in batches."""
    lottery = Lottery(key, STRATA, count)
    for start in range(1, items + 1, batch):
        ids = range(start, min(start + batch, items + 1))
        lottery.add(ids, [0] * len(ids))
    return list(lottery.winners({"relevant": count}))


def test_a_sample_is_the_same_whatever_the_batches_it_was_drawn_from() -> None:
    assert drawn(5, 1_000, 40, batch=7) == drawn(5, 1_000, 40, batch=999)


def test_another_seed_or_name_draws_another_sample() -> None:
    keys = {sample_key("random-1", 1), sample_key("random-1", 2), sample_key("random-2", 1)}

    assert len(keys) == 3
    assert len({tuple(drawn(key, 1_000, 40)) for key in keys}) == 3


def test_every_item_and_every_pair_of_items_is_drawn_equally_often() -> None:
    """5,000 samples of 3 out of 12: chances are 1/4 an item and 1/22 a pair; bounds of 4.5 deviations."""
    items, pairs = Counter[int](), Counter[tuple[int, int]]()
    for seed in range(5_000):
        sample = sorted(drawn(sample_key("s", seed), 12, 3, batch=12))
        items.update(sample)
        pairs.update((a, b) for place, a in enumerate(sample) for b in sample[place + 1 :])

    assert len(pairs) == 66
    assert all(abs(count - 1_250) < 4.5 * (5_000 * 0.25 * 0.75) ** 0.5 for count in items.values())
    assert all(abs(count - 227.3) < 4.5 * (5_000 / 22 * 21 / 22) ** 0.5 for count in pairs.values())


def test_the_order_of_handing_out_is_one_of_chance_too() -> None:
    firsts = Counter(drawn(sample_key("s", seed), 6, 6)[0] for seed in range(3_000))

    assert all(abs(count - 500) < 4.5 * (3_000 / 6 * 5 / 6) ** 0.5 for count in firsts.values())


def test_numbers_of_different_items_never_meet() -> None:
    ids = np.arange(1, 200_001, dtype=np.int64)

    assert len(np.unique(hashed(ids, 12345))) == len(ids)


def test_strata_are_counted_and_never_give_more_than_they_have() -> None:
    lottery = Lottery(3, STRATA, 50)
    lottery.add(range(1, 101), [0, 1, 2, 2] * 25)

    wanted = allocate(lottery.items, 60)
    winners = lottery.winners(wanted)

    assert lottery.items == {"relevant": 25, "close": 25, "irrelevant": 50, "unlabelled": 0}
    assert wanted == {"relevant": 25, "close": 22, "irrelevant": 13}
    assert Counter(winners.values()) == wanted
    assert {item % 4 for item, stratum in winners.items() if stratum == "relevant"} == {1}


@pytest.mark.parametrize(
    ("items", "size", "expected"),
    [
        ({"relevant": 900, "close": 900, "irrelevant": 9_000, "unlabelled": 900}, 100, (50, 25, 15, 10)),
        ({"relevant": 1, "close": 900, "irrelevant": 9_000, "unlabelled": 0}, 40, (1, 24, 15, 0)),
        ({"relevant": 3, "close": 0, "irrelevant": 2, "unlabelled": 0}, 300, (3, 0, 2, 0)),
        ({"relevant": 500, "close": 500, "irrelevant": 500, "unlabelled": 500}, 9, (3, 2, 2, 2)),
        ({}, 10, (0, 0, 0, 0)),
    ],
)
def test_codes_are_spread_by_shares_and_what_a_small_stratum_lacks_goes_to_the_others(
    items: dict[Stratum, int], size: int, expected: tuple[int, ...]
) -> None:
    found = allocate(items, size)

    assert tuple(found.get(stratum, 0) for stratum in STRATA) == expected


def test_a_plan_without_codes_is_cochrans_size_for_a_share() -> None:
    """z² p q / d² = 1.96² x .1 x .9 / .03² = 384.1; of 2,000 items 322.4."""
    found = need("positive", hits=200, strata={"relevant": 2_000, "irrelevant": 9_000}, half_width=0.03)

    assert (found.share, found.relevant_codes) == (0.1, 323)
    assert found.codes == 420  # 323 at 50 in 65


def test_a_plan_believes_the_error_seen_in_codes_only_once_they_are_enough() -> None:
    strata: dict[Stratum, int] = {"relevant": 2_000}

    def codes(coded: int, wrong: int) -> int:
        found = need("positive", hits=1_000, strata=strata, half_width=0.05, coded=coded, wrong=wrong)
        return found.relevant_codes or 0

    assert codes(LEAST_CODES - 1, 0) == codes(0, 0) == 323
    assert codes(200, 8) < codes(40, 2) < codes(0, 0)
    assert codes(200, 150) == codes(0, 0)


def test_where_the_model_finds_none_or_all_nothing_is_planned_from_nothing() -> None:
    for hits in (0, 50):
        found = need("positive", hits=hits, strata={"relevant": 50}, half_width=0.05)
        assert (found.codes, found.relevant_codes, found.variance) == (None, None, None)
        assert "code a sample first" in found.reason


def test_wilson_agrees_with_a_published_example() -> None:
    """81 of 263: .2553 to .3662 (Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3)."""
    low, high = wilson(81 / 263, 263)

    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
