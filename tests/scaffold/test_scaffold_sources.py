"""Where sheets come from: folders of folders, workbooks, other encodings, Google, and things that are no sheets."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from command_line import run_gdata
from openpyxl import Workbook
from scaffold_project import gdata, write_sheet

from gdata.errors import UsageError
from gdata.scaffold.sheets.spreadsheets import find_spreadsheets
from gdata.testing.google import EmulatedSpreadsheet, GoogleEmulator

ROWS: list[list[object]] = [["번호", "이름", "가격"], *([n, f"아이템 {n}", n * 100] for n in range(1, 21))]


def test_a_folder_of_workbooks_and_csv_folders_is_read_whole(tmp_path: Path) -> None:
    write_sheet(tmp_path / "data" / "shop" / "Shop.csv", ROWS)
    book = Workbook()
    assert book.active is not None
    book.active.title = "아이템 목록"
    for row in ROWS:
        book.active.append(row)
    book.create_sheet("README").append(["what this is"])
    book.save(tmp_path / "data" / "items.xlsx")
    (tmp_path / "data" / "~$items.xlsx").write_bytes(b"lock")
    gdata(tmp_path, "scaffold", "data")
    config = (tmp_path / "sheets.yaml").read_text(encoding="utf-8")
    assert 'path: "data/items.xlsx"' in config
    assert "아이템 목록: game.ItemTable" in config
    assert "timezone: Asia/Seoul" in config
    assert json.loads(gdata(tmp_path, "build", "--format", "json"))["problems"] == []


def test_a_folder_saved_by_a_korean_excel_gets_its_encoding(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "아이템.csv", ROWS, encoding="cp949")
    gdata(tmp_path, "scaffold", "sheets")
    assert 'encoding: "cp949"' in (tmp_path / "sheets.yaml").read_text(encoding="utf-8")
    assert json.loads(gdata(tmp_path, "build", "--format", "json"))["ok"]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    write_sheet(tmp_path / "data" / "good" / "Item.csv", ROWS)
    (tmp_path / "data" / "broken.xlsx").write_bytes(b"PK\x03\x04 cut off")
    ran = run_gdata("scaffold", "data", cwd=tmp_path, code=3)
    assert "broken" in ran.err
    assert "Item: game.ItemTable" in (tmp_path / "sheets.yaml").read_text(encoding="utf-8")
    assert "broken" not in (tmp_path / "sheets.yaml").read_text(encoding="utf-8")


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    header = ['na"me\\', "x];\n} message Evil {", "[bold]red[/]", "1st", "class", "Class"]
    rows = [[f'"{n}\\', "}", "\x1b[31m", n, "a", "b"] for n in range(12)]
    write_sheet(tmp_path / "sheets" / 'it"em: {}.csv', [header, *rows])
    shown = gdata(tmp_path, "scaffold", "sheets")
    assert "\x1b" not in shown
    built = json.loads(gdata(tmp_path, "build", "--format", "json", code=1))
    # Two headers differ in case alone: only the sheet can be mended.
    assert [problem["code"] for problem in built["problems"] if problem["severity"] == "error"] == ["header.duplicate"]


def test_sheets_without_a_table_are_told(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "Empty.csv", [])
    write_sheet(tmp_path / "sheets" / "Numbers.csv", [[1, 2], [3, 4]])
    write_sheet(tmp_path / "sheets" / "Item.csv", ROWS)
    report = json.loads(gdata(tmp_path, "scaffold", "sheets", "--format", "json"))
    assert {one["sheet"] for one in report["skipped"]} == {"Empty", "Numbers"}


def test_what_is_no_spreadsheet_is_refused(tmp_path: Path) -> None:
    assert "there is no spreadsheet here" in run_gdata("scaffold", ".", cwd=tmp_path, code=2).err
    assert "no file, folder, id or address" in run_gdata("scaffold", "nowhere", cwd=tmp_path, code=2).err
    assert "which spreadsheets" in run_gdata("scaffold", cwd=tmp_path, code=2).err


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there, and pipes aren't files")
def test_links_to_folders_above_and_pipes_are_passed_by(tmp_path: Path) -> None:
    write_sheet(tmp_path / "data" / "shop" / "Shop.csv", ROWS)
    (tmp_path / "data" / "shop" / "up").symlink_to("..")
    (tmp_path / "data" / "shop" / "itself").symlink_to("itself")
    os.mkfifo(tmp_path / "data" / "pipe.xlsx")
    assert [one.name for one in find_spreadsheets([str(tmp_path / "data")], tmp_path, None)] == ["shop"]
    with pytest.raises(UsageError, match="there is no spreadsheet here"):
        find_spreadsheets([str(tmp_path / "data" / "pipe.xlsx")], tmp_path, None)


def test_a_package_that_protobuf_does_not_take_is_refused(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "Item.csv", ROWS)
    assert "package" in run_gdata("scaffold", "sheets", "--package", "My-Game", cwd=tmp_path, code=2).err


def test_spreadsheets_in_google_are_read_by_address(tmp_path: Path) -> None:
    dated = [[*row, "open" if n == 0 else f"2026-01-{n:02}"] for n, row in enumerate(ROWS)]
    id = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdef0"
    with GoogleEmulator([EmulatedSpreadsheet.of(id, {"Item": dated, "#old": dated}, title="게임 아이템")]) as google:
        (tmp_path / "sheets.yaml").write_text(
            f"version: 1\ngoogle: {{credentials: {google.key_file}, endpoint: {google.endpoint}}}\n", encoding="utf-8"
        )
        address = f"https://docs.google.com/spreadsheets/d/{id}/edit#gid=0"
        gdata(tmp_path, "scaffold", address, "--yes")
        config = (tmp_path / "sheets.yaml").read_text(encoding="utf-8")
        assert f'게임_아이템:\n    id: "{id}"' in config
        assert "#old" not in config
        assert json.loads(gdata(tmp_path, "build", "--format", "json"))["problems"] == []
        assert json.loads(gdata(tmp_path, "scaffold", "--format", "json"))["files"] == []
