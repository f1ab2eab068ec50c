"""The header block of a sheet: which of its first rows are names, types, comments and flags, and where records begin.

Real sheets have a title above the header, and up to ten rows of explanations around it. A row of types is worth more
than any guess from values, so it is looked for first; a project's sheets are made alike, so they vote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gdata.nearest import fold
from gdata.parsing.cells.cell import is_blank, shown
from gdata.scaffold.declared import is_row_of_types, read_type
from gdata.scaffold.names import is_identifier
from gdata.schema.fieldtypes import NUMBERS
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell

Rows = Sequence[Sequence[CellValue]]

HEADER_WITHIN = 12
"""A header block ends within so many rows."""
SAMPLE = 60
"""So many rows are looked at to find it."""
LONGEST_HEADER = 80
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
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
_LABELS = frozenset(
    "type types public private save cache ref force upload desc description comment comments note notes relation view "
    "index default group flag flags range unique check rule 类型 说明 描述 注释 备注 타입 설명 주석 型 説明".split()
)
"""What the first cell of a row of the block may say of it."""
_VOTES = 3


@dataclass(frozen=True)
class Block:
    """Rows by what they are for, counted from 0; `first` is that of the first record."""

    header: int
    first: int
    types: int | None = None
    labels: tuple[int, ...] = ()
    """Rows of names beside the header's: those of the second language."""
    comments: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()
    header_rows: int = 1

    @property
    def shape(self) -> tuple[object, ...]:
        """What sheets of one project have in common."""
        return self.header, self.first, self.types, self.flags, self.header_rows


def kind_of_cell(cell: CellValue) -> str:
    """What a cell looks like: bool, date, number, text, or "" where it is blank."""
    if is_blank(cell):
        return ""
    if isinstance(cell, bool) or (isinstance(cell, str) and cell.strip().casefold() in ("true", "false")):
        return "bool"
    if isinstance(cell, DateCell) or (isinstance(cell, str) and re.match(r"\d{4}-\d\d-\d\d", cell)):
        return "date"
    if isinstance(cell, (int, float)) or (isinstance(cell, str) and _NUMBER.fullmatch(cell.strip())):
        return "number"
    return "text"


def text_at(row: Sequence[CellValue], column: int) -> str:
    """The text of a row's cell, "" where it has none."""
    return shown(row[column]).strip() if len(row) > column else ""


def filled(row: Sequence[CellValue]) -> list[str]:
    """The texts of a row's cells that aren't blank."""
    return [shown(cell).strip() for cell in row if not is_blank(cell)]


def find_block(rows: Rows) -> Block | None:
    """The header block of a sheet whose first rows are these; None where no row could be a header."""
    width = max((len(filled(row)) for row in rows[:30]), default=0)
    types = next((index for index, row in enumerate(rows[:HEADER_WITHIN]) if _is_types(row)), None)
    header = _header_near(rows, width, types) if types is not None else _header_row(rows, width)
    if header is None and types is not None:
        types, header = None, _header_row(rows, width)
    if header is None:
        return None
    return _with_rest(rows, Block(header, 0, types), width)


def block_at(rows: Rows, header: int, first: int, header_rows: int) -> Block:
    """The header block where somebody said which row the header is and where records begin."""
    block = Block(header, first, header_rows=header_rows)
    if header + header_rows > len(rows):
        return block  # Nothing is known of what lies below what was looked at, or below the sheet's end.
    own = range(header, header + header_rows)
    types = next((index for index in range(min(first, len(rows))) if index not in own and _is_types(rows[index])), None)
    width = max((len(filled(row)) for row in rows[:30]), default=0)
    found = _with_rest(rows, replace(block, types=types), width)
    return replace(found, header=header, first=first, header_rows=header_rows)


def _with_rest(rows: Rows, block: Block, width: int) -> Block:
    first = _first_record(rows, block)
    upper = _upper_header(rows, block, width)
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
        if index in used or not filled(rows[index]):
            continue
        if _is_flags(rows, index, first):
            flags.append(index)
        elif len(_texts(rows[index])) * 2 >= width > 1 or index > block.header:
            is_name = not labels and _are_names(rows[index])
            (labels if is_name else comments).append(index)
    return replace(block, first=first, labels=tuple(labels), comments=tuple(comments), flags=tuple(flags))


def _are_names(row: Sequence[CellValue]) -> bool:
    texts = _texts(row)
    return len(set(map(fold, texts))) == len(texts) and all(len(text) <= 24 and "\n" not in text for text in texts)


