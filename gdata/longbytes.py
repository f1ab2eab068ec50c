"""Bytes that may be too many for memory: a sheet of a million rows, and the table that it becomes.

They stay in their files and are read a block at a time, so that memory doesn't grow with a table. Reading costs what
copying from the system's cache costs, 10 ms for 100 MB; mapping the file would spare that, but whoever cuts a mapped
file short ends the process that reads it, and its pages count as the process's memory.

A file that others may write is held to its size, times and inode at every read: what is read after a change isn't what
was read before, and is told (`WatchedFile`). What only this process knows of lies in files without names (`Spool`).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import IO, NamedTuple, Protocol, overload

from gdata.errors import ChangedError, OutsideError
from gdata.files import plain, read_plain, reason_of, writing
from gdata.language import sentence

BLOCK_BYTES = 1 << 20
"""So much is in memory at a time."""
TICK = 20_000_000
"""Nanoseconds in which a file may be written twice under one time: file systems' clocks step by up to 10 ms."""
_COARSE_TICK = 2_000_000_000
"""The same where times are whole seconds: FAT, ext3, some network file systems."""
_SETTLING = 5


class Held(Protocol):
    """What holds bytes, wherever that is."""

    def read(self, start: int, size: int) -> bytes:
        """These of them, all of which are there."""


class _Piece(NamedTuple):
    held: Held
    start: int
    size: int


class LongBytes:
    """Pieces of files and of memory, one after the other; `bytes(it)` reads all of it."""

    __slots__ = ("_pieces", "_size")

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self._pieces = pieces
        self._size = sum(piece.size for piece in pieces)

    @classmethod
    def of(cls, held: Held, start: int, size: int) -> LongBytes:
        """A piece of one file."""
        return cls([_Piece(held, start, size)])

    @classmethod
    def joined(cls, contents: Iterable[Content]) -> LongBytes:
        """Several, one after the other; nothing is read."""
        pieces: list[_Piece] = []
        for content in contents:
            pieces += content._pieces if isinstance(content, LongBytes) else [_Piece(_Memory(content), 0, len(content))]
        return cls(pieces)

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return b"".join(self)

    def __iter__(self) -> Iterator[bytes]:
        """All of it in blocks."""
        for held, start, size in self._pieces:
            for at in range(start, start + size, BLOCK_BYTES):
                yield held.read(at, min(BLOCK_BYTES, start + size - at))

    def __getitem__(self, part: slice) -> bytes:
        return bytes(self.part(part.start or 0, self._size if part.stop is None else part.stop))

    def part(self, start: int, end: int) -> LongBytes:
        """These of them, of which nothing is read yet."""
        pieces, at = [], 0
        for held, first, size in self._pieces:
            low, high = max(start - at, 0), min(end - at, size)
            if low < high:
                pieces.append(_Piece(held, first + low, high - low))
            at += size
            if at >= end:
                break
        return LongBytes(pieces)


Content = bytes | LongBytes


@overload
def blocks_of(content: Content) -> Iterable[bytes]: ...
@overload
def blocks_of(content: Content | memoryview) -> Iterable[bytes | memoryview]: ...
def blocks_of(content: Content | memoryview) -> Iterable[bytes | memoryview]:
    """The content in pieces that memory bears; what is in memory as it is."""
    return content if isinstance(content, LongBytes) else (content,)


@overload
def part_of(content: bytes, start: int, end: int) -> bytes: ...
@overload
def part_of(content: Content, start: int, end: int) -> Content: ...
def part_of(content: Content, start: int, end: int) -> Content:
    """Some of it, where it is."""
    return content.part(start, end) if isinstance(content, LongBytes) else content[start:end]


def first_line(content: Content) -> bytes:
    """The line that a content begins with, its end included.

    Raises:
        ValueError: it has none.
    """
    parts = []
    for block in blocks_of(content):
        end = block.find(b"\n") + 1
        parts.append(block[: end or len(block)])
        if end:
            return b"".join(parts)
    raise ValueError("there is no line")


def digest_of(content: Content) -> str:
    """The hex SHA-256."""
    digest = hashlib.sha256()
    for block in blocks_of(content):
        digest.update(block)
    return digest.hexdigest()


