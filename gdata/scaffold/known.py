"""What a project has already, which scaffolding adds to and never changes; and what its sheets have beyond that.

That is columns without a field, and texts that an enum doesn't know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto

from gdata.config import Config, SheetEntry, Spreadsheet
from gdata.errors import SchemaError
from gdata.language import say
from gdata.parsing.cells.cell import is_blank, shown
from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.parsing.sheet.header import read_header
from gdata.parsing.sheet.layout import find_unticked, keep_records, lay_out
from gdata.parsing.sheet.node import Header
from gdata.scaffold.cells import NO_CELLS, Cells
from gdata.scaffold.fields.columns import guess_fields
from gdata.scaffold.fields.enums import KnownEnum
from gdata.scaffold.fields.types import is_value
from gdata.scaffold.guess import GuessedField, SheetFound, SourceColumn
from gdata.scaffold.names import camel
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tables import title_words
from gdata.schema.plan import FieldPlan, MessagePlan, TablePlan
from gdata.schema.protoc import compile_protos
from gdata.schema.schema import Schema
from gdata.sources.grid import CellValue, Grid, SheetRequest
from gdata.sources.source import match_titles
from gdata.text import fold, nearest

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


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
    def groups(self) -> tuple[str, ...]:
        """Who may get tables, where each of them says it: then a new one without a word would be nobody's."""
        every = [plan.groups for plan in self.plans.values()]
        return tuple(sorted({group for groups in every for group in groups})) if all(every) else ()

    @cached_property
    def enums(self) -> list[KnownEnum]:
        """The project's enums with the texts that sheets may write; those that its tables use come first."""
        found: dict[str, KnownEnum] = {}
        for plan in self.plans.values():
            for one in _all_fields(plan.row, ()):
                enum = enum_of(one)
                if enum:
                    found.setdefault(enum, KnownEnum(enum, frozenset(one.labels)))
        unused = (KnownEnum(name, self._labels_of(name)) for name in self.files_by_name() if name not in found)
        return [*found.values(), *(one for one in unused if one.labels)]

    def _labels_of(self, enum: str) -> frozenset[str]:
        """Of an enum that no table uses, the texts; none where one means two values, or the name is a message's."""
        try:
            return frozenset(self.schema.enum_labels(enum)) if self.schema is not None else frozenset()
        except SchemaError:
            return frozenset()

    def find_again(self, sheet: SheetFound, package: str) -> TablePlan | None:
        """The table that a sheet fed before its line in sheets.yaml was deleted: of its name, and with its headers."""
        is_record = sheet.layout == "vertical"
        above = f"{package}." if package else ""
        row = camel(title_words(sheet))
        name = f"{above}{sheet.table or (row if is_record else f'{row}Table')}"
        if self.schema is None or self.schema.message(name) is None or name in self.plans:
            return None
        try:
            plan = self.schema.table(name, is_record=is_record)
        except SchemaError:
            return None  # It is no table.
        header = read_header([one.header for one in sheet.columns], plan.row, multirow=sheet.entry.multirow)
        return plan if len(header.mapped) * 2 >= len(sheet.columns) else None

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


_MOST_NEW_VALUES = 40


@dataclass(frozen=True)
class NewFields:
    """Fields to add to a table's row."""

    table: str
    message: str
    """Full name of the row's message."""
    sheet: str
    fields: tuple[GuessedField, ...]


@dataclass(frozen=True)
class NewValues:
    """Texts in sheets that an enum has no value for."""

    enum: str
    """Full name."""
    texts: tuple[str, ...]
    sheet: str