def _texts(row: Sequence[CellValue]) -> list[str]:
    """What a row says, without the mark at its start: `##var`, `#`."""
    texts = filled(row)
    return texts[1:] if len(row) and texts and text_at(row, 0).startswith("#") else texts


def _is_types(row: Sequence[CellValue]) -> bool:
    texts = _texts(row)
    if texts and fold(text_at(row, 0)) in _LABELS:
        texts = texts[1:]
    return is_row_of_types(texts)


# --- which row is the header -----------------------------------------------------------------------------------


def _header_near(rows: Rows, width: int, types: int) -> int | None:
    """The header of a sheet with a row of types: program names near it, else the row of texts above or below."""
    near = [index for index in range(max(types - 5, 0), min(types + 4, len(rows))) if index != types]
    above = [index for index in near if index < types]
    candidates = [*reversed(above), *(index for index in near if index > types)]
    candidates = [index for index in candidates if _may_be_header(rows[index], width) and not _is_types(rows[index])]
    candidates = [index for index in candidates if index < types or not _is_record(rows, index, types)]
    named = [index for index in candidates if _is_names(rows[index])]
    return next(iter(named or candidates), None)


def _is_record(rows: Rows, index: int, types: int) -> bool:
    """Whether a row below the types has values of these types."""
    declared = [read_type(text_at(rows[types], column)) for column in range(len(rows[index]))]
    typed = [
        kind_of_cell(cell) in ("number", "bool", "date")
        for cell, one in zip(rows[index], declared, strict=True)
        if one is not None and one.kind not in ("", "string") and not is_blank(cell)
    ]
    return bool(typed) and any(typed)


def _header_row(rows: Rows, width: int) -> int | None:
    """The header's index: the first row of different texts that is about as wide as the table."""
    found = next((index for index, row in enumerate(rows[:HEADER_WITHIN]) if _may_be_header(row, width)), None)
    if found is None or _is_names(rows[found]):
        return found
    # `번호, 이름` with `id, name` below it: the programmers' names are the header.
    for index in range(found + 1, min(found + 4, len(rows))):
        below = [row for row in rows[index + 1 : index + 4] if filled(row)]
        if _may_be_header(rows[index], width) and _is_names(rows[index]) and not all(map(_is_names, below)):
            return index
    return found


def _may_be_header(row: Sequence[CellValue], width: int) -> bool:
    texts = _texts(row)
    if len(texts) < max(min(2, width), (width + 1) // 2 - 1) or any(
        kind_of_cell(cell) not in ("", "text") for cell in row
    ):
        return False
    folded = [fold(text) for text in texts if text not in ERROR_TEXTS]
    return len(set(folded)) * 10 >= len(folded) * 7 and all(len(text) <= LONGEST_HEADER for text in texts)


def _is_names(row: Sequence[CellValue]) -> bool:
    texts = [text for text in _texts(row) if not text.startswith("@")]
    named = [text for text in texts if is_identifier(text.lstrip("*"))]
    return len(texts) > 1 and len(named) * 10 >= len(texts) * 9 and not is_row_of_types(texts)


def _upper_header(rows: Rows, block: Block, width: int) -> int | None:
    """The row above a header that goes on with it: `보상1` above `아이템, 수량`, with blanks beside it."""
    lower = _texts(rows[block.header])
    index = block.header - 1
    if index < 0 or len({fold(text) for text in lower}) == len(lower):
        return None
    upper = filled(rows[index])
    if not 2 <= len(upper) < width or any(kind_of_cell(cell) not in ("", "text") for cell in rows[index]):
        return None
    joined: list[str] = []
    above = ""
    for column in range(len(rows[block.header])):
        above = text_at(rows[index], column) or above
        own = text_at(rows[block.header], column)
        if own:
            joined.append(fold(f"{above}.{own}"))
    return index if len(set(joined)) == len(joined) else None


def _goes_on_below(rows: Rows, block: Block) -> bool:
    """Whether the header's next row names what the header leaves blank: `능력치, , ` above `공격력, 방어력, 체력`."""
    upper, lower = rows[block.header], rows[block.header + 1] if len(rows) > block.header + 1 else []
    if block.types == block.header + 1 or any(kind_of_cell(cell) not in ("", "text") for cell in lower):
        return False
    under = [column for column in range(len(lower)) if text_at(lower, column)]
    blank = [column for column in under if not text_at(upper, column)]
    alone = [column for column in range(len(upper)) if text_at(upper, column) and column not in under]
    return bool(blank and alone) and len(blank) * 3 >= len(under)


# --- where records begin ---------------------------------------------------------------------------------------


