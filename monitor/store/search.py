"""Full-text search: FTS5 on SQLite, a tsvector with a GIN index on PostgreSQL.

Both hold the same words: runs of letters and digits, without case and accents. See migration 0001.
"""

import re
from collections.abc import Iterator
from itertools import islice
from unicodedata import normalize

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from monitor.store.dialect import chunks
from monitor.store.schema import ItemRow, RevisionRow
from monitor.store.stories import StoredItem, stored_item, stored_items

MOST_RANKED = 5_000
"""So many of the newest revisions that match are ranked: a common word has too many."""

_LOOKED_UP = 100

_ACCENTS = re.compile("[\u0300-\u036f]")
_BETWEEN_WORDS = re.compile(
    "[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u2e00-\u2e7f\u3000-\u303f]+"
)
"""Both as in migration 0001."""


def search(session: Session, words: str, *, limit: int) -> list[StoredItem]:
    """Return the items of which some revision holds all of the words, the best match first.

    The words mean only themselves; case and accents do not matter. No words find nothing.
    """
    asked = words.replace("\0", " ").split()
    if not asked:
        return []
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    matches = _matches_by_fts5(session, asked) if is_sqlite else _matches_by_tsvector(session, asked, limit)
    found = list(islice(matches, limit))
    by_id = {
        row.id: stored_item(row)
        for some in chunks(found)
        for row in session.execute(stored_items().where(ItemRow.id.in_(some)))
    }
    return [by_id[item_id] for item_id in found]


def matching_revisions(
    session: Session, words: str, *, before_id: int | None = None, limit: int
) -> list[int]:
    """Return the ids of revisions that hold all of the words, the newest first, below ``before_id``."""
    asked = words.replace("\0", " ").split()
    page = "AND {id} < :before ORDER BY {id} DESC LIMIT :limit"
    values: dict[str, object] = {"before": 2**62 if before_id is None else before_id, "limit": limit}
    if session.get_bind().dialect.name == "sqlite":
        matches = "SELECT rowid FROM revisions_fts WHERE revisions_fts MATCH :words "
        values["words"] = " ".join(_quoted(asked))
        query = matches + page.format(id="rowid")
    else:
        phrases = _phrases(asked)
        _plan_anew(session)
        query = f"SELECT id FROM revisions WHERE search @@ ({_query_of(phrases)}) {page.format(id='id')}"
        asked = list(phrases)
        values |= phrases
    return list(session.scalars(text(query), values)) if asked else []


def _plan_anew(session: Session) -> None:
    """Let PostgreSQL choose by the words of each search, which must stand in the condition itself.

    By how common they are it looks through the newest revisions, or fetches all that match; from the sixth
    time on it would choose once for all words. Source: PostgreSQL's manual, ``plan_cache_mode``.
    """
    session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def _quoted(words: list[str]) -> list[str]:
    return ['"' + word.replace('"', '""') + '"' for word in words]


def _phrases(words: list[str]) -> dict[str, str]:
    return {f"word{place}": phrase for place, word in enumerate(words) if (phrase := _phrase(word))}


def _query_of(phrases: dict[str, str]) -> str:
    return " && ".join(f"phraseto_tsquery('simple', :{name})" for name in phrases)


def _matches_by_fts5(session: Session, words: list[str]) -> Iterator[int]:
    query = text(
        "SELECT id FROM (SELECT rowid AS id, rank FROM revisions_fts WHERE revisions_fts MATCH :words"
        "  ORDER BY rowid DESC LIMIT :most)"
        " ORDER BY rank, id"
    )
    ranked = session.scalars(query, {"words": " ".join(_quoted(words)), "most": MOST_RANKED}).all()
    seen: set[int] = set()
    for some in chunks(ranked, _LOOKED_UP):
        found = select(RevisionRow.id, RevisionRow.item_id).where(RevisionRow.id.in_(some))
        item_of: dict[int, int] = dict(session.execute(found).all())
        for revision_id in some:
            if item_of[revision_id] not in seen:
                seen.add(item_of[revision_id])
                yield item_of[revision_id]


def _matches_by_tsvector(session: Session, words: list[str], limit: int) -> Iterator[int]:
    phrases = _phrases(words)
    if not phrases:
        return
    _plan_anew(session)
    asked = _query_of(phrases)
    query = text(
        f"WITH newest AS MATERIALIZED (SELECT id, item_id FROM revisions WHERE search @@ ({asked})"
        "  ORDER BY id DESC LIMIT :most),"
        " ranked AS (SELECT id, item_id, ts_rank("
        f"  (SELECT search FROM revisions WHERE revisions.id = newest.id), {asked}) AS rank FROM newest)"
        " SELECT item_id FROM ranked GROUP BY item_id ORDER BY max(rank) DESC, min(id) LIMIT :limit"
    )
    yield from session.scalars(query, {**phrases, "most": MOST_RANKED, "limit": limit})


def _phrase(word: str) -> str:
    """Return the words that a word is made of: one that punctuation parts is a phrase, as in FTS5."""
    return _BETWEEN_WORDS.sub(" ", _ACCENTS.sub("", normalize("NFD", word))).strip()
