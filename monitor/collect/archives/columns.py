"""Which column of a file holds what: named by the user, or guessed by the names that are common."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.errors import UsageError

COMMON_NAMES: Mapping[str, tuple[str, ...]] = {
    "date": (
        "date", "publish_date", "pubdate", "published", "published_at", "publishedat", "webpublicationdate",
        "publication_date", "date_published", "published_date", "pub_date", "datetime", "timestamp",
    ),
    "title": ("title", "headline", "headline_text", "webtitle"),
    "text": ("text", "body", "content", "bodytext", "fields.bodytext"),
    "summary": ("summary", "description", "standfirst", "trailtext", "fields.trailtext"),
    "url": ("url", "link", "weburl"),
    "guid": ("guid", "id"),
    "outlet": ("outlet", "source", "publication", "newspaper", "source.name"),
}  # fmt: skip
"""Our fields, and the names in lower case under which files hold them, the likeliest first."""

REQUIRED = ("title", "date")


def choose_columns(header: Sequence[str], columns: Mapping[str, str] | None, path: Path) -> dict[str, str]:
    """Return the column of the header for each of our fields that has one.

    A column that the user names for one field is not guessed for another.

    Raises:
        UsageError: a field or column that does not exist, or no column for the title or the date.
    """
    chosen = {field: _named(field, name, header, path) for field, name in (columns or {}).items()}
    free = {_folded(name): name for name in reversed(header) if name not in chosen.values()}
    for field, names in COMMON_NAMES.items():
        guess = next((free[name] for name in names if name in free), None)
        if field not in chosen and guess is not None:
            chosen[field] = guess
    for field in REQUIRED:
        if field not in chosen:
            raise UsageError(
                f"{path}: no column looks like the {field}; name it with --map {field}=COLUMN; "
                f"there are: {_listed(header)}"
            )
    return chosen


def _named(field: str, name: str, header: Sequence[str], path: Path) -> str:
    if field not in COMMON_NAMES:
        raise UsageError(f"--map: there is no field {field!r}; there are: {', '.join(COMMON_NAMES)}")
    matches = [column for column in header if column == name]
    matches += [column for column in header if _folded(column) == _folded(name)]
    if not matches:
        raise UsageError(f"{path}: there is no column {name!r}; there are: {_listed(header)}")
    return matches[0]


def _folded(name: str) -> str:
    return name.strip().lower()


def _listed(header: Sequence[str]) -> str:
    return ", ".join(name if name.strip() else repr(name) for name in header) or "none"
