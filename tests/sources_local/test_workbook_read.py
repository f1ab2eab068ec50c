import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workbook_files import DATE, DATE_TIME, HOURS, TIME, Dated, ods, read, read_bytes, xlsb, xlsx

from gdata.errors import ConfigError
from gdata.sources.grid import CellValue, DateCell, FormulaCell


def cells_of(folder: Path, rows: str, **parts: Any) -> list[list[CellValue]]:
    return read_bytes(folder, xlsx(rows, **parts)).grids[0].rows


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_cells_keep_their_types_and_places(tmp_path: Path, suffix: str) -> None:
    rows = [[None], [None, "id", "이름"], [None, 1, 1.5, True], [None, None, "x\ny", -7], [], [None, 2**52, 1e300]]
    path = workbook(tmp_path / f"book{suffix}", {"S": rows})
    (grid,) = read(path, "S").grids
    assert grid.rows == [
        ["", "", "", ""],
        ["", "id", "이름", ""],
        ["", 1, 1.5, True],
        ["", "", "x\ny", -7],
        ["", "", "", ""],
        ["", 2**52, 1e300, ""],
    ]
    assert [type(cell) for cell in grid.rows[2]] == [str, int, float, bool]
    assert (grid.kind, grid.dates_as_text, grid.hidden, grid.gid) == ("workbook", False, False, None)


def test_numbers_that_a_cell_cannot_hold_exactly_stay_floats(tmp_path: Path) -> None:
    rows = cells_of(tmp_path, '<row r="1"><c r="A1"><v>9007199254740993</v></c><c r="B1"><v>-0</v></c></row>')
    assert [(type(cell), cell) for cell in rows[0]] == [(float, 9007199254740992.0), (int, 0)]


