"""Make real bundles out of a .proto text and rows as dicts: what tests of readers, diffs and releases start from.

    output = build_output(tmp_path, '''
        syntax = "proto3";
        package game;
        message Item { int32 id = 1; string name = 2; }
        message ItemTable { repeated Item rows = 1; }
    ''', {"ItemTable": [{"id": 1, "name": "sword"}]}, keys={"ItemTable": ("id",)})

No sheet is read and nothing is checked: the rows go to the wire as they are given. Each call writes whole
bundles anew over what the folder held.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message

from gdata.bundles.manifest import (
    MANIFEST,
    FileEntry,
    Manifest,
    Part,
    Reference,
    TableEntry,
    build_id,
    bundle_id,
    file_entry,
)
from gdata.bundles.reader import Bundle
from gdata.errors import SchemaError
from gdata.proto.descriptors import OptionReader, is_map_entry, pool_of
from gdata.proto.wire import sort_maps

Protos = str | Mapping[str, str]
"""The text of one .proto file (it is called game.proto), or several by their names."""
Rows = Sequence[Mapping[str, Any]] | Mapping[Any, Any]
"""A list of rows; of a map table its rows by key; of a record its fields. Values as protobuf's classes take them."""

_NOT_IN_BUNDLES = ("gdata/", "buf/", "google/protobuf/descriptor.proto")
_OPTION_HOLDERS = ("options", "field", "nested_type", "enum_type", "value", "oneof_decl", "message_type", "service")


@dataclass(frozen=True)
class Contents:
    """What the bundle of one target is to hold."""

    protos: Protos
    tables: Mapping[str, Rows]
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Key fields by table; of a table that isn't named here, those with `(gdata.field).key`."""
    refs: Mapping[str, Mapping[str, Sequence[Reference]]] = field(default_factory=dict)
    """By table, then by field path without indexes."""
    parts: int = 1
    """Into how many files each table of rows is cut."""


