"""What can't be read, or shouldn't be, is a problem among the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from command_line import run_gdata

FIELD_FILES = Path(__file__).parent.parent / "sources_local" / "files"

PROTO = """syntax = "proto3"; package g; import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; optional int32 price = 2 [(gdata.field).absent_ok = true];
  optional int32 total = 3 [(gdata.field).absent_ok = true]; }
message ItemTable { repeated Item rows = 1; }
message PetTable { repeated Item rows = 1; }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos" / "g.proto").write_text(PROTO)
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "A.csv").write_text("id,price\n1,x\n")
    return tmp_path


def check(folder: Path, spreadsheets: str, code: int = 1) -> list[tuple[str, str, str, str]]:
    """Severity, code, sheet and cell, message and hint of every problem."""
    (folder / "sheets.yaml").write_text(f"version: 1\nspreadsheets:\n{spreadsheets}")
    found = run_gdata("check", "--format", "json", cwd=folder, code=code).json["problems"]
    return [
        (one["severity"], one["code"], f"{one['sheet']}!{one['cell']}", f"{one['message']} → {one['hint']}")
        for one in found
    ]


def test_files_that_cannot_be_read_are_told_with_the_mistakes_of_the_others(folder: Path) -> None:
    (folder / "csv" / "B.csv").write_bytes("id,price\n2,낡은 검과 방패와 회복 물약\n".encode("cp949"))
    (folder / "csv" / "C.csv").write_text("id;price\n3;1,5\n")
    (folder / "pets.xlsx").write_bytes(b"PK nothing")
    found = check(
        folder,
        """  items: {path: csv, sheets: {A: g.ItemTable, "?": g.ItemTable}}
  pets: {path: pets.xlsx, sheets: {Pet: g.PetTable}}
  more: {path: pet.xlsx, sheets: {Pet: g.PetTable}}
""",
    )
    assert [one[:3] for one in found] == [
        ("error", "cell.not_integer", "A!B2"),
        ("error", "sheet.unreadable", "B!"),
        ("error", "sheet.unreadable", "C!"),
        ("error", "sheet.unreadable", "!"),
        ("error", "sheet.unreadable", "!"),
    ]
    words = [one[3] for one in found[1:]]
    assert "csv/B.csv, line 2: its text isn't utf-8 → it looks like cp949: save it" in words[0]
    assert "the cells are separated by semicolons" in words[1]
    assert words[2].startswith("pets.xlsx: the workbook is damaged")
    assert words[3].startswith("pet.xlsx: there is no such file or folder → did you mean pets.xlsx?")


def test_formulas_that_were_never_computed_are_a_warning(folder: Path) -> None:
    shutil.copy(FIELD_FILES / "never_computed.xlsx", folder / "book.xlsx")
    found = check(folder, "  a: {path: book.xlsx, sheets: {Sheet1: g.ItemTable}}\n", code=0)
    assert [one[:3] for one in found] == [("warning", "cell.uncomputed", "Sheet1!C2")]
    assert "so 0 may be no value of theirs" in found[0][3]


def test_hidden_sheets_that_a_glob_takes_and_titles_that_end_in_a_blank(folder: Path) -> None:
    book = openpyxl.Workbook()
    for number, title in enumerate(("Item 1", "Item old", "Pet "), 1):
        sheet = book.create_sheet(title)
        sheet.append(["id"])
        sheet.append([number])
    book["Item old"].sheet_state = "hidden"
    book.save(folder / "book.xlsx")
    found = check(folder, '  a: {path: book.xlsx, sheets: {"Item *": g.ItemTable, Pet: g.PetTable}}\n')
    assert [one[:3] for one in found] == [
        ("warning", "sheet.hidden", "Item old!"),
        ("error", "sheet.missing", "Pet!"),
    ]
    assert 'did you mean "Pet "?' in found[1][3]
