"""What calamine hides of the sheets of .ods: failed formulas, those saved without their value, merged cells."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from gdata.sources.grid import ERROR_TEXTS, CellValue, FormulaCell
from gdata.sources.workbook.archive import Archive, Scan, damage_named, refuse_too_many_cells

_CELLS = ("table-cell", "covered-table-cell")


class OdsScanner:
    """Looks through the sheets of one .ods, all in one pass."""

    def __init__(self, archive: Archive) -> None:
        """Raises SourceError: the workbook is damaged, or reading it would fill the memory; calamine reads it whole."""
        reader = _ContentReader()
        with damage_named(archive.name):
            reader.read(archive.read("content.xml"))
        for title, sheet in reader.sheets.items():
            refuse_too_many_cells(sheet.last_row, sheet.last_column, f"{archive.name}, sheet {title}")
        self._sheets: Mapping[str, _Sheet] = reader.sheets

    def scan(self, title: str) -> Scan:
        """What calamine hides of the sheet `title`."""
        sheet = self._sheets[title]
        return Scan(sheet.hidden_cells, tuple(sheet.merges))


class _Sheet:
    """What one sheet holds beside what calamine reads."""

    def __init__(self) -> None:
        self.hidden_cells: list[tuple[int, int, CellValue]] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.last_row = self.last_column = 0


class _ContentReader:
    """Follows content.xml from tag to tag; rows and columns say how often they are repeated."""

    def __init__(self) -> None:
        self.sheets: dict[str, _Sheet] = {}
        self._sheet = _Sheet()
        self._row = self._column = 0
        self._row_repeats = 1
        self._cell: dict[str, str] | None = None
        self._text = ""
        self._in_note = False

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
        name = tag.rpartition(":")[2]
        if name in _CELLS:
            self._cell = {key.removeprefix("table:"): value for key, value in attributes.items()}
            self._text = ""
        elif name == "annotation":
            self._in_note = True
        elif name == "table-row":
            self._row_repeats = int(attributes.get("table:number-rows-repeated", 1))
            self._row, self._column = self._row + 1, 0
        elif name == "table":
            self._sheet = self.sheets[attributes.get("table:name", "")] = _Sheet()
            self._row = 0

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "table-row":
            self._row += self._row_repeats - 1
        elif name == "annotation":
            self._in_note = False
        elif name in _CELLS and self._cell is not None:
            self._finish_cell(self._cell)
            self._cell = None

    def _characters(self, text: str) -> None:
        if self._cell is not None and not self._in_note:
            self._text += text

    def _finish_cell(self, cell: dict[str, str]) -> None:
        first, repeats = self._column + 1, int(cell.get("number-columns-repeated", 1))
        self._column += repeats
        value = self._hidden_value(cell)
        if value is not None or self._text or "office:value-type" in cell:
            self._sheet.last_row = max(self._sheet.last_row, self._row + self._row_repeats - 1)
            self._sheet.last_column = max(self._sheet.last_column, self._column)
        if value is not None:
            self._sheet.hidden_cells.append((self._row, first, value))
        rows, columns = int(cell.get("number-rows-spanned", 1)), int(cell.get("number-columns-spanned", 1))
        if rows > 1 or columns > 1:
            self._sheet.merges.append((self._row, first, self._row + rows - 1, first + columns - 1))

    def _hidden_value(self, cell: dict[str, str]) -> CellValue:
        failed = cell.get("calcext:value-type") == "error"
        if failed or ("formula" in cell and self._text in ERROR_TEXTS):
            return self._text if self._text in ERROR_TEXTS else "#ERROR!"
        if "formula" in cell and "office:value-type" not in cell:
            return FormulaCell("=" + cell["formula"].partition("=")[2])
        return None


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it declares entities, as no workbook does")
