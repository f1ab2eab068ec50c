"""Scaffolding a project again: additions where sheets grew, and nothing that was there changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command_line import run_gdata
from scaffold_project import gdata, write_sheet

ITEMS: list[list[object]] = [
    ["id", "name", "type"],
    *([n, f"Item {n}", ["weapon", "armor", "potion"][n % 3]] for n in range(1001, 1031)),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_sheet(tmp_path / "sheets" / "Item.csv", ITEMS)
    gdata(tmp_path, "scaffold", "sheets")
    return tmp_path


def _numbers(project: Path) -> dict[str, int]:
    """Every field and enum value by the line that declares it, without comments."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((project / "protos").rglob("*.proto")))
    return {found[1]: int(found[2]) for found in re.finditer(r"^\s*((?:\w|\.)[\w. ]*) = (\d+)", text, re.MULTILINE)}


def test_a_new_column_becomes_a_field_behind_the_others(project: Path) -> None:
    before = _numbers(project)
    rows = [[row[0], "price" if n == 0 else n * 10, *row[1:]] for n, row in enumerate(ITEMS)]
    write_sheet(project / "sheets" / "Item.csv", rows)
    gdata(project, "build", "--quiet", code=1)
    gdata(project, "scaffold", "--yes")
    after = _numbers(project)
    assert before.items() <= after.items()
    assert after["int32 price"] == 4
    assert json.loads(gdata(project, "build", "--format", "json"))["problems"] == []


def test_a_new_list_and_a_new_time_bring_their_imports(project: Path) -> None:
    header = [*ITEMS[0], "open_at", "tag1", "tag2"]
    rows = [[*row, f"2026-01-{n % 28 + 1:02}", "a", "b"] for n, row in enumerate(ITEMS[1:])]
    write_sheet(project / "sheets" / "Item.csv", [header, *rows])
    gdata(project, "scaffold", "--yes")
    text = (project / "protos" / "game" / "sheets.proto").read_text(encoding="utf-8")
    assert 'import "google/protobuf/timestamp.proto";' in text
    assert json.loads(gdata(project, "build", "--format", "json"))["problems"] == []


def test_a_new_text_becomes_a_value_of_the_enum_and_a_slip_does_not(project: Path) -> None:
    write_sheet(project / "sheets" / "Item.csv", [*ITEMS, [2001, "Key", "quest item"], [2002, "Slip", "weapn"]])
    report = json.loads(gdata(project, "scaffold", "--yes", "--format", "json"))
    assert report["enum_values"] == [{"enum": "game.ItemType", "texts": ["quest item"]}]
    assert _numbers(project)["ITEM_TYPE_QUEST_ITEM"] == 4
    problems = json.loads(gdata(project, "build", "--format", "json", code=1))["problems"]
    assert [problem["value"] for problem in problems] == ["weapn"]


def test_a_new_sheet_refers_to_the_tables_that_are_there(project: Path) -> None:
    rows = [["id", "item_id", "price"], *([n, 1001 + n % 30, n * 5] for n in range(1, 31))]
    write_sheet(project / "sheets" / "Shop.csv", rows)
    gdata(project, "scaffold", "--yes")
    text = (project / "protos" / "game" / "sheets.proto").read_text(encoding="utf-8")
    assert 'ref: {table: "ItemTable"}' in text
    assert json.loads(gdata(project, "build", "--format", "json"))["problems"] == []


def test_what_people_wrote_stays_as_it_is(project: Path) -> None:
    proto = project / "protos" / "game" / "sheets.proto"
    edited = proto.read_text(encoding="utf-8").replace(
        "message Item {", "// ours: don't touch\nmessage Item {\n\t\treserved 9;"
    )
    proto.write_bytes(edited.replace("\n", "\r\n").encode())
    config = project / "sheets.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "\n# the end, said Minji\n", encoding="utf-8")
    write_sheet(project / "sheets" / "Item.csv", [[*row, "new" if n == 0 else n] for n, row in enumerate(ITEMS)])
    write_sheet(project / "sheets" / "Level.csv", [["level", "exp"], [1, 10], [2, 30]])
    gdata(project, "scaffold", "--yes")
    lines = proto.read_bytes().decode().split("\r\n")
    assert [line for line in edited.split("\n") if line not in lines] == []
    assert "  int32 new = 10;" in lines
    assert "\n# the end, said Minji\n" in config.read_text(encoding="utf-8")
    assert "Level: game.LevelTable" in config.read_text(encoding="utf-8")


def test_nobody_is_asked_behind_their_back(project: Path) -> None:
    write_sheet(project / "sheets" / "Level.csv", [["level", "exp"], [1, 10], [2, 30]])
    before = (project / "sheets.yaml").read_bytes()
    ran = run_gdata("scaffold", cwd=project, code=2)
    assert "--yes" in ran.err
    assert (project / "sheets.yaml").read_bytes() == before


def test_a_dry_run_shows_what_would_be_added_and_writes_nothing(project: Path) -> None:
    write_sheet(project / "sheets" / "Level.csv", [["level", "exp"], [1, 10], [2, 30]])
    before = (project / "sheets.yaml").read_bytes()
    shown = gdata(project, "scaffold", "--dry-run")
    assert "+      Level: game.LevelTable" in shown
    assert (project / "sheets.yaml").read_bytes() == before


def test_a_skipped_sheet_is_left_out(project: Path) -> None:
    write_sheet(project / "sheets" / "Old Item.csv", ITEMS)
    report = json.loads(gdata(project, "scaffold", "--skip", "Old *", "--format", "json"))
    assert [one["sheet"] for one in report["skipped"]] == ["Old Item"]


