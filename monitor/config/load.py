"""Reading feeds.yaml: checked whole, every problem reported together with its line and key."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from monitor.config.file import DAYS, KEEP_FOREVER, FeedsFile, ListEntry, TextPolicy
from monitor.errors import ConfigError
from monitor.types import Event, Source

DEFAULT_FEEDS = "feeds.yaml"
MOST_NODES = 200_000
"""Of a feeds.yaml, aliases followed: some 20,000 sources."""
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class MailingList:
    """Who gets the weekly report, and what of it; empty frames or outlets mean all."""

    name: str
    recipients: tuple[str, ...]
    frames: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    detail: Literal["full", "brief"] = "full"
    """``brief``: the mail without tables, method and the week's checks."""
    alerts: bool = False
    """Whether it hears of an outbreak of coverage at once."""
    monthly: bool = False
    """Whether it gets the monthly report too."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the user configured; ``path`` is the file it was read from, None for the one shipped."""

    path: Path | None
    sources: tuple[Source, ...]
    events: tuple[Event, ...]
    lists: tuple[MailingList, ...]
    contact: str | None
    model: str
    text: TextPolicy
    keep: timedelta | None
    """How long summaries, texts and evidence are kept; None for ever."""
    raw: Path | None
    """The folder in which raw answers are kept; None where they are not."""
    checked: Mapping[str, date | None]
    """When each source's address was last seen to answer; None for never."""
    web: str | None = None
    """Where the world reaches ``monitor serve``: ``https://monitor.example.org``."""
    report_at: timedelta = timedelta(hours=7)
    """When the report of the week before is due: since Monday 00:00, by the clocks of London."""
    weekly_sample: int | None = None
    """So many items of each week are drawn for people to code; None draws none."""

    def enabled_sources(self) -> tuple[Source, ...]:
        """Return the sources that are polled."""
        return tuple(source for source in self.sources if source.enabled)


def load_config(path: Path | None) -> Config:
    """Read and check a configuration.

    Args:
        path: the file; None takes ``feeds.yaml`` here, or the one that came with the program where there
            is none.

    Raises:
        ConfigError: all problems of the file, one a line, each with its line and key.
    """
    chosen = path or (Path(DEFAULT_FEEDS) if Path(DEFAULT_FEEDS).exists() else None)
    name = str(chosen or "the feeds.yaml that came with the program")
    return parse_config(_read(chosen) if chosen else shipped_feeds(), name, chosen)


def shipped_feeds() -> str:
    """Return the feeds.yaml that came with the program: in a checkout, or inside the wheel."""
    checkout = Path(__file__).resolve().parents[2] / DEFAULT_FEEDS
    if checkout.is_file():
        return checkout.read_text("utf-8")
    return files("monitor.data").joinpath(DEFAULT_FEEDS).read_text("utf-8")


def parse_config(text: str, name: str, path: Path | None = None) -> Config:
    """Check the text of a configuration; ``name`` stands before each problem.

    Raises:
        ConfigError: see `load_config`.
    """
    tree = _compose(text, name)
    spots = {(): _Spot(1, tree)} | dict(_spots(tree, ()))
    problems = [f"{name}:{line}: {key} is given twice" for line, key in _repeated_keys(tree, ())]
    try:
        file = FeedsFile.model_validate(_construct(tree, name))
    except ValidationError as error:
        found = sorted(
            (spots[_known(spots, one["loc"])].line, _problem(spots, one)) for one in error.errors()
        )
        problems += [f"{name}:{line}: {message}" for line, message in found]
        raise ConfigError("\n".join(problems)) from None
    problems += [f"{name}:{spots[place].line}: {message}" for place, message in _clashes(file)]
    if problems:
        raise ConfigError("\n".join(problems))
    return Config(
        path=path,
        sources=tuple(entry.source() for entry in file.sources),
        events=tuple(entry.event() for entry in file.events),
        lists=tuple(_mailing_list(list_name, entry) for list_name, entry in file.lists.items()),
        contact=file.contact,
        model=file.model,
        text=file.text,
        keep=_duration(file.keep),
        raw=_beside(path, file.raw),
        checked={entry.id: entry.checked for entry in file.sources},
        web=file.web,
        report_at=_since_monday(file.report_at),
        weekly_sample=file.coding.weekly if file.coding else None,
    )


