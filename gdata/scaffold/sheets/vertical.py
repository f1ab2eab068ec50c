"""Sheets of one record: names in one column, values in another, and perhaps types, labels and comments beside them.

A vertical sheet has its names in one column and its values in the next; where a label stands beside the value and the
program's name elsewhere, a range makes these two the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gdata.config import Area, SheetEntry
from gdata.parsing.cells.cell import is_blank, shown
from gdata.problems import column_letters
from gdata.scaffold.declared import Declared, looks_like_type, read_type
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import is_identifier
from gdata.scaffold.sheets.sample import Sample, kind_of_cell, text_at
from gdata.sources.grid import CellValue, Grid
from gdata.text import fold

_SETTINGS = re.compile(r"constants?|config|settings?|globals?|상수.*|.*설정", re.IGNORECASE)
_NAME_HEADERS = frozenset("key name id constant setting 키 이름 항목 상수 설정 변수 변수명".split())
_VALUE_HEADERS = frozenset("value 값 수치 설정값".split())
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_WORDS: Mapping[str, frozenset[str]] = {
    "name": frozenset("name key field fieldname field_name constant 字段名 键 名称 이름 키 상수 変数名 キー".split()),
    "value": frozenset("value val 值 数值 값 値".split()),
    "type": frozenset("type fieldtype field_type valuetype value_type 字段类型 类型 타입 자료형 型".split()),
    "label": frozenset("label alias 标识名 别名 라벨 表示名".split()),
    "comment": frozenset("comment description desc note 注释 描述 说明 备注 설명 비고 説明".split()),
    "separator": frozenset("arraysplitter splitter separator 数组切割 구분자".split()),
}
"""By what a column holds: the headers that it may have."""


@dataclass(frozen=True)
class KeyValues:
    """Where names, values and what is said of them stand: columns from 0."""

    columns: Mapping[str, int]
    shown: int
    """The column of the names that planners see: it stands before that of the values."""

    def entry(self, title: str) -> SheetEntry:
        """How sheets.yaml says that the sheet lies."""
        value = self.columns["value"]
        if self.shown == 0:
            return SheetEntry(title, (), "vertical", first_row=2)
        text = f"{column_letters(self.shown + 1)}:{column_letters(value + 1)}"
        area = Area(1, self.shown + 1, 0, value + 1, text)
        return SheetEntry(title, (), "vertical", first_row=2, range=area)

    def told(self, found: SheetFound) -> SheetFound:
        """The sheet's columns with what its other columns say of each."""
        return replace(found, columns=tuple(self._told(column, found.grid.rows) for column in found.columns))

    def _told(self, column: SourceColumn, rows: Sequence[Sequence[CellValue]]) -> SourceColumn:
        row = rows[1 + column.index]
        texts = {what: text_at(row, index) for what, index in self.columns.items()}
        comment = texts.get("comment", "")
        return replace(
            column,
            declared=self._declared(texts),
            program_name=texts["name"] if texts["name"] != column.header else "",
            comments=(comment,) if comment and comment != column.header else (),
        )

    @staticmethod
    def _declared(texts: Mapping[str, str]) -> Declared | None:
        splitter = texts.get("separator", "")
        declared = read_type(f"[]{texts['type']}" if splitter else texts["type"])
        return replace(declared, separator=splitter) if declared is not None and splitter else declared


def types_in_rows(rows: Sequence[Sequence[CellValue]]) -> Mapping[str, int] | None:
    """Where names, values and types stand in a sheet whose rows each have a type; None in others."""
    if len(rows) < 2:
        return None
    first = rows[0]  # Each look at a row of csv takes it apart anew.
    header = {fold(text_at(first, index)): index for index in reversed(range(len(first)))}
    found = {what: [header[word] for word in words if word in header] for what, words in _WORDS.items()}
    columns = {what: places[0] for what, places in found.items() if places}
    if not {"name", "value", "type"} <= columns.keys():
        return None
    body = [row for row in rows[1:] if any(not is_blank(cell) for cell in row)]
    names = [fold(text_at(row, columns["name"])) for row in body]
    is_whole = bool(names) and len(set(names)) == len(names) and all(map(is_identifier, names))
    return columns if is_whole and all(looks_like_type(text_at(row, columns["type"])) for row in body) else None


def find_key_values(rows: Sequence[Sequence[CellValue]]) -> KeyValues | None:
    """Where names, types and values stand; None where the sheet isn't one of keys and values."""
    columns = types_in_rows(rows)
    if columns is None:
        return None
    body = [row for row in rows[1:] if any(not is_blank(cell) for cell in row)]
    if len(body) > 1 and len({text_at(row, columns["type"]) for row in body}) == 1:
        return None  # Texts by name are rows: nobody wants a field for each.
    shown = columns["value"] - 1
    if shown not in (columns["name"], columns.get("label", -1)) or any(not text_at(row, shown) for row in body):
        return None
    return KeyValues(columns, shown)


def vertical_start(grid: Grid, sample: Sample) -> int | None:
    """The first row of a sheet that holds one record, 0 for the first of all; None where it holds rows."""
    if any(len(row.cells) > 4 for row in sample):
        return None
    rows = [row for row in grid.rows if any(not is_blank(cell) for cell in row)]
    if len(rows) < 3 or max(map(len, rows)) > 4:
        return None
    pairs = [(text_at(row, 0), row[1] if len(row) > 1 else None) for row in rows]
    has_header = fold(pairs[0][0].lstrip("#")) in _NAME_HEADERS and fold(shown(pairs[0][1])) in _VALUE_HEADERS
    body = pairs[1:] if has_header else pairs
    names = [fold(name) for name, _ in body if name and not name.startswith("#")]
    if len(names) < 2 or len(set(names)) < len(names) or any(_NUMBER.fullmatch(name) for name in names):
        return None
    if not has_header and not all(is_identifier(name) for name in names):
        return None
    kinds = {kind_of_cell(value) for _, value in body} - {""}
    is_settings = bool(_SETTINGS.fullmatch(grid.sheet.strip()))
    if not (is_settings or (has_header and len(kinds) > 1)):
        return None
    return list(grid.rows).index(rows[0]) + 2 if has_header else 0
