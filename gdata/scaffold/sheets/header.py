"""The header block of a sheet: which of its first rows are names, types, comments and flags, and where records begin.

Real sheets have a title above the header, and up to ten rows of explanations around it. A row of types is worth more
than any guess from values, so it is looked for first; a project's sheets are made alike, so they vote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gdata.scaffold.declared import read_type
from gdata.scaffold.sheets.sample import Row, Sample
from gdata.schema.fieldtypes import NUMBERS
from gdata.sources.grid import ERROR_TEXTS
from gdata.text import fold

HEADER_WITHIN = 12
"""A header block ends within so many rows."""
_FLAGS = frozenset(
    "c s cs sc c/s s/c c,s s,c c|s cli svr client server client/server server/client client,server both all public "
    "private common ignore none optional required key unique index export no_export "
    "客户端 服务器 服务端 双端 共用 전체 서버 클라이언트 공용".split()
)
CLIENT_FLAGS = frozenset("c cli client 客户端 클라이언트".split())
SERVER_FLAGS = frozenset("s svr server 服务器 服务端 서버".split())
BOTH_FLAGS = frozenset(
    "cs sc c/s s/c c,s s,c c|s client/server server/client client,server both all common 双端 共用 전체 공용".split()
)
_VOTES = 3


@dataclass(frozen=True)
class Block:
    """Rows by what they are for, counted from 0; `first` is that of the first record."""

    header: int
    first: int
    types: int | None = None
    """The header itself where types stand in it."""
    labels: tuple[int, ...] = ()
    """Rows of names beside the header's: those of the second language."""
    comments: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()
    header_rows: int = 1

    @property
    def shape(self) -> tuple[object, ...]:
        """What sheets of one project have in common."""
        return self.header, self.first, self.types, self.flags, self.header_rows


def find_block(rows: Sample) -> Block | None:
    """The header block of a sheet whose first rows are these; None where no row could be a header."""
    typed = next((index for index, row in enumerate(rows[:HEADER_WITHIN]) if row.has_typed_names), None)
    if typed is not None:
        return _with_rest(rows, Block(typed, 0, typed))
    types = next((index for index, row in enumerate(rows[:HEADER_WITHIN]) if row.is_types), None)
    header = _header_near(rows, types) if types is not None else _header_row(rows)
    if header is None and types is not None:
        types, header = None, _header_row(rows)
    if header is None:
        return None
    return _with_rest(rows, Block(header, 0, types))


def block_at(rows: Sample, header: int, first: int, header_rows: int) -> Block:
    """The header block where somebody said which row the header is and where records begin."""
    block = Block(header, first, header_rows=header_rows)
    if header + header_rows > len(rows):
        return block  # Nothing is known of what lies below what was looked at, or below the sheet's end.
    own = range(header, header + header_rows)
    types = next((index for index in range(min(first, len(rows))) if index not in own and rows[index].is_types), None)
    types = header if types is None and rows[header].has_typed_names else types
    found = _with_rest(rows, replace(block, types=types))
    return replace(found, header=header, first=first, header_rows=header_rows)


def _with_rest(rows: Sample, block: Block) -> Block:
    first = _first_record(rows, block)
    upper = _upper_header(rows, block)
    if upper is None and _goes_on_below(rows, block):
        block = replace(block, header_rows=2)
        first = _first_record(rows, block)
    elif upper is not None:
        block = replace(block, header=upper, header_rows=2)
    used = {*range(block.header, block.header + block.header_rows), block.types}
    labels: list[int] = []
    comments: list[int] = []
    flags: list[int] = []
    for index in range(first):
        row = rows[index]
        if index in used or not row.filled:
            continue
        if _is_flags(rows, index, first):
            flags.append(index)
        elif len(row.said) * 2 >= rows.width > 1 or index > block.header:
            (labels if not labels and row.are_different else comments).append(index)
    return replace(block, first=first, labels=tuple(labels), comments=tuple(comments), flags=tuple(flags))


# --- which row is the header -----------------------------------------------------------------------------------


