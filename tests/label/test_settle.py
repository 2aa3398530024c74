"""Codes of several people, settled to one for each item."""

import pytest

from monitor.label.corpus import Coded
from monitor.label.settle import settled


def code(coder: str, *frames: str, relevant: bool = True, tone: int | None = None, item: str = "1") -> Coded:
    return Coded(item, "Title", "", relevant, frames, tone, author=coder)


def test_an_item_gets_what_most_of_its_coders_say_and_all_their_names() -> None:
    found = settled(
        [
            code("ann", "reform", tone=-2),
            code("ben", "reform", "expert", tone=-1),
            code("cyn", "reform", tone=1),
            code("dan", relevant=False),
        ]
    )
    (one,) = found.coded
    assert (one.relevant, one.frames, one.tone, one.author) == (True, ("reform",), -1, "ann, ben, cyn, dan")
    assert not found.tied


@pytest.mark.parametrize("other", [code("ben", "reform", "expert"), code("ben", relevant=False)])
def test_an_item_whose_coders_are_tied_is_left_out_and_told(other: Coded) -> None:
    found = settled([code("ann", "reform"), other, code("ann", item="2")])
    assert [one.id for one in found.coded] == ["2"]
    assert found.tied == ["1"]


def test_a_tie_on_tone_leaves_the_tone_open_and_the_item_in() -> None:
    (one,) = settled([code("ann", "reform", tone=-1), code("ben", "reform", tone=1)]).coded
    assert one.tone is None


def test_what_one_person_coded_stays_as_it_is() -> None:
    alone = code("ann", "reform", "expert", tone=-2)
    (one,) = settled([alone]).coded
    assert set(one.frames) == {"reform", "expert"}
    assert (one.tone, one.author, one.relevant) == (-2, "ann", True)
