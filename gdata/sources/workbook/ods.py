"""What calamine hides of the sheets of .ods: failed formulas, those without a value, long durations, merged cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count, product
from xml.parsers import expat

from gdata.language import say
from gdata.sources.grid import ERROR_TEXTS, CellValue, FormulaCell
from gdata.sources.workbook.archive import Archive, Scan, Scanner, damage_named, refuse_too_many_cells
from gdata.sources.workbook.cells import early_date_cell, iso_date_cell

_CELLS = ("table-cell", "covered-table-cell")
_BREAKS = {"line-break": "\n", "tab": "\t"}
"""calamine joins what stands on both sides."""
_TRUTHS = ("true", "false")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
"""What LibreOffice 7.4 writes as a boolean of other numbers than 0 and 1 in that format, and shows as TRUE."""
_COPY_OF_ANOTHER_FILE = re.compile(rb"""<table:table\s[^<>]*?table:name="(?:'|&apos;)[^"<>]*(?:'|&apos;)\#""")
"""What a formula refers to in `'file:///other.ods'#Sheet`: LibreOffice keeps it as a table that it doesn't show."""
_END_OF_TABLE = re.compile(rb"</table:table\s*>")
_BLANKS = re.compile("[ \t\r\n]+")
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?)?")
_COUNTED_ALIKE = "1900-03-01"
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_DATE_VALUES = {
    "date": "office:date-value",
    "time": "office:time-value",
    "datetime": "office:value",
    "timedelta": "office:time-value",
}
"""Where each type has its value; the last two are pyexcel's own."""
_OTHER_TYPE = re.compile(
    rb'<table:[^<>]*office:value-type="(?!(?:float|percentage|currency|date|time|boolean|string|void)")[^<>]*>'
)
_TYPE_OR_VALUE = re.compile(rb'office:value(-type="[^"]*"|=)')
_NAMELESS = re.compile(rb"<table:table(?=[\s>])(?![^<>]*\stable:name=)")
_INDENTED = re.compile(rb">\s+</?(?:table|office|text):")
# Blanks inside a paragraph (around a text:span) are content.
_PARAGRAPH_OR_INDENT = re.compile(rb"(<text:(p|h)(?:\s[^<>]*)?(?<!/)>.*?</text:\2\s*>)|(?<=>)\s+(?=<)", re.DOTALL)


class OdsScanner(Scanner):
    """Looks through the sheets of one .ods, all in one pass."""

    def __init__(self, archive: Archive) -> None:
        """Raises SourceError: the workbook is damaged, or reading it would fill the memory; calamine reads it whole."""
        reader = _ContentReader()
        with damage_named(archive.name):
            content = archive.read("content.xml")
            named = _named(_without_copies(content))
            reader.read(named)
            mended = _mended(named)
            if mended is not content:
                archive.mend("content.xml", mended)
        for title, sheet in reader.sheets.items():
            refuse_too_many_cells(
                sheet.last_row, sheet.last_column, say("{name}, sheet {title}", name=archive.name, title=title)
            )
        self._sheets: Mapping[str, _Sheet] = reader.sheets

    def scan(self, title: str) -> Scan:
        """What calamine hides of the sheet `title`."""
        sheet = self._sheets[title]
        return Scan(sheet.hidden_cells, tuple(sheet.merges), percents=frozenset(sheet.percents))


class _Sheet:
    """What one sheet holds beside what calamine reads."""

    def __init__(self) -> None:
        self.hidden_cells: list[tuple[int, int, CellValue]] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.percents: set[tuple[int, int]] = set()
        self.last_row = self.last_column = 0

    def reach(self, row: int, column: int) -> None:
        """Note that something stands there."""
        if row > self.last_row:
            self.last_row = row
        if column > self.last_column:
            self.last_column = column


