"""Coded items from JSON lines: the training corpus in ``models/corpus/`` and gold files.

One object a line: ``id``, ``title``, ``text``, ``relevant``, ``frames``, ``tone`` and, where known,
``status``, ``target``, ``domain``, ``pair`` and ``author``; a whole article may have its ``summary`` beside
its ``text``, which is read after it. Other keys are passed over. Files named ``eval-*.jsonl`` are for
evaluation only.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from monitor.errors import InputError
from monitor.label.codebook import load_codebook

EVALUATION = "eval-"
"""Files whose names begin so are never trained on."""

SHOWN = 20
"""Problems of one file that are listed; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Coded:
    """An item with its codes; ``text`` may be empty."""

    id: str
    title: str
    text: str
    relevant: bool
    frames: tuple[str, ...] = ()
    """In the order of the codebook; empty where not relevant."""
    tone: int | None = None
    """-2 to 2, toward social work; None where not relevant."""
    status: str = "none"
    target: str = ""
    """Whom the passage is about, and the field of work: what an encoder learns besides."""
    domain: str = ""
    pair: str = ""
    """Names the minimal pair that an item belongs to, if any."""
    author: str = ""
    """Who wrote or coded it: folds are cut by author. The file's name where the line does not say."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The coded items to learn from, and those that are only ever measured on."""

    training: tuple[Coded, ...]
    evaluation: tuple[Coded, ...]


def read_corpus(folder: Path) -> Corpus:
    """Read all ``*.jsonl`` of a folder, in the order of their names; or one file, to train on.

    Raises:
        InputError: it is missing, the folder has no file to train on, or any line of any file has a problem.
    """
    if not folder.exists():
        raise InputError(f"{folder}: No such file or directory; name another corpus")
    taught, held = training_files(folder), evaluation_files(folder)
    if not taught:
        raise InputError(f"{folder}: no *.jsonl to train on; add a file of coded items")
    return Corpus(
        training=tuple(coded for path in taught for coded in read_coded(path)),
        evaluation=tuple(coded for path in held for coded in read_coded(path)),
    )


def training_files(folder: Path) -> list[Path]:
    """Return the files of a corpus to train on, by name; a file stands for itself."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.glob("*.jsonl") if not path.name.startswith(EVALUATION))


def evaluation_files(folder: Path) -> list[Path]:
    """Return the files of a corpus that are only ever measured on, by name."""
    return sorted(folder.glob(f"{EVALUATION}*.jsonl"))


def digest_of(coded: Sequence[Coded]) -> str:
    """Return a SHA-256 over coded items in their order: what a model was trained on."""
    lines = "\n".join(json.dumps(asdict(item), sort_keys=True) for item in coded)
    return hashlib.sha256(lines.encode()).hexdigest()


def read_coded(path: Path, *, codes_only: bool = False) -> list[Coded]:
    """Read one file; blank lines are passed over.

    Args:
        path: of JSON lines.
        codes_only: lines may come without title and text, as a second coder's do.

    Raises:
        InputError: it cannot be read, holds no item, or has lines with problems: one a line of the message.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; name another file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    found: list[Coded] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(_parse_coded(line, author=path.stem, codes_only=codes_only))
            except (ValueError, RecursionError) as error:
                problems.append(f"{path}:{number}: {error}")
    problems += _repeated(path, found)
    if problems:
        rest = [f"{path}: and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise InputError("\n".join(problems[:SHOWN] + rest))
    if not found:
        raise InputError(f"{path}: holds no coded item")
    return found


def _repeated(path: Path, found: Sequence[Coded]) -> list[str]:
    counts = Counter(coded.id for coded in found)
    return [f"{path}: id {name!r} occurs {count} times" for name, count in counts.items() if count > 1]


def _parse_coded(line: str, author: str, *, codes_only: bool) -> Coded:
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("is not a JSON object")
    relevant = data.get("relevant")
    if not isinstance(relevant, bool):
        raise ValueError(f"relevant must be true or false, not {relevant!r}")
    title = _string(data, "title")
    text = "\n".join(part for part in (_string(data, "summary"), _string(data, "text")) if part)
    if not codes_only and not (title + text).strip():
        raise ValueError("title and text are both empty")
    return Coded(
        id=str(data["id"]) if data.get("id") not in (None, "") else _missing("id"),
        title=title,
        text=text,
        relevant=relevant,
        frames=_frames(data.get("frames", []), relevant),
        tone=_tone(data.get("tone"), relevant),
        status=_string(data, "status") or "none",
        target=_first(data.get("target")),
        domain=_first(data.get("domain")),
        pair=_first(data.get("pair")),
        author=_string(data, "author") or author,
    )


def _missing(key: str) -> str:
    raise ValueError(f"{key} is missing")


def _string(data: dict[str, Any], key: str) -> str:
    value = data.get(key) or ""
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text, not {value!r}")
    return value


def _first(value: object) -> str:
    """Return a text, or the first of a list of texts; what only helps to learn is never refused."""
    if isinstance(value, list):
        return _first(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _frames(value: object, relevant: bool) -> tuple[str, ...]:
    known = load_codebook().ids
    if not isinstance(value, list) or not all(isinstance(frame, str) for frame in value):
        raise ValueError("frames must be a list of frame ids")
    if unknown := sorted(set(value) - set(known)):
        raise ValueError(f"no frame {unknown[0]!r}; there are: {', '.join(known)}")
    if value and not relevant:
        raise ValueError("has frames, but is not relevant")
    return tuple(frame for frame in known if frame in value)


def _tone(value: object, relevant: bool) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not -2 <= value <= 2:
        raise ValueError(f"tone must be -2 to 2 or null, not {value!r}")
    return value if relevant else None
