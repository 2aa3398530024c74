"""The process that reads article texts out of pages; `monitor.collect.extract` starts and kills it.

It is run as ``python -m monitor.collect.extract_worker SECONDS BYTES``. It writes one byte when it is
ready, then answers each frame ``length of URL, length of page, URL, page`` with ``length, text``; lengths
are 4 bytes, big-endian, texts UTF-8. It ends with its input, after SECONDS on one page, or beyond BYTES
of memory, so that it cannot outlive its parent for long nor eat the machine.
"""

import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

REQUEST = struct.Struct(">II")
ANSWER = struct.Struct(">I")
READY = b"\x06"


def main(seconds: int, most_memory: int) -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    import trafilatura  # noqa: F401  # so that being ready means having it loaded

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # what a library prints must not end up among the answers
    answers.write(READY)
    answers.flush()
    for url, html in requests(sys.stdin.buffer):
        signal.alarm(seconds)
        text = article_text(html, url).encode("utf-8", "replace")
        signal.alarm(0)
        answers.write(ANSWER.pack(len(text)) + text)
        answers.flush()


def requests(frames: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Yield each address and page."""
    while len(head := frames.read(REQUEST.size)) == REQUEST.size:
        of_url, of_html = REQUEST.unpack(head)
        url, html = frames.read(of_url), frames.read(of_html)
        if len(html) < of_html:
            return
        yield url.decode("utf-8"), html


def article_text(html: bytes, url: str) -> str:
    """Return the article of a page as plain text, one paragraph a line; empty where none is found.

    Of two doubtful readings the shorter is taken: menus and teasers would be read as coverage.
    """
    import trafilatura

    return (
        trafilatura.extract(html, url=url, favor_precision=True, include_comments=False, include_tables=False)
        or ""
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