@dataclass
class Additions:
    """All that the project's own tables need, and texts that are more likely slips."""

    fields: list[NewFields] = field(default_factory=list)
    values: list[NewValues] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)
    referable: dict[str, tuple[TablePlan, list[CellValue]]] = field(default_factory=dict)
    """The cells of the one-field keys of the project's tables, by full name of the table."""

    def find(
        self, spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry, plans: Sequence[TablePlan], timezone: ZoneInfo
    ) -> None:
        """Look through a sheet that feeds the tables `plans`."""
        sheet = lay_out(grid, entry)
        headers = [read_header(sheet.header, plan.row, multirow=entry.multirow, spans=sheet.spans) for plan in plans]
        mapped = sorted({column for header in headers for column in header.mapped})
        if not mapped and any(plan.row.fields for plan in plans):
            tables = ", ".join(plan.name for plan in plans)
            self.slips.append(
                say(
                    "{sheet}: no header of {tables} stands where sheets.yaml says; mend header_row, range or layout",
                    sheet=grid.sheet,
                    tables=tables,
                )
            )
            return
        unknown = [
            column
            for column in headers[0].unknown
            # A bare number names nothing: there are data where the header should be.
            if all(column in header.unknown for header in headers)
            and not _NUMBER.fullmatch(shown(sheet.header[column]).strip())
        ]
        columns = {*mapped, *unknown}
        cells = keep_records(sheet, columns, end=find_unticked(sheet, columns, ())[0]).columns
        told = {one.index: one for one in find_table_of(spreadsheet, grid, entry).columns} if unknown else {}
        new = [
            # What the rows around the header say of it: its type, who gets it.
            replace(told[column], cells=Cells(cells[column]), continues=False, lines=NO_CELLS)
            if column in told
            else SourceColumn(column, shown(sheet.header[column]).strip(), Cells(cells[column]))
            for column in unknown
        ]
        self._find_fields(grid, plans[0], new, timezone)
        for plan, header in zip(plans, headers, strict=True):
            self._find_values(grid, header, cells)
            self._keep_key(plan, header, cells)

    def _find_fields(self, grid: Grid, plan: TablePlan, columns: Sequence[SourceColumn], timezone: ZoneInfo) -> None:
        if any(one.table == plan.name for one in self.fields):
            return  # Several sheets feed it; the first of them tells.
        taken = [one.name for one in plan.row.fields] + list(_reserved_names(plan))
        fields = guess_fields(columns, timezone, taken)
        if fields:
            self.fields.append(NewFields(plan.name, plan.row.name, grid.sheet, tuple(fields)))

    def _find_values(self, grid: Grid, header: Header, cells: Mapping[int, Sequence[CellValue]]) -> None:
        for node in header.nodes.values():
            for leaf in node.leaves():
                enum = enum_of(leaf.field)
                if enum and leaf.column is not None and not leaf.field.is_map:
                    is_list = leaf.field.is_list and not leaf.is_element
                    texts = list(_unknown_texts(leaf.field, cells[leaf.column], is_list=is_list))
                    self._add_values(grid, enum, leaf.field, texts)

    def _add_values(self, grid: Grid, enum: str, field: FieldPlan, texts: Sequence[str]) -> None:
        known = {fold(text) for one in self.values if one.enum == enum for text in one.texts}
        new = []
        for text in texts:
            near = nearest(fold(text), field.labels)
            if near is not None:
                name = field.enum_names[field.labels[near]]
                self.slips.append(
                    say(
                        "{sheet}: {text} is no value of {enum}; {name} may be meant",
                        sheet=grid.sheet,
                        text=text,
                        enum=enum,
                        name=name,
                    )
                )
            elif fold(text) not in known:
                known.add(fold(text))
                new.append(text)
        if 0 < len(new) <= _MOST_NEW_VALUES:
            self.values.append(NewValues(enum, tuple(new), grid.sheet))

    def _keep_key(self, plan: TablePlan, header: Header, cells: Mapping[int, Sequence[CellValue]]) -> None:
        if len(plan.key) == 1:
            node = header.nodes.get(plan.key[0].name)
            if node is not None and node.column is not None:
                self.referable.setdefault(plan.message, (plan, []))[1].extend(cells[node.column])


def _reserved_names(plan: TablePlan) -> Sequence[str]:
    from google.protobuf.descriptor_pb2 import DescriptorProto

    proto = DescriptorProto()
    plan.row.descriptor.CopyToProto(proto)
    return list(proto.reserved_name)


def _unknown_texts(field: FieldPlan, cells: Sequence[CellValue], *, is_list: bool) -> Iterator[str]:
    """Texts, each once, that are no value of the field's enum but could be one."""
    seen: set[str] = set()
    for cell in cells:
        if is_blank(cell) or not isinstance(cell, str) or cell[:1] in ("[", "{"):
            continue
        for part in split_outside_quotes(cell, field.separator) if is_list else [cell.strip()]:
            text = unquote(part) if is_list else part
            if text and fold(text) not in field.labels and fold(text) not in seen and is_value(text):
                seen.add(fold(text))
                yield text
