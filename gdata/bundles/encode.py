"""Checked tables to the bytes of a bundle: the same tables give the same bytes on every machine.

A huge table is cut between rows: stores and networks handle many files of a bearable size better than one. Targets
that want text get protobuf's JSON or its text format beside it, maps by key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.manifest import (
    FileEntry,
    Manifest,
    Part,
    Reference,
    TableEntry,
    build_id,
    bundle_id,
    file_entry,
)
from gdata.config import Target
from gdata.errors import SchemaError
from gdata.language import sentence
from gdata.longbytes import Content, LongBytes, Spool, blocks_of, part_of
from gdata.parsing.view import View
from gdata.proto.descriptors import pool_of
from gdata.proto.text import as_text
from gdata.proto.wire import sort_maps, split_fields, whole_fields
from gdata.schema.plan import MessagePlan, Ref, TablePlan
from gdata.schema.schema import Schema
from gdata.schema.strip import Visibility, runtime_schema


@dataclass(frozen=True)
class EncodedBundle:
    """A bundle that isn't written yet: its manifest, and the bytes of every file by name."""

    manifest: Manifest
    files: Mapping[str, Content]


def encode_build(
    schema: Schema, targets: Mapping[str, tuple[Target, Mapping[str, View]]], folder: Path | None = None
) -> list[EncodedBundle]:
    """The bundles of all targets, each given with its settings and what it sees of every table, by short name.

    What is too large for memory lies in files without names in `folder`.

    Raises:
        SchemaError: a target gets a table without one of its key fields.
    """
    bundles = [_encode_bundle(schema, target, views, folder) for target, views in targets.values()]
    build = build_id({bundle.manifest.target: bundle.manifest.bundle for bundle in bundles})
    return [replace(bundle, manifest=replace(bundle.manifest, build=build)) for bundle in bundles]


def sees_table(target: Target, plan: TablePlan) -> bool:
    """Whether a target gets a table, if there is one in its version: without `groups` every table, else those marked
    with one of its groups.
    """
    is_for = not target.groups or not set(target.groups).isdisjoint(plan.groups)
    return is_for and plan.span.has(target.version)


def _encode_bundle(schema: Schema, target: Target, views: Mapping[str, View], folder: Path | None) -> EncodedBundle:
    seen = {name: view for name, view in views.items() if sees_table(target, view.plan)}
    plans = {name: view.plan for name, view in seen.items()}
    visible = Visibility(schema, plans.values(), target.groups, target.version)
    descriptors = runtime_schema(schema, visible)
    schema_entry = file_entry("schema", "binpb", descriptors)
    encoder = _TableEncoder(target, plans, visible, descriptors, folder)
    files: dict[str, Content] = {schema_entry.file: descriptors}
    tables = {}
    for name, view in sorted(seen.items()):
        tables[name], written = encoder.encode(view)
        files |= written
    version = str(target.version or "")
    identity = bundle_id(target.name, schema_entry, tables, version)
    return EncodedBundle(Manifest(target.name, schema_entry, tables, identity, build="", version=version), files)


