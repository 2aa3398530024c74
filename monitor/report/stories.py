"""The stories that a period's figures are made of, chosen by rule and made fit to quote."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.report import wording
from monitor.report.claims import claim_sentence, refutes
from monitor.report.data import FrameText, ReportData
from monitor.report.document import StoryCard
from monitor.report.figures import short_date
from monitor.report.masking import doubtful, masked, names_beside
from monitor.report.palette import colour, ink
from monitor.types import Story

CLUSTERS = 3
EXCERPT_LENGTH = 280
POSITIVE = "positive"

_ADULTS = re.compile(
    r"\b(?:adult\s+(?:social\s+(?:care|services|work\w*)|services|safeguarding)|safeguarding\s+adults"
    r"|adults?['’]?\s+services|care\s+homes?|home\s+care|domiciliary|older\s+(?:people|adults|person)|elderly"
    r"|pensioners?|dementia|alzheimer['’]?s|learning\s+disab\w+|mental\s+(?:health|capacity)\s+act|sectioned"
    r"|AMHPs?|approved\s+mental\s+health|deprivation\s+of\s+liberty|hospital\s+discharge|unpaid\s+carers?"
    r"|carers['’]?\s+assessments?|self-neglect|direct\s+payments?|care\s+act)\b",
    re.IGNORECASE,
)
_SLURS = re.compile(
    r"\b(?:(?:child|baby|kid)[\s-]*(?:snatch|steal|thie|catch|grab)\w*|legal(?:ised)?\s+kidnap\w*|SS\s+(?:officer|gestapo)s?"
    r"|gestapo|stasi|nazis?|busybod\w+|do-gooders?|jobsworths?|loony\s+left|hippies|nanny\s+state\s+\w+|snoopers?"
    r"|monsters?|evil|wicked|scum)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The stories that a report shows."""

    clusters: Sequence[StoryCard]
    positive: StoryCard | str
    """Or a line that says why there is no card."""
    adults: StoryCard | str


def choose_stories(data: ReportData, risen: frozenset[str]) -> Chosen:
    """Return three stories, one positive and one on adult services, none of them twice.

    First come stories of the frames that rose, then the most carried, then one of each primary frame before a
    second of any, then the surest. Where none of the
    three refutes a claim and another one does, the most carried of these takes the third place: a
    refutation is to be as prominent as a claim.
    """
    ranked = _varied(sorted(data.stories, key=lambda story: _precedence(story, risen)), risen)
    clusters = _with_refutation(ranked)
    rest = [story for story in ranked if story not in clusters]
    favourable = [story for story in rest if POSITIVE in story.frames]
    positive = min(favourable, key=lambda story: story.primary != POSITIVE, default=None)
    rest = [story for story in rest if story is not positive]
    adults = next((story for story in rest if is_on_adults(story)), None)
    return Chosen(
        [_card(story, data) for story in clusters],
        _card(positive, data) if positive else _no_other([POSITIVE in story.frames for story in clusters]),
        _card(adults, data)
        if adults
        else _no_other([is_on_adults(s) for s in [*clusters, *([positive] if positive else [])]]),
    )


def _no_other(shown: Sequence[bool]) -> str:
    return "No other than the one shown above." if any(shown) else "None was found."


def _precedence(story: Story, risen: frozenset[str]) -> tuple[bool, bool, int, float, datetime, int]:
    surest = max(story.frames.values(), default=0.0)
    rises = not risen.isdisjoint(story.frames)
    return (not rises, not story.frames, -story.outlets, -surest, story.published_at, story.item_id)


def _varied(ranked: Sequence[Story], risen: frozenset[str]) -> list[Story]:
    """Return the stories with the first ones of each primary frame foremost, among those that rank alike."""
    seen: Counter[str | None] = Counter()
    varied = []
    for story in ranked:
        rises, framed, carried, *_ = _precedence(story, risen)
        varied.append(((rises, framed, carried, seen[story.primary]), story))
        seen[story.primary] += 1
    return [story for _, story in sorted(varied, key=lambda pair: pair[0])]


def _with_refutation(ranked: Sequence[Story]) -> list[Story]:
    """Return the first three, the third exchanged for a refutation where none is among them."""
    first, rest = list(ranked[:CLUSTERS]), ranked[CLUSTERS:]
    refuting = [story for story in rest if refutes(story)]
    if len(first) == CLUSTERS and refuting and not any(refutes(story) for story in first):
        # By the time of publication: ids say which of the feeds was quicker to answer.
        return [
            *first[:-1],
            min(refuting, key=lambda story: (-story.outlets, story.published_at, story.item_id)),
        ]
    return first


def is_on_adults(story: Story) -> bool:
    """Return whether the words of a story tell of social work with adults."""
    return bool(_ADULTS.search(f"{story.title}. {story.summary} {story.evidence}"))


def has_slur(text: str) -> bool:
    """Return whether a quotation holds a word that a report would not say in its own voice."""
    return bool(_SLURS.search(text))


def _card(story: Story, data: ReportData) -> StoryCard:
    exempt = [text for event in data.events for text in (event.name, event.note)]
    names: Mapping[str, FrameText] = {frame.id: frame for frame in data.frames}
    # A short item's passage is its title and summary together; the title stands above it already.
    passage = (story.evidence or story.summary).removeprefix(story.title).lstrip()
    private = {name for text in (story.title, story.summary, passage) for name in names_beside(text, exempt)}
    title, quotation = (masked(text, exempt, private) for text in (story.title, passage))
    withheld = doubtful(quotation, exempt)
    primary = names.get(story.primary or "")
    return StoryCard(
        title=title,
        url=safe_link(story.url),
        outlet=story.outlet,
        outlet_type=wording.outlet_type_name(story.outlet_type).lower(),
        day=short_date(story.published_at.date()),
        primary=wording.short_name(primary) if primary else "No frame",
        colour=colour(story.primary or ""),
        ink=ink(story.primary or ""),
        others=[wording.short_name(names[f]) for f in story.frames if f in names and f != story.primary],
        tone=wording.TONES.get(story.tone_band or "", ""),
        excerpt="" if withheld else excerpted(quotation),
        carried=wording.carried_by(story.outlets),
        claim=claim_sentence(story, names),
        remark=_remark(story, names, title, "" if withheld else quotation, withheld=withheld),
    )


def _remark(
    story: Story, names: Mapping[str, FrameText], title: str, quotation: str, *, withheld: bool
) -> str:
    said = [f"The words are {story.outlet}’s."] if has_slur(f"{title} {quotation}") else []
    said += ["Its words deny, clear or correct."] if refutes(story) else []
    said += ["The passage is left out, since it may name a child or a worker."] if withheld else []
    said += _close_calls(story, names)
    return " ".join(said)


def _close_calls(story: Story, names: Mapping[str, FrameText]) -> list[str]:
    wholes = {"relevant": "that it is about social work", "tone": "its tone"}
    frames = {frame: f"the frame {wording.short_name(text)}" for frame, text in names.items()}
    close = [words for about, words in (wholes | frames).items() if about in story.unclear]
    return [f"Close calls, which could easily have gone the other way: {', '.join(close)}."] if close else []


def excerpted(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the text, cut at a word with an ellipsis where it is longer."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def safe_link(url: str | None) -> str:
    """Return a web address as it is, and nothing for any other scheme: links come from others' feeds."""
    return url if url and url.lower().startswith(("https://", "http://")) else ""
