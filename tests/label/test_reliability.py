from pathlib import Path

import numpy as np
import pytest

from monitor.errors import InputError
from monitor.label.corpus import Coded
from monitor.label.metrics import binary_alpha
from monitor.label.reliability import agreement, agreement_json, differing, gwet_ac1, read_agreement

# The binary example of Krippendorff (2011), Computing Krippendorff's alpha-reliability, section A.
MEG = np.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], dtype=bool)
OWEN = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0], dtype=bool)


def coded(id_: str, *frames: str, tone: int = 0) -> Coded:
    return Coded(id_, f"Headline {id_}", "", relevant=True, frames=frames, tone=tone)


def test_alpha_is_the_published_one() -> None:
    assert binary_alpha(MEG, OWEN) == pytest.approx(0.095, abs=0.0005)


def test_ac1_stays_high_for_a_rare_code_on_which_coders_nearly_always_agree() -> None:
    one, other = np.zeros(200, dtype=bool), np.zeros(200, dtype=bool)
    one[0] = other[1] = True

    assert (binary_alpha(one, other) or 0) < 0.01
    assert gwet_ac1(one, other) > 0.98


def test_only_items_that_both_coded_are_compared_and_each_code_by_itself() -> None:
    first = [coded("a", "incompetent"), coded("b", "incompetent", "blamed"), coded("c"), coded("d", "reform")]
    second = [coded("a", "incompetent"), coded("b", "incompetent"), coded("c", tone=-1)]
    figures = {one.code: one for one in agreement(first, second)}

    assert figures["incompetent"].n == 3
    assert figures["incompetent"].alpha == pytest.approx(1.0)
    assert (figures["blamed"].first, figures["blamed"].second, figures["blamed"].both) == (1, 0, 0)
    assert figures["reform"].alpha is None
    assert differing(first, second) == ["b", "c"]
    assert all(isinstance(row["code"], str) for row in agreement_json(list(figures.values())))


def test_files_that_share_no_id_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        line = f'{{"id": "{name}", "relevant": false, "frames": [], "tone": null}}\n'
        (tmp_path / name).write_text(line, "utf-8")

    with pytest.raises(InputError, match="shares no id"):
        read_agreement(tmp_path / "one", tmp_path / "two")
