"""Records of several lines: which lines go on in the last element of a list, and the lines put together.

A line whose key is blank belongs to the record above. In it a list of messages gets a further element where one of the
element's own cells is filled; where only lists within the element are, these go on in the element above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from gdata import kinds
from gdata.parsing.cells.cell import Fault
from gdata.parsing.sheet.node import Node

if TYPE_CHECKING:
    from gdata.parsing.records import SheetRecords

Blank = Sequence[bool] | None
"""Which lines are blank; None: none is."""


class Element(dict[str, Any]):
    """An element of a list, or what a line adds to the one above."""

    def __init__(self, values: dict[str, Any], node: Node, goes_on: bool) -> None:
        super().__init__(values)
        self.node, self.goes_on = node, goes_on


class Further:
    """Which lines go on in the element above, of every list or map of messages that has lists within."""

    def __init__(self, records: SheetRecords, starts: Sequence[int]) -> None:
        self._records = records
        self._lines: dict[int, Sequence[bool]] = {}
        """By the identity of an element's node, and of the messages in it."""
        is_start = set(starts)
        breaks = [line in is_start for line in range(records.line_count)]
        for node in records.header.nodes.values():
            if is_several(node):
                self._find(node, breaks)

    def lines(self, element: Node) -> Sequence[bool] | None:
        """In which lines an element goes on; None where it never does."""
        return self._lines.get(id(element))

    def _find(self, several: Node, breaks: Sequence[bool]) -> None:
        """`breaks` tells in which lines that which holds the list begins anew."""
        for element in elements_of(several):
            own, inner = list(_own_columns(element)), list(inner_lists(element))
            if not own or not inner:
                continue  # Without cells of its own every filled line is an element.
            filled = self._filled(list(element.columns()))
            goes_on = _going_on(filled, self._filled(own), breaks)
            if any(goes_on):
                self._note(element, goes_on)
            begins = [one and not further for one, further in zip(filled, goes_on, strict=True)]
            for one in inner:
                self._find(one, begins)

    def _note(self, message: Node, goes_on: Sequence[bool]) -> None:
        self._lines[id(message)] = goes_on
        for part in message.fields.values():
            if not is_several(part):
                self._note(part, goes_on)

    def _filled(self, columns: Sequence[int]) -> list[bool]:
        """In which lines any of the columns is filled."""
        lines = range(self._records.line_count)
        return [not all(self._records.is_blank_at(line, column) for column in columns) for line in lines]


def _going_on(filled: Sequence[bool], own_filled: Sequence[bool], breaks: Sequence[bool]) -> list[bool]:
    goes_on, is_open = [], False
    for is_filled, is_own, is_break in zip(filled, own_filled, breaks, strict=True):
        is_open = is_open and not is_break
        goes_on.append(is_filled and not is_own and is_open)
        is_open = is_open or is_filled
    return goes_on


def is_several(node: Node) -> bool:
    """Whether a node is a list or a map as a whole."""
    return (node.field.is_list or node.field.is_map) and not node.is_element


def elements_of(several: Node) -> list[Node]:
    """The nodes of a list's elements in their order; a map down rows has the one of its entries."""
    if several.field.is_map:
        return [several] if "key" in several.fields else []
    return [several.elements[index] for index in sorted(several.elements)]


def _own_columns(message: Node) -> Iterator[int]:
    """The columns that hold one value an element."""
    for part in message.fields.values():
        if part.fields and not part.is_case and not is_several(part):
            yield from _own_columns(part)
        elif not is_several(part):
            yield from part.columns()


def inner_lists(message: Node) -> Iterator[Node]:
    """The lists and maps in a message, and in the messages that it holds."""
    for part in message.fields.values():
        if is_several(part):
            yield part
        else:
            yield from inner_lists(part)


class CellsOfLines(Protocol):
    """The cells of a sheet line by line, as one set of tags sees them."""

    def values_of_lines(self, node: Node, idle: Blank, name: str) -> Sequence[Any]:
        """The value of `node` in every line; in `idle` lines nothing is asked for, so a blank is no problem."""

    def blank_of(self, node: Node) -> Blank:
        """In which lines every cell of `node` is blank."""

    def take_blank(self, node: Node, blank: Blank) -> None:
        """From now on, in which lines every cell of `node` is blank."""

    def report(self, fault: Fault, line: int, column: int, name: str) -> None:
        """Tell what is wrong with a cell."""

    def report_gaps(self, lines: Sequence[int], column: int, name: str) -> None:
        """Warn of the lines in which a list closes up."""