def build_bundle(
    folder: Path,
    protos: Protos,
    tables: Mapping[str, Rows],
    *,
    target: str = "server",
    keys: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Write the bundle of one target into `folder` itself, and return it.

    Raises:
        SchemaError: the .proto text doesn't compile.
    """
    written = _prepare(target, Contents(protos, tables, keys or {}))
    _write(folder, written, build_id({target: written.bundle}))
    return folder


def build_output(
    folder: Path,
    protos: Protos,
    tables: Mapping[str, Rows],
    *,
    targets: Sequence[str] = ("server", "client"),
    keys: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Write an output folder whose targets all hold the same tables: `folder/server/`, `folder/client/`."""
    return write_output(folder, {target: Contents(protos, tables, keys or {}) for target in targets})


def write_output(folder: Path, targets: Mapping[str, Contents]) -> Path:
    """Write an output folder of one build with each target's own contents, and return it."""
    prepared = [_prepare(target, contents) for target, contents in targets.items()]
    build = build_id({one.target: one.bundle for one in prepared})
    for one in prepared:
        _write(folder / one.target, one, build)
    return folder


def memory_output(targets: Mapping[str, Contents]) -> dict[str, Bundle]:
    """The same bundles as `write_output` writes, by target, without a file: for tests that make many."""
    prepared = [_prepare(target, contents) for target, contents in targets.items()]
    build = build_id({one.target: one.bundle for one in prepared})
    return {one.target: one.bundle_of(build) for one in prepared}


def compile_protos(protos: Protos) -> bytes:
    """The FileDescriptorSet of .proto texts with all imports, options and source info, dependencies first.

    Raises:
        SchemaError: with protoc's own words.
    """
    named = {"game.proto": protos} if isinstance(protos, str) else dict(protos)
    return _compile(tuple(sorted(named.items())))


@dataclass(frozen=True)
class _Prepared:
    target: str
    schema: FileEntry
    tables: Mapping[str, TableEntry]
    contents: Mapping[str, bytes]

    @property
    def bundle(self) -> str:
        return bundle_id(self.target, self.schema, self.tables)

    def bundle_of(self, build: str) -> Bundle:
        manifest = Manifest(self.target, self.schema, self.tables, self.bundle, build)
        return Bundle(manifest, manifest.to_bytes(), f"memory of {self.target}", lambda one: self.contents[one.file])


def _prepare(target: str, contents: Contents) -> _Prepared:
    compiled = FileDescriptorSet.FromString(compile_protos(contents.protos))
    pool = pool_of(compiled)
    messages = {one.name: one for file in compiled.file for one in _messages(pool, file)}
    schema_bytes = _schema_of_bundle(compiled).SerializeToString(deterministic=True)
    schema = file_entry("schema", "binpb", schema_bytes)
    files_by_name = {schema.file: schema_bytes}
    tables = {}
    for name, rows in sorted(contents.tables.items()):
        entry, parts = _encode_table(messages[name], rows, pool, contents)
        tables[name] = entry
        files_by_name |= parts
    return _Prepared(target, schema, tables, files_by_name)


def _write(folder: Path, prepared: _Prepared, build: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in prepared.contents.items():
        (folder / name).write_bytes(content)
    manifest = Manifest(prepared.target, prepared.schema, prepared.tables, prepared.bundle, build)
    (folder / MANIFEST).write_bytes(manifest.to_bytes())


def _encode_table(
    descriptor: Descriptor, rows: Rows, pool: descriptor_pool.DescriptorPool, contents: Contents
) -> tuple[TableEntry, dict[str, bytes]]:
    kind, rows_field, row = _table_kind(descriptor, rows)
    table_class: type[Message] = message_factory.GetMessageClass(descriptor)
    step = max(1, -(-len(rows) // contents.parts))
    pieces = [rows[at : at + step] for at in range(0, len(rows), step)] if isinstance(rows, Sequence) else [rows]
    parts, encoded = [], {}
    for piece in pieces or [rows]:
        message = table_class(**piece) if kind == "record" else table_class(**{rows_field: piece})  # type: ignore[arg-type]
        content = sort_maps(message.SerializeToString(deterministic=True), message.DESCRIPTOR)
        entry = file_entry(descriptor.name, "binpb", content)
        parts.append(Part(entry.file, entry.sha256, entry.size, 1 if kind == "record" else len(piece)))
        encoded[entry.file] = content
    refs = {path: tuple(refs) for path, refs in contents.refs.get(descriptor.name, {}).items()}
    key = tuple(contents.keys.get(descriptor.name, ())) or _key_fields(row, pool)
    total = sum(part.rows for part in parts)
    options = OptionReader(pool).of_message(descriptor)
    title = options.title if options is not None else ""
    return TableEntry(descriptor.full_name, kind, key, total, tuple(parts), refs, title=title), encoded


def _table_kind(descriptor: Descriptor, rows: Rows) -> tuple[str, str, Descriptor]:
    """The table's kind, the field that holds its rows, and the message of a row."""
    for one in descriptor.fields:
        message = one.message_type
        if message is None or not one.is_repeated:
            continue
        value = message.fields_by_name.get("value")
        if is_map_entry(message) and isinstance(rows, Mapping) and value and value.message_type:
            return "map", one.name, value.message_type
        if isinstance(rows, Sequence):
            return "rows", one.name, message
    return "record", "", descriptor


def _key_fields(row: Descriptor, pool: descriptor_pool.DescriptorPool) -> tuple[str, ...]:
    options = OptionReader(pool)
    keys = [(one.number, one.name) for one in row.fields if (known := options.of_field(one)) and known.key]
    return tuple(name for _, name in sorted(keys))


def _messages(pool: descriptor_pool.DescriptorPool, file: FileDescriptorProto) -> Iterator[Descriptor]:
    for message in file.message_type:
        yield pool.FindMessageTypeByName(f"{file.package}.{message.name}" if file.package else message.name)


def _schema_of_bundle(compiled: FileDescriptorSet) -> FileDescriptorSet:
    stripped = FileDescriptorSet()
    for file in compiled.file:
        if file.name.startswith(_NOT_IN_BUNDLES):
            continue
        kept = stripped.file.add()
        kept.CopyFrom(file)
        kept.ClearField("source_code_info")
        del kept.public_dependency[:], kept.weak_dependency[:]
        needed = [name for name in kept.dependency if not name.startswith(_NOT_IN_BUNDLES)]
        del kept.dependency[:]
        kept.dependency.extend(needed)
        _strip_custom_options(kept)
    return stripped


def _strip_custom_options(message: Any) -> None:
    for descriptor, value in message.ListFields():
        if descriptor.name == "options":
            for extension, _ in value.ListFields():
                if extension.is_extension:
                    value.ClearExtension(extension)
            value.DiscardUnknownFields()
            if not value.ListFields():
                message.ClearField("options")
        elif descriptor.name in _OPTION_HOLDERS:
            for one in value:
                _strip_custom_options(one)


@lru_cache(maxsize=256)
def _compile(named: tuple[tuple[str, str], ...]) -> bytes:
    with TemporaryDirectory() as scratch:
        root = Path(scratch, "protos")
        for name, text in named:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        out = Path(scratch, "out.binpb")
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{root}", f"-I{files('gdata') / 'protos'}"]
        command += [f"-I{files('grpc_tools') / '_proto'}", "--include_imports", "--include_source_info"]
        if any("buf/validate/" in text for _, text in named):
            rules = Path(scratch, "rules.binpb")
            rules.write_bytes(_validation_rules())
            command.append(f"--descriptor_set_in={rules}")
        command += [f"--descriptor_set_out={out}", *(name for name, _ in named)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode:
            raise SchemaError(done.stderr.strip(), hint="mend the .proto text that the test gives")
        return out.read_bytes()


def _validation_rules() -> bytes:
    from protovalidate._gen.buf.validate import validate_pb

    found = FileDescriptorSet()
    seen: set[str] = set()

    def collect(file: Any) -> None:
        if file.name in seen:
            return
        seen.add(file.name)
        for dependency in file.dependencies:
            collect(dependency)
        found.file.add().ParseFromString(file.proto.to_binary())

    collect(validate_pb.FieldRules.desc().file)
    return found.SerializeToString()
