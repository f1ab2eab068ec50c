"""manifest.json: what a bundle is made of, and the ids that name it.

Every file is named with its sha256, the bundle with the hash of its manifest, the build with the hash of
its bundles. So equal data has equal names on every machine, and nothing can be changed unnoticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gdata.errors import DamagedError, UnknownFormatError
from gdata.language import sentence
from gdata.longbytes import Content, digest_of
from gdata.versions import Version

MANIFEST = "manifest.json"
RELEASE = "release.json"
"""Beside a manifest that was fetched: which release it is, where its `bundle` and `build` are those of the manifest."""
FORMAT = 1
TITLE = "title"
ZSTD = "zstd"
"""The feature of a bundle in which a table names the field that its rows are called by."""
VERSION = "version"
"""The feature of a bundle of one version of the game."""
KNOWN_FEATURES: frozenset[str] = frozenset([TITLE, VERSION, ZSTD])
_FILE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*-[0-9a-f]{12}\.[a-z]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def canonical_json(value: Any) -> bytes:
    """The one way to write `value` as JSON bytes, so that its hash means its content."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def is_file_name(name: str) -> bool:
    """Whether this is a name as a bundle's files have it: `ItemTable-3f9ac1d04b7e.binpb`."""
    return _FILE_NAME.fullmatch(name) is not None


def sha256(content: bytes) -> str:
    """The hex SHA-256 of `content`."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle: its name in the bundle's folder, its hex SHA-256, its size in bytes."""

    file: str
    sha256: str
    size: int

    def as_json(self) -> dict[str, Any]:
        """The entry as the manifest writes it."""
        return {"file": self.file, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True)
class Part(FileEntry):
    """A file that holds `rows` rows of a table; a table's parts, joined, are its message."""

    rows: int
    unpacked: int | None = None
    """Of a file packed with zstd the bytes that are in it; `sha256` and `size` are those of the file itself."""

    def as_json(self) -> dict[str, Any]:
        """The entry as the manifest writes it."""
        packed = {} if self.unpacked is None else {"unpacked": self.unpacked}
        return {**super().as_json(), "rows": self.rows, **packed}


@dataclass(frozen=True)
class Reference:
    """Where the values of a field point: a table, its fields, and when the reference holds at all."""

    table: str
    fields: tuple[str, ...]
    when: str = ""
    none: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The reference as the manifest writes it."""
        return {"table": self.table, "fields": list(self.fields), "when": self.when, "none": list(self.none)}


@dataclass(frozen=True)
class TableEntry:
    """A table of the bundle. `kind` is rows, map or record; `refs` has field paths without indexes."""

    message: str
    kind: str
    key: tuple[str, ...]
    rows: int
    parts: tuple[Part, ...]
    refs: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    text: FileEntry | None = None
    title: str = ""
    """The field that names a row for people, where the table's options say so."""

    @property
    def size(self) -> int:
        """Bytes of the table on the wire."""
        return sum(part.size if part.unpacked is None else part.unpacked for part in self.parts)

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """Every file of the table."""
        return self.parts if self.text is None else (*self.parts, self.text)

    def as_json(self) -> dict[str, Any]:
        """The entry as the manifest writes it."""
        entry: dict[str, Any] = {
            "message": self.message,
            "kind": self.kind,
            "key": list(self.key),
            "rows": self.rows,
            "refs": {path: [ref.as_json() for ref in refs] for path, refs in self.refs.items()},
            "parts": [part.as_json() for part in self.parts],
        }
        if self.text is not None:
            entry["text"] = self.text.as_json()
        if self.title:
            entry["title"] = self.title
        return entry


