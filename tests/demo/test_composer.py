"""The composed stories: varied, clean, shaped as calendar.py says, and the same on every run."""

import csv
import gzip
import io
import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest

from monitor.config.events import shipped_events
from monitor.demo.archive import ARCHIVE, COLUMNS, archive_bytes
from monitor.demo.calendar import (
    ARCHIVE_WEEKS,
    DEMO_EVENT,
    DEMO_NOW,
    LAST_WEEK,
    QUIET,
    SCANDAL_WEEK,
    WEEKS,
    is_quiet,
    mix,
    week_at,
)
from monitor.demo.composer import SEED, Composed, compose_all, compose_recent, compose_week, newspapers
from monitor.demo.slots import Facts, load_slots
from monitor.demo.threads import load_passages
from monitor.label.codebook import load_codebook
from monitor.store.copies import COPY_WINDOW, LEAST_SHARED
from monitor.store.sketches import containment, sketch
from monitor.trend.events import study_event
from monitor.trend.weekly import week_series
from monitor.types import OutletType, WeekCount

_NAMES_SOCIAL_WORK = re.compile(
    r"social[ -](?:work|services|care)|(?:children['’]s|adult) services|approved mental health professional",
    re.IGNORECASE,
)


def _originals(number: int) -> list[Composed]:
    return [story for story in compose_week(number) if story.copy_of is None]


def _relevant(number: int) -> list[Composed]:
    return [story for story in _originals(number) if story.relevant]


def _share(number: int, frame: str) -> float:
    stories = _relevant(number)
    return sum(frame in story.frames for story in stories) / len(stories)


def _texts() -> Iterator[str]:
    for number in range(1, WEEKS + 1):
        for story in compose_week(number):
            yield from (story.item.title, story.item.summary, *story.item.text.split("\n\n"))


def test_the_calendar_ends_with_the_week_before_the_demo() -> None:
    assert week_at(WEEKS) == LAST_WEEK
    assert LAST_WEEK.bounds()[1] <= DEMO_NOW < LAST_WEEK.plus(2).bounds()[0]
    assert str(week_at(SCANDAL_WEEK)) == "2026-W06"
    assert week_at(SCANDAL_WEEK).monday().isoformat() < DEMO_EVENT.date


def test_shares_of_the_kinds_sum_to_one_in_every_week() -> None:
    assert all(sum(mix(number).values()) == pytest.approx(1) for number in range(1, WEEKS + 1))


def test_the_bundled_archive_is_what_the_composer_makes() -> None:
    assert ARCHIVE.read_bytes() == archive_bytes()


def test_the_archive_is_small_and_holds_all_weeks_but_the_last_eight_in_order() -> None:
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(ARCHIVE.read_bytes()).decode())))

    assert ARCHIVE.stat().st_size <= 1_500_000
    assert WEEKS - ARCHIVE_WEEKS == 8
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(len(compose_week(number)) for number in range(1, ARCHIVE_WEEKS + 1))
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert 0.2 < sum(bool(row["text"]) for row in rows) / len(rows) < 0.3


def test_the_same_seed_gives_the_same_stories_and_another_seed_others() -> None:
    assert compose_recent.__wrapped__(SEED) == compose_all()[ARCHIVE_WEEKS:] == compose_recent()
    assert compose_recent.__wrapped__(SEED + 1)[-1] != compose_week(WEEKS)


def test_every_week_has_at_least_twenty_relevant_stories_within_its_bounds() -> None:
    for number in range(1, WEEKS + 1):
        start, end = week_at(number).bounds()
        assert len(_relevant(number)) >= QUIET
        assert all(start <= story.item.published.at < end for story in compose_week(number))


def test_no_headline_and_no_address_comes_twice() -> None:
    stories = [story for number in range(1, WEEKS + 1) for story in _originals(number)]

    assert len({story.item.title for story in stories}) == len(stories)
    assert len({story.item.url for story in stories}) == len(stories)
    assert sum(story.relevant for story in stories) >= 2_600


def test_every_frame_of_the_codebook_appears_and_no_other() -> None:
    seen = Counter(frame for number in range(1, WEEKS + 1) for s in _relevant(number) for frame in s.frames)

    assert set(seen) == set(load_codebook().ids)
    assert min(seen.values()) >= 25