class RecordLines:
    """Puts the lines of each record together."""

    def __init__(self, records: SheetRecords, cells: CellsOfLines) -> None:
        self._records = records
        self._cells = cells

    def values(self, node: Node, starts: Sequence[int]) -> Sequence[Any]:
        """The value of a field of the row, by record."""
        if is_several(node):
            return self._merged(node, self._cells.values_of_lines(node, None, node.field.name))
        is_start = set(starts)
        idle = [line not in is_start for line in range(self._records.line_count)]
        lists = list(inner_lists(node))
        down = {column for one in lists for column in one.columns()}
        self._check_filled(node, is_start, [column for column in node.columns() if column not in down])
        if not lists:
            values = self._cells.values_of_lines(node, idle, node.field.name)
            return [values[line] for line in starts]
        return self._with_lists(node, lists, idle)

    def _with_lists(self, node: Node, lists: Iterable[Node], idle: Blank) -> list[Any]:
        """The message of each record, whose lists go on in its further lines."""
        every = [self._records.lines_of(record) for record in range(self._records.count)]
        self._begin_at_first(node, every)
        values = self._cells.values_of_lines(node, idle, node.field.name)
        for lines in every:
            for line in lines[1:]:
                self._go_on(node, values[lines.start], values[line], line)
        for one in lists:
            self._check_gaps_down(one, every, f"{node.field.name}.")
        return [values[lines.start] for lines in every]

    def _merged(self, node: Node, values: Sequence[Any]) -> list[Any]:
        """The lists or maps of a record's lines as one."""
        merged: list[Any] = []
        for record in range(self._records.count):
            whole: Any = [] if node.field.is_list else {}
            for line in self._records.lines_of(record):
                self._add(node, whole, values[line] or (), line)
            merged.append(whole)
        self._check_gaps_down(node, [self._records.lines_of(record) for record in range(self._records.count)], "")
        return merged

    def _check_gaps_down(self, several: Node, wholes: Sequence[range], prefix: str) -> None:
        """Warn of lines in which a list of scalars is blank while a later line of the same list is filled.

        `wholes` are the lines of each list or map; in one of messages each element has its own.
        """
        name = prefix + several.field.name
        if several.field.message is not None:
            for number, element in enumerate(elements_of(several), start=1):
                lines = self._lines_of_elements(element, wholes)
                place = f"{name}[{number}]." if several.field.is_list else f"{name}.value."
                for inner in inner_lists(element) if lines else ():
                    self._check_gaps_down(inner, lines, place)
        elif several.field.is_list and (blank := self._cells.blank_of(several)) is not None:
            gaps = [line for lines in wholes for line in _gaps(blank, lines)]
            self._cells.report_gaps(gaps, first_column(several), name)

    def _lines_of_elements(self, element: Node, wholes: Iterable[range]) -> list[range]:
        """The lines of each element that goes on in further ones."""
        further = self._records.further
        goes_on = further.lines(element) if further is not None else None
        if goes_on is None:
            return []
        blank = self._cells.blank_of(element)
        found = []
        for lines in wholes:
            begins = [line for line in lines if not goes_on[line] and not (blank is not None and blank[line])]
            found += [range(first, end) for first, end in pairwise([*begins, lines.stop])]
        return found

    def _add(self, node: Node, whole: Any, part: Any, line: int) -> None:
        """Add what a line has of a list or map."""
        if node.field.is_list:
            for one in part:
                if isinstance(one, Element) and one.goes_on:
                    above = (
                        other for other in reversed(whole) if isinstance(other, Element) and other.node is one.node
                    )
                    self._go_on(one.node, next(above, None), one, line)
                else:
                    whole.append(one)
            return
        for key, value in part.items() if part else ():
            if key is None:
                self._go_on(node.fields["value"], next(reversed(whole.values()), None), value, line)
                continue
            if key in whole:
                fault = Fault(kinds.CELL_MAP_KEY, {"value": str(key)})
                self._cells.report(fault, line, first_column(node), node.field.name)
            whole[key] = value

    def _go_on(self, message: Node, above: dict[str, Any] | None, further: dict[str, Any] | None, line: int) -> None:
        """Add what a further line has of the lists in a message; one above that is wrong was told of already."""
        if above is None or further is None:
            return
        for name, part in message.fields.items():
            if is_several(part) and further.get(name):
                # Equal cells share what was made of them.
                above[name] = copy(above.get(name)) or ([] if part.field.is_list else {})
                self._add(part, above[name], further[name], line)
            elif part.fields:
                self._go_on(part, above.get(name), further.get(name), line)

    def _begin_at_first(self, message: Node, every: Iterable[range]) -> None:
        """What a record's further line has of a message is there, so its first line is asked for the rest."""
        blank = self._cells.blank_of(message)
        if blank is not None:
            whole = list(blank)
            for lines in every:
                whole[lines.start] = all(blank[line] for line in lines)
            self._cells.take_blank(message, whole if any(whole) else None)
        for part in message.fields.values():
            if part.fields and not is_several(part):
                self._begin_at_first(part, every)

    def _check_filled(self, node: Node, is_start: set[int], columns: Iterable[int]) -> None:
        if node.is_case and node.case is not None and node.field is not node.case.members[0]:
            return  # All members have the same columns.
        for column in columns:
            blank = self._records.cells(column).blanks()
            for line in range(self._records.line_count):
                if line not in is_start and (blank is None or not blank[line]):
                    self._cells.report(Fault(kinds.ROW_FILLED, {}), line, column, node.field.name)


def _gaps(blank: Sequence[bool], lines: range) -> Iterator[int]:
    """The blank ones of a record's lines that come before a filled one."""
    last = next((line for line in reversed(lines) if not blank[line]), lines.start)
    return (line for line in range(lines.start, last) if blank[line])


def first_column(node: Node) -> int:
    """The leftmost column of a node."""
    return min(node.columns())
