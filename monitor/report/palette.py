"""The colours of pages and charts, by day and by night; text keeps at least 4.5 to 1 against its ground."""

from collections.abc import Mapping, Sequence

Palette = Mapping[str, str]
"""Role to colour; charts know each role as a parameter of that name."""

LIGHT: Palette = {
    "paper": "#ffffff",
    "ink": "#1d2329",
    "soft": "#5f6b76",
    "hair": "#e4e7ea",
    "mark": "#9aa3ab",
    "bar": "#b9c1c8",
    "incompetent": "#b5403a",
    "over_zealous": "#c67f12",
    "positive": "#2f7d5d",
    "other": "#5f6b76",
    "heat": "#2b5f8a",
    "incompetent_ink": "#a63832",
    "over_zealous_ink": "#8a5a08",
    "positive_ink": "#256b4e",
    "other_ink": "#5f6b76",
}
DARK: Palette = {
    "paper": "#14181c",
    "ink": "#e8ebee",
    "soft": "#a3aeb8",
    "hair": "#2c343b",
    "mark": "#6b7782",
    "bar": "#515c66",
    "incompetent": "#e0736b",
    "over_zealous": "#dca548",
    "positive": "#5fb78f",
    "other": "#a3aeb8",
    "heat": "#4f93c8",
    "incompetent_ink": "#ec8f88",
    "over_zealous_ink": "#e3b569",
    "positive_ink": "#7cc7a5",
    "other_ink": "#a3aeb8",
}
CORE = ("incompetent", "over_zealous", "positive")


def role(frame: str) -> str:
    """Return the role of a frame's colour."""
    return frame if frame in CORE else "other"


def colour(frame: str) -> str:
    """Return the colour of a frame's marks by day."""
    return LIGHT[role(frame)]


def ink(frame: str) -> str:
    """Return the colour in which a frame's name is written by day."""
    return LIGHT[f"{role(frame)}_ink"]


def parameters(palette: Palette) -> Sequence[Mapping[str, str]]:
    """Return the palette as the parameters of a chart."""
    return [{"name": name, "value": value} for name, value in palette.items()]
