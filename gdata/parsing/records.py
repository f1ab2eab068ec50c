"""The records of a sheet, or of a block of its rows, for one table: which lines they are, whom they are for, and their
columns, each converted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property
from itertools import compress
from typing import Any

from gdata import kinds
from gdata.nearest import nearest
from gdata.parsing.cell import CellType, Fault, convert_cell, convert_key, is_blank, shown
from gdata.parsing.column import Column, convert_column
from gdata.parsing.head import SheetHead
from gdata.parsing.header import Node
from gdata.parsing.sheet import Sheet, record_cells
from gdata.parsing.view import Tags
from gdata.problems import Cell, Kind, Problem
from gdata.schema.plan import FieldPlan
from gdata.sources.grid import CellValue


class SheetRecords:
    """The records in a block of a sheet, as one table reads them."""

    def __init__(self, head: SheetHead, block: Sheet) -> None:
        """`block` is the sheet of `head`, or some of its lines."""
        self.head = head
        self.sheet = block
        self.plan, self.header = head.plan, head.header
        self._converted: dict[tuple[int, bool], Column] = {}
        self._lines, self._columns = record_cells(block, self.header.mapped)
        """Line numbers (from 0) of the rows that are kept, and their cells in every mapped column."""
        self.starts, self.row_problems = self._find_records()

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

    # --- what a sheet is told of as a whole ---------------------------------------------------------------

    def blank_among(self, columns: Iterable[int]) -> set[int]:
        """Those of the columns in which no record has anything."""
        return {column for column in columns if all(map(is_blank, self._columns[column]))}

    def misspelt_tags(self, known: Set[str]) -> Iterator[Problem]:
        """A warning for every row whose tag is so like one of a target that it may be misspelt."""
        tagged = self.directives[1]
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

    # --- who sees which -----------------------------------------------------------------------------------

    def seen_by(self, tags: Tags) -> Sequence[int]:
        """Which records are enabled and meant for `tags`."""
        flags = self.flags(tags)
        return range(self.count) if flags is None else list(compress(range(self.count), flags))

    @cached_property
    def directives(self) -> tuple[list[bool] | None, list[frozenset[str]] | None, list[Problem]]:
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
                value, fault = (
                    (True, None) if is_blank(cell) else convert_cell(cell, CellType("bool", self.head.timezone))
                )
                enabled.append(value is not False)
                if fault is not None:
                    problems.append(self.fault_problem(fault, line, self.header.enabled, "@enabled"))
        if self.header.tags is not None:
            cells = [self._columns[self.header.tags][line] for line in starts]
            tags = [frozenset(filter(None, (tag.strip() for tag in shown(cell).split(",")))) for cell in cells]
            for line, cell in zip(starts, cells, strict=True):
                # A tag is a text: what is wrong with one is what is wrong with a text.
                _, fault = (
                    (None, None) if is_blank(cell) else convert_cell(cell, CellType("string", self.head.timezone))
                )
                if fault is not None and fault.kind.severity == "error":
                    problems.append(self.fault_problem(fault, line, self.header.tags, "@tags"))
        return enabled, tags, problems

    def flags(self, tags: Tags) -> list[bool] | None:
        """Whether each record is enabled and meant for `tags`; None: all are."""
        enabled, tagged, _ = self.directives
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

    def is_blank_at(self, line: int, column: int) -> bool:
        """Whether a kept line has nothing in a column."""
        return is_blank(self._columns[column][line])

    def convert(self, node: Node, column: int) -> Column:
        """A column's values as those of `node`, converted once."""
        known = self._converted.get((column, node.is_element))
        if known is None:
            known = convert_column(self._columns[column], *self.head.reader(node))
            self._converted[column, node.is_element] = known
        return known

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
        value = words.pop("value", shown(self._columns[column][line]))
        return kind.at(self.cell_at(line, column), table=self.plan.name, field=field, value=value, **words)

    def fault_problem(self, fault: Fault, line: int, column: int, field: str) -> Problem:
        """What conversion found wrong with a kept line's cell, as a problem."""
        return self.problem(fault.kind, line, column, field, **fault.words)


def _column(node: Node) -> int:
    assert node.column is not None
    return node.column
