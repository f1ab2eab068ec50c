"""Overlays: sheets whose rows change those of a table, cell by cell, for a region, an event, a version.

A filled cell takes the place of the row's, a blank one leaves it; lists, maps and messages are replaced whole. It is
done on rows that are messages already, for each audience, after column variants and in the order of sheets.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from google.protobuf.message_factory import GetMessageClass

from gdata import kinds
from gdata.config import Audience, SheetEntry
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import CellType, is_blank
from gdata.parsing.cells.readings import convert_cell
from gdata.parsing.compose import Composed, compose
from gdata.parsing.places import LeftOut, Places, locate
from gdata.parsing.records import SheetRecords
from gdata.parsing.sheet.node import top_field
from gdata.parsing.view import SWITCHED_OFF, Locate, Path, View, key_text
from gdata.problems import Cell, Problem
from gdata.schema.plan import FieldPlan
from gdata.versions import ALWAYS

Key = tuple[Any, ...]
_BLANK = frozenset([kinds.CELL_BLANK.code])


@dataclass
class _Row:
    """A row of a view, and where what isn't the table's own sheets' came from."""

    message: Any
    base: int | None
    """Its number in the view below; None: an overlay added it."""
    origins: dict[str, tuple[SheetRecords, int]] = field(default_factory=dict)
    """By field, the overlay's record that has it; "" is the row itself, where an overlay added it."""
    bad: set[str] = field(default_factory=set)


def applies(entry: SheetEntry, audience: Audience) -> bool:
    """Whether an audience gets an overlay."""
    is_for = not entry.tags or not set(entry.tags).isdisjoint(audience.tags)
    return is_for and entry.span.has(audience.version)


def lay_over(
    view: View, overlays: Sequence[SheetRecords], audience: Audience, *, are_known: bool = True
) -> tuple[View, list[Problem]]:
    """A view with the overlays that its audience gets, in their order, and what is wrong with these.

    `are_known` is False where rows may be missing in the view: then nobody is told that there is no such row.
    """
    if audience == SWITCHED_OFF:
        return _with_off(view, overlays), []
    taken = [records for records in overlays if applies(records.sheet.entry, audience)]
    if not taken:
        return view, []
    over = _Overlaid(view, audience)
    for records in taken:
        over.add(records)
    return over.view(), over.found + (over.without_row() if are_known else [])


def _with_off(view: View, overlays: Sequence[SheetRecords]) -> View:
    """The view of what is switched off, with the rows of overlays that are.

    Of each there is what it would change alone: the rest is the table's, and told of there.
    """
    off = [records for records in overlays if records.header.enabled is not None]
    if not off:
        return view
    over = _Overlaid(view, SWITCHED_OFF)
    for records in off:
        over.add_off(records)
    return over.view()