def test_a_table_that_only_sheets_yaml_names_is_written(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "Item.csv", [["Item", ""], ["id", "name"], [1, "a"], [2, "b"]])
    write_sheet(tmp_path / "sheets" / "Drop.csv", [["id", "item"], [1, 1], ["", 2], [2, 2]])
    (tmp_path / "sheets.yaml").write_text(
        "version: 1\nspreadsheets:\n  game:\n    path: sheets\n    sheets:\n"
        "      Item: {table: game.GoodsTable, header_row: 2}   # as we said\n"
        "      Drop: {table: game.DropTable, multirow: true}\n",
        encoding="utf-8",
    )
    before = (tmp_path / "sheets.yaml").read_bytes()
    gdata(tmp_path, "scaffold", "--yes")
    assert (tmp_path / "sheets.yaml").read_bytes() == before
    written = "\n".join(path.read_text(encoding="utf-8") for path in (tmp_path / "protos").rglob("*.proto"))
    assert "message GoodsTable {\n  repeated Goods rows = 1;\n}" in written
    assert "repeated int32 items = 2" in written
    gdata(tmp_path, "build")
    assert "nothing to add" in gdata(tmp_path, "scaffold")


def test_what_people_corrected_stays(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "Item.csv", [["id", "price", "memo"], [1, 5, "x"], [2, 6, "y"]])
    gdata(tmp_path, "scaffold", "sheets")
    path = next((tmp_path / "protos").rglob("*.proto"))
    text = path.read_text(encoding="utf-8")
    assert "int32 price = 2;" in text and "string memo = 3;" in text
    corrected = text.replace("int32 price = 2;", "double price = 2;").replace("  string memo = 3;\n", "  reserved 3;\n")
    path.write_text(corrected, encoding="utf-8")
    gdata(tmp_path, "scaffold", "--yes")
    again = path.read_text(encoding="utf-8")
    assert "double price = 2;" in again and "string memo = 4;" in again


def test_a_sheet_whose_line_was_deleted_feeds_its_own_table_again(project: Path) -> None:
    write_sheet(project / "sheets" / "Quest.csv", [["id", "title"], *([n, f"q{n}"] for n in range(1, 9))])
    gdata(project, "scaffold", "--yes")
    config = project / "sheets.yaml"
    text = config.read_text(encoding="utf-8")
    before = _numbers(project)
    config.write_text(re.sub(r"\n +Item: game\.ItemTable", "", text), encoding="utf-8")
    gdata(project, "scaffold", "--yes", "sheets")
    assert _numbers(project) == before
    assert "Item: game.ItemTable" in config.read_text(encoding="utf-8")
    assert json.loads(gdata(project, "build", "--format", "json"))["problems"] == []


SALE: list[list[object]] = [["id", "name", "sold", "@remove"], [1001, "Sale 1001", 1, ""], [1002, "", "", "TRUE"]]


def test_an_overlay_that_sheets_yaml_names_is_left_alone(project: Path) -> None:
    write_sheet(project / "sheets" / "Item Sale.csv", [row[:2] + row[3:] for row in SALE])
    config = project / "sheets.yaml"
    line = "      Item Sale: {table: game.ItemTable, overlay: true}"
    text = re.sub(r"(\n +Item: game\.ItemTable)", rf"\1\n{line}", config.read_text(encoding="utf-8"))
    config.write_text(text, encoding="utf-8")
    assert "nothing to add: all 2 sheets" in gdata(project, "scaffold", "sheets")
    before = _numbers(project)
    write_sheet(project / "sheets" / "Item Sale.csv", SALE)  # A column that the table hasn't is no new field.
    gdata(project, "scaffold", "--yes", "sheets")
    assert (_numbers(project), config.read_text(encoding="utf-8")) == (before, text)


def test_an_overlay_of_a_table_that_only_sheets_yaml_names_is_no_part_of_it(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "Item.csv", ITEMS)
    write_sheet(tmp_path / "sheets" / "Item Sale.csv", [row[:2] + row[3:] for row in SALE])
    (tmp_path / "sheets.yaml").write_text(
        "version: 1\nspreadsheets:\n  game:\n    path: sheets\n    sheets:\n"
        "      Item Sale: {table: game.ItemTable, overlay: true}\n      Item: game.ItemTable\n",
        encoding="utf-8",
    )
    gdata(tmp_path, "scaffold", "--yes")
    gdata(tmp_path, "build")
    assert _numbers(tmp_path)["int32 id"] == 1


def test_a_sheet_with_remove_that_nobody_names_is_left_out(project: Path) -> None:
    write_sheet(project / "sheets" / "Item Sale.csv", SALE)
    report = json.loads(gdata(project, "scaffold", "--yes", "--format", "json"))
    assert [one["sheet"] for one in report["skipped"]] == ["Item Sale"]
    assert "overlay" in report["skipped"][0]["reason"]


@pytest.mark.parametrize("lost", ["sheets.yaml", "sheets.yaml protos/game/more.proto"])
def test_a_run_that_was_killed_is_made_up_for_by_the_next(tmp_path: Path, lost: str) -> None:
    """It writes each file whole or not at all, and sheets.yaml when all others are there."""
    write_sheet(tmp_path / "sheets" / "Item.csv", ITEMS)
    write_sheet(tmp_path / "more" / "Shop.csv", [["id", "item_id"], *([n, 1000 + n] for n in range(1, 20))])
    gdata(tmp_path, "scaffold", "sheets", "more")
    written = {path: sorted(path.read_bytes().splitlines()) for path in _files(tmp_path)}
    for name in lost.split():
        (tmp_path / name).unlink()
    gdata(tmp_path, "scaffold", "sheets", "more")
    assert {path: sorted(path.read_bytes().splitlines()) for path in _files(tmp_path)} == written


def _files(project: Path) -> list[Path]:
    return [*project.rglob("*.proto"), project / "sheets.yaml"]
