"""`NAME-HASH12.index` beside a table's part: where each row stands and its key, so that a server parses what it reads.

Little-endian, one section after the other:

    16 bytes    "gdata index 1" and zeros
    32 bytes    the part's SHA-256
     8 bytes    how many rows it holds
     4 bytes    how keys are kept: 0 not at all, 1 dense, 2 and 3 rising integers of 4 and 8 bytes, 4 hashes
     4 bytes    1: the keys below are in another order than the rows; else 0
     8 bytes    the lowest key, signed; others are kept by how far they are above it (0 with hashes)
     4 x rows+1 where each row begins in the part, with its tag; the last is the part's size
     4 x rows   the CRC-32 of each row's bytes, tag and size included
     then, unless dense: the keys, rising, 4 or 8 bytes each; where the order is another, 4 bytes each: whose row it is
    32 bytes    the SHA-256 of all above

A dense key is the lowest key plus the row's place. A hash is the CRC-32 of the key's fields as text, in UTF-8, with a
zero byte between them; integers are written in decimal, bools as 0 and 1, enums by number.

No manifest names an index, and none is needed: it says nothing that the part doesn't. One that is damaged, or of other
bytes than the part's, counts as not there.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from operator import attrgetter, eq, index, le
from pathlib import Path
from struct import Struct
from typing import Any
from zlib import crc32

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from gdata._core import core
from gdata.bundles.manifest import Manifest, Part, TableEntry
from gdata.errors import GdataError
from gdata.files import plain, read_plain, write_atomically
from gdata.longbytes import BLOCK_BYTES
from gdata.proto.descriptors import pool_of
from gdata.proto.wire import field_ends, whole_fields

FEWEST_ROWS = 50_000
"""A table of fewer is parsed in 20 ms when it is first touched, and needs no index."""
_MAGIC = b"gdata index 1\0\0\0"
_HEAD = Struct("<16s32sQIIq")
_HASH = 32
_NO_KEY, _DENSE, _NARROW, _WIDE, _HASHED = range(5)
_KEY_TYPES = {_NARROW: "I", _WIDE: "Q", _HASHED: "I"}
_MOST_BYTES = 1 << 32
_UNSIGNED = frozenset([FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_UINT64])
_FIXED_UNSIGNED = frozenset([FieldDescriptor.TYPE_FIXED32, FieldDescriptor.TYPE_FIXED64])
_VARINTS = _UNSIGNED | {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64}
"""The types whose bytes are the number itself."""
_INTEGERS = _VARINTS | {
    FieldDescriptor.TYPE_SINT32,
    FieldDescriptor.TYPE_SINT64,
    FieldDescriptor.TYPE_FIXED32,
    FieldDescriptor.TYPE_FIXED64,
    FieldDescriptor.TYPE_SFIXED32,
    FieldDescriptor.TYPE_SFIXED64,
    FieldDescriptor.TYPE_BOOL,
    FieldDescriptor.TYPE_ENUM,
}


def index_name(part: str) -> str:
    """The name of the index beside a part of this name."""
    return f"{part.rpartition('.')[0]}.index"


def is_worth_it(entry: TableEntry) -> bool:
    """Whether a table's parts have indexes."""
    return entry.kind == "rows" and entry.rows >= FEWEST_ROWS and all(part.unpacked is None for part in entry.parts)