def _header_near(rows: Sample, types: int) -> int | None:
    """The header of a sheet with a row of types: program names near it, else the row of texts above or below."""
    near = [index for index in range(max(types - 5, 0), min(types + 4, len(rows))) if index != types]
    above = [index for index in near if index < types]
    candidates = [*reversed(above), *(index for index in near if index > types)]
    candidates = [index for index in candidates if rows[index].may_be_header(rows.width) and not rows[index].is_types]
    candidates = [index for index in candidates if index < types or not _is_record(rows[index], rows[types])]
    named = [index for index in candidates if rows[index].is_names]
    return next(iter(named or candidates), None)


def _is_record(row: Row, types: Row) -> bool:
    """Whether a row below the types has values of these types."""
    declared = [read_type(types.text(column)) for column in range(len(row.cells))]
    return any(
        kind in ("number", "bool", "date")
        for kind, one in zip(row.kinds, declared, strict=True)
        if one is not None and one.kind not in ("", "string")
    )


def _header_row(rows: Sample) -> int | None:
    """The header's index: the first row of different texts that is about as wide as the table."""
    found = next((index for index, row in enumerate(rows[:HEADER_WITHIN]) if row.may_be_header(rows.width)), None)
    if found is None or rows[found].is_names:
        return found
    # `번호, 이름` with `id, name` below it: the programmers' names are the header.
    for index in range(found + 1, min(found + 4, len(rows))):
        row, below = rows[index], [row for row in rows[index + 1 : index + 4] if row.filled]
        if row.may_be_header(rows.width) and row.is_names and not all(one.is_names for one in below):
            return index
    return found


def _upper_header(rows: Sample, block: Block) -> int | None:
    """The row above a header that goes on with it: `보상1` above `아이템, 수량`, with blanks beside it."""
    header, index = rows[block.header], block.header - 1
    if index < 0 or len(set(header.folded)) == len(header.folded):
        return None
    upper = rows[index]
    if not 2 <= len(upper.filled) < rows.width or not upper.is_text:
        return None
    joined: list[str] = []
    above = ""
    for column, own in enumerate(header.texts):
        above = upper.text(column) or above
        if own:
            joined.append(fold(f"{above}.{own}"))
    return index if len(set(joined)) == len(joined) else None


def _goes_on_below(rows: Sample, block: Block) -> bool:
    """Whether the header's next row names what the header leaves blank: `능력치, , ` above `공격력, 방어력, 체력`."""
    upper, lower = rows[block.header], rows[block.header + 1] if len(rows) > block.header + 1 else Row([])
    if block.types == block.header + 1 or not lower.is_text:
        return False
    under = [column for column, text in enumerate(lower.texts) if text]
    blank = [column for column in under if not upper.text(column)]
    alone = [column for column, text in enumerate(upper.texts) if text and column not in under]
    return bool(blank and alone) and len(blank) * 3 >= len(under)


# --- where records begin ---------------------------------------------------------------------------------------


def _first_record(rows: Sample, block: Block) -> int:
    """The index of the first record: rows of types, flags and explanations below the header are none."""
    first = max(block.header + block.header_rows, -1 if block.types is None else block.types + 1)
    end = min(HEADER_WITHIN, len(rows) - 1)
    certain = [
        index
        for index in range(first, end)
        if rows[index].is_types
        or (_is_flags(rows, index, index + 1) and not any(row.has_numbers for row in rows[first:index]))
    ]
    first = max([first, *(index + 1 for index in certain)])
    while first < end and _is_about(rows, first, block):
        first += 1
    types = rows[block.types] if block.types is not None else None
    if types is not None and first == end == len(rows) - 1 and _contradicts(rows[first], types):
        first += 1  # There is no record yet.
    while first > block.header + 1 and not rows[first - 1].filled:
        first -= 1
    return first


