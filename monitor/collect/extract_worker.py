"""The process that reads article texts out of pages; `monitor.collect.extract` starts and kills it."""

import sys

from monitor.collect.killable import serve

SHORT_CHARACTERS = 1_000
MUCH_LONGER = 3


def main(seconds: int, most_memory: int) -> None:
    """Answer each address and page with the text of its article; see `monitor.collect.killable.serve`."""
    serve(seconds, most_memory, _load, _answer)


def _load() -> None:
    import trafilatura  # noqa: F401  # so that being ready means having it loaded


def _answer(url: bytes, html: bytes) -> bytes:
    return article_text(html, url.decode("utf-8")).encode("utf-8", "replace")


def article_text(html: bytes, url: str) -> str:
    """Return the article of a page as plain text, one paragraph a line; empty where none is found.

    Of two doubtful readings the shorter is taken: menus and teasers would be read as coverage. But where it
    is short and a fraction of the other, it has lost the article. Tables are read: many an old page is laid
    out in them. docs/benchmarks.md says what each of this is worth.
    """
    import trafilatura

    strict = trafilatura.extract(html, url=url, favor_precision=True, include_comments=False) or ""
    if len(strict) >= SHORT_CHARACTERS:
        return strict
    other = trafilatura.extract(html, url=url, include_comments=False) or ""
    return other if len(other) >= MUCH_LONGER * len(strict) else strict


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
