"""Sheets that no line names, and tables that no sheet feeds, are told: new ones by name, all by the doctor."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run_gdata
from openpyxl import Workbook

PROTO = """
syntax = "proto3";
package t;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; Rewards rewards = 2; }
message ItemTable { repeated Item rows = 1; }
message Reward { int32 item = 1; }
message Rewards { repeated Reward rewards = 1; }
message ShopTable { repeated Item rows = 1; }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("protos", "sheets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "protos" / "t.proto").write_text(PROTO)
    (tmp_path / "sheets" / "Item.csv").write_text("id,rewards\n1,\n")
    return tmp_path


def config(project: Path, path: str) -> None:
    (project / "sheets.yaml").write_text(
        f"{{version: 1, spreadsheets: {{game: {{path: {path}, sheets: {{Item: t.ItemTable}}}}}}}}"
    )


def test_what_goes_nowhere_is_told_once_by_name(project: Path) -> None:
    config(project, "sheets")
    (project / "sheets" / "Drop.csv").write_text("id\n1\n")
    first = run_gdata("build", cwd=project).err
    assert "no line of sheets.yaml names 1 sheet, new: game / Drop" in first
    assert "1 table has no sheet, new: t.ShopTable" in first and "t.Rewards" not in first
    (project / "sheets" / "Memo.csv").write_text("x\n")
    second = run_gdata("build", cwd=project).err
    assert "names 2 sheets, new: game / Memo" in second and "Drop" not in second
    assert "new" not in run_gdata("build", cwd=project).err
    doctor = run_gdata("doctor", cwd=project).out
    assert "game / Drop, game / Memo" in doctor and "t.ShopTable" in doctor


def test_a_workbook_s_other_sheets_are_told_too_and_a_hotfix_tells_nothing(project: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Item"
    for row in (["id", "rewards"], [1, None]):
        book.active.append(row)
    book.create_sheet("메모")
    book.save(project / "game.xlsx")
    config(project, "game.xlsx")
    assert "game / 메모" in run_gdata("build", cwd=project).err
    run_gdata("publish", "--yes", "-q", cwd=project)
    assert "no sheet" not in run_gdata("build", "ItemTable", cwd=project).err
