"""A row of csv that is longer than its header because a value with a comma isn't in quotes: which value that must be.

What follows it stands too far right, and is wrong only because of that. So it isn't told of: a row is put together
again in each way that makes all of it right, and where there is one, what is told is the value.

In the vertical layout the rest of such a value stands where notes do, and all of the row is right: there it is told by
what it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from gdata import kinds
from gdata.parsing.cells.cell import CellType, is_blank, shown
from gdata.parsing.cells.readings import ReadCell, convert_cell
from gdata.parsing.sheet.head import SheetHead
from gdata.parsing.sheet.layout import is_note
from gdata.parsing.sheet.node import BOUNDS, Node, convert_version, read_tags
from gdata.problems import Kind
from gdata.sources.grid import CellValue

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_TAIL = re.compile(r"0\d+", re.ASCII)
_A_NOTE = "of a party"
"""A list that reads this as an element takes any note for one."""
_MOST_LOOKED_AT = 200
"""Rows of a block: of so many none is a slip of somebody's."""
_MOST_TRIED = 64
"""A row with more cells than this is no row of a sheet that planners write."""


@dataclass(frozen=True)
class Unquoted:
    """The ways in which a row would be right."""

    kind: Kind
    first: int
    """The column from which on its cells aren't where they belong."""
    text: str = ""
    """The value, where it must be this one."""


class LongLines:
    """The lines of a block that are longer than the header."""

    def __init__(self, head: SheetHead, lines: Mapping[int, Sequence[CellValue]]) -> None:
        self._head, self._lines = head, lines
        self._width = len(head.sheet.header)
        self.with_extra = {
            line: shown(",".join(map(shown, extra)).strip(" ,"))
            for line, cells in lines.items()
            if not all(map(is_blank, extra := cells[self._width :]))
        }
        """What stands under no header, by line."""
        self._unquoted: dict[int, Unquoted | None] = {}

    def unquoted(self, line: int) -> Unquoted | None:
        """What lacks its quotes in a line; None where it isn't too long, or nothing would make it right."""
        if line in self._lines and line not in self._unquoted and len(self._unquoted) < _MOST_LOOKED_AT:
            self._unquoted[line] = _find_unquoted(self._head, self._lines[line])
        return self._unquoted.get(line)

    def shifted(self) -> Iterator[tuple[int, set[str]]]:
        """The lines of which that is known, and the fields whose cells aren't where they belong."""
        for line, found in self._unquoted.items():
            if found is not None:
                nodes = self._head.header.nodes.items()
                yield line, {name for name, node in nodes if max(node.columns(), default=-1) >= found.first}

    def told(self, line: int) -> tuple[Kind, dict[str, Any]]:
        """What is wrong with a line, and the words for it."""
        found, value = self.unquoted(line), self.with_extra.get(line, "")
        if found is None:
            return kinds.ROW_EXTRA_CELLS, {"value": value}
        words = {"value": shown(found.text) or value, "number": found.text.replace(",", "")}
        return found.kind, {"count": len(self._lines[line]), "width": self._width, **words}


def _find_unquoted(head: SheetHead, line: Sequence[CellValue]) -> Unquoted | None:
    if len(line) > _MOST_TRIED:
        return None
    width, end = len(head.sheet.header), len(line)
    while end > width and is_blank(line[end - 1]):
        end -= 1  # Some programs end every row with a comma.
    lengths = {max(end, len(line) - 1), len(line)} - {width}
    ways = [way for length in lengths for way in _ways(head, line[:length])]
    least = min((odd for odd, _ in ways), default=0)
    if not ways or (end == width and _is_fault_of_a_cell(head, line, least)):
        return None
    found = [way for odd, way in ways if odd == least]
    return found[0] if len(found) == 1 else Unquoted(kinds.ROW_SHIFTED, min(one.first for one in found))


def _is_fault_of_a_cell(head: SheetHead, line: Sequence[CellValue], least: int) -> bool:
    """Whether a line with blank cells at its end is as likely to be right but for some cells, one more than `least`."""
    odd = _odd_columns(head, line[: len(head.sheet.header)])
    return len(odd) <= least + 1 and not any(str(line[column]).startswith(" ") for column in odd)


def _ways(head: SheetHead, line: Sequence[CellValue]) -> Iterator[tuple[int, Unquoted]]:
    """The ways in which nothing is odd from some value on, and how many things before it are, or about its ends."""
    width, separator = len(head.sheet.header), head.sheet.grid.separator
    beyond = len(line) - width
    texts = head.comma_columns() | set(range(width)) - head.header.mapped
    for column in range(width):
        parts = line[column : column + beyond + 1]
        text = separator.join("" if one is None else str(one) for one in parts)
        kind = kinds.ROW_UNQUOTED if column in texts else _kind_of_number(text)
        if kind is None:
            continue
        value = {kinds.ROW_THOUSANDS: text.replace(",", ""), kinds.ROW_SHIFTED: text.replace(",", ".")}.get(kind, text)
        odd = _odd_columns(head, [*line[:column], value, *line[column + beyond + 1 :]])
        if all(one < column for one in odd):
            # Hardly anybody's text begins or ends with a comma.
            ends = kind is kinds.ROW_UNQUOTED and (is_blank(parts[0]) or is_blank(parts[-1]))
            yield len(odd) + ends, Unquoted(kind, column, "" if kind is kinds.ROW_SHIFTED else text)


def _kind_of_number(text: str) -> Kind | None:
    """What a number's cells together would be: a number with thousands, or with a decimal comma."""
    if _THOUSANDS.fullmatch(text):
        return kinds.ROW_THOUSANDS
    return kinds.ROW_SHIFTED if _DECIMAL.fullmatch(text) else None


