"""A large table that stays in its files: a row is read and parsed when somebody asks for it.

All of a part is hashed before it is used, as of any other; then its index (`gdata/bundles/index.py`) says where each
row stands. A million rows of twelve columns are there in a tenth of the time that parsing them takes, and a worker has
nothing of them for itself (`benchmarks/load.py`).

Files under their content's name never change, so nothing holds somebody from writing into one but this: each row is
compared with its checksum when it is read, and read from the file rather than from mapped memory, where a file cut
short would end the process. What isn't there any more is a DamagedError that names the file.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import accumulate, pairwise
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Any
from zlib import crc32

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.index import RowIndex, is_worth_it, make_index, read_index
from gdata.bundles.lookup import RowMissing, Table
from gdata.bundles.manifest import Part, TableEntry
from gdata.bundles.reader import damaged_file
from gdata.errors import DamagedError, OutputError, OutsideError
from gdata.files import plain, read_plain, reason_of, write_atomically
from gdata.language import sentence
from gdata.runtime.messages import TableType
from gdata.runtime.places import PartFiles

_PIECE = 1 << 20
_BLOCK = 512
"""Rows that are read at a time when all of them are."""

_MOST_RECENT = 2_048
"""Rows that were looked up keep their Python objects, up to 4 MiB of them: here each has memory of its own."""


def map_table(
    name: str, kind: TableType, entry: TableEntry, find_files: Callable[[Part], PartFiles | None], place: str
) -> MappedTable | None:
    """The table in its verified files; None where an index is missing or doesn't fit, so that it is to be parsed.

    An index that is this reader's own is made where it isn't there; and of a file of its own that is damaged it gives
    None too, for there it is fetched anew.

    Raises:
        DamagedError: a file is missing, or its bytes aren't those of the manifest.
    """
    if not is_worth_it(entry) or kind.is_map or kind.narrow is not None or not kind.rows_field:
        return None
    found = []
    for part in entry.parts:
        files = find_files(part)
        index = None if files is None else _index_of(files, part, kind)
        if files is None or index is None or index.has_keys is not bool(entry.key):
            return None
        found.append((files, part, index))
    try:
        parts = [_PartFile(files.part, part, index, place) for files, part, index in found]
    except DamagedError:
        if any(files.is_own for files, _, _ in found):
            return None
        raise
    return MappedTable(name, MappedRows(parts, kind), kind.key, kind.row)


def _index_of(files: PartFiles, part: Part, kind: TableType) -> RowIndex | None:
    with suppress(OSError):
        index = read_index(read_plain(files.index), part)
        if index is not None or not files.is_own:
            return index
    if not files.is_own:
        return None
    with suppress(OSError, DecodeError, ValueError, OverflowError, TypeError, IndexError):
        digest = hashlib.sha256()
        with open(files.part, "rb", opener=plain) as file:
            blocks = _hashed(iter(partial(file.read, _PIECE), b""), digest)
            made = make_index(blocks, part, kind.message.DESCRIPTOR, kind.key)  # type: ignore[arg-type]
        if made is not None and digest.hexdigest() == part.sha256:
            with suppress(OutputError):  # a cache that can't be written is no reason to stop
                write_atomically(files.index, made)
            return read_index(made, part)
    return None


def _hashed(blocks: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


class _PartFile:
    """A verified part, open for reading."""

    def __init__(self, path: Path, part: Part, index: RowIndex, place: str) -> None:
        self.index = index
        self._place, self._name = place, part.file
        try:
            self._file = open(path, "rb", buffering=0, opener=plain)  # noqa: SIM115 - as long as the table
        except OSError as error:
            raise damaged_file(place, part.file) from error
        self._lock = Lock()
        if self._digest() != part.sha256:
            raise damaged_file(place, part.file)

    def _digest(self) -> str:
        digest, buffer = hashlib.sha256(), bytearray(_PIECE)
        view = memoryview(buffer)
        try:
            while size := self._file.readinto(buffer):
                digest.update(view[:size])
        except OSError as error:
            raise self._unreadable(error) from error
        return digest.hexdigest()

    def _read(self, start: int, end: int) -> bytes:
        try:
            if hasattr(os, "pread"):
                return os.pread(self._file.fileno(), end - start, start)
            with self._lock:  # Windows
                self._file.seek(start)
                return self._file.read(end - start)
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> OutsideError:
        return OutsideError(
            sentence("{place}: can't be read: {error}", place=f"{self._place}: {self._name}", error=reason_of(error)),
            hint=sentence("check the disk"),
        )

    def row(self, position: int) -> bytes:
        """A row's bytes."""
        index = self.index
        start, end = index.starts[position], index.starts[position + 1]
        content = self._read(start, end)
        if crc32(content) != index.crcs[position]:
            raise self._changed()
        if content[1] < 0x80:
            return content[2:]
        at = 2
        while content[at] > 0x7F:
            at += 1
        return content[at + 1 :]

    def block(self, first: int, last: int) -> bytes:
        """The bytes of several rows, as they stand in the table's message."""
        index = self.index
        starts = index.starts[first : last + 1]
        begin = starts[0]
        content = self._read(begin, starts[-1])
        view = memoryview(content)
        crcs = [crc32(view[start - begin : end - begin]) for start, end in pairwise(starts)]
        if crcs != index.crcs[first:last].tolist():
            raise self._changed()
        return content

    def _changed(self) -> DamagedError:
        return DamagedError(
            sentence("{place}: {table} was changed after it was verified", place=self._place, table=self._name),
            hint=sentence("files of a bundle never change: build or fetch it again, and start anew"),
        )


