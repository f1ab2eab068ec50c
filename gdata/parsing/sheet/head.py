"""The head of a sheet, as one table reads it: what all of its rows share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.config import Area, Audience
from gdata.language import sentence
from gdata.parsing.cells.cell import CellType, is_blank, shown
from gdata.parsing.cells.compound import reader_and_type
from gdata.parsing.cells.readings import ReadCell
from gdata.parsing.sheet.header import read_header
from gdata.parsing.sheet.layout import Sheet, find_unticked, is_note, is_unticked
from gdata.parsing.sheet.node import Header, HeaderFault, Node, Variant, top_field
from gdata.parsing.view import Bound
from gdata.problems import Problem, Severity
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.text import question

_SEVERITY_OF_UNKNOWN: dict[str, Severity | None] = {"error": "error", "warn": "warning", "ignore": None}


class SheetHead:
    """A sheet and its header, matched against the fields of one table."""

    def __init__(
        self, sheet: Sheet, plan: TablePlan, timezone: ZoneInfo, audiences: Sequence[Audience] = (Audience(),)
    ) -> None:
        """`audiences` are those of all targets."""
        self.sheet = sheet
        self.is_blank = all(map(is_blank, sheet.header))
        """Nothing stands where the header should be."""
        self._versions = frozenset(one.version for one in audiences)
        self.plan = plan.suggesting(self._versions)
        self.timezone = timezone
        self.known_tags = frozenset(tag for one in audiences for tag in one.tags)
        self.header: Header = self._read(self.plan)
        key = [
            column
            for field in plan.key
            if field.name in self.header.nodes
            for column in self.header.nodes[field.name].columns()
        ]
        self.end, self.unticked = find_unticked(sheet, self.header.mapped, key)
        """The line number from which on nothing follows but checkboxes that nobody ticked, and how many such lines
        there are."""
        self._readers: dict[tuple[int, bool], tuple[FieldPlan, ReadCell, CellType | None]] = {}
        """By the identity of a field, which is kept with what reads it so that no other gets it."""

    def _read(self, plan: TablePlan) -> Header:
        sheet = self.sheet
        entry, versions = sheet.entry, self._versions
        return read_header(
            sheet.header,
            plan.row,
            multirow=entry.multirow,
            spans=sheet.spans,
            versions=versions,
            overlay=entry.overlay,
        )

    @cached_property
    def variants(self) -> dict[Variant, list[int]]:
        """The columns that aren't for every audience."""
        found: dict[Variant, list[int]] = {}
        for node in self.header.nodes.values():
            for leaf in node.leaves():
                for variant, column in leaf.variants.items():
                    found.setdefault(variant, []).append(column)
        return found

    def bounds(self) -> Iterator[Bound]:
        """Its columns that begin with a version."""
        for variant, columns in self.variants.items():
            if variant.since is not None:
                yield from (Bound("+", variant.since, self.sheet.header_cell(column)) for column in columns)

    def sight_of(self, audience: Audience) -> tuple[object, ...]:
        """What decides how an audience sees the sheet: those for whom it is equal see the same records."""
        has_tags = self.header.tags is not None or any(one.tag for one in self.variants)
        return (
            audience.tags if has_tags else (),
            audience.version if self.header.has_bounds else None,
            tuple(one.has_begun(audience.version) for one in self.variants),
        )

    def reader(self, node: Node) -> tuple[ReadCell, CellType | None]:
        """How a cell of `node` is read, and its type where it holds one scalar."""
        field, is_element = node.field, node.is_element
        known = self._readers.get((id(field), is_element))
        if known is None:
            known = field, *reader_and_type(field, self.timezone, is_element)
            self._readers[id(field), is_element] = known
        return known[1:]

    @cached_property
    def unread(self) -> frozenset[str]:
        """The row's fields whose column isn't read, which is told once: what their rows lack isn't 58 more.

        Where a header is unknown it may be that of any field without a column, though it has a default.
        """
        header, entry = self.header, self.sheet.entry
        names = {top_field(name) for name in (*header.missing, *(one.field for one in header.faults)) if name}
        if header.unknown and entry.unknown_columns == "error" and not entry.overlay and len(entry.tables) == 1:
            names.update(field.name for field in self.plan.row.fields if field.name not in header.nodes)
        return frozenset(names)

    def problems(self, plans: Sequence[TablePlan], beside: Iterable[Area] = ()) -> list[Problem]:
        """What is wrong with the header, and with where the rows begin and end.

        `plans` are those of all the tables that the sheet feeds; `beside` are the ranges of other tables on it.
        """
        return [*self._header_problems(plans), *self._beyond_range(beside), *self._beyond_end()]

    def _header_problems(self, plans: Sequence[TablePlan]) -> list[Problem]:
        if self.is_blank:
            row = (
                self.sheet.entry.header_row if self.sheet.entry.layout != "vertical" else self.sheet.first_vertical_row
            )
            cell, area = self.sheet.header_cell(), self.sheet.entry.range
            if area is None:
                return [kinds.HEADER_BLANK.at(cell, table=self.plan.name, row=row)]
            line = self.sheet.entry.line
            return [kinds.RANGE_OUTSIDE.at(cell, table=self.plan.name, range=area.text, line=line)]
        unknown: Mapping[int, HeaderFault] = self.header.unknown
        for other in plans:
            if other.name != self.plan.name:
                theirs = self._read(other).unknown
                unknown = {column: fault for column, fault in unknown.items() if column in theirs}
        is_first = self.plan.name == plans[0].name  # What no table of the sheet knows is said once, by the first.
        return self._faults(list(unknown.values()), ", ".join(plan.row.name for plan in plans), tell_unknown=is_first)

    def _faults(self, unknown: list[HeaderFault], tables: str, *, tell_unknown: bool) -> list[Problem]:
        severity = _SEVERITY_OF_UNKNOWN[self.sheet.entry.unknown_columns]
        # A misspelt header and the column that is missing for it are one mistake, told as the first.
        told = [*self.header.faults, *(unknown if severity == "error" else ())]
        meant = {self.header.meant.get(column) for fault in told for column in fault.columns}
        missing = {path: fault for path, fault in self.header.missing.items() if path not in meant}
        if unknown and len(missing) > 1 and not self.header.mapped:
            words = {"row": self.sheet.entry.header_row}
            return [self._problem(HeaderFault(kinds.HEADER_NONE, (), words=words), tables)]
        lost = list(self._lost())
        if lost and len(missing) <= sum(map(len, self.header.spans.values())):
            missing = {}  # The header was there before somebody merged it.
        renamed = self._renamed(unknown, missing) if tell_unknown else {}
        unknown = [fault for fault in unknown if fault not in renamed.values()]
        unknown = [self._meant_by_place(fault) for fault in unknown]
        faults = [*self.header.faults, *lost]
        for path, fault in missing.items():
            text = renamed.get(path)
            if text is None:
                faults.append(self._at_blank(path, fault))
            else:
                faults.append(replace(fault, kind=kinds.HEADER_RENAMED, columns=text.columns, value=text.value))
        found = [self._problem(fault, tables) for fault in faults]
        if severity is not None and tell_unknown:
            found += [replace(self._problem(fault, tables), severity=severity) for fault in unknown]
        return found

    def _renamed(self, unknown: Iterable[HeaderFault], missing: Collection[str]) -> dict[str, HeaderFault]:
        """Unknown headers that stand where a missing field belongs, by that field."""
        belongs = {(self._place_of(path),): path for path in missing if self.plan.row.field(path) is not None}
        return {belongs[fault.columns]: fault for fault in unknown if fault.columns in belongs}

    def _meant_by_place(self, fault: HeaderFault) -> HeaderFault:
        """The fault of an unknown header like no other, asking for a field that could have no column, and has none."""
        here = (
            field
            for field in self.plan.row.fields
            if field.name not in (*self.header.nodes, *self.header.missing)
            and (self._place_of(field.name),) == fault.columns
        )
        meant = next(here, None)
        if meant is None or fault.words["before"]:
            return fault
        return replace(fault, words={"before": question(meant.columns[0] if meant.columns else meant.name)})

    def _at_blank(self, path: str, fault: HeaderFault) -> HeaderFault:
        """The fault of a missing header, at the blank one that stands over values where it belongs."""
        column = self._place_of(path) if self.plan.row.field(path) is not None else len(self.sheet.header)
        if column >= len(self.sheet.header) or not is_blank(self.sheet.header[column]):
            return fault
        is_filled = any(column < len(line) and not is_blank(line[column]) for line in self.sheet.lines)
        return replace(fault, columns=(column,)) if is_filled else fault

    def _place_of(self, name: str) -> int:
        """The column behind that of the field which the .proto file has before this one; the first where none is."""
        names = [field.name for field in self.plan.row.fields]
        above = next((one for one in reversed(names[: names.index(name)]) if one in self.header.nodes), None)
        if above is None:
            return self.sheet.first_column
        return max(self.header.nodes[above].columns(), default=-1) + 1

    def _problem(self, fault: HeaderFault, tables: str) -> Problem:
        others = fault.columns[:-1]
        return fault.kind.at(
            self.sheet.header_cell(fault.columns[-1] if fault.columns else None),
            table=self.plan.name,
            field=fault.field,
            value=fault.value,
            related=[self.sheet.header_cell(other) for other in others],
            tables=tables,
            **fault.words,
        )

    def _lost(self) -> Iterator[HeaderFault]:
        """Headers that are merged over columns in which there are values that nobody would read."""
        for column, further in self.header.spans.items():
            lines = [
                line for line in self.sheet.lines if not is_note(self.sheet.first_cell(line), self.sheet.entry.notes)
            ]
            filled = [one for one in further if not all(is_unticked(line[one]) for line in lines if one < len(line))]
            if filled:
                value = shown(self.sheet.header[column]).strip()
                place = self.sheet.header_cell(filled[0]).a1
                yield HeaderFault(kinds.HEADER_MERGED, (column,), value=value, words={"place": place})

    def _beyond_range(self, beside: Iterable[Area]) -> list[Problem]:
        """A warning where the rows go on below the sheet's range."""
        area = self.sheet.entry.range
        line = area.last_row if area is not None and self.sheet.entry.layout == "rows" else 0
        rows = self.sheet.grid.rows
        if area is None or not 0 < line < len(rows) or any(_holds(one, line + 1, area.first_column) for one in beside):
            return []
        filled = [one for one in sorted(self.header.mapped) if one < len(rows[line]) and not is_blank(rows[line][one])]
        if not filled or is_note(self.sheet.first_cell(rows[line]), self.sheet.entry.notes):
            return []
        cell = self.sheet.grid.cell(line + 1, filled[0] + 1)
        value = shown(rows[line][filled[0]])
        line = self.sheet.entry.line
        return [kinds.RANGE_CUT.at(cell, table=self.plan.name, value=value, range=area.text, line=line)]

    def _beyond_end(self) -> list[Problem]:
        """A warning where sheets.yaml has the data begin below the sheet's end, and rows stand above that."""
        entry, rows = self.sheet.entry, self.sheet.grid.rows
        if entry.layout != "rows" or self.is_blank or entry.first_row <= len(rows) + 1:
            return []
        above = rows[entry.header_row + entry.header_rows - 1 :]
        if not any(not is_blank(cell) for row in above for cell in row):
            return []
        cell = self.sheet.grid.cell(entry.first_row, 0)
        row, line = entry.first_row, entry.line
        return [kinds.FIRST_ROW_OUTSIDE.at(cell, table=self.plan.name, row=row, line=line)]

    @cached_property
    def text_columns(self) -> frozenset[int]:
        """The columns of fields of text."""
        leaves = [leaf for node in self.header.nodes.values() for leaf in node.leaves()]
        texts = [leaf for leaf in leaves if leaf.field.value_kind == "string"]
        return frozenset(column for leaf in texts for column in leaf.columns())

    def comma_columns(self) -> frozenset[int]:
        """The columns in which a comma may be part of the value: of text, and of lists that it separates."""
        leaves = [leaf for node in self.header.nodes.values() for leaf in node.leaves() if not leaf.is_element]
        lists = [leaf for leaf in leaves if (leaf.field.is_list or leaf.field.is_map) and leaf.field.separator == ","]
        return self.text_columns.union(column for leaf in lists for column in leaf.columns())

    def columns_to_fill(self) -> dict[int, str]:
        """The columns that may be blank in some rows but hardly in all of them, with their fields.

        Columns of a list's elements are kept in reserve, and those of optional fields too.
        """
        return {
            column: leaf.field.name
            for node in self.header.nodes.values()
            if not node.elements
            for leaf in node.leaves()
            if leaf.case is None
            and leaf.field.may_be_blank
            and not leaf.field.is_optional
            and leaf.field.default is None
            for column in leaf.columns()
        }

    def column_problems(self, blank: Iterable[int] = ()) -> list[Problem]:
        """Warnings for columns that nobody would ever read; `blank` are those that no row has anything in."""
        return [*self._blank_columns(blank), *self._unknown_tags()]

    def _blank_columns(self, columns: Iterable[int]) -> list[Problem]:
        """A warning for every column of a field that nobody filled."""
        fields = self.columns_to_fill()
        return [
            kinds.COLUMN_BLANK.at(self.sheet.header_cell(column), table=self.plan.name, field=fields[column])
            for column in sorted(columns)
        ]

    def _unknown_tags(self) -> list[Problem]:
        """A warning for every column `field@tag` whose tag no target has."""
        return [
            kinds.TAG_UNKNOWN.at(
                self.sheet.header_cell(column),
                table=self.plan.name,
                field=leaf.field.name,
                value=f"{leaf.field.name}{variant}",
                tag=variant.tag,
                known=", ".join(sorted(self.known_tags)) or sentence("none"),
            )
            for node in self.header.nodes.values()
            for leaf in node.leaves()
            for variant, column in leaf.variants.items()
            if variant.tag and variant.tag not in self.known_tags
        ]


def _holds(area: Area, row: int, column: int) -> bool:
    """Whether a cell lies in an area."""
    is_row = area.first_row <= row and (not area.last_row or row <= area.last_row)
    return is_row and area.first_column <= column and (not area.last_column or column <= area.last_column)
