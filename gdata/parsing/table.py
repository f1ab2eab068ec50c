"""All sheets of a table to its rows, as each audience sees them."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.message_factory import GetMessageClass

from gdata import kinds
from gdata._core import core
from gdata.config import Area, Audience, SheetEntry
from gdata.errors import SchemaError
from gdata.language import sentence
from gdata.parsing.cells.compound import cell_reader
from gdata.parsing.compose import Columns, compose, make_dicts
from gdata.parsing.encode import RowEncoder
from gdata.parsing.overlay import applies, lay_over
from gdata.parsing.places import Block, Places, blocks_of
from gdata.parsing.records import SheetRecords, Tally
from gdata.parsing.sheet.head import SheetHead
from gdata.parsing.sheet.layout import Sheet, lay_out
from gdata.parsing.view import (
    SWITCHED_OFF,
    Bound,
    HeaderTexts,
    ParsedTable,
    RowsLeftOut,
    View,
    bytes_of,
    join_bounds,
    told_once,
)
from gdata.problems import Problem, has_errors
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.schema.plan import FieldPlan, MessagePlan, TablePlan
from gdata.sources.cells import for_protobuf
from gdata.sources.grid import Grid


@dataclass(frozen=True)
class TableSheet:
    """A sheet that feeds a table, and the plans of all the tables that it feeds."""

    grid: Grid
    entry: SheetEntry
    plans: tuple[TablePlan, ...]
    beside: tuple[Area, ...] = ()
    """The ranges of other tables on the sheet."""


def parse_table(
    plan: TablePlan,
    sheets: Sequence[TableSheet],
    audiences: Sequence[Audience],
    timezone: ZoneInfo,
    *,
    whole: bool = True,
    part: slice = slice(None),
) -> ParsedTable:
    """Read every sheet of a table, once, and compose its rows for each audience in whose version there is the table.

    `whole` is False when a sheet of the table couldn't be read; `part` says which blocks of its sheets are read.

    Raises:
        SchemaError: a default in the .proto file is no value of its field.
    """
    _check_defaults(plan, timezone)
    audiences = [one for one in audiences if plan.span.has(one.version)]
    if not audiences:
        return ParsedTable(plan, [], {})
    problems: list[Problem] = []
    every = read_heads(plan, sheets, timezone, audiences)
    own_whole = whole
    for sheet, head in zip(sheets, every, strict=True):
        found = head.problems(sheet.plans, sheet.beside)
        whole = whole and not has_errors(found)
        own_whole = own_whole and (sheet.entry.overlay or not has_errors(found))
        problems += found
    heads = [head for head in every if not head.is_blank]
    overlays = [head for head in heads if head.sheet.entry.overlay]
    own = [head for head in heads if not head.sheet.entry.overlay]
    if plan.kind == "record" and sum(not sheet.entry.overlay for sheet in sheets) > 1 and own:
        problems.append(kinds.RECORD_SEVERAL.at(own[-1].sheet.header_cell(), table=plan.name))
    blocks = blocks_of(own)[part]
    sights = {
        one: (tuple(head.sight_of(one) for head in heads), tuple(applies(head.sheet.entry, one) for head in overlays))
        for one in audiences
    }
    owners = list({id(sheet.entry): sheet.entry for sheet in sheets if sheet.entry.keys}.values())
    rows = _Rows(plan, _share(plan, sights), owners)
    if any(head.header.enabled is not None for head in heads) and plan.kind != "record":
        rows.see(SWITCHED_OFF)
    for head, group in groupby(blocks, key=itemgetter(0)):
        problems += rows.read(head, [block for _, block in group])
    problems += rows.lay_over(overlays)
    views, seen_by, cell_problems = rows.finish(blocks, whole, own_whole)
    bounds = [*rows.bounds, *(one for head in heads for one in head.bounds())]
    return ParsedTable(
        plan, views, seen_by, problems, cell_problems, _headers(heads), rows.left_out, rows.records, join_bounds(bounds)
    )


def _share(plan: TablePlan, sights: Mapping[Audience, object]) -> dict[Audience, Audience]:
    """For each audience the first one that sees the same of a table, by how each sees its sheets."""
    spans = plan.row.spans
    first: dict[object, Audience] = {}
    return {
        one: first.setdefault((sight, tuple(span.has(one.version) for span in spans)), one)
        for one, sight in sights.items()
    }


def _headers(heads: Iterable[SheetHead]) -> dict[tuple[str, str], HeaderTexts]:
    """The headers by spreadsheet and sheet; those of several ranges of a sheet as one."""
    headers: dict[tuple[str, str], HeaderTexts] = {}
    for head in heads:
        place, texts = (head.sheet.grid.spreadsheet, head.sheet.grid.sheet), head.sheet.header_texts
        headers[place] = headers[place].joined(texts) if place in headers else texts
    return headers


def read_heads(
    plan: TablePlan, sheets: Sequence[TableSheet], timezone: ZoneInfo, audiences: Sequence[Audience]
) -> list[SheetHead]:
    """The heads of a table's sheets."""
    return [SheetHead(lay_out(sheet.grid, sheet.entry), plan, timezone, audiences) for sheet in sheets]


