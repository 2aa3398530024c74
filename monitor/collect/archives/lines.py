"""Read a file line by line in constant memory, compressed or not, in whatever encoding it has."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.collect.text import decode_mixed
from monitor.errors import InputError

Warn = Callable[[str], None]
Stream = io.BufferedReader | gzip.GzipFile

MAX_LINE_BYTES = 16 * 2**20
_WIDE_BYTES = 2**16
_BROKEN = (EOFError, zlib.error, OSError)
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def open_binary(path: Path) -> Iterator[Stream]:
    """Open a file, decompressed where its first bytes say that it is gzip, whatever its name says.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    with raw:
        if raw.peek(2)[:2] != _GZIP:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unzipped:
            yield unzipped


def read_blocks(stream: Stream, path: Path, size: int) -> Iterator[bytes]:
    """Yield a stream in blocks of about so many bytes.

    Raises:
        InputError: the stream is damaged; after all that could be read of it.
    """
    done, held = 0, bytearray()
    while True:
        try:
            piece = stream.read1(size)
        except _BROKEN as error:
            yield bytes(held)
            raise damaged(path, f"byte {done}", error) from error
        done += len(piece)
        held += piece
        if len(held) >= size or not piece:
            yield bytes(held)
            held.clear()
        if not piece:
            return


def damaged(path: Path, where: str, error: Exception) -> InputError:
    """Return the error of a file that ends before it should."""
    return InputError(
        f"{path}: damaged or cut short after {where} ({error}); what stands before is imported; "
        "get the file again and import it again, which goes on from there"
    )


class TextLines:
    """The lines of a file, with their ends, as UTF-8; those that are not are read as Windows-1252.

    Attributes:
        number: lines read so far; a line ends at ``\\n``, ``\\r\\n`` or ``\\r``.
        complete: whether the last line read had an end.
    """

    def __init__(self, stream: Stream, path: Path, warn: Warn) -> None:
        self.number = 0
        self.complete = True
        self._path = path
        self._warn = warn
        self._warned = False
        self._stream = stream
        self._lines: Iterator[str] | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next line; InputError where the file is damaged or no text."""
        try:
            self._lines = self._lines or self._decoded(self._stream)
            line = next(self._lines)
        except _BROKEN as error:
            raise damaged(self._path, f"line {self.number}", error) from error
        self.number += 1
        self.complete = line.endswith(("\n", "\r"))
        if len(line) >= MAX_LINE_BYTES:
            raise InputError(f"{self._path}: line {self.number} has more than 16 MB: this is no text file")
        return line

    def _decoded(self, stream: Stream) -> Iterator[str]:
        start = stream.peek(len(codecs.BOM_UTF8))
        if start.startswith(_UTF16):
            return _wide_lines(stream)
        if start.startswith(codecs.BOM_UTF8):
            stream.read(len(codecs.BOM_UTF8))
        return self._decoded_bytes(stream)

    def _decoded_bytes(self, stream: Stream) -> Iterator[str]:
        while raw := stream.readline(MAX_LINE_BYTES):
            # Only a file from an old Macintosh has an end in the middle of what readline returns.
            for line in raw.splitlines(keepends=True) if b"\r" in raw[:-2] else (raw,):
                yield self._text(line)

    def _text(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            if not self._warned:
                self._warned = True
                self._warn(f"{self._path}: line {self.number + 1} is not UTF-8; read as Windows-1252")
            return decode_mixed(line)


def _wide_lines(stream: Stream) -> Iterator[str]:
    """Yield the lines of a stream in UTF-16, as spreadsheets write it."""
    decoder, held = codecs.getincrementaldecoder("utf-16")("replace"), ""
    while block := stream.read1(_WIDE_BYTES):
        # Not splitlines, which would also cut at separators that a title may hold.
        lines = list(io.StringIO(held + decoder.decode(block), newline=""))
        held = lines.pop() if lines and len(lines[-1]) < MAX_LINE_BYTES else ""
        yield from lines
    if held:
        yield held
