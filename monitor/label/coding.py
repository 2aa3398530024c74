"""Codes as people exchange them: what each field may hold, whatever the form of the file.

The forms themselves are in `monitor.label.spreadsheet` and `monitor.label.labelstudio`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from monitor.label.codebook import load_codebook
from monitor.types import Said

FIELDS = ("relevant", "frames", "tone", "status", "target", "reply", "note")
"""What a coder fills in."""
LONGEST_NAME = 80
LONGEST_NOTE = 2_000
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
NOT_PEOPLE = re.compile(r"(model|ai|llm|bot)\s*[:/]", re.IGNORECASE)
"""How the name of a coder who is no person begins; only codes entered by people count as human."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """What a coder is shown: a unit by its reference, and its text."""

    unit: str
    """Such as ``17r42``; see `parse_unit`."""
    title: str
    summary: str
    passages: str = ""
    """Of the article, where they are stored and asked for; context, not what is coded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One coded unit of a file."""

    where: str
    """``line 7`` or ``task 12``."""
    item_id: int
    revision_id: int | None
    coder: str
    said: Said
    coded_at: datetime | None = None


@dataclass(slots=True)
class Filled:
    """What was read of a file; where there are problems, nothing of it is to be stored."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Each begins with where it is."""
    blank: int = 0
    """Units that nobody has coded."""

    def take(self, where: str, fields: Mapping[str, str], coder: str, at: datetime | None = None) -> None:
        """Check one unit's fields, ``unit`` and FIELDS, and keep them as an entry, or else their problems."""
        problems: list[str] = []
        unit = _read(parse_unit, fields.get("unit", ""), problems)
        name = _read(coder_name, coder, problems)
        said = checked_codes(fields, problems)
        if unit is not None and name is not None and said is not None and not problems:
            self.entries.append(Entry(where, *unit, name, said, at))
        self.problems += [f"{where}: {problem}" for problem in problems]


def checked_codes(fields: Mapping[str, str], problems: list[str]) -> Said | None:
    """Read FIELDS as a coder fills them in; what is wrong is added to the problems, and gives None.

    Several frames or targets are parted by blanks, commas, semicolons or bars. Tone is dropped where the
    text is not relevant.
    """
    before = len(problems)
    relevant = _read(_relevant, fields.get("relevant", ""), problems)
    frames = _read(_frames, fields.get("frames", ""), problems) or ()
    tone = _read(_tone, fields.get("tone", ""), problems)
    status = _read(_status, fields.get("status", ""), problems) or "none"
    target = _read(_targets, fields.get("target", ""), problems) or ()
    reply = _read(_reply, fields.get("reply", ""), problems)
    note = _read(_note, fields.get("note", ""), problems) or ""
    if frames and relevant is False:
        problems.append("has frames, but is not relevant")
    if frames and target and not set(target) & set(load_codebook().targets_counted):
        problems.append(f"has frames, but no target that counts as social work: {' '.join(target)}")
    if relevant is None or len(problems) > before:
        return None
    return Said(relevant, frames, tone if relevant else None, status, target, note, reply)


def _read(parse: Callable[[str], T], text: str, problems: list[str]) -> T | None:
    try:
        return parse(text.strip())
    except ValueError as error:
        problems.append(str(error))
        return None


def coder_name(text: str) -> str:
    """Return the name of a coder, in NFC and with white space folded.

    Raises:
        ValueError: it is empty, too long, or that of a program.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise ValueError("coder is missing; name one with --coder")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"coder {name[:LONGEST_NAME]!r} is no name of at most {LONGEST_NAME} characters")
    if NOT_PEOPLE.match(name):
        raise ValueError(f"coder {name!r} is no person; only codes entered by people are kept")
    return name


def unit_name(item_id: int, revision_id: int) -> str:
    """Return the reference of a unit in files; ``17-42`` a spreadsheet would turn into a date."""
    return f"{item_id}r{revision_id}"


def parse_unit(text: str) -> tuple[int, int | None]:
    """Read ``17r42``, or ``17`` for whatever revision of item 17 was drawn last.

    Raises:
        ValueError: it is neither.
    """
    match = re.fullmatch(r"(\d{1,18})(?:r(\d{1,18}))?", text, re.ASCII)
    if match is None:
        raise ValueError(f"unit {text!r} is not of the form 17r42" if text else "unit is missing")
    return int(match[1]), int(match[2]) if match[2] else None


def _relevant(text: str) -> bool:
    if text.lower() not in YES + NO:
        raise ValueError(f"relevant is {text!r}; write yes or no" if text else "relevant is missing")
    return text.lower() in YES


def _frames(text: str) -> tuple[str, ...]:
    return _in_order("frame", _words(text.lower()), load_codebook().ids)


def _targets(text: str) -> tuple[str, ...]:
    book = load_codebook()
    return _in_order("target", _words(text.upper()), (*book.targets_counted, *book.targets_recorded))


def _status(text: str) -> str:
    return "".join(_in_order("status", [text.lower() or "none"], load_codebook().statuses))


def _tone(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[-−+]?[0-2](\.0)?", text, re.ASCII):
        raise ValueError(f"tone is {text!r}; write -2 to 2")
    return int(text.replace("−", "-").removesuffix(".0"))


def _reply(text: str) -> bool | None:
    if text and text.lower() not in YES + NO:
        raise ValueError(f"reply is {text!r}; write yes or no, or leave it empty")
    return text.lower() in YES if text else None


def _note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise ValueError(f"note has {len(text):,} characters; at most {LONGEST_NOTE:,} are kept")
    return text


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;|]+", text) if word]


def _in_order(what: str, given: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    unknown = [word for word in given if word not in known]
    if unknown:
        raise ValueError(f"no {what} {', '.join(map(repr, unknown))}; there are: {', '.join(known)}")
    return tuple(word for word in known if word in given)
