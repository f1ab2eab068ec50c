"""A snapshot: everything one pull read, byte for byte, in one file, so that a build can be made again.

It is a zip archive. `snapshot.json` lists the spreadsheets and their files, `blobs/<sha256>` holds the bytes.
The same pulls give the same archive, times of pulling apart; no credential is ever part of a pull.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, cast, get_args

from gdata.config import SourceKind
from gdata.errors import DamagedError, OutsideError, UnknownFormatError, UsageError
from gdata.files import reason_of
from gdata.language import sentence
from gdata.longbytes import BLOCK_BYTES, Content, LongBytes, Spool, blocks_of, digest_of
from gdata.sources.grid import Pulled, blobs_of, entry_of

if TYPE_CHECKING:
    import zipfile

FORMAT = 1
MAX_BYTES = 4 << 30
_INDEX = "snapshot.json"
_MAX_INDEX_BYTES = 64 << 20
_HINT = sentence("pull again, or take the snapshot from the release once more")
# What is compressed already stays as it is; level 1 makes Google's answers a fifth in the time it takes to hash them.
_COMPRESSED = (b"PK", b"\x1f\x8b")
_LEVEL = 1
_LONG_BYTES = 4 << 20


def snapshot_bytes(pulled: Sequence[Pulled], *, compress: bool = True) -> bytes:
    """The snapshot file of these pulls; packing takes a hundred times as long as copying."""
    return bytes(_archive(list(map(entry_of, pulled)), blobs_of(pulled), Spool(), compress=compress))


def pack_snapshot(entries: Sequence[Mapping[str, Any]], blobs: Mapping[str, Content], folder: Path) -> LongBytes:
    """The snapshot file of pulls, each as `entry_of` says, and of the bytes that they have by SHA-256.

    It lies in a file without a name in `folder`.
    """
    return _archive(entries, blobs, Spool(folder), compress=True)


def read_snapshot(source: Path | bytes | memoryview) -> list[Pulled]:
    """The pulls in a snapshot, a file or its bytes, in the order they were written; every byte is verified.

    Raises:
        UsageError: there is no such file.
        DamagedError: it isn't a snapshot, or its bytes aren't those it names; from a newer gdata, UnknownFormatError.
        OutsideError: the file can't be read.
    """
    import zipfile

    place = str(source) if isinstance(source, Path) else "the snapshot"
    content = _read_file(source) if isinstance(source, Path) else source
    with _damage_named(place), zipfile.ZipFile(BytesIO(content)) as archive:
        members = _members(archive)
        index = json.loads(archive.read(members.pop(_INDEX)))
        if index["format"] != FORMAT:
            raise UnknownFormatError(
                sentence("{place}: format {index} is newer than this gdata", place=place, index=index["format"]),
                hint=sentence("update gdata where it is read"),
            )
        blobs = {name.removeprefix("blobs/"): _unpacked(archive, info) for name, info in members.items()}
        damaged = next((digest for digest, blob in blobs.items() if digest_of(blob) != digest), None)
        if damaged is not None:
            raise ValueError(f"the bytes of {damaged[:12]} aren't those it names")
        return [_pulled(entry, blobs) for entry in index["pulled"]]


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Content:
    """A member's bytes; those of a large one go to a file without a name."""
    if info.file_size < _LONG_BYTES:
        return archive.read(info)
    spool = Spool()
    with archive.open(info) as member:
        for block in iter(partial(member.read, BLOCK_BYTES), b""):
            spool.add(block)
    # What is damaged may say that it is larger than it is.
    return spool.written if spool.size >= _LONG_BYTES else bytes(spool.written)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's members by name, once it is sure that they are no more and no larger than a snapshot's."""
    infos = archive.infolist()
    members = {info.filename: info for info in infos}
    if len(members) != len(infos):
        raise ValueError("a member stands in it twice")
    if sum(info.file_size for info in infos) > MAX_BYTES or members[_INDEX].file_size > _MAX_INDEX_BYTES:
        raise ValueError("it unpacks to more than any snapshot holds")
    return members


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            sentence("{path}: there is no snapshot here", path=path), hint=sentence("run `gdata pull` first")
        ) from error
    except OSError as error:
        raise OutsideError(sentence("{path}: can't be read: {why}", path=path, why=reason_of(error))) from error


@contextmanager
def _damage_named(place: str) -> Iterator[None]:
    import zipfile

    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, AttributeError, EOFError, OSError,
        RuntimeError,
    ) as error:  # fmt: skip
        raise DamagedError(
            sentence("{place}: not a snapshot, or a damaged one ({error})", place=place, error=error), hint=_HINT
        ) from error


def _archive(
    entries: Sequence[Mapping[str, Any]], blobs: Mapping[str, Content], spool: Spool, *, compress: bool
) -> LongBytes:
    index = {"format": FORMAT, "pulled": list(entries)}
    listed = json.dumps(index, ensure_ascii=False, sort_keys=True, indent=1).encode()
    archive = _ZipWriter(spool, compress=compress)
    archive.add(_INDEX, listed)
    for digest, content in blobs.items():
        archive.add(f"blobs/{digest}", content)
    return archive.finish()


_LOCAL = Struct("<4s2B4HL2L2H")
_CENTRAL = Struct("<4s4B4HL2L5H2L")
_END = Struct("<4s4H2LH")
_ZIP_VERSION, _UNIX, _FIRST_DAY, _RIGHTS = 20, 3, 33, 0o600 << 16
_STORED, _DEFLATED = 0, 8
_MOST_ZIP_BYTES = (1 << 32) - 1


class _ZipWriter:
    """Writes a zip archive of members that needn't be in memory, with whatever packs them; zipfile knows zlib alone.

    Without a date and a system of its own, the same content gives the same archive everywhere, as far as it is packed
    by the same library.
    """

    def __init__(self, spool: Spool, *, compress: bool) -> None:
        self._spool, self._compress = spool, compress
        self._pieces: list[Content] = []
        self._directory: list[bytes] = []
        self._size = 0

    def add(self, name: str, content: Content) -> None:
        """A member.

        Raises:
            OutputError: the disk is full.
            UsageError: it doesn't fit into an archive.
        """
        is_packed = self._compress and not content[:4].startswith(_COMPRESSED)
        packer, start, crc = compressor(_LEVEL) if is_packed else None, self._spool.size, 0
        for block in blocks_of(content):
            crc = zlib.crc32(block, crc)
            self._spool.add(packer.compress(block) if packer is not None else block)
        if packer is not None:
            self._spool.add(packer.flush())
        packed = LongBytes.of(self._spool, start, self._spool.size - start)
        if self._size + max(len(packed), len(content)) > _MOST_ZIP_BYTES:
            raise UsageError(
                sentence("the sheets together are larger than the {size} GiB that a release keeps", size=4),
                hint=sentence("keep logs and pictures out of the spreadsheets"),
            )
        method = _DEFLATED if is_packed else _STORED
        about = (_ZIP_VERSION, 0, 0, method, 0, _FIRST_DAY, crc, len(packed), len(content), len(name), 0)
        self._directory.append(
            _CENTRAL.pack(b"PK\1\2", _ZIP_VERSION, _UNIX, *about, 0, 0, 0, _RIGHTS, self._size) + name.encode()
        )
        header = _LOCAL.pack(b"PK\3\4", *about) + name.encode()
        self._pieces += [header, packed]
        self._size += len(header) + len(packed)

    def finish(self) -> LongBytes:
        """The archive."""
        directory, count = b"".join(self._directory), len(self._directory)
        end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), self._size, 0)
        return LongBytes.joined([*self._pieces, directory, end])


def compressor(level: int) -> Any:
    """What packs bytes as zip archives have them (deflate, raw): isal in a quarter of zlib's time, where it is."""
    try:
        from isal import isal_zlib
    except ImportError:  # no wheel is for this processor
        return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return isal_zlib.compressobj(level, isal_zlib.DEFLATED, -zlib.MAX_WBITS)


def _pulled(entry: Mapping[str, Any], blobs: Mapping[str, Content]) -> Pulled:
    kind, requests = entry["kind"], entry["requests"]
    if kind not in get_args(SourceKind) or type(requests) is not int:
        raise ValueError(f"{kind!r} with {requests!r} requests is no pull")
    return Pulled(
        spreadsheet=_text(entry["spreadsheet"]),
        kind=cast(SourceKind, kind),
        files={_text(name): blobs[digest] for name, digest in entry["files"].items()},
        pulled_at=datetime.fromisoformat(entry["pulled_at"]),
        encoding=_text(entry["encoding"]),
        location=_text(entry["location"]),
        requests=requests,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} isn't a text")
    return value
