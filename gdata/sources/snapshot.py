"""A snapshot: everything one pull read, byte for byte, in one file, so that a build can be made again.

It is a zip archive. `snapshot.json` lists the spreadsheets and their files, `blobs/<sha256>` holds the bytes.
The same pulls give the same archive, times of pulling apart; no credential is ever part of a pull.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, cast, get_args

from gdata.config import SourceKind
from gdata.errors import DamagedError, OutsideError, UnknownFormatError, UsageError
from gdata.files import reason_of, write_atomically
from gdata.language import sentence
from gdata.sources.grid import Pulled

FORMAT = 1
MAX_BYTES = 4 << 30
_INDEX = "snapshot.json"
_MAX_INDEX_BYTES = 64 << 20
_HINT = sentence("pull again, or take the snapshot from the release once more")
# What is compressed already stays as it is; level 1 makes Google's answers a fifth in the time it takes to hash them.
_COMPRESSED = (b"PK", b"\x1f\x8b")
_LEVEL = 1


def snapshot_bytes(pulled: Sequence[Pulled], *, compress: bool = True) -> bytes:
    """The snapshot file of these pulls; packing takes a hundred times as long as copying."""
    blobs = {one.digests[name]: content for one in pulled for name, content in one.files.items()}
    index = {"format": FORMAT, "pulled": [_entry(one) for one in pulled]}
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, _INDEX, json.dumps(index, ensure_ascii=False, sort_keys=True, indent=1).encode(), compress)
        for digest, content in blobs.items():
            _add(archive, f"blobs/{digest}", content, compress)
    return buffer.getvalue()


def snapshot_digest(pulled: Sequence[Pulled]) -> str:
    """The hex SHA-256 of what was read, whenever and in however many requests it was."""
    entries = [{**_entry(one), "pulled_at": "", "requests": 0} for one in pulled]
    return _sha256(json.dumps(entries, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def write_snapshot(path: Path, pulled: Sequence[Pulled]) -> str:
    """Write a snapshot whole or not at all; its hex SHA-256.

    Raises:
        OutputError: the file can't be written.
    """
    content = snapshot_bytes(pulled)
    write_atomically(path, content)
    return _sha256(content)


def read_snapshot(source: Path | bytes | memoryview) -> list[Pulled]:
    """The pulls in a snapshot, a file or its bytes, in the order they were written; every byte is verified.

    Raises:
        UsageError: there is no such file.
        DamagedError: it isn't a snapshot, or its bytes aren't those it names; from a newer gdata, UnknownFormatError.
        OutsideError: the file can't be read.
    """
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
        blobs = {name.removeprefix("blobs/"): archive.read(info) for name, info in members.items()}
        damaged = next((digest for digest, blob in blobs.items() if _sha256(blob) != digest), None)
        if damaged is not None:
            raise ValueError(f"the bytes of {damaged[:12]} aren't those it names")
        return [_pulled(entry, blobs) for entry in index["pulled"]]


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
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, AttributeError, EOFError, OSError,
        RuntimeError,
    ) as error:  # fmt: skip
        raise DamagedError(
            sentence("{place}: not a snapshot, or a damaged one ({error})", place=place, error=error), hint=_HINT
        ) from error


def _add(archive: zipfile.ZipFile, name: str, content: bytes, compress: bool) -> None:
    # Without a date and a system of its own, the same content gives the same archive everywhere.
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    is_packed = not compress or content.startswith(_COMPRESSED)
    compression = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compression, _LEVEL)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _entry(pulled: Pulled) -> dict[str, Any]:
    return {
        "spreadsheet": pulled.spreadsheet,
        "kind": pulled.kind,
        "files": dict(sorted(pulled.digests.items())),
        "pulled_at": pulled.pulled_at.astimezone(UTC).isoformat(),
        "encoding": pulled.encoding,
        "location": pulled.location,
        "requests": pulled.requests,
    }


def _pulled(entry: Mapping[str, Any], blobs: Mapping[str, bytes]) -> Pulled:
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