def _odd_columns(head: SheetHead, line: Sequence[CellValue]) -> set[int]:
    """The columns in which there is something odd about a line's cell by itself."""
    blank = head.sheet.entry.blank
    cells = [
        None if is_blank(cell) or (column not in head.text_columns and str(cell).strip() in blank) else cell
        for column, cell in enumerate(line)
    ]
    odd = {column for node in head.header.nodes.values() for column in _odd_of(head, node, cells)}
    return odd | {
        column for name, column in head.header.directives.items() if not _is_directive_right(head, name, cells[column])
    }


def _odd_of(head: SheetHead, node: Node, cells: Sequence[CellValue]) -> Iterator[int]:
    may_be_blank = node.field.may_be_blank and not node.field.key
    if node.column is not None and cells[node.column] is None and not may_be_blank:
        is_asked = node.field.default is None and not head.sheet.entry.multirow and not head.sheet.entry.overlay
        if is_asked and not node.variants:
            yield node.column
    for leaf in node.leaves():
        for column in leaf.columns() if leaf.case is None else ():
            cell = cells[column]
            if cell is not None and (head.reader(leaf)[0](cell)[1] is not None or _is_tail(head, column, cell)):
                yield column


def _is_tail(head: SheetHead, column: int, cell: CellValue) -> bool:
    """Whether a cell looks like what follows the comma in `1,000`: nobody writes a number so."""
    return column not in head.text_columns and _TAIL.fullmatch(str(cell)) is not None


def _is_directive_right(head: SheetHead, name: str, cell: CellValue) -> bool:
    if cell is None:
        return True
    if name in BOUNDS:
        return convert_version(cell)[1] is None
    if name == "tags":
        return read_tags(shown(cell)) <= head.known_tags
    return convert_cell(cell, CellType("bool", head.timezone))[1] is None


# --- the vertical layout --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cut:
    """A list or number that seems to go on behind its cell."""

    kind: Kind
    field: str
    parts: Sequence[str]
    """What stands in its cell, and what seems to belong to it."""
    reads: ReadCell
    takes_notes: bool

    @property
    def way(self) -> tuple[ReadCell, bool]:
        """What decides whether other lines have such a thing."""
        return self.reads, self.takes_notes

    def is_like(self, line: Sequence[str]) -> bool:
        """Whether what stands behind another value would go on with this one as well: then it is a column of notes."""
        if self.takes_notes:
            return any(line[2:])
        return len(line) > 1 and bool(line[1]) and _is_right(self.reads, line[1])


def cut_values(head: SheetHead) -> Iterator[tuple[int, Kind, str, dict[str, Any]]]:
    """Of csv in the vertical layout: the lists and numbers whose rest stands where notes do, each with its column, its
    field and the words for it.

    Where another line has such a thing there, it is a note.
    """
    sheet, sign = head.sheet, head.sheet.entry.notes or "#"
    if sheet.grid.kind != "csv" or sheet.entry.layout != "vertical":
        return
    rows = sheet.grid.rows[sheet.first_vertical_row - 1 :]
    lines = [[_without_notes(head, cell, sign) for cell in row[sheet.first_line - 1 :]] for row in rows]
    leaves = [leaf for node in head.header.nodes.values() for leaf in node.leaves()]
    found = {
        column: cut
        for leaf in leaves
        for column in (leaf.columns() if leaf.case is None else ())
        if column < len(lines) and (cut := _find_cut(head, leaf, lines[column])) is not None
    }
    others = [line for column, line in enumerate(lines) if column not in found]
    alike = {cut.way: cut for cut in found.values()}  # of a map's many values each is read the same way
    notes = {way for way, cut in alike.items() if any(map(cut.is_like, others))}
    for column, cut in found.items():
        if cut.way not in notes:
            whole = sheet.grid.separator.join(cut.parts)
            words = {"value": shown(whole[len(cut.parts[0]) + 1 :]), "first": cut.parts[0], "sign": sign}
            yield column, cut.kind, cut.field, {**words, "whole": shown(whole), "number": "".join(cut.parts)}


def _without_notes(head: SheetHead, cell: CellValue, sign: str) -> str:
    text = str(cell).strip() if cell is not None else ""
    return "" if is_note(text, sign) or text in head.sheet.entry.blank else text


def _find_cut(head: SheetHead, leaf: Node, line: Sequence[str]) -> _Cut | None:
    separator, reads = head.sheet.grid.separator, head.reader(leaf)[0]
    first, rest = line[0] if line else "", list(takewhile(bool, line[1:]))
    if not rest or not first or separator in first or not _is_right(reads, first):
        return None
    if (leaf.field.is_list or leaf.field.is_map) and not leaf.is_element:
        takes_notes = _is_right(reads, _A_NOTE)
        further = rest if takes_notes else list(takewhile(lambda text: _is_right(reads, text), rest))
        if leaf.field.separator != separator or len(further) <= takes_notes:
            return None
        return _Cut(kinds.VALUE_CUT, leaf.field.name, [first, *further], reads, takes_notes)
    ways = [[first, *rest[:count]] for count in range(len(rest), 0, -1)] if leaf.field.value_kind != "string" else []
    for parts in ways:
        if _THOUSANDS.fullmatch(separator.join(parts)) and _is_right(reads, "".join(parts)):
            return _Cut(kinds.NUMBER_CUT, leaf.field.name, parts, reads, takes_notes=False)
    return None


def _is_right(reads: ReadCell, text: str) -> bool:
    _, fault = reads(text)
    return fault is None or fault.kind.severity == "warning"
