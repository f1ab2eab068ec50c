"""The records of a sheet, or of a block of its rows, for one table: which lines they are, whom they are for, and their
columns, each converted once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Any

from gdata import kinds
from gdata.config import Audience, SheetEntry
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import (
    CellType,
    Fault,
    is_blank,
    percent_fault,
    percent_text,
    shown,
)
from gdata.parsing.cells.readings import Column, convert_cell, convert_column, convert_key
from gdata.parsing.multirow import Further
from gdata.parsing.sheet.head import SheetHead
from gdata.parsing.sheet.layout import Sheet, is_unticked, keep_records
from gdata.parsing.sheet.node import BOUNDS, Case, Node, convert_version, read_tags
from gdata.parsing.unquoted import LongLines, cut_values
from gdata.parsing.view import SWITCHED_OFF, Bound
from gdata.problems import Cell, Kind, Problem
from gdata.schema.fieldtypes import SHARES
from gdata.schema.plan import FieldPlan
from gdata.sources.cells import Cells, TypedCells
from gdata.sources.grid import ERROR_TEXTS, CellValue
from gdata.text import fold, nearest
from gdata.versions import ALWAYS, Span, Version

_TAG_SEPARATORS = re.compile(r"[\s,/\\|;:&+·・、，；／｜\u3000]+")
"""What planners write between tags beside the comma."""


@dataclass
class Tally:
    """What is told of a sheet as a whole, counted block by block."""

    blank: set[int]
    """The columns in which no record has anything so far."""
    records: int = 0
    notes: int = 0
    problems: list[Problem] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)


class SheetRecords:
    """The records in a block of a sheet, as one table reads them."""

    def __init__(self, head: SheetHead, block: Sheet) -> None:
        """`block` is the sheet of `head`, or some of its lines."""
        self.head = head
        self.sheet = block
        self.plan, self.header = head.plan, head.header
        self._converted: dict[tuple[int, bool, int], Column] = {}
        """By column, whether it is of an element, and the identity of the case that it is read for."""
        self._members: dict[int, list[FieldPlan | None]] = {}
        self._kept = keep_records(
            block, self.header.mapped, enabled=self.header.enabled, end=head.end, texts=head.text_columns
        )
        self._lines, self._columns = self._kept.lines, self._kept.columns
        """Line numbers (from 0) of the rows that are kept, and their cells in every mapped column."""
        self.line_count = len(self._lines)
        self.starts = self._find_starts()
        self.count = len(self._lines if self.starts is None else self.starts)
        """How many records there are, before tags and @enabled choose among them."""
        self.row_problems = list(self._find_row_problems())

    # --- records ------------------------------------------------------------------------------------------

    @cached_property
    def _keys(self) -> list[tuple[Node, int]]:
        nodes = [self.header.nodes.get(key.name) for key in self.plan.key]
        return [(node, node.column) for node in nodes if node is not None and node.column is not None]

    def _find_starts(self) -> list[int] | None:
        """Where each record starts among the kept lines; None where every line is one."""
        if not self.sheet.entry.multirow or not self._keys:
            return None
        filled = [
            any(not self.is_blank_at(line, column) for _, column in self._keys) for line in range(self.line_count)
        ]
        # What stands above the first record has to belong to one.
        return [line for line, is_filled in enumerate(filled) if is_filled or line == 0]

    def _find_row_problems(self) -> Iterator[tuple[int, Problem]]:
        """What is wrong with the lines as such, by record."""
        for record, line in enumerate(self.starts or ()):
            blank = [(node, column) for node, column in self._keys if self.is_blank_at(line, column)]
            if len(blank) == len(self._keys):
                (node, column), *_ = blank
                yield record, self.problem(kinds.ROW_ORPHAN, line, column, node.field.name)
                continue
            for node, column in blank:
                yield record, self.problem(kinds.KEY_PARTIAL, line, column, node.field.name)
        yield from self._find_extra_cells()

    def _find_extra_cells(self) -> Iterator[tuple[int, Problem]]:
        if self.sheet.entry.layout == "vertical":
            yield from ((0, problem) for problem in (self._find_cut_values() if self._lines else ()))
            return
        for line in self.long_lines.with_extra if self.long_lines is not None else ():
            yield self.record_of(line), self.extra_problem(line)

    def _find_cut_values(self) -> Iterator[Problem]:
        commas = self.head.comma_columns()
        texts = [(column, self.sheet.text_beyond(column)) for column in sorted(commas)]
        told = {column for column, value in texts if value}
        for column, value in texts:
            if value:
                yield self.problem(kinds.ROW_EXTRA_CELLS, 0, column, "", value=value)
        for column, value in self.sheet.texts_going_on(commas).items():
            if column not in told:
                told.add(column)
                # It may be a note after all.
                yield replace(self.problem(kinds.ROW_EXTRA_CELLS, 0, column, "", value=value), severity="warning")
        for column, kind, field_name, words in cut_values(self.head):
            if column not in told:
                yield self.problem(kind, 0, column, field_name, **words)

    @cached_property
    def long_lines(self) -> LongLines | None:
        """The lines of csv that are longer than the header; None where none is."""
        longer = dict(self.sheet.longer())
        if not longer:
            return None
        return LongLines(self.head, {line: longer[index] for line, index in enumerate(self._lines) if index in longer})

    def is_shifted(self, line: int, column: int) -> bool:
        """Whether a value that lacks its quotes has moved a line's cell."""
        found = self.long_lines.unquoted(line) if self.long_lines is not None else None
        return found is not None and found.first <= column

    def extra_problem(self, line: int) -> Problem:
        """What is wrong with a line that is longer than the header."""
        assert self.long_lines is not None
        kind, words = self.long_lines.told(line)
        row = self.cell_at(line, 0).row
        return self.problem(kind, line, len(self.sheet.header), "", **words, row=row)

    def record_of(self, line: int) -> int:
        """The record that a kept line belongs to."""
        return line if self.starts is None else bisect_right(self.starts, line) - 1

    @cached_property
    def further(self) -> Further | None:
        """Which lines go on in the last element of a list, where records have several lines."""
        return Further(self, self.starts) if self.starts is not None else None

    @cached_property
    def unticked(self) -> frozenset[int]:
        """Lines with nothing but FALSE, and so without their key: that they lack it is all there is to say of them."""
        blank = [self._columns[column].blanks() for _, column in self._keys]
        if not blank or None in blank or self.starts is not None:
            return frozenset()
        keyless = [line for line, flags in enumerate(zip(*blank, strict=True)) if all(flags)]
        return frozenset(line for line in keyless if all(is_unticked(cells[line]) for cells in self._columns.values()))

    def lines_of(self, record: int) -> range:
        """The kept lines that make a record."""
        if self.starts is None:
            return range(record, record + 1)
        end = self.starts[record + 1] if record + 1 < len(self.starts) else len(self._lines)
        return range(self.starts[record], end)

    # --- what a sheet is told of as a whole ---------------------------------------------------------------

    def count_in(self, tally: Tally, owners: Sequence[SheetEntry] = ()) -> None:
        """Count the block's lines, and add what is wrong with notes, tags and whose keys there are.

        `owners` are the lines of sheets.yaml that feed the table and say which keys are theirs.
        """
        tally.records += self.line_count
        tally.notes += len(self._kept.notes)
        tally.blank = {column for column in tally.blank if all(map(is_blank, self._columns[column]))}
        tally.problems += [*self._text_notes(), *self._unknown_tags(), *self._foreign_keys(owners)]
        tally.bounds += self._bounds()

    def _text_notes(self) -> Iterator[Problem]:
        """A warning for every note that may be a record: its first cell is a text, and other cells are filled."""
        column = self.sheet.first_column
        if column not in self.head.text_columns:
            return
        for index in self._kept.notes:
            line = self.sheet.lines[index]
            if any(not is_blank(line[one]) for one in self.header.mapped if one != column and one < len(line)):
                cell, value = self.sheet.cell_at(index, column), shown(line[column])
                yield kinds.ROW_NOTE.at(cell, table=self.plan.name, value=value, start=self.sheet.entry.notes)

    def _unknown_tags(self) -> Iterator[Problem]:
        """What is wrong with the tags of rows that no target has."""
        column, known = self.header.tags, self.head.known_tags
        if column is None:
            return
        names = ", ".join(sorted(known)) or sentence("none")
        for record, (written, meant) in enumerate(self._tags):
            line = self.lines_of(record).start
            if self.long_lines is not None and line in self.long_lines.with_extra:
                continue  # Its tags may be those of another column.
            if not known.issuperset(meant) and self.is_shifted(line, column):
                yield self.extra_problem(line)
                continue
            if written != meant:
                corrected = ", ".join(filter(None, _TAG_SEPARATORS.split(shown(self._columns[column][line]))))
                yield self.problem(kinds.TAG_SEPARATOR, line, column, "@tags", corrected=corrected)
                continue
            for tag in sorted(written - known):
                near = nearest(tag, known)
                kind = kinds.TAG_UNKNOWN_NEAR if near else kinds.TAG_UNKNOWN_ROW
                yield self.problem(kind, line, column, "@tags", tag=tag, near=near, known=names)

    def _foreign_keys(self, owners: Sequence[SheetEntry]) -> Iterator[Problem]:
        """What is wrong with keys that aren't this sheet's."""
        if not owners or not self._keys:
            return
        own, (node, column) = self.sheet.entry, self._keys[0]
        for record, line in enumerate(self.starts if self.starts is not None else range(self.count)):
            key = self.convert(node, column).values[line]
            if type(key) is not int or self._is_own_key(own, owners, key):
                continue
            owner = next((one for one in owners if is_key_of(one, key)), None)
            words = {"key": key, "own": keys_text(own.keys)}
            if owner is not None:
                words |= {"owner": owner.title, "range": keys_text(owner.keys)}
            kind = kinds.KEY_RANGE if owner is None else kinds.KEY_RANGE_OWNED
            if owner is not None and not own.keys:
                kind = kinds.KEY_RANGE_KEPT
            yield self.problem(kind, self.lines_of(record).start, column, node.field.name, **words)

    @staticmethod
    def _is_own_key(own: SheetEntry, owners: Iterable[SheetEntry], key: int) -> bool:
        if own.keys:
            return is_key_of(own, key)
        return not any(is_key_of(one, key) for one in owners)

    @cached_property
    def _tags(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """The tags of each record as they are written, and as they are meant: with another separator apart, where that
        makes them known ones.
        """
        known = self.head.known_tags
        read: dict[str, tuple[frozenset[str], frozenset[str]]] = dict.fromkeys(ERROR_TEXTS, (frozenset(), frozenset()))
        texts = [shown(self._columns[self.header.tags or 0][self.lines_of(one).start]) for one in range(self.count)]
        for text in set(texts) - read.keys():
            written = read_tags(text)
            apart = {tag: frozenset(filter(None, _TAG_SEPARATORS.split(tag))) for tag in written - known}
            several = {tag: parts for tag, parts in apart.items() if parts & known}
            meant = (written - several.keys()).union(*several.values())
            read[text] = written, meant
        return [read[text] for text in texts]

    # --- who sees which -----------------------------------------------------------------------------------

    def seen_by(self, audience: Audience) -> Sequence[int]:
        """Which records are enabled and meant for an audience."""
        flags = self.flags(audience)
        return range(self.count) if flags is None else list(compress(range(self.count), flags))

    @cached_property
    def _enabled(self) -> tuple[list[bool] | None, list[tuple[int, Fault]]]:
        """What @enabled says of each record, None without such a column; and what is wrong there, by line."""
        column = self.header.enabled
        if column is None:
            return None, []
        enabled: list[bool] = []
        faults: list[tuple[int, Fault]] = []
        for record in range(self.count):
            line = self.lines_of(record).start
            cell = self._columns[column][line]
            value, fault = (True, None) if is_blank(cell) else convert_cell(cell, CellType("bool", self.head.timezone))
            enabled.append(value is not False)
            if fault is not None:
                faults.append((line, fault))
        return enabled, faults

    @cached_property
    def directives(self) -> tuple[list[bool] | None, list[frozenset[str]] | None, list[Problem]]:
        """What @enabled and @tags say of each record, None without such a column; and what is wrong with directives."""
        enabled, faults = self._enabled
        column = self.header.tags
        switch = self.header.enabled or 0
        problems = [self._directive_problem(fault, line, switch, "@enabled") for line, fault in faults]
        problems += self._wrong_versions()
        if column is None:
            return enabled, None, problems
        for record in range(self.count):
            line = self.lines_of(record).start
            # A tag is a text: what is wrong with one is what is wrong with a text.
            cell = self._columns[column][line]
            _, fault = (None, None) if is_blank(cell) else convert_cell(cell, CellType("string", self.head.timezone))
            if fault is not None and fault.kind.severity == "error":
                problems.append(self._directive_problem(fault, line, column, "@tags"))
        return enabled, [meant for _, meant in self._tags], problems

    def _directive_problem(self, fault: Fault, line: int, column: int, name: str) -> Problem:
        if self.is_shifted(line, column):
            return self.extra_problem(line)
        return self.fault_problem(fault, line, column, name)

    def _is_off(self, line: int) -> bool:
        """Whether @enabled switches a kept line off."""
        enabled, _ = self._enabled
        return enabled is not None and not enabled[self.record_of(line)]

    def flags(self, audience: Audience) -> list[bool] | None:
        """Whether each record is enabled and meant for an audience; None: all are."""
        enabled, tagged, _ = self.directives
        if audience == SWITCHED_OFF:
            return [not is_on for is_on in enabled] if enabled is not None else [False] * self.count
        spans = self.spans
        if enabled is None and spans is None and (tagged is None or not audience.tags):
            return None
        wanted = frozenset(audience.tags)
        return [
            (enabled is None or enabled[record])
            and (tagged is None or not wanted or not tagged[record] or not tagged[record].isdisjoint(wanted))
            and (spans is None or spans[record].has(audience.version))
            for record in range(self.count)
        ]

    # --- versions -----------------------------------------------------------------------------------------

    @cached_property
    def _read_bounds(self) -> dict[str, list[tuple[Version | None, Fault | None]]]:
        """What @since and @until say of each record, by the directive's name, where there is such a column."""
        read: dict[tuple[type, CellValue], tuple[Version | None, Fault | None]] = {}
        bounds: dict[str, list[tuple[Version | None, Fault | None]]] = {}
        for name in BOUNDS:
            column = self.header.directives.get(name)
            if column is not None:
                cells = [self._columns[column][self.lines_of(record).start] for record in range(self.count)]
                for cell in cells:
                    if (type(cell), cell) not in read:
                        read[type(cell), cell] = convert_version(cell)
                bounds[name] = [read[type(cell), cell] for cell in cells]
        return bounds

    @cached_property
    def spans(self) -> list[Span] | None:
        """In which versions each record is; None where there is no column that says so. What is in none, or what isn't
        known, counts as always: it is told of.
        """
        if not self._read_bounds:
            return None
        none = [(None, None)] * self.count
        pairs = zip(self._read_bounds.get("since", none), self._read_bounds.get("until", none), strict=True)
        known: dict[tuple[Version | None, Version | None], Span] = {}
        spans = []
        for (since, _), (until, _) in pairs:
            span = known.setdefault((since, until), Span(since, until))
            spans.append(ALWAYS if span.is_empty else span)
        return spans

    def _wrong_versions(self) -> Iterator[Problem]:
        """What is wrong under @since and @until."""
        for name, bounds in self._read_bounds.items():
            column = self.header.directives[name]
            for record, (_, fault) in enumerate(bounds):
                if fault is not None:
                    yield self._directive_problem(fault, self.lines_of(record).start, column, f"@{name}")
        if len(self._read_bounds) == len(BOUNDS):
            for record, ((since, _), (until, _)) in enumerate(zip(*self._read_bounds.values(), strict=True)):
                if Span(since, until).is_empty:
                    line, column = self.lines_of(record).start, self.header.directives["until"]
                    yield self.problem(kinds.VERSION_NEVER, line, column, "@until", since=since, until=until)

    def _bounds(self) -> Iterator[Bound]:
        """Where the block says that records begin or end with a version, each version once."""
        for name, bounds in self._read_bounds.items():
            lines: dict[Version, list[int]] = {}
            for record, (version, _) in enumerate(bounds):
                if version is not None:
                    lines.setdefault(version, []).append(self.lines_of(record).start)
            for version, found in lines.items():
                cells = [self.cell_at(line, self.header.directives[name]) for line in found]
                numbers = (one.column if self.sheet.entry.layout == "columns" else one.row for one in cells)
                yield Bound(name, version, cells[0], tuple(numbers))

    def out_of(self, version: Version | None) -> frozenset[int]:
        """The records that aren't in a version: what is wrong in them is no matter there."""
        spans = self.spans
        return frozenset(record for record, span in enumerate(spans) if not span.has(version)) if spans else frozenset()

    # --- columns ------------------------------------------------------------------------------------------

    def cells(self, column: int) -> Cells:
        """The kept cells of a column."""
        return self._columns[column]

    def is_blank_at(self, line: int, column: int) -> bool:
        """Whether a kept line has nothing in a column."""
        return is_blank(self._columns[column][line])

    def convert(self, node: Node, column: int) -> Column:
        """A column's values as those of `node`, converted once."""
        key = column, node.is_element, id(node.case)
        known = self._converted.get(key)
        if known is None:
            cells = self._columns[column]
            if node.case is not None:
                flags = self.chosen(node.case)
                cells = TypedCells(cell if is_chosen else None for cell, is_chosen in zip(cells, flags, strict=True))
            if self.sheet.grid.percents and node.field.unit in SHARES:
                cells = TypedCells(self._as_shown(cell, line, column) for line, cell in enumerate(cells))
            known = convert_column(cells, *self.head.reader(node))
            if self.sheet.grid.percents or self.sheet.grid.uncomputed:
                known = self._with_marks(known, node.field, column)
            self._converted[key] = known
        return known

    def members(self, case: Case) -> list[FieldPlan | None]:
        """Which member of a oneof each line's `….@case` names; None where it is blank or none of them."""
        known = self._members.get(case.column)
        if known is None:
            named = {fold(text): one for one in reversed(case.members) for text in (*one.columns, one.name)}
            texts = (fold(shown(cell)) for cell in self._columns[case.column])
            known = self._members[case.column] = [named.get(text) for text in texts]
        return known

    def chosen(self, case: Case) -> list[bool]:
        """In which lines a oneof has this member."""
        return [member is case.member for member in self.members(case)]

    def _as_shown(self, cell: CellValue, line: int, column: int) -> CellValue:
        """A number that the sheet shows as percent with its sign."""
        at = self.cell_at(line, column)
        is_percent = (at.row, at.column) in self.sheet.grid.percents and type(cell) in (int, float)
        return percent_text(cell) if is_percent else cell  # type: ignore[arg-type]

    def _with_marks(self, converted: Column, field: FieldPlan, column: int) -> Column:
        """The column with what a workbook says of its cells beside their values."""
        grid, cells, values = self.sheet.grid, self._columns[column], list(converted.values)
        faults = dict(converted.faults)
        is_whole = field.type.is_whole and field.unit not in SHARES
        for line, cell in enumerate(cells):
            place = (at := self.cell_at(line, column)).row, at.column
            if is_whole and place in grid.percents and type(cell) in (int, float):
                values[line], faults[line] = None, percent_fault(cell)  # type: ignore[arg-type]
            elif place in grid.uncomputed and line not in faults and not is_blank(cell):
                faults[line] = Fault(kinds.CELL_OUTDATED, {})
        return Column(values, converted.blank, sorted(faults.items()))

    def convert_text(self, node: Node, text: str) -> Any:
        """The value of `node` for a text that stands in for a blank cell."""
        return self.head.reader(node)[0](text)[0]

    def map_key(self, field: FieldPlan, text: str) -> Any:
        """A map's key as its type, from the text of a header."""
        return convert_key(text, field, self.head.timezone)[0]

    # --- places -------------------------------------------------------------------------------------------

    def cell_at(self, line: int, column: int) -> Cell:
        """The place of a kept line's cell."""
        return self.sheet.cell_at(self._lines[line], column)

    def problem(self, kind: Kind, line: int, column: int, field: str, **words: Any) -> Problem:
        """A problem at a kept line's cell; without a `value` among `words`, the cell's own is shown."""
        value = words.pop("value") if "value" in words else shown(self._columns[column][line])
        problem = kind.at(self.cell_at(line, column), table=self.plan.name, field=field, value=value, **words)
        return replace(problem, severity="warning") if self._is_off(line) else problem

    def fault_problem(self, fault: Fault, line: int, column: int, field: str) -> Problem:
        """What conversion found wrong with a kept line's cell, as a problem."""
        after = self._if_note(fault, line, column, field)
        return self.problem(fault.kind, line, column, field, **fault.words, **({"after": after} if after else {}))

    def _if_note(self, fault: Fault, line: int, column: int, field: str) -> Sentence | None:
        """What to do if words in place of a number in a row's first cell, such as "total", are for people alone."""
        notes, cell = self.sheet.entry.notes, self._columns[column][line]
        is_key = column == 0 and any(one.name == field for one in self.plan.key)
        if not (is_key and notes and fault.kind is kinds.CELL_NOT_INTEGER and isinstance(cell, str)):
            return None
        if "after" in fault.words or not cell[0].isalpha() or any(map(str.isdigit, cell)):
            return None
        return sentence("if the row is for people alone, begin this cell with {sign}", sign=notes)


def is_key_of(entry: SheetEntry, key: int) -> bool:
    """Whether a line of sheets.yaml says that a key is its sheet's."""
    return any(first <= key <= last for first, last in entry.keys)


def keys_text(ranges: Sequence[tuple[int, int]]) -> str:
    """Ranges of keys as sheets.yaml writes them."""
    return ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in ranges)