def test_every_relevant_story_names_social_work_in_title_or_summary() -> None:
    silent = [
        story.item.title
        for number in range(1, WEEKS + 1)
        for story in _relevant(number)
        if not _NAMES_SOCIAL_WORK.search(f"{story.item.title} {story.item.summary}")
    ]
    assert silent == []


def test_off_topic_stories_carry_no_frame_and_no_tone() -> None:
    off_topic = [s for number in range(1, WEEKS + 1) for s in compose_week(number) if not s.relevant]

    assert len(off_topic) > 1_500
    assert all(story.frames == () and story.tone is None for story in off_topic)


def test_the_scandal_triples_the_volume_and_the_share_of_failure() -> None:
    before = [len(_relevant(number)) for number in range(SCANDAL_WEEK - 8, SCANDAL_WEEK)]
    usual = sum(_share(number, "incompetent") for number in range(SCANDAL_WEEK - 8, SCANDAL_WEEK)) / 8

    assert len(_relevant(SCANDAL_WEEK)) == pytest.approx(3 * sum(before) / 8, rel=0.1)
    assert usual < 0.3
    assert _share(SCANDAL_WEEK, "incompetent") > 0.5
    assert _share(SCANDAL_WEEK + 20, "incompetent") < 0.3


def test_scapegoating_and_reform_follow_the_scandal() -> None:
    def mean(frame: str, first: int) -> float:
        return sum(_share(number, frame) for number in range(first, first + 10)) / 10

    for frame in ("scapegoated", "reform"):
        assert mean(frame, SCANDAL_WEEK + 6) > mean(frame, SCANDAL_WEEK - 12)


def test_nothing_of_the_scandal_is_printed_before_its_verdict() -> None:
    weeks = (compose_week(number) for number in range(1, SCANDAL_WEEK + 1))
    early = [story for week in weeks for story in week if "Arlen" in f"{story.item.title} {story.item.text}"]

    assert early
    assert min(story.item.published.at for story in early).date().isoformat() >= DEMO_EVENT.date


def test_the_last_week_brings_more_positive_stories_than_the_eight_before() -> None:
    assert _share(WEEKS, "positive") > max(_share(number, "positive") for number in range(WEEKS - 8, WEEKS))


def test_newsrooms_are_quiet_in_august_and_at_christmas() -> None:
    quiet = {str(week_at(number)) for number in range(1, WEEKS + 1) if is_quiet(number)}

    assert {"2024-W32", "2025-W52", "2026-W33"} <= quiet
    assert len(quiet) < WEEKS / 5


def test_one_wire_story_is_printed_by_five_outlets_within_two_days() -> None:
    copies = [story for story in compose_week(WEEKS) if story.copy_of is not None]
    wire = next(story for story in compose_week(WEEKS) if story.item.url == copies[0].copy_of)
    carriers = [wire, *copies]
    times = [story.item.published.at for story in carriers]

    assert len({story.item.outlet for story in carriers}) == 5
    assert {story.item.title for story in carriers} == {wire.item.title}
    assert (max(times) - min(times)).total_seconds() <= 2 * 24 * 3600
    assert all(wire.item.text.startswith(story.item.text) for story in copies)
    assert len({story.item.text for story in carriers}) >= 3


def test_no_stories_but_the_wire_copies_share_as_much_as_copies_do() -> None:
    numbers = [*range(SCANDAL_WEEK - 1, SCANDAL_WEEK + 3), *range(ARCHIVE_WEEKS, WEEKS + 1)]
    stories = [story for number in numbers for story in compose_week(number)]
    sketched = [(story.item, sketch(story.item)) for story in stories]
    alike = {
        (one.title, other.title)
        for (one, ours), (other, theirs) in combinations(sketched, 2)
        if one.outlet != other.outlet and abs(one.published.at - other.published.at) <= COPY_WINDOW
        if ours and theirs and containment(ours, theirs) >= LEAST_SHARED
    }
    (copied,) = {story.item.title for story in stories if story.copy_of is not None}

    assert alike == {(copied, copied)}