class _Rows:
    """The rows of a table, collected block by block, as each audience sees them."""

    def __init__(self, plan: TablePlan, shared: Mapping[Audience, Audience], owners: Sequence[SheetEntry] = ()) -> None:
        """`shared` has for each audience the first one that sees the same; `owners` are the lines of sheets.yaml with
        keys of their own.
        """
        self._owners = owners
        self._plan = plan
        self._shared = dict(shared)
        self.records = 0
        self.bounds: list[Bound] = []
        self.left_out: dict[tuple[str, str], RowsLeftOut] = {}
        self._overlays: list[SheetRecords] = []
        self._seen = {one: _SeenRows(plan, one) for one in dict.fromkeys(shared.values())}

    def see(self, audience: Audience) -> None:
        """Collect them for one more audience."""
        self._shared[audience] = audience
        self._seen[audience] = _SeenRows(self._plan, audience)

    def read(self, head: SheetHead, blocks: Iterable[Sheet]) -> list[Problem]:
        """Read a sheet's rows; what is wrong with the sheet as a whole."""
        tally = Tally(set(head.columns_to_fill()))
        # Which sheet's a key is, only Python asks.
        # A sheet without @enabled has no row that is switched off.
        is_off = head.header.enabled is not None
        takers = {one: seen for one, seen in self._seen.items() if one != SWITCHED_OFF or is_off}
        native = core() if not self._owners else None
        encoder = RowEncoder.of(native, head, list(takers)) if native is not None else None
        for block in blocks:
            encoded = encoder.encode(block) if encoder is not None else None
            if encoded is not None:
                tally.records += encoded.records
                tally.blank.difference_update(encoded.filled)
                tally.notes += encoded.notes
                for seen, rows in zip(takers.values(), encoded.views, strict=True):
                    seen.add_bytes(*rows)
                if SWITCHED_OFF in self._seen.keys() - takers.keys():
                    self._seen[SWITCHED_OFF].add_bytes(b"", 0)
                continue
            records = SheetRecords(head, block)
            records.count_in(tally, self._owners)
            for seen in self._seen.values():
                seen.add(records)
        self.records += tally.records
        return self._noted(head, tally)

    def lay_over(self, heads: Sequence[SheetHead]) -> list[Problem]:
        """Take note of overlays; what is wrong with their sheets as a whole."""
        found: list[Problem] = []
        for head in heads:
            records = SheetRecords(head, head.sheet)
            self._overlays.append(records)
            tally = Tally(set())
            records.count_in(tally)
            found += self._noted(head, tally)
        return found

    def _noted(self, head: SheetHead, tally: Tally) -> list[Problem]:
        """What is wrong with a sheet as a whole, once all of it is counted."""
        self.bounds += tally.bounds
        place, area = (head.sheet.grid.spreadsheet, head.sheet.grid.sheet), head.sheet.entry.range
        known = self.left_out.get(place, RowsLeftOut())
        self.left_out[place] = RowsLeftOut(
            known.notes + tally.notes, known.unticked + head.unticked, area.text if area is not None else ""
        )
        return [*head.column_problems(tally.blank if tally.records else ()), *tally.problems]

    def finish(
        self, blocks: Sequence[Block], whole: bool, own_whole: bool
    ) -> tuple[list[View], dict[Audience, int], dict[Audience, list[Problem]]]:
        """The views, which of them each audience sees, and the problems of the cells that it sees.

        `own_whole` is False where rows of sheets that are no overlays may be missing, `whole` where any may.
        """
        views, problems = [], []
        for audience, seen in self._seen.items():
            view, found = seen.view(blocks, whole), list[Problem]()
            if self._overlays:
                view, found = lay_over(view, self._overlays, audience, are_known=own_whole)
            views.append(view)
            problems.append(told_once([*seen.problems, *found]))
        numbers = {audience: number for number, audience in enumerate(self._seen)}
        seen_by = {audience: numbers[first] for audience, first in self._shared.items()}
        return views, seen_by, {audience: problems[number] for audience, number in seen_by.items()}


