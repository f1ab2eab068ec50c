"""The sample game's sheets read the same through the emulator as from their files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run_gdata

from gdata.config import GoogleSettings, SheetEntry, Spreadsheet
from gdata.sources.adapters import pull_local, read_sheets
from gdata.sources.google import pull_google
from gdata.sources.google.answers import read_google
from gdata.sources.grid import DateCell, SheetRequest
from gdata.testing.google import GoogleEmulator
from gdata.testing.google.folders import import_folder, import_rows, import_text, spreadsheet_id

SHEETS = Path(__file__).parents[2] / "sheets"
EVERYTHING = [SheetRequest("*", is_glob=True, has_times=True, needs_merges=True)]


def trimmed(rows: list[list]) -> list[list]:
    """Without the blanks at the ends of rows and of the sheet, which Google cuts."""
    cut = [["" if cell is None else cell for cell in row] for row in rows]
    for row in cut:
        while row and row[-1] == "":
            row.pop()
    while cut and not cut[-1]:
        cut.pop()
    return cut


@pytest.fixture(scope="module")
def pulled() -> dict:
    with GoogleEmulator(import_folder(SHEETS)) as google:
        asked = [(Spreadsheet(one.title, (), id=one.id), EVERYTHING) for one in google.state.spreadsheets.values()]
        settings = GoogleSettings(credentials=str(google.key_file), endpoint=google.endpoint)
        return {one.spreadsheet: one for one in pull_google(asked, settings)}


@pytest.mark.parametrize("path", sorted(path for path in SHEETS.iterdir()), ids=lambda path: path.name)
def test_a_spreadsheet_reads_the_same_from_google_as_from_its_file(path, pulled):
    local = read_sheets(pull_local(Spreadsheet(path.stem, (SheetEntry("*", ()),), path=path)), EVERYTHING)
    google = {grid.sheet: grid for grid in read_google(pulled[path.stem], EVERYTHING).grids}
    assert google.keys() == {grid.sheet for grid in local.grids}
    for grid in local.grids:
        expected = grid.rows if grid.kind == "workbook" else import_rows(grid.rows)
        assert google[grid.sheet].rows == trimmed(expected)
        assert google[grid.sheet].merges == grid.merges


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("1001", 1001),
        ("-3", -3),
        ("0.5", 0.5),
        ("TRUE", True),
        ("2026-12-01 18:00:00", DateCell(46357.75, "2026-12-01 18:00:00")),
        ("2026-12-01", DateCell(46357.0, "2026-12-01")),
        *[(text, text) for text in ("007", "1.50", "1e3", "true", "+5", "12345678901234567890", "", " 1", "1,000")],
        *[(text, text) for text in ("2026-13-01", "2026-12-01T00:00:00+09:00", "１００", "#N/A", "-0")],
    ],
)
def test_text_of_a_csv_file_becomes_what_google_makes_of_it(text, cell):
    assert import_text(text) == cell
    assert type(import_text(text)) is type(cell)


def test_ids_are_as_long_as_googles_and_stay_the_same(tmp_path):
    ids = [spreadsheet_id(tmp_path / name, tmp_path) for name in ("items.xlsx", "아이템.xlsx", "a b/c d.xlsx")]
    assert [len(id) for id in ids] == [44, 44, 44]
    assert all(id.replace("-", "").replace("_", "").isalnum() and id.isascii() for id in ids)
    assert ids[0].startswith("items-")


def test_what_it_prints_goes_into_sheets_yaml_as_it_is(game: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "gdata.testing.google", "sheets", "--port", "0", "--key", "key.json"]
    served = subprocess.Popen(command, cwd=game, stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert served.stdout is not None
        lines = [served.stdout.readline() for _ in range(3 + len(list(SHEETS.iterdir())))]
        settings = (game / "sheets.yaml").read_text(encoding="utf-8")
        for line in lines[3:]:
            path = line.partition("`path: ")[2].partition("`")[0]
            settings, count = re.subn(rf"(?m)^    path: {path}\b.*\n", lambda _, line=line: line, settings)
            assert count == 1, path
        (game / "sheets.yaml").write_text(settings + "\n" + "".join(lines[:3]), encoding="utf-8")
        steps = run_gdata("doctor", "--format", "json", cwd=game).json["steps"]
        assert [step["state"] for step in steps if "spreadsheet" in step["name"]] == ["ok"] * len(lines[3:])
    finally:
        served.terminate()
        served.wait(60)
