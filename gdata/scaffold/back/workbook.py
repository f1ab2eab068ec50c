"""Made sheets as a workbook that a planner can go on with: comments, dropdowns, lists of what may be referred to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from gdata.scaffold.back.columns import SheetColumn
from gdata.scaffold.back.make import MadeSheet
from gdata.sources.grid import CellValue, DateCell

_CREATED = datetime(2000, 1, 1)
"""So that the same rows make the same file."""
_FURTHER_ROWS = 1_000
"""Below the last one that a dropdown is there for, too."""
_LONGEST_LIST = 255
"""Characters of a dropdown's own list; a longer one lies on the sheet of lists."""
_NARROWEST, _WIDEST = 8, 48
_COMMENT_WIDTH = 46


@dataclass(frozen=True)
class ReferredTo:
    """The keys of a table that a column refers to, and what its rows are called."""

    table: str
    keys: Sequence[CellValue]
    titles: Sequence[str] = ()


@dataclass(frozen=True)
class SheetWords:
    """What people are told of a made sheet: a comment for each header, by its place."""

    comments: Sequence[str]
    references: Mapping[int, str]
    """Of columns that refer to rows of a table: its name."""


def write_workbook(
    sheets: Sequence[tuple[MadeSheet, SheetWords]], referred: Mapping[str, ReferredTo], lists_title: str
) -> bytes:
    """The bytes of an .xlsx with these sheets, and behind them one of the lists that their dropdowns need."""
    import xlsxwriter

    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as workbook:
        workbook.set_properties({"created": _CREATED})
        lists = _Lists(workbook, lists_title)
        pages = [(workbook.add_worksheet(made.entry.title), made, words) for made, words in sheets]
        formats = _Formats(workbook)
        for page, made, words in pages:
            _Page(page, made, words, formats, lists, referred).write()
        lists.write(formats)
    return buffer.getvalue()


class _Formats:
    def __init__(self, workbook: Any) -> None:
        self.header = workbook.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "valign": "top"})
        self.text = workbook.add_format({"num_format": "@", "valign": "top"})
        self.plain = workbook.add_format({"valign": "top"})
        self.date = workbook.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self.moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})
        self.note = workbook.add_format({"font_color": "#808080", "valign": "top"})


class _Lists:
    """What dropdowns choose from where it is long, a column a list, on a sheet of its own behind all others."""

    def __init__(self, workbook: Any, title: str) -> None:
        self._workbook, self._title = workbook, title
        self._columns: list[tuple[str, Sequence[CellValue]]] = []
        self._places: dict[str, str] = {}

    def place(self, name: str, values: Sequence[CellValue], beside: Sequence[str] = ()) -> str:
        """The range in which the list called `name` stands; `beside` it what people call each."""
        if name not in self._places:
            letters = _letters(len(self._columns))
            self._places[name] = f"='{self._title}'!${letters}$2:${letters}${len(values) + 1}"
            self._columns.append((name, values))
            if any(beside):
                self._columns.append(("", beside))
        return self._places[name]

    def write(self, formats: _Formats) -> None:
        """Write the sheet, if any list is there."""
        if not self._columns:
            return
        page = self._workbook.add_worksheet(self._title)
        page.freeze_panes(1, 0)
        for number, (name, values) in enumerate(self._columns):
            if name:
                page.write_string(0, number, name, formats.header)
            page.set_column(number, number, _width([name, *values]))
            for row, value in enumerate(values, 1):
                _write(page, row, number, value, formats.text if isinstance(value, str) else formats.plain, formats)


class _Page:
    """One sheet."""

    def __init__(
        self,
        page: Any,
        made: MadeSheet,
        words: SheetWords,
        formats: _Formats,
        lists: _Lists,
        referred: Mapping[str, ReferredTo],
    ) -> None:
        self._page, self._made, self._words = page, made, words
        self._formats, self._lists, self._referred = formats, lists, referred
        self._is_record = made.plan.kind == "record"

    def write(self) -> None:
        """Write its header, comments, dropdowns and cells."""
        if not self._is_record:
            self._page.freeze_panes(1, len(self._made.plan.key) and 1)
        for number, column in enumerate(self._made.columns):
            place = (number, 0) if self._is_record else (0, number)
            self._page.write_string(*place, column.header, self._formats.header)
            self._write_comment(number, place)
            self._write_column(number, column)
            self._write_dropdown(number, column)

    def _write_comment(self, number: int, place: tuple[int, int]) -> None:
        comment = self._words.comments[number]
        if self._is_record:
            self._page.write_string(number, 2, comment.replace("\n", " · "), self._formats.note)
        elif comment:
            lines = sum(1 + len(line) // _COMMENT_WIDTH for line in comment.split("\n"))
            options = {"width": 320, "height": 20 + 18 * lines, "author": "gdata"}
            self._page.write_comment(*place, comment, options)

    def _write_column(self, number: int, column: SheetColumn) -> None:
        style = self._formats.text if column.is_text else self._formats.plain
        if self._is_record:
            for cell in column.cells:
                _write(self._page, number, 1, cell, style, self._formats)
            return
        self._page.set_column(number, number, _width([column.header, *column.cells[:200]]), style)
        for row, cell in enumerate(column.cells, 1):
            _write(self._page, row, number, cell, style, self._formats)

    def _write_dropdown(self, number: int, column: SheetColumn) -> None:
        source = self._source(number, column)
        if source is None:
            return
        last = len(column.cells) + _FURTHER_ROWS
        place = (number, 1, number, 1) if self._is_record else (1, number, last, number)
        options = {"validate": "list", "source": source, "error_type": "warning", "ignore_blank": True}
        self._page.data_validation(*place, options)

    def _source(self, number: int, column: SheetColumn) -> Any:
        """What a cell may be chosen from: a list, or where one stands."""
        field = column.field
        if column.choices:
            return self._short(field.oneof, column.choices)
        if column.is_whole or field.flags is not None:
            return None
        kind = field.value_kind
        if kind == "bool":
            return ["TRUE", "FALSE"]
        if kind == "enum":
            names = field.enum_names
            texts = [text for value, text in field.choices.items() if not names[value].endswith("_UNSPECIFIED")]
            return self._short(field.value_type.enum_type.name, tuple(dict.fromkeys(texts)))
        table = self._referred.get(self._words.references.get(number, ""))
        if table is None or not table.keys:
            return None
        return self._lists.place(table.table, table.keys, table.titles)

    def _short(self, name: str, texts: Sequence[str]) -> Any:
        is_short = len(",".join(texts)) <= _LONGEST_LIST and not any("," in text or '"' in text for text in texts)
        return (list(texts) if is_short else self._lists.place(name, texts)) if texts else None


def _write(page: Any, row: int, column: int, cell: CellValue, style: Any, formats: _Formats) -> None:
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell, style)
    elif isinstance(cell, str):
        page.write_string(row, column, cell, style)
    elif isinstance(cell, DateCell):
        page.write_number(row, column, cell.serial, formats.date if cell.serial.is_integer() else formats.moment)
    elif isinstance(cell, (int, float)):
        page.write_number(row, column, cell, style)


def _width(cells: Sequence[CellValue]) -> int:
    """How wide a column is to be; a sign of Korean or Chinese takes two of Latin."""
    return min(max([_NARROWEST, *map(_cell_width, cells)]) + 2, _WIDEST)


def _cell_width(cell: CellValue) -> int:
    text = str(cell) if cell is not None else ""
    return max((sum(1 if sign < "\u1100" else 2 for sign in line) for line in text.split("\n")), default=0)


def _letters(column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