class _SeenRows:
    """The rows of a table as one audience sees them, made messages block by block."""

    def __init__(self, plan: TablePlan, audience: Audience) -> None:
        self._plan, self._audience = plan.at(audience.version), audience
        self._message = GetMessageClass(plan.descriptor)()
        self._rows: list[Any] = []
        self._dicts: list[dict[str, Any]] = []
        """Of a map or a record, which are made at the end."""
        self._parts: list[bytes] = []
        """What comes before the rows, on the wire."""
        self._ends: list[int] = []
        """How many rows there are up to the end of each block."""
        self._bad_fields: dict[int, frozenset[str]] = {}
        self.problems: list[Problem] = []
        # In the order of the fields: of two members of a oneof the last one stays.
        self._by_attribute = [field.name for field in self._plan.row.fields if _goes_by_attribute(field)]

    def add(self, records: SheetRecords) -> None:
        """Add the rows of a block."""
        start = self._count
        is_off = self._audience == SWITCHED_OFF
        if is_off and not records.seen_by(self._audience):
            self._ends.append(start)
            return
        composed = compose(records, self._audience)
        count = len(composed.records)
        if self._plan.kind == "rows":
            self._rows += self._made_rows(composed.columns, count)
        else:
            self._dicts += make_dicts(composed.columns, count)
        self._ends.append(start + count)
        # What is wrong with the cells of rows that are switched off, everybody is told.
        self.problems += composed.problems if not is_off else ()
        if composed.bad_fields:
            for index, record in enumerate(composed.records, start):
                if record in composed.bad_fields:
                    self._bad_fields[index] = frozenset(composed.bad_fields[record])

    def add_bytes(self, content: bytes, count: int) -> None:
        """Add the rows of a block that nothing is to be told of, on the wire; only where a table's rows are a list."""
        self._end_message()
        self._parts.append(content)
        self._ends.append(self._count + count)

    @property
    def _count(self) -> int:
        return self._ends[-1] if self._ends else 0

    def view(self, blocks: Sequence[Block], whole: bool) -> View:
        """The rows of all blocks, in the order in which they were added; `whole` is False where some may be missing."""
        plan, count = self._plan, self._count
        if plan.kind == "record":
            if not count:
                # Nobody wrote the record, or it is switched off: what it lacks isn't told of each of its fields.
                self._bad_fields[0] = frozenset(field.name for field in plan.row.fields)
            count = 1
        places = Places(lambda: blocks, self._ends, self._audience)
        view = View(plan, count, places, self._bad_fields, whole, tuple(self._ends), self._audience.version)
        if self._parts:
            self._end_message()
            return view.holding_bytes(b"".join(self._parts))
        if plan.kind == "rows":
            return view.holding(self._message, self._rows)
        if plan.kind == "record":
            message = type(self._message)(**(self._dicts[0] if self._dicts else {}))
            return view.holding(message, [message])
        row_class = GetMessageClass(plan.row.descriptor)
        rows = [row_class(**row) for row in self._dicts]
        key = plan.key[0].name
        return view.holding(type(self._message)(**{plan.rows_field: {getattr(row, key): row for row in rows}}), rows)

    def _end_message(self) -> None:
        if self._rows:
            self._parts.append(bytes_of(self._message))
            self._message, self._rows = type(self._message)(), []

    def _made_rows(self, columns: Columns, count: int) -> list[Any]:
        """The rows, added to the message.

        upb takes a value by attribute in half the time that a dict of it takes to be made and read, so scalars go in by
        attribute, and only what has parts goes in by dict (`benchmarks/parse.py`: 10,000 rows of 12 columns 13 ms,
        against 17 ms).
        """
        others = {name: values for name, values in columns.items() if name not in self._by_attribute}
        rows = getattr(self._message, self._plan.rows_field)
        made: list[Any]
        if others:
            first = len(rows)
            self._message.MergeFrom(type(self._message)(**{self._plan.rows_field: make_dicts(others, count)}))
            made = rows[first:]
        else:
            add = rows.add
            made = [add() for _ in range(count)]
        for name in self._by_attribute:
            if name in columns:
                _setter(name)(made, for_protobuf(columns[name]))
        return made


def _goes_by_attribute(field: FieldPlan) -> bool:
    return FIELD_TYPES[field.kind].is_scalar and not field.is_list and not field.is_map


@lru_cache(maxsize=4096)
def _setter(name: str) -> Any:
    """A loop that sets one field of every row that has a value; setattr would take twice as long."""
    scope: dict[str, Any] = {"zip": zip, "setattr": setattr, "__builtins__": {}}
    # The name is that of a protobuf field: an identifier, and perhaps a keyword of Python.
    store = f"setattr(row, {name!r}, value)" if keyword.iskeyword(name) else f"row.{name} = value"
    exec(f"def set_all(rows, values):\n for row, value in zip(rows, values):\n  if value is not None: {store}", scope)
    return scope["set_all"]


def _check_defaults(plan: TablePlan, timezone: ZoneInfo) -> None:
    """Read every default of a table's rows as its cell would be.

    Raises:
        SchemaError: one is no value of its field.
    """
    for field in _defaulted(plan.row, set()):
        value, fault = cell_reader(field, timezone)(field.default)
        if value is None:
            words = fault.words if fault is not None else {}
            name = field.descriptor.full_name
            raise SchemaError(
                sentence(
                    "{file}: the default {default} of {field} is no value of that field",
                    file=field.descriptor.file.name,
                    default=repr(field.default),
                    field=name,
                ),
                hint=str(words.get("instead", "") or "write what a cell of that column would hold"),
            )


def _defaulted(message: MessagePlan, seen: set[str]) -> Iterator[FieldPlan]:
    if message.name in seen:
        return
    seen.add(message.name)
    for field in message.fields:
        if field.default is not None:
            yield field
        if field.message is not None:
            yield from _defaulted(field.message, seen)
