"""Compose the sample's stories from a seed: the same seed gives the same stories, to the byte.

``python -m monitor.demo.composer`` writes the bundled archive anew.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources

import yaml

from monitor.clock import LONDON
from monitor.demo.calendar import (
    ARCHIVE_WEEKS,
    QUIET,
    SCANDAL_WEEK,
    WEEKS,
    is_quiet,
    mix,
    off_topic_count,
    volume,
    week_at,
)
from monitor.demo.likeness import MOST_SHARED, Archive
from monitor.demo.slots import Facts, Nation, load_slots
from monitor.demo.threads import Deck, Line, Thread, load_passages
from monitor.types import Item, Outlet, OutletType, Published

SEED = 2032
"""Chosen so that chance hides neither the scandal nor the last week's campaign."""
_TEXT_SHARE = 0.25
"""How many of the archive's stories have their text; those of the feeds all have."""
_HOME_SHARE = 0.4
_TRIES = 60
_WIRE_OUTLETS = ("fieldgate-wire", "daily-meridian", "northlight-news", "harrowmere-lamp", "aberwyll-post")


@dataclass(frozen=True, slots=True)
class Newspaper:
    """An invented outlet and what it likes to print."""

    id: str
    outlet: Outlet
    feed: str
    """``rss``, ``atom`` or ``json``."""
    curly: bool
    weight: float
    kinds: Mapping[str, float]
    home: str | None

    def appetite(self, kind: str) -> float:
        """Return the weight of this outlet for a kind of story."""
        return self.weight * self.kinds.get(kind.removeprefix("scandal/"), 1.0)


@dataclass(frozen=True, slots=True)
class Composed:
    """A story, with the codes that it was written to deserve."""

    item: Item
    frames: tuple[str, ...]
    relevant: bool
    tone: int | None
    """-2 to 2, toward social work; None where not relevant."""
    kind: str
    copy_of: str | None = None
    """The address of the wire story that this one prints."""


@cache
def newspapers() -> tuple[Newspaper, ...]:
    """Return the invented outlets, in the order of outlets.yaml."""
    text = resources.files("monitor.demo").joinpath("outlets.yaml").read_text(encoding="utf-8")
    return tuple(
        Newspaper(
            id=raw["id"],
            outlet=Outlet(raw["name"], OutletType(raw["outlet_type"]), raw["nation"]),
            feed=raw["feed"],
            curly=raw["curly"],
            weight=raw["weight"],
            kinds={"campaign": raw["kinds"].get("positive", 1.0)} | raw["kinds"],
            home=raw.get("home"),
        )
        for raw in yaml.safe_load(text)
    )


def compose_week(number: int) -> list[Composed]:
    """Return the stories of a week from 1 to ``WEEKS``, oldest first."""
    if number > ARCHIVE_WEEKS:
        return compose_recent()[number - ARCHIVE_WEEKS - 1]
    return compose_all()[number - 1]


@cache
def compose_recent(seed: int = SEED) -> list[list[Composed]]:
    """Return the stories of the weeks after the archive, oldest first.

    They are composed before the archive, so that the newsroom can serve them at once.
    """
    return _recent(_Composer(random.Random(seed)))  # noqa: S311 - stories, not secrets


@cache
def compose_all(seed: int = SEED) -> list[list[Composed]]:
    """Return the stories of every week, oldest first; no two have the same headline, but for wire copies."""
    composer = _Composer(random.Random(seed))  # noqa: S311 - stories, not secrets
    recent = _recent(composer)
    return [composer.week(number) for number in range(1, ARCHIVE_WEEKS + 1)] + recent


def _recent(composer: "_Composer") -> list[list[Composed]]:
    return [composer.week(number) for number in range(ARCHIVE_WEEKS + 1, WEEKS + 1)]