class _Memory:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, start: int, size: int) -> bytes:
        return self._content[start : start + size]


Stamp = tuple[int, int, int, int, int]


class WatchedFile:
    """A file that somebody else may write while it is read."""

    __slots__ = ("_path", "_place", "_stamp")

    def __init__(self, path: Path, place: str, stamp: Stamp) -> None:
        self._path, self._place, self._stamp = path, place, stamp

    @classmethod
    def all_of(cls, path: Path, place: str) -> Content:
        """All of a file; `place` is what messages call it. It stays in the file where a change of it would be seen.

        Raises:
            OSError: it can't be read.
        """
        for _ in range(_SETTLING):
            # Windows tells of an open file other numbers than of a name.
            with open(path, "rb", buffering=0, opener=plain) as file:
                stamp = _stamp_of(os.fstat(file.fileno()))
            young = max(map(may_change_until, stamp[1:3])) - time.time_ns()
            if young <= 0:
                return LongBytes.of(cls(path, place, stamp), 0, stamp[0])
            if young > TICK:
                break
            time.sleep(young / 1e9)
        return read_plain(path)

    def read(self, start: int, size: int) -> bytes:
        """Some of its bytes.

        Raises:
            ChangedError: they aren't those that were there at first.
            OutsideError: they can't be read.
        """
        try:
            with open(self._path, "rb", buffering=0, opener=plain) as file:
                content = _read_at(file, start, size)
                is_same = _stamp_of(os.fstat(file.fileno())) == self._stamp
        except FileNotFoundError:
            is_same, content = False, b""
        except OSError as error:
            raise OutsideError(
                sentence("{place}: can't be read: {error}", place=self._place, error=reason_of(error)),
                hint=sentence("check the disk"),
            ) from error
        if not is_same or len(content) != size:
            raise ChangedError(
                sentence("{place}: changed while it was being read", place=self._place),
                hint=sentence("run it again when nobody writes the file any more"),
            )
        return content


def _stamp_of(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev


def may_change_until(written: int) -> int:
    """Up to when a file that was written then may be written again under the same time."""
    return written + (TICK if written % 1_000_000_000 else _COARSE_TICK)


def _read_at(file: IO[bytes], start: int, size: int) -> bytes:
    """So many bytes, fewer where the file ends; the system may give fewer at a time."""
    parts: list[bytes] = []
    while size:
        if hasattr(os, "pread"):
            part = os.pread(file.fileno(), size, start)
        else:
            file.seek(start)
            part = file.read(size)
        if not part:
            break
        parts.append(part)
        start, size = start + len(part), size - len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class Spool:
    """A file without a name, for what is made and read again; it is gone with whoever holds it."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` lies on the disk that bears it; the system's own place for such files may be memory.

        Raises:
            OutputError: it can't be made.
        """
        import tempfile  # what a server imports needs none

        may_write = folder is not None and folder.is_dir() and os.access(folder, os.W_OK)
        self._folder = folder if folder is not None and may_write else Path(tempfile.gettempdir())
        self._place = Lock()
        """Of the file's position: files of a bundle are written by several threads, from one spool."""
        self.size = 0
        with writing(self._folder):
            self._file = tempfile.TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115 - closed when nobody has it

    def add(self, content: Content | memoryview) -> LongBytes:
        """Write it at the end; what was written, as it lies there.

        Raises:
            OutputError: the disk is full.
        """
        start = self.size
        with writing(self._folder):
            for block in blocks_of(content):
                self._write(block)
        return LongBytes.of(self, start, self.size - start)

    @property
    def written(self) -> LongBytes:
        """All of it, by whichever process."""
        return LongBytes.of(self, 0, os.fstat(self._file.fileno()).st_size)

    def _write(self, block: bytes | memoryview) -> None:
        view = memoryview(block)
        with self._place:
            self._file.seek(0, os.SEEK_END)
            while view:
                written = self._file.write(view)
                view = view[written:]
                self.size += written

    def read(self, start: int, size: int) -> bytes:
        """Some of what was written."""
        if hasattr(os, "pread"):
            return _read_at(self._file, start, size)
        with self._place:  # Windows
            return _read_at(self._file, start, size)
