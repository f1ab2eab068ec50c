"""Made sheets as a workbook that a planner can go on with: comments, dropdowns, lists of what may be referred to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from gdata.checks.rules import RuleReader
from gdata.checks.violations import rule_words
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import choices_text
from gdata.proto.descriptors import element_field
from gdata.scaffold.back.columns import SheetColumn
from gdata.scaffold.back.make import MadeSheet
from gdata.schema.plan import FieldPlan
from gdata.schema.schema import Schema
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


# --- what people are told of each column: the .proto file's words, what a cell may hold, what it means ----------------

_UNITS = {
    "ms": sentence("a number counts milliseconds"),
    "s": sentence("a number counts seconds"),
    "m": sentence("a number counts minutes"),
    "h": sentence("a number counts hours"),
    "d": sentence("a number counts days"),
    "%": sentence("counts percent: 5% or 5"),
    "‰": sentence("counts thousandths: 5‰ or 5"),
    "‱": sentence("counts ten-thousandths: 5‱ or 5"),
    "color": sentence("a color: #RRGGBB"),
}
_BOUNDS = (("gt", "gte"), ("lt", "lte"))


class ColumnWords:
    """Tells what columns of one schema's tables are."""

    def __init__(self, schema: Schema, timezone: ZoneInfo) -> None:
        self._schema, self._timezone = schema, timezone
        self._rules = RuleReader(schema.pool)

    def of(self, made: MadeSheet) -> SheetWords:
        """The comment of each of a sheet's columns, and the tables that they refer to."""
        comments = ["\n".join(map(str, self._lines(column))) for column in made.columns]
        references = {
            number: column.field.refs[0].table
            for number, column in enumerate(made.columns)
            if len(column.field.refs) == 1 and not column.field.refs[0].when_field and not column.is_whole
        }
        return SheetWords(comments, references)

    def _lines(self, column: SheetColumn) -> Iterator[Sentence | str]:
        field = column.field
        if column.choices:
            yield sentence("says which of these a row has: {choices}", choices=", ".join(column.choices))
            return
        comment = self._schema.places.comment(field.descriptor.full_name)
        if comment:
            yield comment
        yield from self._type(field, is_whole=column.is_whole)
        yield from self._constraints(field)
        if field.unit:
            yield _UNITS[field.unit]
        for ref in field.refs:
            where = f" ({ref.when_field} = {ref.when_value})" if ref.when_field else ""
            yield sentence("refers to a row of {table}{where}", table=ref.table, where=where)
        if field.path:
            yield sentence("names a file: {path}", path=field.path)
        if field.default is not None:
            yield sentence("blank means {default}", default=field.default)
        elif field.has_presence and not field.oneof:
            yield sentence("may be blank")
        yield f"{field.descriptor.full_name}"

    def _type(self, field: FieldPlan, *, is_whole: bool) -> Iterator[Sentence | str]:
        if is_whole and field.is_list and field.message is None:
            yield sentence("several, with {separator} between them", separator=field.separator)
        elif is_whole and field.is_map and field.message is None:
            yield sentence(
                "several key{sign}value, with {separator} between them",
                sign=field.subseparator,
                separator=field.separator,
            )
        elif is_whole and field.message is not None:
            parts = field.subseparator.join(one.name for one in field.message.fields)
            yield sentence("{parts}, or JSON", parts=parts)
        if field.flags is not None:
            yield sentence("one or several, with | between them: {choices}", choices=choices_text(field.flags.choices))
        elif field.value_kind == "enum":
            yield sentence("one of: {choices}", choices=choices_text(field.choices))
        elif field.type.typed and field.unit != "color":
            yield field.type.typed

    def _constraints(self, field: FieldPlan) -> Iterator[Sentence | str]:
        rules = self._rules.of_field(field.descriptor)
        if rules is None:
            return
        if rules.required:
            yield sentence("must be filled")
        yield from self._words_of(rules, field)
        for rule in rules.cel:
            if rule.message:
                yield str(rule.message)

    def _words_of(self, rules: Any, field: FieldPlan) -> Iterator[Sentence | str]:
        name = rules.WhichOneof("type")
        own = getattr(rules, name) if name is not None else None
        if own is None:
            return
        for rule_id, one in _rule_ids(name, own):
            if name == "enum" and one in ("not_in", "defined_only") and not self._says_more(own, one, field):
                continue
            told = rule_words(rule_id, one, own, element_field(field.descriptor), self._timezone)
            if told is not None:
                yield told
        if name == "repeated" and own.HasField("items"):
            yield from self._words_of(own.items, field)
        elif name == "map" and own.HasField("values"):
            yield from self._words_of(own.values, field)

    @staticmethod
    def _says_more(rules: Any, name: str, field: FieldPlan) -> bool:
        """Whether a rule takes out more than what nobody would choose."""
        refused = [field.enum_names.get(number, "") for number in rules.not_in] if name == "not_in" else []
        return any(not one.endswith("_UNSPECIFIED") for one in refused)


def _rule_ids(kind: str, rules: Any) -> Iterator[tuple[str, str]]:
    """The ids of the rules that are set, bounds from below and above as one, and the field that each is in."""
    given = [field.name for field, _ in rules.ListFields()]
    low, high = (next((name for name in names if name in given), None) for names in _BOUNDS)
    if low is not None and high is not None:
        is_hole = getattr(rules, low) > getattr(rules, high) if kind not in ("timestamp", "duration") else False
        yield f"{kind}.{low}_{high}{'_exclusive' if is_hole else ''}", low
        given = [name for name in given if name not in (low, high)]
    for name in given:
        yield f"{kind}.{name}", name
