"""Bytes that stay in files: what is read of them is what was there, or it is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gdata.errors import ChangedError
from gdata.longbytes import LongBytes, Spool, WatchedFile, digest_of, first_line, part_of

TEXT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdata.longbytes.BLOCK_BYTES", 1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is old enough for a change of it to be seen."""
    path = tmp_path / "Item.csv"
    path.write_bytes(TEXT)
    return path


def watch(path: Path) -> LongBytes:
    content = WatchedFile.all_of(path, "sheets/Item.csv")
    if isinstance(content, bytes):
        pytest.skip("this file system's times are too coarse")
    return content


def test_parts_of_files_and_memory_read_as_one(file: Path) -> None:
    spool = Spool()
    first, second = spool.add(b"abc"), spool.add(watch(file))
    joined = LongBytes.joined([b"head\n", second, first.part(1, 3)])
    whole = b"head\n" + TEXT + b"bc"
    assert bytes(joined) == whole
    assert b"".join(joined) == whole
    assert max(map(len, joined)) == 1000
    assert digest_of(joined) == digest_of(whole)
    assert first_line(joined) == b"head\n"
    for start, end in ((0, 3), (3, 1200), (5, len(whole)), (len(whole) - 1, len(whole)), (7, 7)):
        assert joined[start:end] == whole[start:end]
        assert bytes(part_of(joined, start, end)) == whole[start:end]


def test_the_first_line_may_be_long() -> None:
    assert first_line(Spool().add(b"a" * 2500 + b"\nb\n")) == b"a" * 2500 + b"\n"
    for none in (b"", Spool().add(b"a" * 2500)):
        with pytest.raises(ValueError, match="no line"):
            first_line(none)


def cut_short(path: Path) -> None:
    os.truncate(path, 100)


def write_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"changed")
    # With the time that it had: who writes can't set back when it was changed.
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 10**9))


def put_another(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(TEXT)
    other.replace(path)


@pytest.mark.parametrize("change", [cut_short, write_in_place, put_another, Path.unlink])
def test_a_file_that_changes_is_told(file: Path, change: Callable[[Path], None]) -> None:
    content = watch(file)
    assert content[:10] == TEXT[:10]
    change(file)
    with pytest.raises(ChangedError, match=r"sheets/Item\.csv: changed while it was being read") as raised:
        content[:10]
    assert "run it again" in raised.value.hint


def test_a_file_whose_change_could_not_be_seen_is_read_at_once(file: Path) -> None:
    os.utime(file, (0, 4_000_000_000))  # the clock of a file server is ahead
    assert WatchedFile.all_of(file, "Item.csv") == TEXT


@pytest.mark.parametrize("has_pread", [True, False])
def test_threads_read_from_one_spool(monkeypatch: pytest.MonkeyPatch, has_pread: bool) -> None:
    """As the files of a bundle are written; Windows can't read at a place without going there first."""
    if not has_pread:
        monkeypatch.delattr("os.pread", raising=False)
    spool = Spool()
    wanted = [bytes([number]) * 20_000 for number in range(40)]
    parts = list(map(spool.add, wanted))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(bytes, parts)) == wanted
    finally:
        sys.setswitchinterval(before)
    assert bytes(spool.add(parts[3])) == wanted[3], "what is in it may be added to it"
