"""The records of one sheet for one table: its columns converted, and composed into what protobuf takes.

Columns are converted once; `compose` then puts them together for each set of tags, since a column variant
(`price@jp`) or a tagged row makes the same sheet look different to different targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Any
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.nearest import nearest
from gdata.parsing.cell import CellType, Fault, convert_cell, is_blank, shown
from gdata.parsing.column import Column, convert_column
from gdata.parsing.compose import Composer, top_field
from gdata.parsing.compound import cell_reader, map_key, may_be_blank, scalar_type
from gdata.parsing.header import Header, HeaderFault, Node, read_header
from gdata.parsing.rows import Columns
from gdata.parsing.sheet import Sheet, only, record_lines
from gdata.problems import Cell, Kind, Problem, Severity
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.sources.grid import CellValue

Tags = tuple[str, ...]

_SEVERITY_OF_UNKNOWN: dict[str, Severity | None] = {"error": "error", "warn": "warning", "ignore": None}


@dataclass
class Composed:
    """Records as one set of tags sees them: the columns of their fields, and which record of the sheet each is."""

    columns: Columns
    records: Sequence[int]
    bad_fields: dict[int, set[str]]
    """By record: top-level fields in which a cell has a problem."""
    problems: list[Problem] = field(default_factory=list)


class SheetRecords:
    """One sheet read for one table."""

    def __init__(self, sheet: Sheet, plan: TablePlan, timezone: ZoneInfo) -> None:
        self.sheet = sheet
        self.plan = plan
        self.timezone = timezone
        self._converted: dict[tuple[int, bool], Column] = {}
        self.header: Header = read_header(sheet.header, plan.row, multirow=sheet.entry.multirow)
        columns = sheet.columns(sorted(self.header.mapped))
        lines = record_lines(sheet, columns)
        self._columns = only(columns, lines)
        self._lines: Sequence[int] = range(len(sheet.lines)) if lines is None else lines
        """Line numbers (from 0) of the rows that are kept."""
        self.starts, self._row_problems = self._find_records()

    # --- records ------------------------------------------------------------------------------------------

    def _find_records(self) -> tuple[list[int] | None, list[tuple[int, Problem]]]:
        """Where each record starts among the kept lines, None where every line is one; problems by record."""
        keys = [node for key in self.plan.key if (node := self.header.nodes.get(key.name)) and node.column is not None]
        if not self.sheet.entry.multirow or not keys:
            return None, []
        starts: list[int] = []
        problems: list[tuple[int, Problem]] = []
        for line in range(len(self._lines)):
            filled = [node for node in keys if not is_blank(self._columns[_column(node)][line])]
            if not filled and not starts:
                starts.append(line)
                problems.append((0, self.problem(kinds.ROW_ORPHAN, line, _column(keys[0]), keys[0].field.name)))
            elif filled:
                starts.append(line)
                for node in keys:
                    if node not in filled:
                        name = node.field.name
                        problems.append((len(starts) - 1, self.problem(kinds.KEY_PARTIAL, line, _column(node), name)))
        return starts, problems

    @property
    def count(self) -> int:
        """How many records there are, before tags and @enabled choose among them."""
        return len(self._lines) if self.starts is None else len(self.starts)

    @property
    def line_count(self) -> int:
        """How many lines the records have together."""
        return len(self._lines)

    def lines_of(self, record: int) -> range:
        """The kept lines that make a record."""
        if self.starts is None:
            return range(record, record + 1)
        end = self.starts[record + 1] if record + 1 < len(self.starts) else len(self._lines)
        return range(self.starts[record], end)

    # --- header problems ----------------------------------------------------------------------------------

    def header_problems(
        self, unknown: Iterable[HeaderFault], tables: str, *, tell_unknown: bool = True
    ) -> list[Problem]:
        """What is wrong with the header; `unknown` are the texts that no table of the sheet knows."""
        severity = _SEVERITY_OF_UNKNOWN[self.sheet.entry.unknown_columns]
        unknown = list(unknown)
        # A misspelt header and the column that is missing for it are one mistake, told as the first.
        told = [*self.header.faults, *(unknown if severity == "error" else ())]
        meant = {self.header.meant.get(column) for fault in told for column in fault.columns}
        missing = [fault for path, fault in self.header.missing.items() if path not in meant]
        found = [self._header_problem(fault, tables) for fault in [*self.header.faults, *missing]]
        if severity is not None and tell_unknown:
            found += [replace(self._header_problem(fault, tables), severity=severity) for fault in unknown]
        return found

    def _header_problem(self, fault: HeaderFault, tables: str) -> Problem:
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

    def blank_columns(self) -> list[Problem]:
        """A warning for every column that a field has and nobody filled, unless the field is optional.

        Columns of a list's elements are kept in reserve, so those may well be blank.
        """
        return [
            kinds.COLUMN_BLANK.at(self.sheet.header_cell(column), table=self.plan.name, field=leaf.field.name)
            for node in self.header.nodes.values()
            if not node.elements
            for leaf in node.leaves()
            if may_be_blank(leaf.field) and not leaf.field.is_optional and leaf.field.default is None
            for column in leaf.columns()
            if self.line_count and all(map(is_blank, self._columns[column]))
        ]

    def unknown_tags(self, known: Set[str]) -> list[Problem]:
        """A warning for every column `field@tag` whose tag no target has: nobody would ever read it.

        And for every row whose tag is so like one of a target that it may be misspelt.
        """
        return [
            *self._misspelt_tags(known),
            *self._unknown_column_tags(known),
        ]

    def _misspelt_tags(self, known: Set[str]) -> Iterator[Problem]:
        tagged = self._directives[1]
        column = self.header.tags
        if tagged is None or column is None:
            return
        near = {tag: nearest(tag, known) for tag in frozenset().union(*tagged) - known}
        for record, tags in enumerate(tagged):
            for tag in sorted(tags):
                if near.get(tag):
                    words = {"tag": tag, "near": near[tag], "known": ", ".join(sorted(known))}
                    line = self.lines_of(record).start
                    yield self.problem(kinds.TAG_UNKNOWN_NEAR, line, column, "@tags", **words)

    def _unknown_column_tags(self, known: Set[str]) -> list[Problem]:
        return [
            kinds.TAG_UNKNOWN.at(
                self.sheet.header_cell(column),
                table=self.plan.name,
                field=leaf.field.name,
                value=f"{leaf.field.name}@{tag}",
                tag=tag,
                known=", ".join(sorted(known)) or "none",
            )
            for node in self.header.nodes.values()
            for leaf in node.leaves()
            for tag, column in leaf.variants.items()
            if tag not in known
        ]

    # --- composing ----------------------------------------------------------------------------------------

    def compose(self, tags: Tags) -> Composed:
        """The records that a target with `tags` sees."""
        composer = Composer(self, tags)
        columns = composer.columns()
        problems = [*(problem for _, problem in self._row_problems), *composer.problems, *self._directives[2]]
        for record, problem in self._row_problems:
            composer.bad_fields.setdefault(record, set()).add(problem.field)
        # A field without its column has a problem already: what its rows lack isn't 58 more.
        unread = {
            top_field(name) for name in [*self.header.missing, *(one.field for one in self.header.faults)] if name
        }
        if unread:
            for record in range(self.count):
                composer.bad_fields.setdefault(record, set()).update(unread)
        chosen = self._chosen(tags)
        if chosen is None:
            return Composed(columns, range(self.count), composer.bad_fields, problems)
        kept = [record for record, is_chosen in enumerate(chosen) if is_chosen]
        columns = {name: list(compress(values, chosen)) for name, values in columns.items()}
        return Composed(columns, kept, composer.bad_fields, problems)

    @cached_property
    def _directives(self) -> tuple[list[bool] | None, list[frozenset[str]] | None, list[Problem]]:
        """What @enabled and @tags say of each record; None without such a column."""
        enabled: list[bool] | None = None
        tags: list[frozenset[str]] | None = None
        problems: list[Problem] = []
        if self.header.enabled is None and self.header.tags is None:
            return None, None, problems
        starts = [self.lines_of(record).start for record in range(self.count)]
        if self.header.enabled is not None:
            cells = [self._columns[self.header.enabled][line] for line in starts]
            enabled = []
            for line, cell in zip(starts, cells, strict=True):
                value, fault = (True, None) if is_blank(cell) else convert_cell(cell, CellType("bool", self.timezone))
                enabled.append(value is not False)
                if fault is not None:
                    problems.append(self.fault_problem(fault, line, self.header.enabled, "@enabled"))
        if self.header.tags is not None:
            cells = [self._columns[self.header.tags][line] for line in starts]
            tags = [frozenset(filter(None, (tag.strip() for tag in shown(cell).split(",")))) for cell in cells]
            for line, cell in zip(starts, cells, strict=True):
                # A tag is a text: what is wrong with one is what is wrong with a text.
                _, fault = (None, None) if is_blank(cell) else convert_cell(cell, CellType("string", self.timezone))
                if fault is not None and fault.kind.severity == "error":
                    problems.append(self.fault_problem(fault, line, self.header.tags, "@tags"))
        return enabled, tags, problems

    @property
    def is_same_for_all(self) -> bool:
        """Whether every set of tags sees the same records."""
        return self.header.tags is None and not any(_has_variants(node) for node in self.header.nodes.values())

    def _chosen(self, tags: Tags) -> list[bool] | None:
        """Which records are enabled and meant for `tags`; None: all."""
        enabled, tagged, _ = self._directives
        if enabled is None and (tagged is None or not tags):
            return None
        wanted = frozenset(tags)
        return [
            (enabled is None or enabled[record])
            and (tagged is None or not wanted or not tagged[record] or not tagged[record].isdisjoint(wanted))
            for record in range(self.count)
        ]

    # --- columns ------------------------------------------------------------------------------------------

    def cells(self, column: int) -> Sequence[CellValue]:
        """The kept cells of a column."""
        return self._columns[column]

    def convert(self, node: Node, column: int) -> Column:
        """A column's values as those of `node`, converted once."""
        known = self._converted.get((column, node.is_element))
        if known is None:
            read = cell_reader(node.field, self.timezone, is_element=node.is_element)
            scalar = not (node.field.is_list or node.field.is_map) or node.is_element
            known = convert_column(
                self._columns[column], read, scalar_type(node.field, self.timezone) if scalar else None
            )
            self._converted[column, node.is_element] = known
        return known

    def convert_text(self, node: Node, text: str) -> Any:
        """The value of `node` for a text that stands in for a blank cell."""
        return cell_reader(node.field, self.timezone, is_element=node.is_element)(text)[0]

    def map_key(self, field: FieldPlan, text: str) -> Any:
        """A map's key as its type, from the text of a header."""
        return map_key(text, field, self.timezone)[0]

    # --- places -------------------------------------------------------------------------------------------

    def cell_at(self, line: int, column: int) -> Cell:
        """The place of a kept line's cell."""
        return self.sheet.cell_at(self._lines[line], column)

    def problem(self, kind: Kind, line: int, column: int, field: str, **words: Any) -> Problem:
        """A problem at a kept line's cell; without a `value` among `words`, the cell's own is shown."""
        value = words.pop("value", shown(self._columns[column][line]))
        return kind.at(self.cell_at(line, column), table=self.plan.name, field=field, value=value, **words)

    def fault_problem(self, fault: Fault, line: int, column: int, field: str) -> Problem:
        """What conversion found wrong with a kept line's cell, as a problem."""
        return self.problem(fault.kind, line, column, field, **fault.words)


def _column(node: Node) -> int:
    assert node.column is not None
    return node.column


def _has_variants(node: Node) -> bool:
    return bool(node.variants) or any(_has_variants(part) for part in node.parts)