@dataclass(frozen=True)
class RowIndex:
    """An index that was read: where rows begin, what their bytes are, and whose key is whose."""

    starts: memoryview[int]
    crcs: memoryview[int]
    kind: int
    lowest: int
    keys: memoryview[int]
    order: memoryview[int] | None

    def __len__(self) -> int:
        return len(self.crcs)

    @property
    def has_keys(self) -> bool:
        """Whether rows can be found by their keys."""
        return self.kind != _NO_KEY

    def find(self, key: Any) -> Iterator[int]:
        """The places of the rows that may have this key, one or none but for hashes that meet."""
        if self.kind == _HASHED:
            wanted = _hash(key)
        else:
            try:
                number = index(key)
            except TypeError:
                if not (isinstance(key, float) and key.is_integer()):
                    return
                number = int(key)
            wanted = number - self.lowest
            if self.kind == _DENSE:
                if 0 <= wanted < len(self.crcs):
                    yield wanted
                return
        keys = self.keys
        at = bisect_left(keys, wanted)
        while at < len(keys) and keys[at] == wanted:
            yield at if self.order is None else self.order[at]
            at += 1


def read_index(content: bytes, part: Part) -> RowIndex | None:
    """The index of a part, from its file's bytes; None where they are another part's, damaged, or not understood."""
    if len(content) < _HEAD.size + _HASH or sys.byteorder != "little":
        return None
    magic, digest, rows, kind, is_ordered, lowest = _HEAD.unpack_from(content)
    width = 8 if kind == _WIDE else 4 if kind in _KEY_TYPES else 0
    size = _HEAD.size + 4 * (2 * rows + 1) + rows * (width + 4 * is_ordered)
    is_it = magic == _MAGIC and digest.hex() == part.sha256 and rows == part.rows and kind <= _HASHED
    if not is_it or is_ordered > 1 or len(content) != _padded(size, width) + _HASH:
        return None
    if hashlib.sha256(memoryview(content)[:-_HASH]).digest() != content[-_HASH:]:
        return None
    view = memoryview(content)
    at = _HEAD.size
    starts = view[at : at + 4 * (rows + 1)].cast("I")
    at += 4 * (rows + 1)
    crcs = view[at : at + 4 * rows].cast("I")
    at = _padded(at + 4 * rows, width)
    keys = view[at : at + width * rows].cast("Q" if width == 8 else "I")
    at += width * rows
    order = view[at : at + 4 * rows].cast("I") if is_ordered else None
    if starts[0] != 0 or starts[rows] != part.size:
        return None
    return RowIndex(starts, crcs, kind, lowest, keys, order)


def _padded(size: int, width: int) -> int:
    """Eight-byte keys begin at a multiple of eight."""
    return size + (-size % 8 if width == 8 else 0)


def make_index(blocks: Iterable[bytes], part: Part, table: Descriptor, key: Sequence[str]) -> bytes | None:
    """The index of a part with these bytes; None where it can't have one."""
    if part.size >= _MOST_BYTES or sys.byteorder != "little":
        return None
    (holder,) = [field for field in table.fields if field.is_repeated and field.message_type is not None]
    rows = _Rows(table, holder, key)
    for block in whole_fields(blocks):
        if block[0] > 0x7F:
            return None
        rows.add(block)
    if len(rows.crcs) != part.rows or (key and len(rows.keys) != part.rows):
        return None
    kind, lowest, keys, order = rows.sorted_keys()
    head = _HEAD.pack(_MAGIC, bytes.fromhex(part.sha256), part.rows, kind, order is not None, lowest)
    body = b"".join([head, rows.starts.tobytes(), rows.crcs.tobytes()])
    body = body.ljust(_padded(len(body), keys.itemsize), b"\0") + keys.tobytes() + (order or array("I")).tobytes()
    return body + hashlib.sha256(body).digest()


