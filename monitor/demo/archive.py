"""The bundled archive: all but the last eight weeks of the sample, as a file for ``monitor backfill``."""

import csv
import gzip
import io
from pathlib import Path

from monitor.demo.calendar import ARCHIVE_WEEKS
from monitor.demo.composer import compose_week

ARCHIVE = Path(__file__).with_name("archive.csv.gz")
COLUMNS = ("date", "title", "summary", "text", "url", "outlet", "outlet_type", "nation")
"""Dates are UTC; ``text`` is empty for three stories in four."""


def write_archive() -> None:
    """Write the bundled archive anew."""
    ARCHIVE.write_bytes(archive_bytes())


def archive_bytes() -> bytes:
    """Return the archive as the composer makes it, oldest story first; the same bytes on every call."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range(1, ARCHIVE_WEEKS + 1):
        for item in (story.item for story in compose_week(number)):
            date = f"{item.published.at:%Y-%m-%dT%H:%M:%SZ}"
            outlet = item.outlet
            writer.writerow(
                (
                    date,
                    item.title,
                    item.summary,
                    item.text,
                    item.url,
                    outlet.name,
                    outlet.outlet_type,
                    outlet.nation,
                )
            )
    packed = io.BytesIO()
    # Neither a time nor a file name, so that the same stories give the same bytes.
    with gzip.GzipFile("", "wb", 9, packed, mtime=0) as stream:
        stream.write(table.getvalue().encode())
    return packed.getvalue()
