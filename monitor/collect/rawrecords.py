"""Records of WARC files: one answer each, a gzip member of its own, so that any WARC tool reads the files.

Source of the format: WARC/1.1 (ISO 28500:2017),
https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/; headers of our own begin with
``Monitor-``, as its section 5 allows.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO, FileIO
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from monitor.collect.http import Fetched
from monitor.errors import InputError
from monitor.types import Validators

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

KIND, ASKED = "Monitor-Kind", "Monitor-Asked"
"""``feed``, ``page`` or ``poll``; and the address that was asked for, where the answer came from another."""

_UNKEPT = frozenset({"content-encoding", "content-length", "set-cookie", "transfer-encoding"})
_GZIP_BITS = zlib.MAX_WBITS | 16
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Found:
    """A record."""

    kind: str
    """``feed``, ``page``, ``poll``, or empty for any other."""
    asked: str
    answer: Fetched
    read_at: datetime
    own: bytes
    """The record as it stands in the file."""


def records(stored: BinaryIO | FileIO, name: str) -> Iterator[Found]:
    """Yield the whole records of a file.

    Raises:
        InputError: it is damaged, or none.
    """
    from warcio.exceptions import ArchiveLoadFailed
    from warcio.recordloader import ArcWarcRecordLoader

    try:
        for own, content in _members(stored):
            record = ArcWarcRecordLoader().parse_record_stream(BytesIO(content), known_format="warc")
            yield _found(record, record.content_stream().read(), own)
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
        raise InputError(
            f"{name}: damaged, or not a file of raw answers; take it out of the folder"
        ) from error


def _members(stored: BinaryIO | FileIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the gzip members of a file, each a record, as they stand and decompressed.

    One that ends early is passed over: a process writes to files of its own, so that nothing follows.
    """
    rest = b""
    while True:
        member, own, content = zlib.decompressobj(_GZIP_BITS), bytearray(), bytearray()
        while not member.eof:
            chunk = rest or stored.read(_CHUNK)
            if not chunk:
                return
            content += member.decompress(chunk)
            rest = member.unused_data
            own += chunk[: len(chunk) - len(rest)]
        yield bytes(own), bytes(content)


def _found(record: "ArcWarcRecord", body: bytes, own: bytes) -> Found:
    said, http = record.rec_headers, record.http_headers
    headers = {name.lower(): value for name, value in http.headers} if http else {}
    content_type = headers.get("content-type") if http else said.get_header("Content-Type")
    url = str(said.get_header("WARC-Target-URI") or "")
    answer = Fetched(200, url, body, content_type, Validators(), headers)
    asked = str(said.get_header(ASKED) or url)
    read_at = datetime.fromisoformat(str(said.get_header("WARC-Date")))
    return Found(str(said.get_header(KIND) or ""), asked, answer, read_at, own)


def response(kind: str, asked: str, answer: Fetched, read_at: datetime) -> bytes:
    """Return an answer of status 200 as a record: its body decompressed, without cookies."""
    from warcio.statusandheaders import StatusAndHeaders

    named = [(name, value) for name, value in answer.headers.items() if name not in _UNKEPT]
    http = StatusAndHeaders("200 OK", [*named, ("content-length", str(len(answer.body)))], "HTTP/1.1")
    about = {"WARC-Date": warc_time(read_at), KIND: kind, ASKED: _ascii(asked)}
    return record("response", answer.url, answer.body, about, http)


def record(kind: str, url: str, body: bytes, headers: dict[str, str], http: object | None = None) -> bytes:
    """Return a record of any kind; ``http`` are the headers that stand before its body."""
    from warcio.warcwriter import WARCWriter

    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    record = writer.create_warc_record(
        _ascii(url),
        kind,
        payload=BytesIO(body),
        length=len(body),
        warc_headers_dict=headers,
        http_headers=http,
    )
    writer.write_record(record)
    return out.getvalue()


def warcinfo(name: str, now: datetime) -> bytes:
    """Return the record that opens a file."""
    from importlib.metadata import version

    about = (
        f"software: social-work-monitor/{version('social-work-monitor')}\r\nformat: WARC File Format 1.1\r\n"
    )
    headers = {"WARC-Date": warc_time(now), "WARC-Filename": name, "Content-Type": "application/warc-fields"}
    return record("warcinfo", "", about.encode(), headers)


def warc_time(moment: datetime) -> str:
    """Return a time as WARC writes it, to the microsecond."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _ascii(url: str) -> str:
    return quote(url, safe="%/:=&?~#+!$,;'@()*[]|\\^`{}\"<>") if not url.isascii() else url