def mark_checked(path: Path, checked: Mapping[str, date]) -> None:
    """Write the day on which addresses were seen to answer into their entries, and nothing else.

    Comments and layout stay: only the value of ``checked:`` is replaced, where an entry has one.
    """
    text = _read(path)
    spots: list[tuple[int, int, str]] = []
    tree = _compose(text, str(path))
    for _, node in _children(_values(tree)["sources"], ()):
        values = _values(node)
        day = checked.get(values["id"].value)
        if day is not None and "checked" in values:
            spot = values["checked"]
            spots.append((spot.start_mark.index, spot.end_mark.index, day.isoformat()))
    for start, end, value in sorted(spots, reverse=True):
        text = text[:start] + value + text[end:]
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 ({error.reason}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; check --feeds") from None


class _Loader(yaml.SafeLoader):
    """Reads plain values; a date that no calendar has stays text, for the key's own check to refuse."""

    def construct_yaml_timestamp(self, node: Any) -> Any:
        """Return a date or time, or the text where the calendar has no such day."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return a value; one that cannot be read is told with its place in the file."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise ConstructorError(None, None, str(error), node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _compose(text: str, name: str) -> yaml.MappingNode:
    try:
        tree = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(name, error) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{name}:{line}: not YAML: {error.reason}") from None
    except RecursionError:
        raise _too_deep(name) from None
    if not isinstance(tree, yaml.MappingNode):
        raise ConfigError(f"{name}: holds no keys; it needs at least sources:")
    if _is_endless(tree):
        raise ConfigError(f"{name}: its aliases (*) repeat themselves without end; write the values out")
    return tree


def _construct(tree: yaml.MappingNode, name: str) -> Any:
    """Return the values of a file; merges (<<) are resolved in the tree itself."""
    try:
        return _Loader("").construct_document(tree)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(name, error) from None
    except RecursionError:
        raise _too_deep(name) from None


def _not_yaml(name: str, error: yaml.MarkedYAMLError) -> ConfigError:
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    return ConfigError(f"{name}:{line}: not YAML: {error.problem or error.context}")


def _too_deep(name: str) -> ConfigError:
    return ConfigError(f"{name}: is nested too deeply; see docs/feeds.md for its keys")


def _is_endless(tree: yaml.Node) -> bool:
    """Tell whether a node holds itself, or aliases of aliases grow beyond what anyone has written."""
    waiting, seen = [tree], 0
    while waiting and seen <= MOST_NODES:
        node = waiting.pop()
        seen += 1
        waiting += [child for _, child in _children(node, ())]
    return seen > MOST_NODES


Place = tuple[str | int, ...]


def _children(node: yaml.Node, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, _name(key)), value
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value


def _name(key: yaml.Node) -> str:
    """Return a key as it is written; one that is a list or a mapping itself is refused when it is read."""
    return str(key.value) if isinstance(key, yaml.ScalarNode) else "?"


def _values(node: Any) -> dict[str, Any]:
    return {_name(key): value for key, value in node.value}


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands in the file: the line of its key, or its own in a list."""

    line: int
    node: yaml.Node


def _spots(node: yaml.Node, place: Place) -> Iterator[tuple[Place, _Spot]]:
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else None
    for number, (inner, child) in enumerate(_children(node, place)):
        mark = (keys[number] if keys else child).start_mark
        yield inner, _Spot(mark.line + 1, child)
        yield from _spots(child, inner)


def _repeated_keys(node: yaml.Node, place: Place) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen = Counter(_name(key) for key, _ in node.value)
        for key, _ in node.value:
            if seen[_name(key)] > 1:
                yield key.start_mark.line + 1, _dotted((*place, _name(key)))
                seen[_name(key)] = 0
    for inner, child in _children(node, place):
        yield from _repeated_keys(child, inner)


def _dotted(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a key that is known here",
    "string_too_short": "must not be empty",
}


def _known(spots: Mapping[Place, _Spot], place: Place) -> Place:
    """Return the innermost part of a place that stands in the file: a missing key has no line."""
    return next(place[:end] for end in range(len(place), -1, -1) if place[:end] in spots)


def _problem(spots: Mapping[Place, _Spot], found: Any) -> str:
    place: Place = found["loc"]
    if found["type"] in _MESSAGES:
        return f"{_dotted(place)}: {_MESSAGES[found['type']]}"
    message = found["msg"].removeprefix("Value error, ")
    known = _known(spots, place)
    node = spots[known].node
    given = f" (it is {node.value!r})" if isinstance(node, yaml.ScalarNode) else ""
    return f"{_dotted(known) or 'the file'}: {message[:1].lower()}{message[1:]}{given}"


def _clashes(file: FeedsFile) -> Iterator[tuple[Place, str]]:
    for key in ("id", "url"):
        seen: dict[str, int] = {}
        for number, entry in enumerate(file.sources):
            value = getattr(entry, key)
            if value in seen:
                yield (
                    ("sources", number, key),
                    f"sources[{number}].{key}: {value!r} is also that of sources[{seen[value]}]",
                )
            seen.setdefault(value, number)
    own: set[str] = set()
    for number, event in enumerate(file.events):
        if event.id in own:
            yield ("events", number, "id"), f"events[{number}].id: {event.id!r} is already an event's"
        own.add(event.id)


def _mailing_list(name: str, entry: ListEntry) -> MailingList:
    return MailingList(
        name,
        tuple(entry.recipients),
        tuple(entry.frames),
        tuple(entry.outlets),
        entry.detail,
        entry.alerts,
        entry.monthly,
    )


def _beside(path: Path | None, folder: str | None) -> Path | None:
    """Return a folder that feeds.yaml names: where it is relative, beside that file."""
    if folder is None:
        return None
    return (path.parent if path else Path()) / Path(folder).expanduser()


def _since_monday(report_at: str) -> timedelta:
    """Return what ``Mon 07:00`` is since Monday 00:00."""
    day, hours, minutes = re.split("[ :]", report_at)
    return timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))


def _duration(keep: str) -> timedelta | None:
    if keep == KEEP_FOREVER:
        return None
    number, unit = keep.split()
    return timedelta(days=int(number) * _DAYS[unit.rstrip("s")])