class _Overlaid:
    def __init__(self, view: View, audience: Audience) -> None:
        self._below, self._audience = view, audience
        self._names = [one.name for one in view.plan.key]
        bad = view.bad_fields
        self._rows = [_Row(row, index, bad=set(bad.get(index, ()))) for index, row in enumerate(view.rows)]
        self._by_key = {self._key_of(one.message): one for one in reversed(self._rows)}
        self._removed: dict[str, str] = {}
        self._gone: dict[Key, tuple[_Row, Cell]] = {}
        self._without_row: list[Problem] = []
        self.found: list[Problem] = []
        """What is wrong with the overlays."""

    def without_row(self) -> list[Problem]:
        """Their keys that no row has, unless each may be that of a row whose key can't be read."""
        unread = sum(not one.bad.isdisjoint(self._names) for one in self._rows)
        return self._without_row if len(self._without_row) > unread else []

    def _key_of(self, row: Any) -> Key:
        return tuple(getattr(row, name) for name in self._names)

    def add(self, records: SheetRecords) -> None:
        """Lay one overlay over what there is."""
        composed = compose(records, self._audience)
        seen: dict[Key, int] = {}
        removed: set[Key] = set()
        lacking = self._lacking(composed)
        enabled, _, _ = records.directives
        changing = set() if enabled is None else {record for record, is_on in enumerate(enabled) if not is_on}
        for position, record in enumerate(composed.records):
            key = tuple(composed.columns[name][position] if name in composed.columns else None for name in self._names)
            if None in key and self._names:
                changing.add(record)  # It is told of as a blank key, or one that can't be read, and of nothing else.
                continue
            if key in seen:
                self.found.append(self._twice(records, record, seen[key], key))
                continue
            seen[key] = record
            row = self._by_key.get(key)
            if self._is_removed(records, record):
                self._remove(records, record, row, key)
                changing.add(record)
                removed.add(key)
            elif row is not None:
                self._change(row, records, composed, position)
                changing.add(record)
            elif lacking:
                self._tell_lacking(records, record, key, lacking)
                changing.add(record)
            else:
                self._by_key[key] = self._added(records, composed, position)
        # Of rows with one key, which is a mistake of its own, all go.
        self._rows = [one for one in self._rows if self._key_of(one.message) not in removed] if removed else self._rows
        self.found += _but_of_what_stays(composed, records, changing)

    def add_off(self, records: SheetRecords) -> None:
        """Add the rows of an overlay that are switched off."""
        composed = compose(records, self._audience)
        names = {one.name for one in self._below.plan.row.fields}
        for position, record in enumerate(composed.records):
            filled = self._filled(composed, position)
            values = {name: value for name, value in filled.items() if value is not None}
            bad = (names - filled.keys()) | composed.bad_fields.get(record, set())
            self._rows.append(_Row(_row_class(self._below)(**values), None, {"": (records, record)}, bad))

    def _filled(self, composed: Composed, position: int) -> dict[str, Any]:
        """What a record has in place of the row's, by field."""
        record = composed.records[position]
        return {
            name: values[position]
            for name, values in composed.columns.items()
            if name in composed.blank and not composed.blank[name][record] and name not in self._names
        }

    def _change(self, row: _Row, records: SheetRecords, composed: Composed, position: int) -> None:
        record = composed.records[position]
        filled = self._filled(composed, position)
        if row.base is not None and not row.origins:
            copy = type(row.message)()
            copy.CopyFrom(row.message)
            row.message = copy
        patch = _row_class(self._below)(**{name: value for name, value in filled.items() if value is not None})
        for name in filled:
            row.message.ClearField(name)
            row.origins[name] = records, record
            row.bad.discard(name)
        row.message.MergeFrom(patch)
        row.bad |= composed.bad_fields.get(record, set()) & filled.keys()

    def _lacking(self, composed: Composed) -> list[FieldPlan]:
        """The fields without which a row can't be added."""
        return [
            one
            for one in self._below.plan.row.fields
            if one.name not in composed.columns and not (one.is_optional or one.absent_ok or one.default is not None)
        ]

    def _tell_lacking(self, records: SheetRecords, record: int, key: Key, lacking: Sequence[FieldPlan]) -> None:
        line, column, out = records.lines_of(record).start, _first_column(records), self._left_out.get(key)
        if out is not None:
            words = {"place": out.cell, "why": _why(out, self._audience)}
            self.found.append(records.problem(kinds.OVERLAY_LEFT_OUT, line, column, self._field, **words))
            return
        headers = ", ".join(one.columns[0] if one.columns else one.name for one in lacking)
        problem = records.problem(kinds.OVERLAY_INCOMPLETE, line, column, self._field, headers=headers)
        self._without_row.append(problem)

    def _added(self, records: SheetRecords, composed: Composed, position: int) -> _Row:
        record = composed.records[position]
        values = {name: column[position] for name, column in composed.columns.items()}
        message = _row_class(self._below)(**{name: value for name, value in values.items() if value is not None})
        row = _Row(message, None, {"": (records, record)}, set(composed.bad_fields.get(record, set())))
        self._rows.append(row)
        return row

    def _remove(self, records: SheetRecords, record: int, row: _Row | None, key: Key) -> None:
        line, column = records.lines_of(record).start, _first_column(records)
        if row is not None:
            del self._by_key[key]
            self._removed[key_text(self._below.plan, row.message)] = records.sheet.grid.sheet
            self._gone[key] = row, records.cell_at(line, column)
        elif key not in self._left_out:
            self._without_row.append(records.problem(kinds.OVERLAY_NO_ROW, line, column, self._field))

    @cached_property
    def _left_out(self) -> dict[Key, LeftOut]:
        """By key, the table's own rows that aren't in the view below."""
        places = self._below.locate
        if not isinstance(places, Places):
            return {}
        found = zip(*(places.left_out(name) for name in self._names), strict=False)
        return {tuple(one.value for one in row): row[0] for row in found}

    def _is_removed(self, records: SheetRecords, record: int) -> bool:
        column = records.header.directives.get("remove")
        if column is None:
            return False
        line = records.lines_of(record).start
        cell = records.cells(column)[line]
        if is_blank(cell):
            return False
        value, fault = convert_cell(cell, CellType("bool", records.head.timezone))
        if fault is not None:
            self.found.append(records.fault_problem(fault, line, column, "@remove"))
        return bool(value)

    def _twice(self, records: SheetRecords, record: int, first: int, key: Key) -> Problem:
        column = _first_column(records)
        other = records.cell_at(records.lines_of(first).start, column)
        words = {"count": 2, "key": ", ".join(map(str, key)), "first": other, "related": [other]}
        return records.problem(kinds.KEY_DUPLICATE, records.lines_of(record).start, column, self._field, **words)

    @property
    def _field(self) -> str:
        return ", ".join(self._names)

    def view(self) -> View:
        """The view with all that was laid over it."""
        below, plan = self._below, self._below.plan
        messages = [one.message for one in self._rows]
        bad = {index: frozenset(one.bad) for index, one in enumerate(self._rows) if one.bad}
        places = _OverlaidPlaces(below.locate, self._rows, list(self._gone.values()), self._audience)
        overlaid = {
            index: {name: records.sheet.grid.sheet for name, (records, _) in one.origins.items()}
            for index, one in enumerate(self._rows)
            if one.origins
        }
        made = View(
            plan, len(messages), places, bad, below.whole, below.block_ends, below.version, overlaid, self._removed
        )
        if plan.kind == "record":
            return made.holding(messages[0], messages)
        table = GetMessageClass(plan.descriptor)
        if plan.kind == "map":
            message = table(**{plan.rows_field: {self._key_of(one)[0]: one for one in messages}})
            return made.holding(message, messages)
        message = table(**{plan.rows_field: messages})
        return made.holding(message, list(getattr(message, plan.rows_field)))


