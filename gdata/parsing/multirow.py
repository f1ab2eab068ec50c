"""Records of several lines: which of them go on in the last element of a list.

A line whose key is blank belongs to the record above. In it a list of messages gets a further element where one of the
element's own cells is filled; where only lists within the element are, these go on in the element above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gdata.parsing.header import Node

if TYPE_CHECKING:
    from gdata.parsing.records import SheetRecords


class Part(dict[str, Any]):
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
            own, inner = list(_own_columns(element)), list(_inner_lists(element))
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
        if part.fields and not is_several(part):
            yield from _own_columns(part)
        elif not is_several(part):
            yield from part.columns()


def _inner_lists(message: Node) -> Iterator[Node]:
    for part in message.fields.values():
        if is_several(part):
            yield part
        else:
            yield from _inner_lists(part)