def test_dates_times_and_durations(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    sheet.append([datetime.datetime(2025, 1, 2, 3, 4, 5, 678000), datetime.datetime(2025, 1, 2, 3, 4, 5)])
    sheet.append([datetime.date(2025, 1, 2), datetime.time(1, 30), datetime.timedelta(hours=30, seconds=1)])
    book.save(path)
    (grid,) = read(path, "S").grids
    assert [str(cell) for cell in grid.rows[0][:2]] == ["2025-01-02 03:04:05.678", "2025-01-02 03:04:05"]
    assert grid.rows[1] == [
        DateCell(45659.0, "2025-01-02"),
        DateCell(0.0625, "01:30:00"),
        DateCell(pytest.approx(1.25 + 1 / 86400), "30:00:01"),  # type: ignore[arg-type]
    ]
    assert isinstance(grid.rows[0][0], DateCell)
    assert grid.rows[0][0].serial == pytest.approx(45659.12784349537, abs=1e-10)


@pytest.mark.parametrize(
    ("style", "serial"),
    [(DATE, 1), (DATE, 59), (DATE, 61), (DATE, 45000), (DATE_TIME, 45000.5), (TIME, 0.5), (HOURS, 1.5)],
)
def test_serials_are_those_of_the_file(tmp_path: Path, style: int, serial: float) -> None:
    (row,) = cells_of(tmp_path, f'<row r="1"><c r="A1" s="{style}"><v>{serial}</v></c></row>')
    assert isinstance(row[0], DateCell)
    assert row[0].serial == serial


@pytest.mark.parametrize("true", ["1", "true"])
def test_dates_that_count_from_1904(tmp_path: Path, true: str) -> None:
    rows = f'<row r="1"><c r="A1" s="{DATE}"><v>40000</v></c><c r="B1" s="{HOURS}"><v>1.5</v></c></row>'
    (row,) = cells_of(tmp_path, rows, properties=f'<workbookPr date1904="{true}"/>')
    assert row == [DateCell(41462.0, "2013-07-07"), DateCell(1.5, "36:00:00")]


class TestWhatCalamineHides:
    def test_failed_formulas(self, tmp_path: Path) -> None:
        rows = cells_of(
            tmp_path,
            '<row r="1"><c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B1"><v>1</v></c></row>'
            '<row r="4"><c r="D4" s="0" t="e"><v>#N/A</v></c></row>',
        )
        assert rows == [["#DIV/0!", 1, "", ""], [""] * 4, [""] * 4, ["", "", "", "#N/A"]]

    def test_formulas_saved_without_their_value(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "book.xlsx", {"S": [["a", '=SUM(A1:A3)&"<b>"', 3]]})
        assert read(path, "S").grids[0].rows == [["a", FormulaCell('=SUM(A1:A3)&"<b>"'), 3]]

    @pytest.mark.parametrize(
        "cell",
        [
            "<f>A1</f>", "<f>A1</f><v/>", "<f>A1</f><v></v>", "<f>A1</f><v />", '<f t="array" ref="B1">A1</f>',
            '<f xml:space="preserve">A1</f>\n<v/>\n',
        ],
    )  # fmt: skip
    def test_each_way_to_leave_the_value_out(self, tmp_path: Path, cell: str) -> None:
        assert cells_of(tmp_path, f'<row r="1"><c r="A1"><v>1</v></c><c r="B1">{cell}</c></row>') == [
            [1, FormulaCell("=A1")]
        ]

    def test_a_shared_formula_is_told_by_its_first_cell(self, tmp_path: Path) -> None:
        rows = cells_of(
            tmp_path,
            '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="4">B1*2</f><v>2</v></c></row>'
            '<row r="2"><c r="A2"><f t="shared" si="4"/></c></row>',
        )
        assert rows == [[2], [FormulaCell("=B1*2")]]

    def test_an_empty_text_is_a_value(self, tmp_path: Path) -> None:
        rows = cells_of(tmp_path, '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>1</v></c></row>')
        assert rows == [["", 1]]

    def test_formulas_with_values_are_their_values(self, tmp_path: Path) -> None:
        rows = cells_of(
            tmp_path,
            '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c>'
            '<c r="C1" t="b"><f>TRUE()</f><v>1</v></c></row>',
        )
        assert rows == [[2, "a", True]]

    def test_texts_that_look_like_errors_stay_texts(self, tmp_path: Path) -> None:
        text = '<row r="1"><c r="A1" t="inlineStr"><is><t>a t="e" b &lt;/f>&lt;/c></t></is></c></row>'
        assert cells_of(tmp_path, text) == [['a t="e" b </f></c>']]

    def test_cells_that_do_not_say_where_they_are(self, tmp_path: Path) -> None:
        rows = cells_of(
            tmp_path,
            "<row><c><v>1</v></c><c t='e'><v>#REF!</v></c><c/><c><v>2</v></c></row>"
            "<row r='5'><c><v>5</v></c><c><f>A1</f></c></row><row><c t='e'><v>#NUM!</v></c></row>",
        )
        assert rows[0] == [1, "#REF!", "", 2]
        assert rows[4][:2] == [5, FormulaCell("=A1")]
        assert rows[5][0] == "#NUM!"

    def test_a_prefix_on_every_tag(self, tmp_path: Path) -> None:
        rows = '<x:row r="1"><x:c r="A1" t="e"><x:v>#N/A</x:v></x:c><x:c r="B1"><x:f>A1</x:f></x:c></x:row>'
        assert cells_of(tmp_path, rows, prefix="x") == [["#N/A", FormulaCell("=A1")]]

    def test_the_escapes_of_excel_are_read(self, tmp_path: Path) -> None:
        rows = cells_of(tmp_path, '<row r="1"><c r="A1" t="inlineStr"><is><t>a_x000D_\nb</t></is></c></row>')
        assert rows == [["a\r\nb"]]


def test_merged_ranges(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "S"
    book.active["B2"] = "x"
    book.active.merge_cells("B2:C4")
    book.save(path)
    assert read(path, "S").grids[0].merges == ((2, 2, 4, 3),)


def test_sheets_come_in_the_order_asked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {title: [[title]] for title in ("Note", "W b", "Item", "W a")})
    found = read(path, "W *", "Item", "Gone")
    assert [grid.sheet for grid in found.grids] == ["W a", "W b", "Item"]
    assert (found.missing, found.titles) == (["Gone"], ["Note", "W b", "Item", "W a"])


def test_a_sheet_that_two_globs_take_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", {"Item": [[1]]})
    with pytest.raises(ConfigError, match="two entries take the sheet Item"):
        read(path, "I*", "*m")


def test_hidden_sheets_are_read_and_charts_are_not(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "S"
    book.create_sheet("숨김").sheet_state = "hidden"
    book.create_sheet("Deep").sheet_state = "veryHidden"
    book.create_chartsheet("Chart")
    book.save(path)
    found = read(path, "*")
    assert [(grid.sheet, grid.hidden, grid.rows) for grid in found.grids] == [
        ("Deep", True, []), ("S", False, []), ("숨김", True, []),
    ]  # fmt: skip
    assert "Chart" not in found.titles


def test_xlsb(tmp_path: Path) -> None:
    content = xlsb({0: {0: "id", 1: 1.5}, 2: {0: 7, 2: "#N/A"}, 3: {1: "#DIV/0!"}}, merges=[(0, 2, 1, 4)])
    (grid,) = read_bytes(tmp_path, content, "book.xlsb").grids
    assert [row[:3] for row in grid.rows] == [["id", 1.5], ["", ""], [7, "", "#N/A"], ["", "#DIV/0!"]]
    assert grid.merges == ((1, 3, 2, 5),)


@pytest.mark.parametrize(("from_1904", "serial"), [(0, 45000.0), (1, 46462.0)])
def test_xlsb_dates_in_the_short_form(tmp_path: Path, from_1904: int, serial: float) -> None:
    row = {0: Dated(45000), 1: Dated(45000, 2), 2: Dated(45000, 3), 3: Dated(45000.0, 3), 4: 45000, 5: Dated(-3.0)}
    (grid,) = read_bytes(tmp_path, xlsb({0: row}, from_1904=from_1904), "book.xlsb").grids
    day = DateCell(serial, "2023-03-15" if not from_1904 else "2027-03-16")
    assert grid.rows[0][:5] == [day, 45000, day, day, 45000]
    assert isinstance(grid.rows[0][5], DateCell)
    assert grid.rows[0][5].serial == -3 + 1462 * from_1904


def test_whole_numbers_of_xlsb_before_the_day_that_never_was(tmp_path: Path) -> None:
    """Of 1900-02-29, which Excel counts; 0 shows as a time of day, as in .xlsx."""
    (grid,) = read_bytes(tmp_path, xlsb({0: {0: Dated(0), 1: Dated(1), 2: Dated(59), 3: Dated(61)}}), "book.xlsb").grids
    texts = [cell.text for cell in grid.rows[0] if isinstance(cell, DateCell)]
    assert texts == ["00:00:00", "1900-01-01", "1900-02-28", "1900-03-01"]


def test_negative_numbers_in_a_date_format_are_not_midnight(tmp_path: Path) -> None:
    row = f'<row r="1"><c r="A1" s="{TIME}"><v>-0.25</v></c><c r="B1" s="{DATE}"><v>-5</v></c>'
    rows = cells_of(tmp_path, row + f'<c r="C1" s="{TIME}"><v>0</v></c><c r="D1"><v>-5</v></c></row>')
    assert rows == [[DateCell(-0.25, "-0.25"), DateCell(-5.0, "-5"), DateCell(0.0, "00:00:00"), -5]]


class TestPercents:
    """Which numbers the sheet shows as percent; they come as the hundredths that they are."""

    def test_xlsx(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "book.xlsx", {"S": [[1, 0.5, 5, 0.25, "50%", None]]})
        book = openpyxl.load_workbook(path)
        codes = ["0%", "[Red]#,##0.0%;-0.0%", '0.0"%"', "0.00%", "0%", "0%"]
        for column, code in enumerate(codes, 1):
            book["S"].cell(1, column).number_format = code
        book.save(path)
        (grid,) = read(path, "S").grids
        assert grid.rows[0][:5] == [1, 0.5, 5, 0.25, "50%"]
        assert grid.percents >= {(1, 1), (1, 2), (1, 4)}
        assert (1, 3) not in grid.percents

    def test_xlsb(self, tmp_path: Path) -> None:
        content = xlsb({0: {0: Dated(1, 4), 1: Dated(0.5, 4), 2: 1, 3: Dated(5, 2)}})
        assert read_bytes(tmp_path, content, "book.xlsb").grids[0].percents == {(1, 1), (1, 2)}

    def test_ods(self, tmp_path: Path) -> None:
        cell = "<table:table-cell table:number-columns-repeated='2' office:value-type='percentage' office:value='1'/>"
        content = ods(f'<table:table table:name="S"><table:table-row>{cell}</table:table-row></table:table>')
        assert read_bytes(tmp_path, content, "book.ods").grids[0].percents == {(1, 1), (1, 2)}


class TestOds:
    def rows(self, folder: Path, rows: str) -> list[list[CellValue]]:
        content = ods(f'<table:table table:name="S">{rows}</table:table>')
        return read_bytes(folder, content, "book.ods").grids[0].rows

    def test_values(self, tmp_path: Path) -> None:
        rows = self.rows(
            tmp_path,
            "<table:table-row><table:table-cell office:value-type='string'><text:p>이름</text:p></table:table-cell>"
            "<table:table-cell office:value-type='float' office:value='3'><text:p>3</text:p></table:table-cell>"
            "<table:table-cell office:value-type='boolean' office:boolean-value='true'/>"
            "<table:table-cell office:value-type='date' office:date-value='2025-01-02T03:04:05'/></table:table-row>",
        )
        assert rows[0][:3] == ["이름", 3, True]
        assert str(rows[0][3]) == "2025-01-02 03:04:05"

    def test_errors_and_missing_values_behind_repeated_cells(self, tmp_path: Path) -> None:
        rows = self.rows(
            tmp_path,
            "<table:table-row table:number-rows-repeated='2'><table:table-cell office:value-type='float' "
            "office:value='1'><text:p>1</text:p></table:table-cell></table:table-row>"
            "<table:table-row><table:table-cell table:number-columns-repeated='2'/>"
            "<table:table-cell table:formula='of:=1/0' office:value-type='string' office:string-value='' "
            "calcext:value-type='error'><text:p>#DIV/0!</text:p></table:table-cell>"
            "<table:table-cell table:formula='of:=[.A1]'/>"
            "<table:table-cell table:formula='of:=x' office:value-type='string' calcext:value-type='error'>"
            "<text:p>Err:508</text:p></table:table-cell></table:table-row>",
        )
        assert rows[2][2:] == ["#DIV/0!", FormulaCell("=[.A1]"), "#ERROR!"]

    def test_notes_are_not_values(self, tmp_path: Path) -> None:
        rows = self.rows(
            tmp_path,
            "<table:table-row><table:table-cell table:formula='of:=NA()' office:value-type='string' "
            "office:string-value=''><office:annotation><text:p>why?</text:p></office:annotation>"
            "<text:p>#N/A</text:p></table:table-cell></table:table-row>",
        )
        assert rows == [["#N/A"]]

    def test_merged_ranges(self, tmp_path: Path) -> None:
        content = ods(
            "<table:table table:name='S'><table:table-row><table:table-cell/><table:table-cell "
            "table:number-columns-spanned='2' table:number-rows-spanned='3' office:value-type='string'>"
            "<text:p>a</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>"
        )
        assert read_bytes(tmp_path, content, "book.ods").grids[0].merges == ((1, 2, 3, 3),)