class _OverlaidPlaces(Places):
    """The `Locate` of a view with overlays: a value is where it came from."""

    def __init__(
        self, below: Locate, rows: Sequence[_Row], gone: Sequence[tuple[_Row, Cell]], audience: Audience
    ) -> None:
        """`gone` are the rows that were taken out, each with the overlay's cell that did it."""
        self._below, self._rows, self._gone = below, rows, gone
        self._audience = audience

    def __call__(self, index: int, path: Path) -> Cell:
        """The cell of the value at `path` in a row."""
        return self._cell_of(self._rows[index], path)

    def _cell_of(self, row: _Row, path: Path) -> Cell:
        origin = row.origins.get(str(path[0]) if path else "") or row.origins.get("")
        if origin is not None:
            return locate(*origin, path, self._audience)
        return self._below(row.base or 0, path)

    def left_out(self, name: str) -> Iterator[LeftOut]:
        """The values of a field in the records that the view doesn't have."""
        if isinstance(self._below, Places):
            yield from self._below.left_out(name)
        for row, remover in self._gone:
            yield LeftOut(getattr(row.message, name), self._cell_of(row, (name,)), (), remover=remover)


def _why(one: LeftOut, audience: Audience) -> Sentence:
    """Why a row isn't in a view, as what is said of it."""
    if one.span == ALWAYS and one.tags:
        return sentence("is for targets with the tags {tags} alone", tags=", ".join(one.tags))
    if one.span == ALWAYS:
        return sentence("is switched off")
    version, span = audience.version, one.span
    if version is not None and span.since is not None and version < span.since:
        return sentence("begins with {version}", version=span.since)
    return sentence("ends with {version}", version=span.until)


def _but_of_what_stays(composed: Composed, records: SheetRecords, changing: set[int]) -> list[Problem]:
    """The problems without those of blank cells that leave what is there."""
    is_row = records.sheet.entry.layout != "columns"
    record_of: Mapping[int, int] = {}
    if records.sheet.entry.layout != "vertical":
        record_of = {
            (cell.row if is_row else cell.column): records.record_of(line)
            for line in range(records.line_count)
            for cell in [records.cell_at(line, 0)]
        }
    kept = []
    for problem in composed.problems:
        record = record_of.get(problem.cell.row if is_row else problem.cell.column, 0)
        name = top_field(problem.field)
        blank = composed.blank.get(name)
        is_left = problem.code in _BLANK and blank is not None and blank[record]
        if not (record in changing and is_left):
            kept.append(problem)
    return kept


def _row_class(view: View) -> Any:
    return GetMessageClass(view.plan.row.descriptor)


def _first_column(records: SheetRecords) -> int:
    nodes = [records.header.nodes[one.name] for one in records.plan.key if one.name in records.header.nodes]
    return next((column for node in nodes for column in node.columns()), min(records.header.mapped, default=0))
