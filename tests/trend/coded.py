"""Items as people and a model see them, with only what a test names."""

from collections.abc import Iterator

from monitor.clock import Week
from monitor.types import Band, CodedUnit, Depth, FrameLabel, Judgement, Stratum
from tests.trend.conftest import FRAMES, WEEK

FRAME = "incompetent"


def a_unit(
    said: bool | None = True,
    coded: bool | None = True,
    week: Week = WEEK,
    *,
    inclusion: float = 0.1,
    stratum: Stratum | None = None,
    band: Band = "neutral",
    tone: int | None = None,
) -> CodedUnit:
    """``said`` and ``coded``: whether the model and people see FRAME in it; None: they find it irrelevant."""
    relevant = said is not None
    frames = {
        frame: FrameLabel(0.9 if said and frame == FRAME else 0.1, bool(said) and frame == FRAME, False)
        for frame in FRAMES
    }
    label = Judgement(
        Depth.TITLE, 0.9 * relevant, relevant, relevant, 0.0, band if relevant else None, frames, None, 1, ()
    )
    return CodedUnit(
        item_id=1,
        revision_id=1,
        depth=Depth.TITLE,
        week=week,
        outlet="Daily Post",
        outlet_type="national",
        nation="England",
        sample="first",
        stratum=stratum or ("relevant" if relevant else "irrelevant"),
        inclusion=inclusion,
        label=label,
        relevant=coded is not None,
        frames=frozenset({FRAME} if coded else ()),
        tone=tone,
        coders=1,
    )


def a_sample(week: Week = WEEK, *, right: int = 18, missed: int = 12, size: int = 1) -> Iterator[CodedUnit]:
    """Yield 180 codes of a week, times ``size``.

    Of 30 items said to carry the frame ``right`` do; of 100 said not to, ``missed`` do; 50 are irrelevant.
    """
    for _ in range(size):
        yield from (a_unit(True, number < right, week) for number in range(30))
        yield from (a_unit(False, number < missed, week) for number in range(100))
        yield from (a_unit(None, None, week) for _ in range(50))
