import pytest

from monitor.errors import UsageError
from monitor.label.codebook import load_codebook


def test_the_codebook_has_twelve_frames_of_which_three_are_core() -> None:
    codebook = load_codebook()
    assert len(codebook.ids) == 12
    assert codebook.core == ("incompetent", "over_zealous", "positive")
    assert codebook.version == "0.2"


def test_each_frame_is_defined_with_examples_and_a_hypothesis() -> None:
    assert all(
        frame.definition and frame.hypothesis and len(frame.examples) == 3 for frame in load_codebook().frames
    )


def test_an_unknown_frame_is_refused_with_those_there_are() -> None:
    load_codebook().require(["reform"])
    with pytest.raises(UsageError, match="incompetent"):
        load_codebook().require(["sacked"])