class _TableEncoder:
    """Encodes tables as one target sees them."""

    def __init__(
        self,
        target: Target,
        plans: Mapping[str, TablePlan],
        visible: Visibility,
        descriptors: bytes,
        folder: Path | None,
    ) -> None:
        self._target, self._folder = target, folder
        self._spool: Spool | None = None
        """One for all tables: a system lets a process have a few hundred files open."""
        self._plans = plans
        self._visible = visible
        self._pool: DescriptorPool | None = None
        if visible.hides_anything or target.format:
            self._pool = pool_of(FileDescriptorSet.FromString(descriptors))

    def encode(self, view: View) -> tuple[TableEntry, dict[str, Content]]:
        """The table's entry in the manifest, and its files."""
        plan = view.plan
        self._check_key(plan)
        content = view.wire if self._pool is None else self._stripped_wire(view)
        files: dict[str, Content] = {}
        parts = []
        for piece, rows in self._pieces(view, content):
            digest = view.digest if piece is view.wire else ""
            stored, part = _part(plan.name, piece, rows, digest, is_packed=self._target.compress == "zstd")
            files[part.file] = stored
            parts.append(part)
        text: FileEntry | None = None
        if self._target.format:
            text_content = as_text(self._stripped(plan, view.content), self._target.format)
            text = file_entry(plan.name, self._target.format, text_content)
            files[text.file] = text_content
        entry = TableEntry(
            message=plan.message,
            kind=plan.kind,
            key=tuple(field.name for field in plan.key),
            rows=sum(part.rows for part in parts),
            parts=tuple(parts),
            refs=dict(sorted(self._references(plan.row))),
            text=text,
            title=self._title(plan),
        )
        return entry, files

    def _title(self, plan: TablePlan) -> str:
        """The field that the table's options name, or the path of one, where the target may see it."""
        way = plan.row.way(plan.title)
        return plan.title if way and not any(self._visible.hides(one.descriptor) for one in way) else ""

    @staticmethod
    def _pieces(view: View, content: Content) -> Iterable[tuple[Content, int]]:
        is_huge = len(content) > PART_BYTES and view.plan.kind != "record"
        return split_rows(content, PART_BYTES) if is_huge else [(content, view.row_count)]

    def _check_key(self, plan: TablePlan) -> None:
        for field in plan.key:
            if self._visible.hides(field.descriptor):
                raise SchemaError(
                    sentence(
                        "{message} goes to the target {target}, but its key {field} doesn't",
                        message=plan.message,
                        target=self._target.name,
                        field=field.name,
                    ),
                    hint=sentence(
                        "give {name} one of the groups {groups}", name=field.name, groups=", ".join(self._target.groups)
                    ),
                )

    def _stripped_wire(self, view: View) -> Content:
        """The table without what the target may not see; of one that isn't in memory, a block of rows at a time."""
        if view.plan.kind != "rows" or isinstance(view.wire, bytes):
            return _bytes_of(self._stripped(view.plan, view.content))
        self._spool = self._spool or Spool(self._folder)
        stripped = (_bytes_of(self._stripped(view.plan, block)) for block in view.blocks())
        return LongBytes.joined(map(self._spool.add, stripped))

    def _stripped(self, plan: TablePlan, content: bytes) -> Any:
        assert self._pool is not None
        stripped = GetMessageClass(self._pool.FindMessageTypeByName(plan.message))()
        stripped.ParseFromString(content)
        stripped.DiscardUnknownFields()
        return stripped

    def _references(self, row: MessagePlan) -> Iterator[tuple[str, tuple[Reference, ...]]]:
        """The references that the target may know of, by field path without indexes."""
        for way in row.marked:
            if not way[-1].refs or any(self._visible.hides(field.descriptor) for field in way):
                continue
            holder = (way[-2].message if len(way) > 1 else None) or row
            refs = tuple(
                Reference(ref.table, fields, f"{ref.when_field}={ref.when_value}" if ref.when_field else "", ref.none)
                for ref in way[-1].refs
                if (fields := self._fields_referred_to(ref.table, ref.field)) and self._may_know(holder, ref)
            )
            if refs:
                yield ".".join(field.name for field in way), refs

    def _fields_referred_to(self, table: str, name: str) -> tuple[str, ...]:
        plan = self._plans.get(table)
        if plan is None:
            return ()
        fields = [field for field in plan.row.fields if field.name == name] if name else plan.key
        hidden = any(self._visible.hides(field.descriptor) for field in fields)
        return () if hidden else tuple(field.name for field in fields)

    def _may_know(self, message: MessagePlan, ref: Ref) -> bool:
        """Whether the target has the field and the value of a reference's condition."""
        field = message.field(ref.when_field) if ref.when_field else None
        if field is None:
            return True
        enum = field.descriptor.enum_type
        is_value = enum is None or self._visible.has_value(enum, ref.when_value)
        return is_value and not self._visible.hides(field.descriptor)


def _bytes_of(message: Any) -> bytes:
    return sort_maps(message.SerializeToString(deterministic=True), message.DESCRIPTOR)


def _part(name: str, piece: Content, rows: int, digest: str, *, is_packed: bool) -> tuple[Content, Part]:
    """The file that a piece of a table is stored as, and its entry; `digest` is the piece's, where it is known."""
    if not is_packed:
        file = file_entry(name, "binpb", piece, digest)
        return piece, Part(file.file, file.sha256, file.size, rows)
    from gdata.bundles.packed import pack

    packed = pack(bytes(piece))
    file = file_entry(name, "zst", packed)
    return packed, Part(file.file, file.sha256, file.size, rows, len(piece))


PART_BYTES = 64 << 20
"""A table up to this size is one file."""


def split_rows(content: Content, limit: int = PART_BYTES) -> Iterator[tuple[Content, int]]:
    """The pieces of a table message that has one repeated or map field, and how many rows each holds.

    Joined, they are `content`. A piece is larger than `limit` only where one row is.
    """
    start = 0
    for size, rows in split_fields(whole_fields(blocks_of(content)), limit):
        yield part_of(content, start, start + size), rows
        start += size
