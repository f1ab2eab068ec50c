"""Sheets from schemas and builds: what `gdata sheet` writes, and the lines of sheets.yaml that read it again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.reader import Bundle
from gdata.bundles.titles import title_field
from gdata.config import Audience, Config, SheetEntry
from gdata.diffs.model import Side
from gdata.errors import DamagedError, GdataError, UsageError
from gdata.language import Sentence, say, sentence
from gdata.parsing.view import bytes_of
from gdata.pipeline.sides import bundle_of
from gdata.proto.descriptors import pool_of
from gdata.scaffold.back.columns import CellWriter, value_of
from gdata.scaffold.back.make import MadeSheet, changed_by_workbooks, make_sheet, read_made
from gdata.scaffold.back.workbook import ColumnWords, ReferredTo, write_workbook
from gdata.scaffold.yaml_text import quoted
from gdata.schema.plan import MessagePlan, TablePlan
from gdata.schema.schema import Schema
from gdata.sources.adapters import read_sheets
from gdata.sources.grid import Pulled, SheetRequest
from gdata.text import did_you_mean

_LONGEST_TITLE = 31
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
_MOST_REFERRED = 20_000
"""Rows of a table that a dropdown lists; nobody looks through more."""


@dataclass(frozen=True)
class MadeWorkbook:
    """A workbook, its sheets, and what to know of them."""

    content: bytes
    sheets: Sequence[MadeSheet]
    notes: Sequence[Sentence] = ()


@dataclass(frozen=True)
class TableSource:
    """Where tables come from: a schema, and a target's bundle, if rows are wanted."""

    schema: Schema
    plans: Mapping[str, TablePlan]
    """Those that sheets.yaml feeds, by short name."""
    bundle: Bundle | None
    timezone: ZoneInfo
    entries: Sequence[SheetEntry] = ()

    def plan(self, name: str) -> TablePlan:
        """The table called `name`: its short name, or the full name of its message.

        Raises:
            UsageError: there is none.
            SchemaError: the message is no table.
        """
        tables = self.bundle.manifest.tables if self.bundle is not None else {}
        known = dict(self._known(tables))
        folded = {one.casefold(): full for one, full in known.items()}
        wanted = (name.casefold(), f"{name}table".casefold())
        messages = {text.casefold(): full for full in self.schema.message_names for text in (_last(full), full)}
        full = next((one[text] for one in (folded, messages) for text in wanted if text in one), None)
        if full is None:
            near = did_you_mean(name, [*known, *map(_last, self.schema.message_names)])
            raise UsageError(
                sentence("there is no table {name}", name=name),
                hint=sentence("{near}write a table's name, or the full name of its message", near=near),
            )
        planned = next((plan for plan in self.plans.values() if plan.message == full), None)
        is_record = any(one.message == full and one.kind == "record" for one in tables.values())
        return planned or self.schema.table(full, is_record=is_record)

    def _known(self, tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The short names of tables that there are, and their messages' full names."""
        yield from ((name, one.message) for name, one in tables.items())
        yield from ((name, plan.message) for name, plan in self.plans.items())

    def rows(self, plan: TablePlan) -> list[Any]:
        """The rows of a table, as the schema's own messages; none where the bundle hasn't the table.

        Raises:
            DamagedError: its bytes don't fit the schema.
        """
        if self.bundle is None or plan.name not in self.bundle.manifest.tables:
            return []
        try:
            return plan.rows_of(GetMessageClass(plan.descriptor).FromString(self.bundle.table(plan.name)))
        except DecodeError as error:
            raise DamagedError(
                sentence("{place}: {name} can't be read by the present schema", place=self.bundle.place, name=plan.name)
            ) from error

    def hidden(self, plan: TablePlan) -> frozenset[str]:
        """The full names of fields that the bundle's target may not see."""
        if self.bundle is None or plan.name not in self.bundle.manifest.tables:
            return frozenset()
        from google.protobuf.descriptor_pb2 import FileDescriptorSet

        pool = pool_of(FileDescriptorSet.FromString(self.bundle.schema()))
        return frozenset(_unknown_fields(plan.row, pool, set()))


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _unknown_fields(message: MessagePlan, pool: Any, seen: set[str]) -> Iterator[str]:
    if message.name in seen:
        return
    seen.add(message.name)
    try:
        known: Collection[str] = pool.FindMessageTypeByName(message.name).fields_by_name
    except KeyError:
        known = ()
    for field in message.fields:
        if field.name not in known:
            yield field.descriptor.full_name
        elif field.message is not None:
            yield from _unknown_fields(field.message, pool, seen)


def choose_bundle(side: Side | None, config: Config | None, target: str | None) -> Bundle | None:
    """The bundle of `target`; without one, of a target that sees everything, else the first.

    Raises:
        UsageError: there is no such target.
    """
    if side is None or not side.bundles:
        return None
    if target is None:
        targets = config.targets if config is not None else ()
        whole = [one.name for one in targets if not one.groups and not one.tags and one.name in side.bundles]
        target = whole[0] if whole else next(iter(side.bundles))
    return bundle_of(side, target)


def make_workbook(source: TableSource, names: Sequence[str]) -> MadeWorkbook:
    """A workbook with a sheet for each table, which builds the same rows again.

    Raises:
        UsageError: there is no such table, or a value of it can't stand in any sheet.
        SchemaError: a message is no table.
    """
    plans = list({plan.message: plan for plan in map(source.plan, names)}.values())
    words, writer = ColumnWords(source.schema, source.timezone), CellWriter(source.timezone)
    made: list[MadeSheet] = []
    notes: list[Sentence] = []
    for plan in plans:
        rows, hidden = source.rows(plan), source.hidden(plan)
        title = _title(plan, source.entries, [one.entry.title for one in made])
        made.append(make_sheet(plan, rows, title, source.timezone, hidden=hidden))
        notes += _notes(source, plan, hidden)
    told = [(one, words.of(one)) for one in made]
    tables = {table for _, one in told for table in one.references.values()}
    referred = {table: one for table in sorted(tables) if (one := _referred(source, writer, table)) is not None}
    lists_title = _free_title(say("lists"), [one.entry.title for one in made])
    content = write_workbook(told, referred, lists_title)
    _check(source, content, made)
    return MadeWorkbook(content, made, notes)


def _notes(source: TableSource, plan: TablePlan, hidden: frozenset[str]) -> Iterator[Sentence]:
    bundle = source.bundle
    if bundle is None:
        return
    if plan.name not in bundle.manifest.tables:
        yield sentence("{place} has no table {name}: its sheet has no rows yet", place=bundle.place, name=plan.name)
    if hidden:
        yield sentence(
            "the target {target} doesn't see {names}: their columns are left out",
            target=bundle.manifest.target,
            names=", ".join(sorted(one.removeprefix(f"{plan.row.name}.") for one in hidden)),
        )


def _title(plan: TablePlan, entries: Sequence[SheetEntry], taken: Sequence[str]) -> str:
    """The title of the one sheet that feeds the table, else the table's name."""
    feeding = [one for one in entries if plan.message in one.tables]
    title = plan.name.removesuffix("Table") or plan.name
    if len(feeding) == 1 and not feeding[0].is_glob and len(feeding[0].tables) == 1:
        title = feeding[0].title
    return _free_title(title, taken)


def _free_title(title: str, taken: Sequence[str]) -> str:
    title = title.translate(_NOT_IN_TITLES).strip()[:_LONGEST_TITLE] or "Sheet"
    folded, number, free = {one.casefold() for one in taken}, 1, title
    while free.casefold() in folded or free.casefold() == "history":
        number += 1
        free = f"{title[: _LONGEST_TITLE - len(f' {number}')]} {number}"
    return free


def _referred(source: TableSource, writer: CellWriter, table: str) -> ReferredTo | None:
    try:
        plan = source.plan(table)
    except GdataError:
        return None
    rows = source.rows(plan)
    if len(plan.key) != 1 or len(rows) > _MOST_REFERRED:
        return None
    title = title_field(plan.row.descriptor)
    names = [str(getattr(row, title)) for row in rows] if title and title != plan.key[0].name else []
    return ReferredTo(table, [writer.cell(plan.key[0], value_of(plan.key[0], row)) for row in rows], names)


def _check(source: TableSource, content: bytes, made: Sequence[MadeSheet]) -> None:
    """Read the workbook as a build does: what it gives must be the same bytes.

    Raises:
        UsageError: it isn't.
    """
    pulled = Pulled("sheet", "workbook", {"sheet.xlsx": content}, datetime.now(UTC))
    grids = {one.sheet: one for one in read_sheets(pulled, [SheetRequest(one.entry.title) for one in made]).grids}
    for one in made:
        rows, parsed = source.rows(one.plan), read_made(one, grids[one.entry.title].rows, source.timezone)
        if source.hidden(one.plan) or not rows:
            continue
        if list(map(bytes_of, parsed.view(Audience()).rows)) != list(map(bytes_of, rows)):
            raise changed_by_workbooks(one.plan)


def yaml_lines(made: MadeWorkbook, path: Path, config: Config | None) -> list[str]:
    """What sheets.yaml has to say of the workbook at `path`."""
    name, place = path.stem, path.as_posix()
    if config is not None:
        folder, absolute = config.folder.resolve(), path.resolve()
        place = absolute.relative_to(folder).as_posix() if absolute.is_relative_to(folder) else absolute.as_posix()
    lines = ["spreadsheets:", f"  {quoted(name)}:", f"    path: {quoted(place)}", "    sheets:"]
    return [*lines, *(f"      {quoted(one.entry.title)}: {_entry_text(one.entry)}" for one in made.sheets)]


def _entry_text(entry: SheetEntry) -> str:
    options = [
        *([f"layout: {entry.layout}"] if entry.layout != "rows" else []),
        *(["multirow: true"] if entry.multirow else []),
        *(['notes: ""'] if not entry.notes else []),
    ]
    (table,) = entry.tables
    return f"{{{', '.join([f'table: {table}', *options])}}}" if options else table


def source_of(config: Config | None, side: Side | None, target: str | None, *, with_rows: bool = True) -> TableSource:
    """Where the tables come from: the project's schema, else that of the release or bundle.

    Raises:
        UsageError, SchemaError, ConfigError: there is none, or it is wrong.
    """
    bundle = choose_bundle(side, config, target) if with_rows else None
    if config is not None:
        from gdata.project import open_project

        project = open_project(config)
        entries = list(config.entries)
        return TableSource(project.schema, project.plans, bundle, ZoneInfo(config.timezone), entries)
    if side is None or bundle is None:
        raise UsageError(sentence("there is no sheets.yaml here, and no bundle to take a schema from"))
    return replace(TableSource(Schema(side.sources or bundle.schema()), {}, bundle, ZoneInfo("UTC")))