def _is_about(rows: Sample, index: int, block: Block) -> bool:
    """Whether a row tells of the columns, and is no record."""
    row = rows[index]
    if not row.filled:
        return index + 1 < len(rows) and _is_about(rows, index + 1, block)
    if row.first.startswith("#") and row.first not in ERROR_TEXTS:
        return True
    if row.is_types or _is_flags(rows, index, index + 1):
        return True
    if row.is_labelled and (block.types is None or rows[block.types].is_labelled):
        return True
    if block.types is not None and (_contradicts(row, rows[block.types]) or _lacks_key(rows, index, block)):
        return True
    return _explains(rows, index)


def _lacks_key(rows: Sample, index: int, block: Block) -> bool:
    """Whether the first column is blank and those of all rows below aren't: a row of defaults, and no record."""
    column = next((place for place, text in enumerate(rows[block.header].texts) if text), 0)
    below = rows[index + 1 : index + 12]
    return len(below) > 1 and not rows[index].text(column) and all(row.text(column) for row in below)


def _contradicts(row: Row, types: Row) -> bool:
    """Whether a row has texts where numbers are declared."""
    votes = []
    for column, cell in enumerate(row.cells):
        declared = types.declared(column)
        if declared is None or not row.kinds[column] or cell in ERROR_TEXTS:
            continue
        if declared.kind in NUMBERS and not declared.is_list:
            votes.append(row.kinds[column] == "text")
    return bool(votes) and sum(votes) * 3 > len(votes) * 2


def _is_flags(rows: Sample, index: int, below: int) -> bool:
    """Whether a row says who gets the columns, and the records don't look the same."""
    row = rows[index]
    known = [text for text in row.folded if text in _FLAGS] if row.is_wordy else []
    if len(row.said) < 2 or len(known) * 10 < len(row.said) * 6:
        return False
    if row.has_numbers:
        return False  # `1, all, none` is a record.
    later = [text for other in rows[below + 1 : below + 12] for text in other.folded]
    return sum(text in _FLAGS for text in later) * 3 <= len(later)


def _explains(rows: Sample, index: int) -> bool:
    """Whether a row has texts where the rows below it have numbers."""
    row, below = rows[index], rows[index + 1 : index + 40]
    texts = [column for column, kind in enumerate(row.kinds) if kind == "text" and row.cells[column] not in ERROR_TEXTS]
    contradicting = sum(_has_no_text(below, column) for column in texts)
    if contradicting < 2:
        return False
    every = sum(_has_no_text(below, column) for column, kind in enumerate(row.kinds) if kind)
    return contradicting * 10 > every * 6


def _has_no_text(rows: Sequence[Row], column: int) -> bool:
    """Whether a column has values, and next to no texts among them."""
    count = texts = 0
    for row in rows:
        kind = row.kind(column)
        count += kind != ""
        texts += kind == "text"
        if texts * 10 > len(rows):
            return False
    return count >= 2 and texts * 10 <= count


# --- votes -----------------------------------------------------------------------------------------------------


def vote(blocks: Sequence[tuple[Sample, Block]]) -> list[Block]:
    """The blocks of a project's sheets; those that differ from what most have follow them, unless they can't."""
    shapes = Counter(block.shape for _, block in blocks)
    if not shapes:
        return []
    shape, count = shapes.most_common(1)[0]
    if count < _VOTES or count * 10 < len(blocks) * 6:
        return [block for _, block in blocks]
    model = next(block for _, block in blocks if block.shape == shape)
    return [_follow(rows, block, model) for rows, block in blocks]


def _follow(rows: Sample, block: Block, model: Block) -> Block:
    if model.first <= block.first or block.types is not None or len(rows) < model.first:
        return block
    if not rows[model.header].may_be_header(rows.width) or model.header > block.header:
        return block
    between = [rows[index] for index in range(model.header + 1, model.first) if index != model.types]
    if any(row.has_numbers for row in between):
        return block
    if model.types is not None and not _may_be_types(rows[model.types]):
        return block
    return replace(_with_rest(rows, replace(model, first=0)), first=model.first)


def _may_be_types(row: Row) -> bool:
    """Whether a row may have types where those of most sheets stand: it is blank, or 60 % of it may be some."""
    types = [text for text in row.said if read_type(text) is not None]
    return not row.filled or row.is_types or len(types) * 10 >= len(row.said) * 6
