"""The files of raw answers: whole after any crash, shared by nobody, rewritten where something is erased."""

import fcntl
import os
import resource
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.collect.http import Fetched
from monitor.collect.rawfile import Erased, RawArchive, Recording, erase_raw, raw_files, raw_polls
from monitor.errors import InputError, StoreError
from monitor.types import Outlet, Source, Validators

NOW = datetime(2026, 11, 16, 7, tzinfo=UTC)
NOTHING = Erased(lambda items: [False] * len(items), lambda url: False)
RSS = "<rss version='2.0'><channel><title>Post</title>{items}</channel></rss>"


ITEM = "<item><title>Story {n}</title><link>https://post.example/{n}</link></item>"


def now() -> datetime:
    return NOW


def poll_of(n: int, moment: datetime = NOW) -> bytes:
    source = Source("post", "https://post.example/feed", Outlet("Daily Post"))
    body = RSS.format(items=ITEM.format(n=n)).encode()
    recording = Recording()
    recording.feed(source.url, Fetched(200, source.url, body, "text/xml", Validators()), moment)
    return recording.closed(source, moment)


def test_a_file_torn_at_any_byte_gives_the_polls_before_it(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path, now)
    ends = []
    for n in range(3):
        archive.append([poll_of(n)])
        ends.append(raw_files(tmp_path)[0].stat().st_size)
    (path,) = raw_files(tmp_path)
    whole = path.read_bytes()
    for cut in [*range(0, len(whole), 11), len(whole)]:
        path.write_bytes(whole[:cut])
        assert len(list(raw_polls(path))) == sum(end <= cut for end in ends)


def test_a_process_begins_another_file_each_day_and_at_the_cap(tmp_path: Path) -> None:
    moment = NOW
    archive = RawArchive(tmp_path, lambda: moment, most_bytes=1_500)
    for n in range(6):
        moment = NOW + timedelta(hours=8 * n)
        archive.append([poll_of(n, moment)])
    files = raw_files(tmp_path)
    assert len(files) > 2
    assert all(path.stat().st_size < 2_500 for path in files)
    assert [poll.started_at for path in files for poll in raw_polls(path)] == [
        NOW + timedelta(hours=8 * n) for n in range(6)
    ]
    assert raw_files(tmp_path, date(2026, 11, 17), date(2026, 11, 17)) == [
        path for path in files if "20261117" in path.name
    ]


def test_another_process_writes_another_file(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path, now)
    archive.append([poll_of(0)])
    child = os.fork()
    if not child:
        try:
            RawArchive(tmp_path, now).append([poll_of(1)])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    archive.append([poll_of(2)])
    assert sorted(len(list(raw_polls(path))) for path in raw_files(tmp_path)) == [1, 2]


def test_a_folder_that_cannot_be_written_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file")
    with pytest.raises(StoreError, match="raw answers cannot be written"):
        RawArchive(tmp_path / "raw", now).append([poll_of(0)])


def test_a_poll_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path, now)
    archive.append([poll_of(0)])
    (path,) = raw_files(tmp_path)
    before, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            archive.append([poll_of(1)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    archive.append([poll_of(1)])
    assert len(list(raw_polls(path))) == 2


def test_a_damaged_file_is_named_after_what_could_be_read_of_it(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path, now)
    for n in range(3):
        archive.append([poll_of(n)])
    (path,) = raw_files(tmp_path)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    polls = raw_polls(path)
    first = next(polls)
    with pytest.raises(InputError, match="damaged"):
        list(polls)
    assert erase_raw(path, NOTHING)
    assert next(raw_polls(path)) == first
    assert len(list(raw_polls(path))) < 3


def test_a_file_of_another_origin_is_named(tmp_path: Path) -> None:
    (tmp_path / "else.warc.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"else\.warc\.gz: not a file of raw answers"):
        raw_files(tmp_path, date(2026, 1, 1))


def test_a_torn_end_is_cut_off_where_nothing_else_is_erased(tmp_path: Path) -> None:
    RawArchive(tmp_path, now).append([poll_of(0)])
    (path,) = raw_files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + poll_of(1)[:90])
    assert erase_raw(path, NOTHING)
    assert path.read_bytes() == whole
    assert not erase_raw(path, NOTHING)


def test_an_append_that_waited_for_an_erasure_goes_to_the_new_file(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path, now)
    archive.append([poll_of(0)])
    (path,) = raw_files(tmp_path)
    waiting = threading.Thread(target=archive.append, args=([poll_of(1)],))
    with path.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        (tmp_path / "new").write_bytes(path.read_bytes())
        (tmp_path / "new").replace(path)
    waiting.join()
    assert len(list(raw_polls(path))) == 2


def test_what_a_process_writes_after_an_erasure_is_not_lost(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path, now)
    archive.append([poll_of(0)])
    (path,) = raw_files(tmp_path)
    assert erase_raw(path, Erased(lambda items: [True] * len(items), lambda url: False))
    archive.append([poll_of(1)])
    assert raw_files(tmp_path) == [path]
    assert len(list(raw_polls(path))) == 2