class MappedRows(Sequence[Any]):
    """The rows of a table in its files; each that is asked for is parsed anew."""

    def __init__(self, parts: Sequence[_PartFile], kind: TableType) -> None:
        self._parts = parts
        self._ends = list(accumulate(len(part.index) for part in parts))
        self._table, self._rows_field = kind.message, kind.rows_field
        self._row: Any = GetMessageClass(kind.row)
        self._key = attrgetter(*kind.key) if kind.key else None

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        number = bisect_right(self._ends, position)
        part = self._parts[number]
        return self._parse(self._row, part.row(position - self._ends[number] + len(part.index)), part)

    def __iter__(self) -> Iterator[Any]:
        for part in self._parts:
            for first in range(0, len(part.index), _BLOCK):
                content = part.block(first, min(first + _BLOCK, len(part.index)))
                yield from getattr(self._parse(self._table, content, part), self._rows_field)

    def find(self, key: Any) -> tuple[int, Any] | None:
        """The place of the row with this key, and the row."""
        assert self._key is not None
        for part, end in zip(self._parts, self._ends, strict=True):
            for position in part.index.find(key):
                row = self._parse(self._row, part.row(position), part)
                if self._key(row) == key:
                    return end - len(part.index) + position, row
        return None

    @staticmethod
    def _parse(message: Any, content: bytes, part: _PartFile) -> Any:
        try:
            return message.FromString(content)
        except DecodeError as error:
            raise part._changed() from error


class MappedTable(Table[Any, Any]):
    """A table whose rows stay in its files."""

    __slots__ = ("_mapped",)

    def __init__(self, name: str, rows: MappedRows, key: Sequence[str], row_type: Any) -> None:
        super().__init__(name, rows, key, row_type)
        self._indexed = True
        self._mapped = rows

    def get(self, key: Any, default: Any = None) -> Any:
        """The row with this key, or `default`."""
        found = self._found(key)
        return default if found is None else found[1]

    def _position(self, key: Any) -> int | None:
        found = self._found(key)
        return None if found is None else found[0]

    def _find(self, key: Any) -> Any:
        found = self._found(key)
        if found is None:
            raise RowMissing(self, key)
        recent = self._recent
        if len(recent) >= _MOST_RECENT:
            recent.clear()
        recent[key] = found[1]
        return found[1]

    def _found(self, key: Any) -> tuple[int, Any] | None:
        if not self.key:
            super()._position(key)  # says that it has none
        try:
            hash(key)
        except TypeError:  # a list, a message: nothing that a key can be
            raise RowMissing(self, key) from None
        return self._mapped.find(key)
