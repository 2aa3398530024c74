"""The stories that a week's figures are made of, chosen and made fit to quote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.report import wording
from monitor.report.data import FrameText, ReportData
from monitor.report.figures import short_date
from monitor.report.masking import masked, names_beside
from monitor.types import Story

SHOWN_STORIES = 8
EXCERPT_LENGTH = 280


@dataclass(frozen=True, slots=True)
class StoryCard:
    """A story as it is shown; its texts are masked, its link is safe to follow or empty."""

    title: str
    url: str
    outlet: str
    outlet_type: str
    day: str
    primary: str
    colour: str
    ink: str
    others: Sequence[str]
    """Names of the further frames."""
    tone: str
    excerpt: str
    carried: str


def choose_stories(
    data: ReportData, risen: frozenset[str], colours: Mapping[str, str], inks: Mapping[str, str]
) -> list[StoryCard]:
    """Return the week's stories: those of risen frames first, then the most carried, then the surest."""
    exempt = [text for event in data.events for text in (event.name, event.note)]
    names = {frame.id: frame for frame in data.frames}
    chosen = sorted(data.stories, key=lambda story: _precedence(story, risen))[:SHOWN_STORIES]
    return [_card(story, exempt, names, colours, inks) for story in chosen]


def _precedence(story: Story, risen: frozenset[str]) -> tuple[bool, bool, int, float, int]:
    surest = max(story.frames.values(), default=0.0)
    return (risen.isdisjoint(story.frames), not story.frames, -story.outlets, -surest, story.item_id)


def _card(
    story: Story,
    exempt: Sequence[str],
    names: Mapping[str, FrameText],
    colours: Mapping[str, str],
    inks: Mapping[str, str],
) -> StoryCard:
    # A short item's passage is its title and summary together; the title stands above it already.
    passage = (story.evidence or story.summary).removeprefix(story.title).lstrip()
    private = {name for text in (story.title, story.summary, passage) for name in names_beside(text, exempt)}
    primary = names.get(story.primary or "")
    excerpt = excerpted(masked(passage, exempt, private))
    title = masked(story.title, exempt, private)
    return StoryCard(
        title=title,
        url=safe_link(story.url),
        outlet=story.outlet,
        outlet_type=wording.outlet_type_name(story.outlet_type).lower(),
        day=short_date(story.published_at.date()),
        primary=primary.name if primary else "No frame",
        colour=colours.get(story.primary or "", "#5f6b76"),
        ink=inks.get(story.primary or "", "#5f6b76"),
        others=[names[frame].name for frame in story.frames if frame in names and frame != story.primary],
        tone=wording.TONES.get(story.tone_band or "", ""),
        excerpt=excerpt,
        carried=wording.carried_by(story.outlets),
    )


def excerpted(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the text, cut at a word with an ellipsis where it is longer."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def safe_link(url: str | None) -> str:
    """Return a web address as it is, and nothing for any other scheme: links come from others' feeds."""
    return url if url and url.lower().startswith(("https://", "http://")) else ""