def test_the_study_of_the_verdict_can_estimate_every_frame_in_both_windows() -> None:
    counts = [_count(number) for number in range(1, WEEKS + 1)]
    frames = load_codebook().ids
    study = study_event(DEMO_EVENT, week_series(counts, frames), frames, shipped_events())

    assert [one.frame for one in study.effects if one.verdict == "not_estimable"] == []
    assert {one.window for one in study.effects if one.frame == "incompetent"} == {"0-3", "4-25"}
    assert next(one.verdict for one in study.effects if one.frame == "incompetent") == "higher"


def _count(number: int) -> WeekCount:
    relevant = _relevant(number)
    hits = Counter(frame for story in relevant for frame in story.frames)
    return WeekCount(week_at(number), "all", len(compose_week(number)), len(relevant), 0, 0, 0, hits)


def test_no_slot_is_left_open_and_no_mark_is_doubled() -> None:
    faults = re.compile(r"[{}|]|  |\.\.|,,|\s[.,;:?!]|^\s|\s$")

    assert [text for text in _texts() if faults.search(text)] == []


def test_a_and_an_agree_with_the_word_that_follows() -> None:
    needs_an = r"\b[Aa] (?!one\b|uni|use|eu)(?:[aeiou]\w|8|1[18]\b)"
    needs_a = r"\b[Aa]n (?![aeiouAEIOU]|8|1[18]\b|MBE)\S"
    wrong = re.compile(f"{needs_an}|{needs_a}")

    assert [text for text in _texts() if wrong.search(text)] == []


def test_no_sentence_of_a_story_starts_with_a_small_letter_or_a_figure() -> None:
    bodies = (text for number in range(1, WEEKS + 1) for text in _bodies(number))

    assert [text for text in bodies if re.search(r"(?:^|[.!?] )['\"‘“]?[a-z0-9]", text)] == []


def _bodies(number: int) -> Iterator[str]:
    for story in compose_week(number):
        yield from (story.item.summary, *filter(None, story.item.text.split("\n\n")))


def test_every_headline_has_a_lead_and_every_lead_a_headline() -> None:
    for threads in load_passages().threads.values():
        for thread in threads:
            headlines = [line for lines in thread.headlines.values() for line in lines]
            led = {id(lead) for headline in headlines for lead, _ in thread.bodies(headline)}
            assert all(list(thread.bodies(headline)) for headline in headlines)
            assert led == {id(lead) for lead in thread.leads}


def test_there_are_many_patterns_of_every_kind() -> None:
    def counts(kind: str) -> tuple[int, int]:
        threads = load_passages().threads[kind]
        headlines = sum(len(lines) for thread in threads for lines in thread.headlines.values())
        return headlines, sum(len(thread.leads) + len(thread.more) for thread in threads)

    least = {"incompetent": 25, "over_zealous": 25, "positive": 25, "neutral": 30, "offtopic": 60}
    for kind in load_passages().threads:
        if kind.startswith("scandal/") or kind == "campaign":
            continue
        assert min(counts(kind)) >= least.get(kind, 12), kind


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a {kid}-year-old", "An 11-year-old"),
        ("A {good} report", "An outstanding report"),
        ("two in {place}", "Two in Oxmere"),
        ("{the_judge} said. {The_judge} added", "The judge said. The judge added"),
    ],
)
def test_slots_take_their_article_and_their_capital(pattern: str, text: str) -> None:
    nation = load_slots().nations["England"]
    monday = LAST_WEEK.monday()
    filled = {Facts(random.Random(seed), nation, "Oxmere", monday).fill(pattern) for seed in range(40)}
    assert text in filled


def test_outlets_cover_every_type_and_every_nation() -> None:
    outlets = [paper.outlet for paper in newspapers()]

    assert len({outlet.name for outlet in outlets}) == 11
    assert {outlet.outlet_type for outlet in outlets} == set(OutletType) - {OutletType.UNKNOWN}
    assert {o.nation for o in outlets if o.outlet_type == OutletType.REGIONAL} == {
        *("England", "Scotland", "Wales", "Northern Ireland")
    }


def test_every_address_of_the_archive_is_of_an_invented_domain() -> None:
    assert all(
        re.fullmatch(r"https://[a-z-]+\.example/\d{4}/\d\d/\d\d/[a-z0-9-]+", story.item.url or "")
        for number in range(1, WEEKS + 1)
        for story in compose_week(number)
    )