class _Rows:
    """What an index says of rows, which are added a block at a time: no more of them is in memory."""

    def __init__(self, table: Descriptor, holder: FieldDescriptor, key: Sequence[str]) -> None:
        assert holder.message_type is not None
        self._table, self._holder, self._key = table, holder, key
        self._fields = [holder.message_type.fields_by_name[name] for name in key]
        self.starts, self.crcs = array("I", [0]), array("I")
        self.keys = array(self._key_type)
        """Integers as they are; of other keys, and those of several fields, the hashes."""

    @property
    def _key_type(self) -> str:
        is_number = len(self._fields) == 1 and self._fields[0].type in _INTEGERS
        return ("Q" if self._fields[0].type in _UNSIGNED | _FIXED_UNSIGNED else "q") if is_number else "I"

    def add(self, block: bytes) -> None:
        """The rows of a block."""
        start, native = self.starts[-1], core()
        found = native.places(block, self._holder.number) if native is not None else None
        if found is not None:
            ends = array("I", found[0])[1:]
            self.crcs.frombytes(found[1])
        else:
            ends = array("I", field_ends(block))
            view = memoryview(block)
            self.crcs.extend(crc32(view[at:end]) for at, end in pairwise([0, *ends]))
        self.starts.extend(start + end for end in ends)
        if self._fields:
            self._add_keys(block)

    def _add_keys(self, block: bytes) -> None:
        (field, *others), native = self._fields, core()
        if native is not None and not others and field.type in _VARINTS and not field.has_presence:
            found = native.integers(block, self._holder.number, field.number)
            if found is not None:
                self.keys.frombytes(found)
                return
        rows = getattr(GetMessageClass(self._table).FromString(block), self._holder.name)
        keys: Iterable[Any] = map(attrgetter(*self._key), rows)
        self.keys.extend(keys if self._key_type != "I" else map(_hash, keys))

    def sorted_keys(self) -> tuple[int, int, array[int], array[int] | None]:
        """How keys are kept, the lowest, the numbers that stand for them, and the order of the rows, if another."""
        keys = self.keys
        if not keys:
            return _NO_KEY, 0, array("I"), None
        kind, lowest = _HASHED, 0
        if self._key_type != "I":
            lowest, highest = min(keys), max(keys)
            is_one_apart = highest - lowest == len(keys) - 1 and all(map(eq, keys, range(lowest, highest + 1)))
            if is_one_apart and lowest < 1 << 63:
                return _DENSE, lowest, array("I"), None
            if lowest >= 1 << 63:
                return _NO_KEY, 0, array("I"), None
            kind = _NARROW if highest - lowest < 1 << 32 else _WIDE
            keys = array(_KEY_TYPES[kind], (one - lowest for one in keys))
        if all(map(le, keys, islice(keys, 1, None))):
            return kind, lowest, keys, None
        rising = array("I", sorted(range(len(keys)), key=keys.__getitem__))
        return kind, lowest, array(keys.typecode, map(keys.__getitem__, rising)), rising


def _hash(key: Any) -> int:
    fields = key if isinstance(key, tuple) else (key,)
    texts = (one if isinstance(one, str) else str(int(one)) if isinstance(one, int) else repr(one) for one in fields)
    return crc32("\0".join(texts).encode("utf-8", "surrogatepass"))


def write_indexes(folder: Path, manifest: Manifest) -> None:
    """Put the indexes beside a bundle's parts that have none yet; all goes without them, so nothing here fails."""
    entries = [one for one in manifest.tables.values() if is_worth_it(one)]
    wanted = [
        (one, part) for one in entries for part in one.parts if not _is_there(folder / index_name(part.file), part)
    ]
    if not wanted:
        return
    with suppress(OSError, GdataError, DecodeError, IndexError, KeyError, ValueError, OverflowError, TypeError):
        pool = pool_of(FileDescriptorSet.FromString(read_plain(folder / manifest.schema.file)))
        for entry, part in wanted:
            with open(folder / part.file, "rb", opener=plain) as file:
                blocks = iter(partial(file.read, BLOCK_BYTES), b"")
                made = make_index(blocks, part, pool.FindMessageTypeByName(entry.message), entry.key)
            if made is not None:
                write_atomically(folder / index_name(part.file), made)


def _is_there(path: Path, part: Part) -> bool:
    with suppress(OSError), open(path, "rb", opener=plain) as file:
        return file.read(_HEAD.size)[:48] == _MAGIC + bytes.fromhex(part.sha256)
    return False