class _ContentReader:
    """Follows content.xml from tag to tag; rows and columns say how often they are repeated."""

    def __init__(self) -> None:
        self.sheets: dict[str, _Sheet] = {}
        self._sheet = _Sheet()
        self._row = self._column = 0
        self._row_repeats = 1
        self._cell: dict[str, str] | None = None
        self._text = ""
        self._paragraphs = 0
        self._asides = 0
        self._is_misread = False

    def read(self, content: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(content, True)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "text:p":
            self._start_paragraph()
            return
        name = tag.rpartition(":")[2]
        if name in _CELLS:
            self._cell = {key.removeprefix("table:"): value for key, value in attributes.items()}
            self._text, self._paragraphs, self._is_misread = "", 0, False
        elif _is_aside(tag):
            self._asides += 1
            self._is_misread = True
        elif name == "table-row":
            self._row_repeats = int(attributes.get("table:number-rows-repeated", 1))
            self._row, self._column = self._row + 1, 0
        elif name == "table":
            self._sheet = self.sheets[attributes.get("table:name", "")] = _Sheet()
            self._row = 0
        elif self._cell is not None and not self._asides:
            self._start_text(name, attributes)

    def _start_paragraph(self) -> None:
        if self._cell is not None and not self._asides:
            self._text += "\n" if self._paragraphs else ""
            self._paragraphs += 1

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("p", "h"):
            self._start_paragraph()
        elif name == "s":
            self._text += " " * int(attributes.get("text:c", 1))
        elif name in _BREAKS:
            self._text += _BREAKS[name]
            self._is_misread = True

    def _end(self, tag: str) -> None:
        if tag == "text:p":
            return
        name = tag.rpartition(":")[2]
        if name == "table-row":
            self._row += self._row_repeats - 1
        elif _is_aside(tag):
            self._asides -= 1
        elif name in _CELLS and self._cell is not None:
            self._finish_cell(self._cell)
            self._cell = None

    def _characters(self, text: str) -> None:
        # Outside of paragraphs there are only the blanks that some programs indent with.
        if self._paragraphs and self._cell is not None and not self._asides:
            self._text += text if text.isalnum() else _BLANKS.sub(" ", text)

    def _finish_cell(self, cell: dict[str, str]) -> None:
        first = self._column + 1
        repeats = int(cell["number-columns-repeated"]) if "number-columns-repeated" in cell else 1
        self._column += repeats
        self._text = self._text.strip(" ")
        last_row = self._row + self._row_repeats - 1
        value = self._hidden_value(cell)
        if value is not None or self._text or "office:value-type" in cell:
            self._sheet.reach(last_row, self._column)
        is_percent = cell.get("office:value-type") == "percentage"
        if value is not None or is_percent:
            refuse_too_many_cells(self._row_repeats, repeats, say("a repeated cell"))
            places = product(range(self._row, last_row + 1), range(first, first + repeats))
            if is_percent:
                self._sheet.percents.update(places)
            else:
                self._sheet.hidden_cells += [(row, column, value) for row, column in places]
        if "number-rows-spanned" in cell or "number-columns-spanned" in cell:
            rows, columns = int(cell.get("number-rows-spanned", 1)), int(cell.get("number-columns-spanned", 1))
            if rows > 1 or columns > 1:
                self._sheet.merges.append((self._row, first, self._row + rows - 1, first + columns - 1))

    def _hidden_value(self, cell: dict[str, str]) -> CellValue:
        failed = cell.get("calcext:value-type") == "error"
        if failed or ("formula" in cell and self._text in ERROR_TEXTS):
            return self._text if self._text in ERROR_TEXTS else "#ERROR!"
        kind = cell.get("office:value-type")
        if kind == "boolean" and (value := cell.get("office:boolean-value", "")) not in _TRUTHS:
            return _number(value)
        if kind in _DATE_VALUES:
            return _unusual_date(cell.get(_DATE_VALUES[kind], ""))
        if kind is not None:
            return self._text if self._is_misread and kind == "string" and "office:string-value" not in cell else None
        # A formula whose result is the empty text has a paragraph, with nothing in it.
        if "formula" in cell and not self._paragraphs:
            return FormulaCell("=" + cell["formula"].partition("=")[2])
        return self._text or None


def _is_aside(tag: str) -> bool:
    """Whether a tag begins what lies in a cell and is none of its text: a note, a text box, a shape."""
    return tag.startswith("draw:") or tag == "office:annotation"


def _number(text: str) -> CellValue:
    found = float(text) if _NUMBER.fullmatch(text) else None
    return int(found) if found is not None and found.is_integer() else found


def _unusual_date(text: str) -> CellValue:
    """The cell of a date that counts otherwise, or a time that calamine shows as a text: from 24 hours on, below zero.

    A date with a zone stays the text that it is: what it names is an instant.
    """
    if _ZONE.search(text):
        return None
    if _PLAIN_DATE.fullmatch(text):
        return early_date_cell(text) if text < _COUNTED_ALIKE else None
    value = iso_date_cell(text)
    return None if value is not None and text.startswith("P") and 0 <= value.serial < 1 else value


def _without_copies(content: bytes) -> bytes:
    kept, at = [], 0
    while (start := _COPY_OF_ANOTHER_FILE.search(content, at)) and (end := _END_OF_TABLE.search(content, start.end())):
        kept.append(content[at : start.start()])
        at = end.end()
    return b"".join([*kept, content[at:]]) if kept else content


def _named(content: bytes) -> bytes:
    """A table without a name, as odswriter makes it, gets the one that LibreOffice shows; calamine passes over it."""
    numbers = count(1)
    return _NAMELESS.sub(lambda tag: tag[0] + b' table:name="Sheet%d"' % next(numbers), content)


def _mended(content: bytes) -> bytes:
    """The content without what calamine refuses: blanks between tags, and types of values that there aren't."""
    if _INDENTED.search(content):
        content = _PARAGRAPH_OR_INDENT.sub(lambda found: found[1] or b"", content)
    if _OTHER_TYPE.search(content):
        content = _OTHER_TYPE.sub(lambda tag: _TYPE_OR_VALUE.sub(_as_text, tag[0]), content)
    return content


def _as_text(found: re.Match[bytes]) -> bytes:
    return b"office:string-value=" if found[1] == b"=" else b'office:value-type="string"'


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it declares entities, as no workbook does")