@dataclass(frozen=True)
class Manifest:
    """One target's bundle. `bundle` and `build` are hex SHA-256 ids; `version` is the game's, "" where it has none."""

    target: str
    schema: FileEntry
    tables: Mapping[str, TableEntry]
    bundle: str
    build: str
    format: int = FORMAT
    version: str = ""

    @property
    def features(self) -> tuple[str, ...]:
        """What a reader must know beyond the format, by name."""
        return features_of(self.tables, self.version)

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """Every file of the bundle but the manifest itself."""
        return (self.schema, *(entry for table in self.tables.values() for entry in table.files))

    @property
    def names(self) -> frozenset[str]:
        """The names of these files."""
        return frozenset(entry.file for entry in self.files)

    def to_bytes(self) -> bytes:
        """manifest.json: indented for people; the ids are over the canonical form."""
        return json.dumps(self._as_json(), ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"

    def _as_json(self) -> dict[str, Any]:
        content = _content(self.target, self.schema, self.tables, self.version)
        return content | {"bundle": self.bundle, "build": self.build}

    @classmethod
    def from_bytes(cls, content: bytes, *, place: str = MANIFEST) -> Manifest:
        """Read manifest.json; `place` names it in errors.

        Raises:
            UnknownFormatError: it was written by a newer gdata.
            DamagedError: it isn't a manifest, or its `bundle` id isn't the hash of its content.
        """
        try:
            raw = json.loads(content)
            if raw["format"] != FORMAT or not KNOWN_FEATURES.issuperset(raw["features"]):
                raise UnknownFormatError(
                    sentence(
                        "{place}: format {format} with features {features} is newer than this gdata",
                        place=place,
                        format=raw["format"],
                        features=raw["features"],
                    ),
                    hint=sentence("update gdata where this bundle is read"),
                )
            manifest = cls(
                target=_text(raw["target"]),
                schema=_file(raw["schema"]),
                tables={_text(name): _table(entry) for name, entry in raw["tables"].items()},
                bundle=_hash(raw["bundle"]),
                build=_hash(raw["build"]),
                format=raw["format"],
                version=_version(raw.get("version", "")),
            )
            # Half characters, which JSON can bring, are no text: no manifest of ours has them, or an id.
            expected = bundle_id(manifest.target, manifest.schema, manifest.tables, manifest.version)
            is_all = raw == json.loads(canonical_json(manifest._as_json()))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamagedError(
                sentence("{place}: not a bundle's manifest ({error})", place=place, error=error),
                hint=sentence("build or fetch the bundle again"),
            ) from error
        if manifest.bundle != expected or not is_all:
            raise DamagedError(
                sentence(
                    "{place}: its content doesn't have the id {bundle} that it names",
                    place=place,
                    bundle=manifest.bundle[:12],
                ),
                hint=sentence("build or fetch the bundle again"),
            )
        return manifest


def bundle_id(target: str, schema: FileEntry, tables: Mapping[str, TableEntry], version: str = "") -> str:
    """The id of a bundle: the hash of its manifest without `bundle` and `build`."""
    return sha256(canonical_json(_content(target, schema, tables, version)))


def features_of(tables: Mapping[str, TableEntry], version: str = "") -> tuple[str, ...]:
    """The features of a bundle with these tables: one without any is read by every gdata."""
    has_title = any(table.title for table in tables.values())
    is_packed = any(part.unpacked is not None for table in tables.values() for part in table.parts)
    used = ((TITLE, has_title), (VERSION, bool(version)), (ZSTD, is_packed))
    return tuple(name for name, is_there in used if is_there)


def build_id(bundles: Mapping[str, str]) -> str:
    """The id of a build: the hash over its targets' bundle ids."""
    return sha256(canonical_json(dict(bundles)))


def file_entry(stem: str, suffix: str, content: Content, digest: str = "") -> FileEntry:
    """The entry of a file whose name carries its hash: `ItemTable-3f9ac1d04b7e.binpb`.

    `digest` is the content's hex SHA-256, where it is known.
    """
    digest = digest or digest_of(content)
    return FileEntry(f"{stem}-{digest[:12]}.{suffix}", digest, len(content))


def _content(target: str, schema: FileEntry, tables: Mapping[str, TableEntry], version: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "features": list(features_of(tables, version)),
        **({"version": version} if version else {}),
        "target": target,
        "schema": schema.as_json(),
        "tables": {name: table.as_json() for name, table in tables.items()},
    }


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is not a name")
    return value


def _version(value: Any) -> str:
    if not isinstance(value, str) or (value and Version.read(value) is None):
        raise TypeError(f"{value!r} is not a version")
    return value


def _hash(value: Any) -> str:
    if not _SHA256.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is not a SHA-256")
    return str(value)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is not a count")
    return value


def _file(raw: Any) -> FileEntry:
    # The name comes from outside: only a plain name in the bundle's own folder passes.
    if not is_file_name(_text(raw["file"])):
        raise ValueError(f"{raw['file']!r} is not the name of a bundle's file")
    return FileEntry(raw["file"], _hash(raw["sha256"]), _count(raw["size"]))


def _part(raw: Any) -> Part:
    entry = _file(raw)
    unpacked = _count(raw["unpacked"]) if "unpacked" in raw else None
    return Part(entry.file, entry.sha256, entry.size, _count(raw["rows"]), unpacked)


def _reference(raw: Any) -> Reference:
    return Reference(_text(raw["table"]), tuple(map(_text, raw["fields"])), str(raw["when"]), tuple(raw["none"]))


def _table(raw: Any) -> TableEntry:
    if raw["kind"] not in ("rows", "map", "record"):
        raise ValueError(f"{raw['kind']!r} is not a kind of table")
    return TableEntry(
        message=_text(raw["message"]),
        kind=raw["kind"],
        key=tuple(map(_text, raw["key"])),
        rows=_count(raw["rows"]),
        parts=tuple(map(_part, raw["parts"])),
        refs={_text(path): tuple(map(_reference, refs)) for path, refs in raw["refs"].items()},
        text=_file(raw["text"]) if "text" in raw else None,
        title=_text(raw["title"]) if "title" in raw else "",
    )
