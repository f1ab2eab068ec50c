"""All sheets of a table to its rows, as each audience sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.config import Area, Audience, SheetEntry
from gdata.errors import SchemaError
from gdata.language import sentence
from gdata.parsing.cells.compound import cell_reader
from gdata.parsing.overlay import applies, lay_over, with_off
from gdata.parsing.places import Block, Places, blocks_of
from gdata.parsing.rows.build import TableBuilder
from gdata.parsing.rows.compose import compose
from gdata.parsing.rows.encode import RowEncoder
from gdata.parsing.rows.records import SheetRecords
from gdata.parsing.sheet.head import SheetHead
from gdata.parsing.sheet.layout import Sheet, lay_out
from gdata.parsing.view import SWITCHED_OFF, Bound, HeaderTexts, ParsedTable, RowsLeftOut, View, join_bounds, told_once
from gdata.problems import Problem, has_errors
from gdata.schema.plan import FieldPlan, MessagePlan, TablePlan
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
    for sheet, head in zip(sheets, every, strict=True):
        found = head.problems(sheet.plans, sheet.beside)
        whole = whole and not has_errors(found)
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
    views, seen_by, cell_problems = rows.finish(blocks, whole)
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
        blank = set(head.columns_to_fill())
        count = notes = 0
        found: list[Problem] = []
        # Which sheet's a key is, only Python asks.
        # A sheet without @enabled has no row that is switched off.
        is_off = head.header.enabled is not None
        takers = {one: seen for one, seen in self._seen.items() if one != SWITCHED_OFF or is_off}
        encoder = RowEncoder.of(head, list(takers)) if not self._owners else None
        for block in blocks:
            encoded = encoder.encode(block) if encoder is not None else None
            if encoded is not None:
                count += encoded.records
                blank.difference_update(encoded.filled)
                notes += encoded.notes
                for seen, rows in zip(takers.values(), encoded.views, strict=True):
                    seen.add_bytes(*rows)
                if SWITCHED_OFF in self._seen.keys() - takers.keys():
                    self._seen[SWITCHED_OFF].add_bytes(b"", 0)
                continue
            records = SheetRecords(head, block)
            count += records.line_count
            blank = records.blank_among(blank)
            notes += records.notes
            found += records.problems(self._owners)
            self.bounds += records.bounds()
            for seen in self._seen.values():
                seen.add(records)
        self.records += count
        place = head.sheet.grid.spreadsheet, head.sheet.grid.sheet
        known = self.left_out.get(place, RowsLeftOut())
        self.left_out[place] = RowsLeftOut(known.notes + notes, known.unticked + head.unticked, _area_of(head))
        return [*head.column_problems(blank if count else ()), *found]

    def lay_over(self, heads: Sequence[SheetHead]) -> list[Problem]:
        """Take note of overlays; what is wrong with their sheets as a whole."""
        found: list[Problem] = []
        for head in heads:
            records = SheetRecords(head, head.sheet)
            self._overlays.append(records)
            self.bounds += records.bounds()
            place = head.sheet.grid.spreadsheet, head.sheet.grid.sheet
            self.left_out[place] = RowsLeftOut(records.notes, head.unticked, _area_of(head))
            found += [*records.problems(), *head.column_problems()]
        return found

    def finish(
        self, blocks: Sequence[Block], whole: bool
    ) -> tuple[list[View], dict[Audience, int], dict[Audience, list[Problem]]]:
        """The views, which of them each audience sees, and the problems of the cells that it sees."""
        views, problems = [], []
        for audience, seen in self._seen.items():
            view, found = seen.view(blocks, whole), list[Problem]()
            if audience == SWITCHED_OFF:
                view = with_off(view, self._overlays)
            else:
                view, found = lay_over(view, self._overlays, audience)
            views.append(view)
            problems.append(told_once([*seen.problems, *found]))
        numbers = {audience: number for number, audience in enumerate(self._seen)}
        seen_by = {audience: numbers[first] for audience, first in self._shared.items()}
        return views, seen_by, {audience: problems[number] for audience, number in seen_by.items()}


class _SeenRows:
    """The rows of a table as one audience sees them."""

    def __init__(self, plan: TablePlan, audience: Audience) -> None:
        self._plan, self._audience = plan.at(audience.version), audience
        self._builder = TableBuilder(self._plan)
        self._block_ends: list[int] = []
        self._bad_fields: dict[int, frozenset[str]] = {}
        self.problems: list[Problem] = []

    def add(self, records: SheetRecords) -> None:
        """Add the rows of a block."""
        start = self._block_ends[-1] if self._block_ends else 0
        is_off = self._audience == SWITCHED_OFF
        if is_off and not records.seen_by(self._audience):
            self._block_ends.append(start)
            return
        composed = compose(records, self._audience)
        self._builder.add(composed.columns, len(composed.records))
        self._block_ends.append(start + len(composed.records))
        # What is wrong with the cells of rows that are switched off, everybody is told.
        self.problems += composed.problems if not is_off else ()
        if composed.bad_fields:
            for index, record in enumerate(composed.records, start):
                if record in composed.bad_fields:
                    self._bad_fields[index] = frozenset(composed.bad_fields[record])

    def add_bytes(self, content: bytes, count: int) -> None:
        """Add the rows of a block that nothing is to be told of, on the wire."""
        self._builder.add_bytes(content, count)
        self._block_ends.append(self._builder.count)

    def view(self, blocks: Sequence[Block], whole: bool) -> View:
        """The rows of all blocks; `whole` is False where some may be missing."""
        if self._plan.kind == "record" and not (self._block_ends and self._block_ends[-1]):
            # Nobody wrote the record, or it is switched off: what it lacks isn't told of each of its fields.
            self._bad_fields[0] = frozenset(field.name for field in self._plan.row.fields)
        places = Places(lambda: blocks, self._block_ends, self._audience)
        ends = tuple(self._block_ends)
        view = View(self._plan, self._builder.count, places, self._bad_fields, whole, ends, self._audience.version)
        return self._builder.fill(view)


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


def _area_of(head: SheetHead) -> str:
    area = head.sheet.entry.range
    return area.text if area is not None else ""
