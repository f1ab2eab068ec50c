"""What a project has already: its package, names, tables and enums, which scaffolding adds to and never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto

from gdata.config import Config, SheetEntry, Spreadsheet
from gdata.scaffold.enums import KnownEnum
from gdata.schema.plan import FieldPlan, MessagePlan, TablePlan
from gdata.schema.protoc import compile_protos
from gdata.schema.schema import Schema
from gdata.sources.grid import SheetRequest
from gdata.sources.titles import match_titles


@dataclass(frozen=True)
class Known:
    """A project before scaffolding; of a new one, nothing."""

    config: Config | None = None
    schema: Schema | None = None
    plans: Mapping[str, TablePlan] = field(default_factory=dict)
    """By full name of the message."""

    @cached_property
    def package(self) -> str:
        """The package of most of the project's messages; "" where there are none."""
        if self.schema is None:
            return ""
        counts: dict[str, int] = {}
        for file in self.schema.project_files:
            counts[file.package] = counts.get(file.package, 0) + len(file.message_type)
        return max(counts, key=lambda name: counts[name], default="")

    def names_in(self, package: str) -> list[str]:
        """Every name that a package has: messages, enums and enum values."""
        files = [file for file in (self.schema.project_files if self.schema else []) if file.package == package]
        return [
            name
            for file in files
            for name in (
                *(message.name for message in file.message_type),
                *(one for enum in file.enum_type for one in (enum.name, *(value.name for value in enum.value))),
            )
        ]

    @cached_property
    def enums(self) -> list[KnownEnum]:
        """The enums that the project's tables use, with the texts that sheets may write."""
        found: dict[str, KnownEnum] = {}
        for plan in self.plans.values():
            for one in _all_fields(plan.row, ()):
                enum = enum_of(one)
                if enum:
                    found.setdefault(enum, KnownEnum(enum, frozenset(one.labels)))
        return list(found.values())

    def files_by_name(self) -> dict[str, str]:
        """The .proto file, under `protos:`, of every message and enum by full name."""
        return {
            name: file.name
            for file in (self.schema.project_files if self.schema else [])
            for name in _declared(f"{file.package}." if file.package else "", file.message_type, file.enum_type)
        }

    def entries_of(self, spreadsheet: Spreadsheet, titles: Sequence[str]) -> dict[str, SheetEntry]:
        """Of the sheets with these titles, those that sheets.yaml maps already, and how."""
        entries = [entry for entry in spreadsheet.sheets if entry.tables]
        requests = [SheetRequest(entry.title, entry.is_glob) for entry in entries]
        matched = match_titles(titles, requests, spreadsheet.name)
        found: dict[str, SheetEntry] = {}
        for entry, taken in zip(entries, matched.titles, strict=True):
            for title in taken:
                found.setdefault(title, entry)
        return found


def read_known(config: Config | None, protos: Path) -> Known:
    """What the project of `config`, with its .proto files in `protos`, has.

    Raises:
        SchemaError: the .proto files don't compile, or a message that sheets are mapped to is no table.
    """
    if not any(protos.rglob("*.proto")):
        return Known(config)
    schema = Schema(compile_protos(protos))
    named = {
        (table, entry.layout == "vertical")
        for spreadsheet in (config.spreadsheets if config is not None else ())
        for entry in spreadsheet.sheets
        for table in entry.tables
        if schema.message(table) is not None
    }
    plans = schema.tables(sorted(named))
    return Known(config, schema, {plan.message: plan for plan in plans.values()})


def enum_of(one: FieldPlan) -> str:
    """Full name of a field's enum, of a map's values too; "" where it has none."""
    if one.kind != "enum":
        return ""
    value = one.descriptor.message_type.fields_by_name["value"] if one.is_map else one.descriptor
    return str(value.enum_type.full_name)


def _all_fields(message: MessagePlan, above: tuple[str, ...]) -> Iterator[FieldPlan]:
    for one in message.fields:
        yield one
        if one.message is not None and one.message.name not in above:
            yield from _all_fields(one.message, (*above, message.name))


def _declared(prefix: str, messages: Sequence[DescriptorProto], enums: Sequence[EnumDescriptorProto]) -> Iterator[str]:
    yield from (prefix + enum.name for enum in enums)
    for message in messages:
        yield prefix + message.name
        yield from _declared(f"{prefix}{message.name}.", message.nested_type, message.enum_type)
