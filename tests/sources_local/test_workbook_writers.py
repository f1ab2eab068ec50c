"""Workbooks as other programs than Excel write them, each with what it shows there."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from workbook_files import ods, read, read_bytes, xlsb, xlsx, zipped

from gdata.errors import SourceError
from gdata.sources.grid import CellValue, DateCell, FormulaCell, Grid

FILES = Path(__file__).parent / "files"


def grid_of(name: str) -> Grid:
    (grid,) = read(FILES / name, "Sheet1").grids
    return grid


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("date_z.xlsx", DateCell(46357.375, "2026-12-01 09:00:00")),
        ("negative_formula.xlsx", DateCell(-0.10416666666666669, "-0.104167")),
        ("strict_duration.xlsx", DateCell(11 / 1440, "0:11:00")),
        ("empty_text.ods", ""),
        ("getting_data.xlsx", "#GETTING_DATA"),
    ],
)
def test_the_second_cell_of_the_second_row(name: str, cell: CellValue) -> None:
    assert grid_of(name).rows[1] == [1, cell]


def test_short_records_of_xlsb_have_no_columns() -> None:
    """SheetJS and Aspose write them, and rich texts as records of their own."""
    header, first, second, third = grid_of("sheetjs.xlsb").rows
    assert header == ["id", "f", "t", "d", "b", "p"]
    assert [str(cell) for cell in first] == ["1", "2.5", "한글", "2026-12-01 09:00:52", "True", "0.5", "#N/A"]
    assert [type(cell) for cell in second] == [int, int, str, DateCell, bool, float]
    assert second[5] == 0.07 and third == [9]


def test_durations_of_a_day_and_more_and_below_zero_in_ods() -> None:
    gaps = [row[1] for row in grid_of("durations.ods").rows[1:]]
    assert gaps == [DateCell(0.5208333333333334, "12:30:00"), DateCell(1.5, "36:00:00"), DateCell(-1 / 24, "-1:00:00")]


def test_a_value_that_a_merge_hides_is_blank() -> None:
    grid = grid_of("value_under_merge.xlsx")
    assert (grid.rows[1:], grid.merges) == ([[1, 100], [2, ""]], ((2, 2, 3, 2),))


def test_a_value_that_a_merge_hides_is_blank_in_ods_and_xlsb(tmp_path: Path) -> None:
    cells = '<table:table-cell office:value-type="float" office:value="100" table:number-rows-spanned="2"/>'
    covered = '<table:covered-table-cell office:value-type="float" office:value="999"/>'
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in (cells, covered, cells))
    (grid,) = read_bytes(tmp_path, ods(f'<table:table table:name="S">{rows}</table:table>'), "book.ods").grids
    assert grid.rows == [[100], [""], [100]]
    (grid,) = read_bytes(tmp_path, xlsb({0: {0: 1.5, 1: 7.5}, 1: {0: "x"}}, merges=[(0, 0, 1, 0)]), "b.xlsb").grids
    assert grid.rows == [[1.5, 7.5], ["", ""]]


def test_formulas_that_are_to_be_computed_when_the_workbook_is_opened() -> None:
    grid = grid_of("never_computed.xlsx")
    assert (grid.rows[1], grid.uncomputed) == ([1, 100, 0], {(2, 3)})


def test_pictures_in_cells(tmp_path: Path) -> None:
    """WPS's formula, and what Excel writes for a picture placed in a cell; beside an error with metadata of its own."""
    cells = (
        '<c r="A1" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c>'
        '<c r="B1" t="e" vm="1"><v>#VALUE!</v></c><c r="C1" t="e" vm="2"><f>X()</f><v>#VALUE!</v></c>'
    )
    (grid,) = read_bytes(tmp_path, xlsx(f'<row r="1">{cells}</row>')).grids
    wps, excel, error = grid.rows[0]
    assert wps == FormulaCell('=DISPIMG("ID_1",1)', is_picture=True)
    assert isinstance(excel, FormulaCell) and excel.is_picture
    assert error == "#VALUE!"


