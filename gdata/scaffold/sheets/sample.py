"""A sheet's first rows while its header is looked for: each row is asked often, and looked at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import overload

from gdata.parsing.cells.cell import is_blank, shown
from gdata.scaffold.declared import Declared, is_row_of_types, read_type, read_typed_name
from gdata.scaffold.names import is_identifier
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell
from gdata.text import fold

SAMPLE = 60
"""So many rows are looked at."""
LONGEST_HEADER = 80
_WIDTH_WITHIN = 30
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LABELS = frozenset(
    "type types public private save cache ref force upload desc description comment comments note notes relation view "
    "index default group flag flags range unique check rule 类型 说明 描述 注释 备注 타입 설명 주석 型 説明".split()
)
"""What the first cell of a row of the block may say of it."""


def kind_of_cell(cell: CellValue) -> str:
    """What a cell looks like: bool, date, number, text, or "" where it is blank."""
    if isinstance(cell, str):
        text = cell.strip()
        if _NUMBER.fullmatch(text):
            return "number"
        return "" if not text else "bool" if text.casefold() in ("true", "false") else _text_or_date(cell)
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else "bool"
    return "date" if isinstance(cell, DateCell) else "number" if isinstance(cell, (int, float)) else "text"


def _text_or_date(text: str) -> str:
    return "date" if _DATE.match(text) else "text"


def text_at(row: Sequence[CellValue], column: int) -> str:
    """The text of a row's cell, "" where it has none."""
    return shown(row[column]).strip() if len(row) > column else ""


def filled(row: Sequence[CellValue]) -> list[str]:
    """The texts of a row's cells that aren't blank."""
    return [shown(cell).strip() for cell in row if not is_blank(cell)]


class Row:
    """One of the first rows: what its cells say and look like, and what it may be as a whole."""

    def __init__(self, cells: Sequence[CellValue]) -> None:
        self.cells = cells

    @cached_property
    def texts(self) -> list[str]:
        """The text of each cell."""
        return [shown(cell).strip() for cell in self.cells]

    @cached_property
    def first(self) -> str:
        """The text of the first cell."""
        return text_at(self.cells, 0)

    def text(self, column: int) -> str:
        """The text in a column, "" where there is none."""
        return self.texts[column] if len(self.texts) > column else ""

    @cached_property
    def kinds(self) -> list[str]:
        """What each cell looks like."""
        return list(map(kind_of_cell, self.cells))

    def kind(self, column: int) -> str:
        """What the cell in a column looks like."""
        return self.kinds[column] if len(self.kinds) > column else ""

    @cached_property
    def filled(self) -> list[str]:
        """The texts that there are."""
        return list(filter(None, self.texts))

    @cached_property
    def said(self) -> list[str]:
        """What the row says, without the mark at its start: `##var`, `#`."""
        return self.filled[1:] if self.first.startswith("#") else self.filled

    @cached_property
    def folded(self) -> list[str]:
        """The same as it is compared."""
        return list(map(fold, self.said))

    @cached_property
    def is_text(self) -> bool:
        """Whether it has nothing but texts."""
        return set(self.kinds) <= {"", "text"}

    @cached_property
    def has_numbers(self) -> bool:
        """Whether it has a number or a date."""
        return not {"number", "date"}.isdisjoint(self.kinds)

    @cached_property
    def is_labelled(self) -> bool:
        """Whether its first cell says what the row tells of the columns: `type`, `desc`."""
        return fold(self.first) in _LABELS

    @cached_property
    def is_wordy(self) -> bool:
        """Whether 60 % of its texts may be types, names or flags: none of these begins with a digit."""
        return sum(text[0].isdigit() for text in self.filled) * 10 <= len(self.filled) * 4

    @cached_property
    def is_types(self) -> bool:
        """Whether it declares types: it is marked as one that does, or its texts are types."""
        if self.first.lower().startswith("##type"):
            return True
        return self.is_wordy and is_row_of_types(self.said[1:] if self.said and self.is_labelled else self.said)

    @cached_property
    def has_typed_names(self) -> bool:
        """Whether its names have types in them: `#id:int`."""
        typed = [text for text in self.filled if read_typed_name(text) is not None] if self.is_wordy else []
        return len(self.filled) > 1 and len(typed) * 10 >= len(self.filled) * 6

    def declared(self, column: int) -> Declared | None:
        """What it declares of a column, as a row of types or beside a name."""
        if not self.has_typed_names:
            return read_type(self.text(column))
        found = read_typed_name(self.text(column))
        return found[1] if found is not None else None

    @cached_property
    def is_names(self) -> bool:
        """Whether it has names as programs have them."""
        texts = [text for text in self.said if not text.startswith("@")]
        named = [text for text in texts if is_identifier(text.lstrip("*"))]
        return len(texts) > 1 and len(named) * 10 >= len(texts) * 9 and not is_row_of_types(texts)

    @cached_property
    def are_different(self) -> bool:
        """Whether it has short texts of which no two are alike."""
        return len(set(self.folded)) == len(self.folded) and all(
            len(text) <= 24 and "\n" not in text for text in self.said
        )

    def may_be_header(self, width: int) -> bool:
        """Whether it may be the header of a table that is about as wide."""
        texts = self.said
        # `#` alone may be a mark or the header of the ids.
        count = len(self.filled) if self.first == "#" else len(texts)
        if count < max(min(2, width), (width + 1) // 2 - 1) or not self.is_text:
            return False
        folded = [one for one, text in zip(self.folded, texts, strict=True) if text not in ERROR_TEXTS]
        return len(set(folded)) * 10 >= len(folded) * 7 and all(len(text) <= LONGEST_HEADER for text in texts)


class Sample(Sequence[Row]):
    """The first rows of a sheet."""

    def __init__(self, rows: Iterable[Sequence[CellValue]]) -> None:
        self._rows = list(map(Row, rows))

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        return self._rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @cached_property
    def width(self) -> int:
        """How many cells the widest row has."""
        return max((len(row.filled) for row in self._rows[:_WIDTH_WITHIN]), default=0)