def _first_record(rows: Rows, block: Block) -> int:
    """The index of the first record: rows of types, flags and explanations below the header are none."""
    first = max(block.header + block.header_rows, -1 if block.types is None else block.types + 1)
    end = min(HEADER_WITHIN, len(rows) - 1)
    certain = [
        index
        for index in range(first, end)
        if _is_types(rows[index]) or (_is_flags(rows, index, index + 1) and not _has_numbers(rows[first:index]))
    ]
    first = max([first, *(index + 1 for index in certain)])
    while first < end and _is_about(rows, first, block):
        first += 1
    while first > block.header + 1 and not filled(rows[first - 1]):
        first -= 1
    return first


def _is_about(rows: Rows, index: int, block: Block) -> bool:
    """Whether a row tells of the columns, and is no record."""
    row = rows[index]
    if not filled(row):
        return index + 1 < len(rows) and _is_about(rows, index + 1, block)
    mark = text_at(row, 0)
    if mark.startswith("#") and mark not in ERROR_TEXTS:
        return True
    if _is_types(row) or _is_flags(rows, index, index + 1):
        return True
    if fold(mark) in _LABELS and (block.types is None or fold(text_at(rows[block.types], 0)) in _LABELS):
        return True
    return explains(rows, index) or (block.types is not None and _contradicts(rows, index, block.types))


def _contradicts(rows: Rows, index: int, types: int) -> bool:
    """Whether a row has texts where numbers are declared."""
    votes = []
    for column, cell in enumerate(rows[index]):
        declared = read_type(text_at(rows[types], column))
        if declared is None or is_blank(cell) or cell in ERROR_TEXTS:
            continue
        if declared.kind in NUMBERS and not declared.is_list:
            votes.append(kind_of_cell(cell) == "text")
    return bool(votes) and sum(votes) * 3 > len(votes) * 2


def _is_flags(rows: Rows, index: int, below: int) -> bool:
    """Whether a row says who gets the columns, and the records don't look the same."""
    texts = [fold(text) for text in _texts(rows[index])]
    known = [text for text in texts if text in _FLAGS]
    if len(texts) < 2 or len(known) * 10 < len(texts) * 6:
        return False
    if _has_numbers(rows[index : index + 1]):
        return False  # `1, all, none` is a record.
    later = [fold(text) for row in rows[below + 1 : below + 12] for text in _texts(row)]
    return sum(text in _FLAGS for text in later) * 3 <= len(later)


def _has_numbers(rows: Rows) -> bool:
    return any(kind_of_cell(cell) in ("number", "date") for row in rows for cell in row)


def explains(rows: Rows, index: int) -> bool:
    """Whether a row has texts where the rows below it have numbers."""
    votes = list(_votes(rows[index], rows[index + 1 : index + 40]))
    return sum(votes) >= 2 and sum(votes) * 10 > len(votes) * 6


def _votes(row: Sequence[CellValue], below: Rows) -> Iterator[bool]:
    for column, cell in enumerate(row):
        kinds = [kind_of_cell(other[column]) for other in below if len(other) > column and not is_blank(other[column])]
        if len(kinds) >= 2 and kinds.count("text") * 10 <= len(kinds) and not is_blank(cell):
            yield kind_of_cell(cell) == "text" and cell not in ERROR_TEXTS


# --- votes -----------------------------------------------------------------------------------------------------


def vote(blocks: Sequence[tuple[Rows, Block]]) -> list[Block]:
    """The blocks of a project's sheets; those that differ from what most have follow them, unless they can't."""
    shapes = Counter(block.shape for _, block in blocks)
    if not shapes:
        return []
    shape, count = shapes.most_common(1)[0]
    if count < _VOTES or count * 10 < len(blocks) * 6:
        return [block for _, block in blocks]
    model = next(block for _, block in blocks if block.shape == shape)
    return [_follow(rows, block, model) for rows, block in blocks]


def _follow(rows: Rows, block: Block, model: Block) -> Block:
    if model.first <= block.first or block.types is not None or len(rows) < model.first:
        return block
    width = max((len(filled(row)) for row in rows[:30]), default=0)
    if not _may_be_header(rows[model.header], width) or model.header > block.header:
        return block
    between = [rows[index] for index in range(model.header + 1, model.first) if index != model.types]
    if _has_numbers(between):
        return block
    if model.types is not None and filled(rows[model.types]) and not _is_types(rows[model.types]):
        texts = _texts(rows[model.types])
        if sum(read_type(text) is not None for text in texts) * 10 < len(texts) * 6:
            return block
    return replace(_with_rest(rows, replace(model, first=0), width), first=model.first)