def test_a_panic_prints_nothing_of_rusts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(BytesIO(xlsb({0: {0: 1.0}}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    title = "S".encode("utf-16-le")
    book = members["xl/workbook.bin"]
    members["xl/workbook.bin"] = book.replace(b"\x01\0\0\0" + title, b"\xff\xff\0\0" + title)
    assert members["xl/workbook.bin"] != book
    with pytest.raises(SourceError, match="the workbook is damaged"):
        read_bytes(tmp_path, zipped(members), "book.xlsb")
    assert capfd.readouterr().err == ""


def test_modules_and_macro_sheets_are_no_sheets() -> None:
    assert read(FILES / "module_sheet.xlsx", "*").titles == ["Sheet1"]


def test_a_module_that_is_asked_for_is_named(tmp_path: Path) -> None:
    names = re.findall(
        rb'<sheet [^>]*name="([^"]+)"', zipfile.ZipFile(FILES / "module_sheet.xlsx").read("xl/workbook.xml")
    )
    module = next(name.decode() for name in names if name != b"Sheet1")
    with pytest.raises(SourceError, match=f"sheet {module}: is a chart, macro or module sheet"):
        read(FILES / "module_sheet.xlsx", "Sheet1", module)


@pytest.mark.parametrize("uses_core", ["0", "1"])
def test_a_text_in_place_may_stand_where_a_number_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uses_core: str
) -> None:
    monkeypatch.setenv("GDATA_CORE", uses_core)
    cells = '<c r="A1" t="inlineStr"><v>a &amp; b</v></c><c r="B1" t="inlineStr"><is><t>c</t></is></c>'
    assert read_bytes(tmp_path, xlsx(f'<row r="1">{cells}</row>')).grids[0].rows == [["a & b", "c"]]


def test_a_macro_sheet_with_a_part_of_its_own(tmp_path: Path) -> None:
    members = {}
    with zipfile.ZipFile(BytesIO(xlsx('<row r="1"><c r="A1"><v>1</v></c></row>'))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(
        b"</sheets>", b'<sheet name="M" sheetId="2" r:id="rId9"/></sheets>'
    )
    relation = b'<Relationship Id="rId9" Type="xlMacrosheet" Target="macrosheets/sheet1.xml"/></Relationships>'
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", relation)
    members["xl/macrosheets/sheet1.xml"] = b"<macrosheet/>"
    sheets = read_bytes(tmp_path, zipped(members))
    assert (sheets.grids[0].rows, sheets.titles) == ([[1]], ["S"])


@pytest.mark.parametrize("error", ["#SPILL!", "#BUSY!", "Err:502", "#n/a"])
def test_errors_that_calamine_has_not_heard_of(tmp_path: Path, error: str) -> None:
    cells = f'<c r="A1"><v>1</v></c><c r="B1" t="e"><f>X()</f><v>{error}</v></c><c r="C1" t="str"><v>t="e"</v></c>'
    (grid,) = read_bytes(tmp_path, xlsx(f'<row r="1">{cells}</row>')).grids
    assert grid.rows == [[1, error, 't="e"']]


def test_an_indented_ods(tmp_path: Path) -> None:
    assert grid_of("indented.ods").rows == [["id"], ["1"]]
    cells = '\n <table:table-cell office:value-type="string">\n  <text:p>a <text:span>b</text:span> c</text:p>\n'
    cells += "  <text:p>d</text:p>\n </table:table-cell>\n"
    content = ods(f'\n<table:table table:name="S">\n <table:table-row>{cells}</table:table-row>\n</table:table>\n')
    (grid,) = read_bytes(tmp_path, content, "book.ods").grids
    assert grid.rows == [["a b c\nd"]]


ODS_TEXT_BOX = "<draw:g><draw:frame><draw:text-box><text:p>look here</text:p></draw:text-box></draw:frame></draw:g>"
ODS_CELLS: list[tuple[str, CellValue]] = [
    ("<table:table-cell><text:p>no type</text:p></table:table-cell>", "no type"),
    (
        '<table:table-cell office:value-type="string"><text:p>a<text:line-break/>b<text:tab/>c'
        '<text:s text:c="2"/>d</text:p><text:p>e</text:p></table:table-cell>',
        "a\nb\tc  d\ne",
    ),
    ('<table:table-cell table:formula="of:=1"/>', FormulaCell("=1")),
    (
        '<table:table-cell office:value-type="date" office:date-value="2026-12-01T09:00:00.5Z"/>',
        "2026-12-01T09:00:00.5Z",
    ),
    (
        '<table:table-cell office:value-type="datetime" office:value="2026-12-01 09:00:00"/>',
        DateCell(46357.375, "2026-12-01 09:00:00"),
    ),
    (
        '<table:table-cell office:value-type="timedelta" office:time-value="PT36H00M00S"/>',
        DateCell(1.5, "36:00:00"),
    ),
    ('<table:table-cell office:value-type="time" office:time-value="P1DT1H"/>', DateCell(25 / 24, "25:00:00")),
    # LibreOffice 7.4 counts from 1899-12-30: 12 hours, 30 hours and a day of 1900 whose format is a date's.
    ('<table:table-cell office:value-type="date" office:date-value="1899-12-30T12:00:00"/>', DateCell(0.5, "12:00:00")),
    (
        '<table:table-cell office:value-type="date" office:date-value="1899-12-31T06:00:00"/>',
        DateCell(1.25, "1899-12-31 06:00:00"),
    ),
    ('<table:table-cell office:value-type="date" office:date-value="1900-02-28"/>', DateCell(60.0, "1900-02-28")),
    ('<table:table-cell office:value-type="date" office:date-value="1900-03-01"/>', DateCell(61.0, "1900-03-01")),
    # A number other than 0 and 1 in the format of a boolean: LibreOffice 7.4 shows TRUE.
    ('<table:table-cell office:value-type="boolean" office:boolean-value="2"/>', 2),
    ('<table:table-cell office:value-type="boolean" office:boolean-value="0.5"/>', 0.5),
    ('<table:table-cell office:value-type="boolean" office:boolean-value="true"/>', True),
    # LibreOffice 7.4 keeps a text box in the cell at which it begins; its text isn't the cell's.
    (f"<table:table-cell>{ODS_TEXT_BOX}</table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell>", ""),
    (f'<table:table-cell office:value-type="float" office:value="5">{ODS_TEXT_BOX}</table:table-cell>', 5),
    (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>note</text:p></office:annotation>'
        f"<text:p>sword</text:p>{ODS_TEXT_BOX}</table:table-cell>",
        "sword",
    ),
]


@pytest.mark.parametrize(("cell", "value"), ODS_CELLS)
def test_cells_of_ods_that_calamine_shows_otherwise(tmp_path: Path, cell: str, value: CellValue) -> None:
    first = '<table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell>'
    content = ods(f'<table:table table:name="S"><table:table-row>{first}{cell}</table:table-row></table:table>')
    (grid,) = read_bytes(tmp_path, content, "book.ods").grids
    assert grid.rows[0][:2] == ["id", value]


def test_what_ods_keeps_of_another_file_is_no_sheet(tmp_path: Path) -> None:
    """LibreOffice 7.4 writes a table for a formula such as `='file:///other.ods'#Sheet1.A1`, and doesn't show it."""
    row = '<table:table-row><table:table-cell office:value-type="float" office:value="7"/></table:table-row>'
    copy = "&apos;file:///c:/other.ods&apos;#It&apos;s"
    tables = "".join(f'<table:table table:name="{name}">{row}</table:table>' for name in ("It&apos;s", copy, "T"))
    assert read_bytes(tmp_path, ods(tables), "book.ods", "*").titles == ["It's", "T"]


def test_a_repeated_cell_of_ods_is_every_one_of_them(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="2" office:value-type="time" office:time-value="PT36H"/>'
    row = f'<table:table-row table:number-rows-repeated="2">{cell}</table:table-row>'
    (grid,) = read_bytes(tmp_path, ods(f'<table:table table:name="S">{row}</table:table>'), "book.ods").grids
    assert grid.rows == [[DateCell(1.5, "36:00:00")] * 2] * 2


def test_an_ods_with_a_password(tmp_path: Path) -> None:
    manifest = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    content = zipped({"META-INF/manifest.xml": manifest, "content.xml": b"\x8f\x01\x7e"})
    with pytest.raises(SourceError, match="is protected by a password"):
        read_bytes(tmp_path, content, "book.ods")


def test_the_totals_of_a_table_are_no_row(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}"><v>{row}0</v></c></row>' for row in (1, 2, 3)
    )
    with zipfile.ZipFile(BytesIO(xlsx(rows))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/_rels/sheet1.xml.rels"] = (
        b'<Relationships><Relationship Id="rId1" Type="table" Target="../tables/table1.xml"/></Relationships>'
    )
    members["xl/tables/table1.xml"] = b'<table id="1" ref="$A$1:A3" totalsRowCount="1"/>'
    (grid,) = read_bytes(tmp_path, zipped(members)).grids
    assert grid.rows == [[1, 10], [2, 20], ["", 30]]


def test_a_table_of_ods_without_a_name_has_the_one_that_libreoffice_shows(tmp_path: Path) -> None:
    """odswriter 0.5.0, where no sheet was asked for."""
    row = '<table:table-row><table:table-cell office:value-type="float" office:value="7"/></table:table-row>'
    content = ods(f'<table:table table:style-name="ta1">{row}</table:table>')
    (grid,) = read_bytes(tmp_path, content, "book.ods", "Sheet1").grids
    assert [list(row) for row in grid.rows] == [[7]]


def test_xlsb_of_spire(tmp_path: Path) -> None:
    """Spire.XLS for Python 14.12.4 leaves out a sheet's size, as [MS-XLSB] allows, and says that no texts differ."""
    with zipfile.ZipFile(BytesIO(xlsb({0: {0: "id"}, 2: {1: 5}}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.bin"]
    text = b"\x06\x10" + bytes(8) + b"\x02\0\0\0i\0d\0"
    assert text in sheet
    sheet = re.sub(rb"\x94\x01\x10.{16}", b"", sheet.replace(text, b"\x07\x0c" + bytes(12)), flags=re.DOTALL)
    texts = b"\x9f\x01\x08\x01" + bytes(7) + b"\x13\x09\0\x02\0\0\0i\0d\0" + b"\xa0\x01\0"
    members |= {"xl/worksheets/sheet1.bin": sheet, "xl/sharedStrings.bin": texts}
    (grid,) = read_bytes(tmp_path, zipped(members), "book.xlsb").grids
    assert [list(row) for row in grid.rows] == [["id", ""], ["", ""], ["", 5]]
