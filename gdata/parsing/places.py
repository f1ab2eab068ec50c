"""Where a table's values were written: its blocks, and the cell of a value in one of them.

Reading a block is imported when somebody asks for a cell: a build in which nothing changed starts without it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gdata.config import Audience
from gdata.parsing.view import Locate, Path
from gdata.problems import Cell
from gdata.versions import ALWAYS, Span

if TYPE_CHECKING:
    from gdata.parsing.records import SheetRecords
    from gdata.parsing.sheet.head import SheetHead
    from gdata.parsing.sheet.layout import Sheet
    from gdata.parsing.sheet.node import Node

Block = tuple["SheetHead", "Sheet"]
"""The head of a sheet, and some of its lines."""


def blocks_of(heads: Iterable[SheetHead]) -> list[Block]:
    """All blocks of a table's sheets, in order."""
    return [(head, block) for head in heads for block in head.sheet.blocks()]


@dataclass(frozen=True)
class LeftOut:
    """A value of a record that a view doesn't have: it is switched off, or for other targets."""

    value: object
    cell: Cell
    tags: tuple[str, ...]
    """The record's tags; () where it is switched off."""
    span: Span = ALWAYS
    """Where it is left out because the view's version isn't in this."""
    remover: Cell | None = None
    """Where an overlay takes it out, that row's cell."""


class Places:
    """The `Locate` of a view: reads the block of a row again, so that nobody needs to keep cells."""

    def __init__(self, blocks: Callable[[], Sequence[Block]], ends: Sequence[int], audience: Audience) -> None:
        """`blocks` gives those of the table; `ends` is how many of the view's rows there are up to each one's end."""
        self._blocks, self._ends, self._audience = blocks, ends, audience
        self._read: dict[int, tuple[SheetRecords, Sequence[int]]] = {}

    def __call__(self, index: int, path: Path) -> Cell:
        """The cell of the value at `path` in a row."""
        number = bisect_right(self._ends, index)
        if number == len(self._ends):  # The record of a table that is one, though nobody wrote it or it is off.
            blocks = self._blocks()
            return blocks[0][0].sheet.header_cell() if blocks else Cell("")
        records, seen = self._read.get(number) or self._read_block(number)
        return locate(records, seen[index - (self._ends[number - 1] if number else 0)], path, self._audience)

    def left_out(self, name: str) -> Iterator[LeftOut]:
        """The values of a field in the records that the view doesn't have."""
        for number in range(len(self._ends)):
            records, seen = self._read.get(number) or self._read_block(number)
            node = records.header.nodes.get(name)
            others = set(range(records.count)).difference(seen)
            if node is None or node.column is None or not others:
                continue
            values, (enabled, tagged, _) = records.convert(node, node.column).values, records.directives
            spans = records.spans
            for record in sorted(others):
                line = records.lines_of(record).start
                is_off = enabled is not None and not enabled[record]
                tags = () if is_off or tagged is None else tuple(sorted(tagged[record]))
                is_out = not is_off and spans is not None and not spans[record].has(self._audience.version)
                span = spans[record] if spans is not None and is_out else ALWAYS
                yield LeftOut(values[line], records.cell_at(line, node.column), tags, span)

    def _read_block(self, number: int) -> tuple[SheetRecords, Sequence[int]]:
        from gdata.parsing.records import SheetRecords

        records = SheetRecords(*self._blocks()[number])
        self._read[number] = records, records.seen_by(self._audience)
        return self._read[number]


class LaterPlaces(Places):
    """The `Locate` of a view that is made again when somebody asks for a cell."""

    def __init__(self, make: Callable[[], Locate]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Locate:
        return self._make()

    def __call__(self, index: int, path: Path) -> Cell:
        """The cell of the value at `path` in a row."""
        return self._made(index, path)

    def left_out(self, name: str) -> Iterator[LeftOut]:
        """The values of a field in the records that the view doesn't have."""
        return self._made.left_out(name) if isinstance(self._made, Places) else iter(())


def locate(records: SheetRecords, record: int, path: Path, audience: Audience) -> Cell:
    """The cell of the value at `path` in a record, as an audience sees it.

    Where it has no cell of its own, the first one of what holds it; at last the record's first.
    """
    lines = records.lines_of(record)
    nodes, node = records.header.nodes, None
    steps = iter(path)
    for step in steps:
        if node is None or nodes:
            node = nodes.get(str(step))
            if node is None:
                break
        if (node.field.is_list or node.field.is_map) and not node.is_element:
            index = next(steps, None)
            if index is None:
                break
            found = _element(records, node, index, lines)
            if found is None:
                break
            line, several, node = found[0], node, found[1]
            lines = _lines_of(records, several if several.field.is_map else node, line, lines)
        nodes = node.fields
        if not nodes:
            break
    line = lines.start
    column = _cell_column(records, node, line, audience) if node is not None else None
    if column is None:
        keys = [records.header.nodes[key.name] for key in records.plan.key if key.name in records.header.nodes]
        column = next((one for key in keys for one in key.columns()), min(records.header.mapped, default=0))
    return records.cell_at(line, column)


def _lines_of(records: SheetRecords, element: Node, line: int, lines: range) -> range:
    """The lines of an element that begins in `line`: the lists in it may go on below."""
    goes_on = records.further.lines(element) if records.further is not None else None
    if goes_on is None:
        return range(line, line + 1)
    begins = (one for one in lines if one > line and not goes_on[one] and _element_count(records, element, one))
    return range(line, next(begins, lines.stop))


def _cell_column(records: SheetRecords, node: Node, line: int, audience: Audience) -> int | None:
    from gdata.parsing.sheet.node import fitting

    for variant in fitting(node.variants, audience):
        if not records.is_blank_at(line, node.variants[variant]):
            return node.variants[variant]
    return node.column if node.column is not None else min(node.columns(), default=None)


def _element(records: SheetRecords, node: Node, index: object, lines: range) -> tuple[int, Node] | None:
    """The line and node of a list's element or a map's entry; blank ones don't count, for the list closed up."""
    if node.field.is_map:
        return next((found for key, *found in _entries(records, node, lines) if key == index), None)  # type: ignore[return-value]
    seen = 0
    for line in lines:
        for element in _line_elements(node):
            goes_on = records.further.lines(element) if records.further is not None else None
            count = 0 if goes_on is not None and goes_on[line] else _element_count(records, element, line)
            if isinstance(index, int) and seen <= index < seen + count:
                return line, element
            seen += count
    return None


def _line_elements(node: Node) -> list[Node]:
    return [node] if node.column is not None else [node.elements[index] for index in sorted(node.elements)]


def _element_count(records: SheetRecords, element: Node, line: int) -> int:
    if all(records.is_blank_at(line, column) for column in element.columns()):
        return 0
    if element.is_element or element.column is None:
        return 1
    return len(records.convert(element, element.column).values[line] or ())


def _entries(records: SheetRecords, node: Node, lines: range) -> Iterator[tuple[object, int, Node]]:
    for line in lines:
        if node.column is not None:
            for key in records.convert(node, node.column).values[line] or ():
                yield key, line, node
        elif node.entries:
            for text, entry in node.entries.items():
                yield records.map_key(node.field, text), line, entry
        elif "key" in node.fields and node.fields["key"].column is not None:
            key_node = node.fields["key"]
            yield records.convert(key_node, key_node.column or 0).values[line], line, node.fields.get("value", node)