class _Composer:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._passages = load_passages()
        self._headlines: dict[tuple[str, str], Deck[tuple[Thread, Line]]] = {}
        self._printed: set[str] = set()
        self._archive = Archive()

    def week(self, number: int) -> list[Composed]:
        """Compose the stories of a week."""
        kinds = mix(number)
        count = round((QUIET + (0 if is_quiet(number) else self._rng.choice((0, 1, 1, 2)))) * volume(number))
        drawn = self._rng.choices(list(kinds), list(kinds.values()), k=count)
        drawn += ["offtopic"] * off_topic_count(number)
        # The wire story first, so that no other of the campaign is taken for one of its copies.
        stories = list(self._wire(number, len(drawn))) if number == WEEKS else []
        stories += [self._new_story(kind, number, index) for index, kind in enumerate(drawn)]
        return sorted(stories, key=lambda story: (story.item.published.at, story.item.url))

    def _new_story(self, kind: str, number: int, index: int, paper: Newspaper | None = None) -> Composed:
        """Compose stories until one shares little with those around it, or take the one that shares least."""
        tried: list[tuple[float, int, Composed]] = []
        while len(tried) < _TRIES and (not tried or tried[-1][0] > MOST_SHARED):
            story = self._story(kind, number, index, paper)
            tried.append((self._archive.shared(story.item, number), len(tried), story))
        story = min(tried)[2]
        self._printed.add(_curl(story.item.title))
        self._archive.add(story.item, number)
        return story

    def _story(self, kind: str, number: int, index: int, paper: Newspaper | None = None) -> Composed:
        if paper is None:
            papers = newspapers()
            (paper,) = self._rng.choices(papers, [paper.appetite(kind) for paper in papers])
        at = self._moment(kind, number)
        thread, headline, facts = self._headline(kind, paper, at.astimezone(LONDON).date())
        title = facts.fill(headline.pattern)
        told, context = self._body(thread, headline)
        paragraphs = [facts.fill(line.pattern) for line in told + context]
        summary = " ".join(paragraphs[: min(len(told), self._rng.choice((1, 2)))])
        has_text = number > ARCHIVE_WEEKS or self._rng.random() < _TEXT_SHARE
        title, summary, text = (
            _curl(part) if paper.curly else part for part in (title, summary, "\n\n".join(paragraphs))
        )
        item = Item(
            source_id=paper.id,
            outlet=paper.outlet,
            title=title,
            published=Published(at, at.isoformat(), "file", "minute"),
            url=f"https://{paper.id}.example/{at:%Y/%m/%d}/{_slug(title)}-{number:03d}{index:02d}",
            summary=summary,
            text=text if has_text else "",
        )
        return Composed(item, thread.frames, thread.relevant, thread.tone, kind)

    def _headline(self, kind: str, paper: Newspaper, day: date) -> tuple[Thread, Line, Facts]:
        """Deal patterns and fill them until a headline comes that was never printed."""
        deck = self._deck(kind, paper.outlet.outlet_type)
        for _ in range(500):
            thread, headline = deck.deal()
            facts = self._facts(kind, paper, day)
            title = facts.fill(headline.pattern)
            if _curl(title) not in self._printed:
                return thread, headline, facts
        raise ValueError(f"too few headlines in passages/{kind}.yaml: add some, or slots to those there are")

    def _deck(self, kind: str, genre: str) -> Deck[tuple[Thread, Line]]:
        """Return the headlines that outlets of a genre deal from; its own come twice as often."""
        if (kind, genre) not in self._headlines:
            cards = [
                (thread, line)
                for thread in self._passages.threads[kind]
                for line in (*thread.headlines["any"], *2 * list(thread.headlines.get(genre, ())))
            ]
            self._headlines[kind, genre] = Deck(cards, self._rng)
        return self._headlines[kind, genre]

    def _facts(self, kind: str, paper: Newspaper, day: date) -> Facts:
        nations = load_slots().nations
        if kind.startswith("scandal/"):
            return Facts(self._rng, nations["England"], "Saltmarle", day)
        nation = nations.get(paper.outlet.nation) or self._nation(list(nations.values()))
        at_home = paper.home is not None and self._rng.random() < _HOME_SHARE
        place = paper.home if at_home and paper.home else self._rng.choice(nation.places)
        return Facts(self._rng, nation, place, day)

    def _nation(self, nations: Sequence[Nation]) -> Nation:
        return self._rng.choices(nations, [nation.weight for nation in nations])[0]

    def _body(self, thread: Thread, headline: Line) -> tuple[list[Line], list[Line]]:
        """Return the lines that tell the story, its lead first, and some for its end that carry no frame."""
        lead, more = self._rng.choice(list(thread.bodies(headline)))
        context = self._rng.sample(self._passages.plain, 3 if thread.relevant else 4)
        if thread.relevant:
            context += self._rng.sample(self._passages.on_target, self._rng.choice((1, 2, 2, 3)))
        self._rng.shuffle(context)
        return [lead, *self._rng.sample(more, min(len(more), 5))], context

    def _moment(self, kind: str, number: int) -> datetime:
        """Return a moment of publication; the scandal starts with its verdict, on a Tuesday afternoon."""
        breaking = number == SCANDAL_WEEK and kind.startswith("scandal/")
        weights = (0, 6, 5, 5, 4, 2, 1) if breaking else (5, 5, 5, 5, 5, 2, 2)
        (offset,) = self._rng.choices(range(7), weights)
        clock = time(self._rng.randint(14 if breaking else 5, 22), self._rng.randrange(60))
        day = week_at(number).monday() + timedelta(days=offset)
        return datetime.combine(day, clock, tzinfo=LONDON).astimezone(UTC)

    def _wire(self, number: int, index: int) -> Iterator[Composed]:
        """Yield the agency's story and its copies, all within two days, each cut at another paragraph."""
        papers = {paper.id: paper for paper in newspapers()}
        agency, *clients = (papers[name] for name in _WIRE_OUTLETS)
        first = self._new_story("campaign", number, index, agency)
        at = datetime.combine(
            week_at(number).monday() + timedelta(days=2), time(6, 10), tzinfo=LONDON
        ).astimezone(UTC)
        first = replace(first, item=_at(first.item, at))
        yield first
        paragraphs = first.item.text.split("\n\n")
        for hours, paper in zip((2, 5, 9, 26), clients, strict=True):
            kept = paragraphs[: max(3, len(paragraphs) - hours % 4 - 1)]
            item = replace(
                _at(first.item, at + timedelta(hours=hours)),
                source_id=paper.id,
                outlet=paper.outlet,
                url=str(first.item.url).replace(f"//{agency.id}.", f"//{paper.id}."),
                text="\n\n".join(kept),
            )
            self._archive.add(item, number)
            yield replace(first, item=item, copy_of=first.item.url)


def _at(item: Item, at: datetime) -> Item:
    return replace(item, published=replace(item.published, at=at, raw=at.isoformat()))


def _slug(title: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’‘]", "", title.lower()))
    return "-".join(words[:9])


def _curl(text: str) -> str:
    """Return the text with typographic quotation marks."""
    text = re.sub(r"(^|[\s(“])'", r"\1‘", text, flags=re.MULTILINE).replace("'", "’")
    return re.sub(r"(^|[\s(‘])\"", r"\1“", text, flags=re.MULTILINE).replace('"', "”")


if __name__ == "__main__":
    # The archive is made of what this module composes, so it cannot be imported above.
    from monitor.demo.archive import write_archive

    write_archive()
