"""The process that reads large or damaged feeds; `monitor.collect.parse` starts and kills it."""

import json
import sys

from monitor.collect.entries import Entry
from monitor.collect.feeds import RawFeed, raw_feed
from monitor.collect.killable import serve
from monitor.errors import ParseError


def main(seconds: int, most_memory: int) -> None:
    """Answer each body with its entries as JSON; see `monitor.collect.killable.serve`."""
    serve(seconds, most_memory, _load, answer)


def _load() -> None:
    import feedparser  # noqa: F401  # so that being ready means having it loaded


def answer(head: bytes, body: bytes) -> bytes:
    """Return ``{"entries", "left_out", "hint"}``, or ``{"error"}`` where the body is no feed."""
    asked = json.loads(head)
    try:
        feed = raw_feed(body, asked["content_type"], asked["url"], asked["limit"])
    except ParseError as error:
        return json.dumps({"error": str(error)}).encode()
    entries = [entry and entry.fields() for entry in feed.entries]
    return json.dumps({"entries": entries, "left_out": feed.left_out, "hint": feed.hint}).encode()


def read_answer(said: bytes) -> RawFeed:
    """Return what the process answered.

    Raises:
        ParseError: the body is no feed.
    """
    found = json.loads(said)
    if "error" in found:
        raise ParseError(found["error"])
    entries = [None if fields is None else Entry(*fields) for fields in found["entries"]]
    return RawFeed(entries, found["left_out"], found["hint"])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
