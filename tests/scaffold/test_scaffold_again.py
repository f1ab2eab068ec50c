"""Scaffolding a project again: additions where sheets grew, and nothing that was there changes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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


@pytest.mark.skipif(sys.platform == "win32", reason="the question needs a terminal")
def test_what_is_written_while_the_question_waits_is_not_lost(project: Path) -> None:
    write_sheet(project / "sheets" / "Level.csv", [["level", "exp"], [1, 10], [2, 30]])
    config = project / "sheets.yaml"
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "gdata", "scaffold", "--quiet", "--lang", "en"]
    with subprocess.Popen(
        command, cwd=project, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stderr is not None
        asked = ""
        while "add this?" not in asked:
            asked += ran.stderr.read(1) or pytest.fail(asked)
        config.write_text(edited := config.read_text(encoding="utf-8") + "# Minji was here\n", encoding="utf-8")
        os.write(ours, b"y\n")
        told = ran.stderr.read()
    os.close(ours)
    os.close(theirs)
    assert (ran.returncode, config.read_text(encoding="utf-8")) == (3, edited)
    assert "sheets.yaml: changed since it was read" in told
    assert "Level" not in "".join(path.read_text(encoding="utf-8") for path in (project / "protos").rglob("*.proto"))


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


def test_a_tag_that_cannot_name_a_target_is_left_to_the_build(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheets" / "Item.csv", [["id", "@tags", "price"], [1, "jp,10:5", 2], [2, "kr/eu", 3]])
    gdata(tmp_path, "scaffold", "sheets")
    assert "server-jp: {tags: [jp]}" in (tmp_path / "sheets.yaml").read_text(encoding="utf-8")
    problems = json.loads(gdata(tmp_path, "build", "--format", "json"))["problems"]
    assert [(one["code"], one["cell"]) for one in problems] == [("tag.unknown", "B2"), ("tag.unknown", "B3")]


PROJECTS = {
    "one header": {
        "아이템": "아이템ID,이름,가격,등급\n(정수),(글),(원),(선택)\n"
        "1001,검,100,희귀\n1002,방패,200,일반\n1003,활,150,희귀\n1004,창,170,일반\n1005,투구,90,희귀\n",
        "상점": "상점ID,아이템ID,수량\n번,번,개\n1,1001,3\n2,1002,4\n3,1005,1\n",
    },
    "marked rows": {
        "item": "##var,id,name,quality,price\n##type,int,string,item.EQuality,int?\n##group,,c,,s\n"
        "##,id,이름,품질,가격\n,1001,칼,WHITE,100\n,1002,창,푸른,\n,1003,활,흰,30\n",
        "drop": "##var,id,item,rate\n##type,int,int#ref=item.TbItem,float\n##group,,,s\n##,번호,아이템,확률\n"
        ",1,1001,0.5\n,2,1003,0.25\n",
        "__enums__": "##var,full_name,flags,unique,group,comment,tags,*items,,\n##var,,,,,,,name,alias,value\n"
        ",item.EQuality,FALSE,TRUE,,,,WHITE,흰,3\n,,,,,,,BLUE,푸른,5\n",
        "__tables__": "##var,full_name,value_type,read_schema_from_file,input\n"
        ",item.TbItem,Item,TRUE,item.csv\n,TbDrop,Drop,TRUE,drop.csv\n",
    },
    "three rows": {
        "Item": "key,0,1,2\n#,Name,Price,IsUnique\nint32,str,uint32,bit&01\n0,,0,False\n1,길,1,True\n2,불,5,False\n",
        "Shop": "key,0,1\n#,Item,Cost\nint32,Item,uint16\n1,1,10\n2,2,20\n",
    },
}
"""Sheets of which the second table refers to the first."""


def _delete(project: Path, *messages: str) -> None:
    for path in (project / "protos").rglob("*.proto"):
        text = path.read_text(encoding="utf-8")
        for name in messages:
            text = re.sub(rf"(^//[^\n]*\n)*^message {name} {{.*?^}}\n", "", text, flags=re.DOTALL | re.MULTILINE)
        path.write_text(text, encoding="utf-8")


def _declarations(project: Path) -> list[str]:
    """All lines; an enum that was there before is written with its package."""
    lines = [line for path in _files(project) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted(line.replace("game.", "") for line in lines if line)


@pytest.mark.parametrize("name", PROJECTS)
def test_what_was_wrong_and_deleted_is_guessed_anew(name: str, tmp_path: Path) -> None:
    """As it would have been at first, after a release too, whatever tool the sheets were made for."""
    for title, text in PROJECTS[name].items():
        path = tmp_path / "sheets" / f"{title}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    first, second = [
        re.sub("아이템", "Item", re.sub("상점", "Shop", one)).capitalize() for one in [*PROJECTS[name]][:2]
    ]
    gdata(tmp_path, "scaffold", "sheets")
    gdata(tmp_path, "build", "--quiet")
    gdata(tmp_path, "publish", "--yes")
    written, config = _declarations(tmp_path), tmp_path / "sheets.yaml"
    right = config.read_text(encoding="utf-8")
    # Records that begin where the block goes on make texts of numbers.
    wrong = re.sub(rf"({second}Table.*first_row: )(\d)", lambda found: f"{found[1]}{int(found[2]) - 1}", right)
    assert wrong != right
    config.write_text(wrong, encoding="utf-8")
    _delete(tmp_path, second, f"{second}Table")
    gdata(tmp_path, "scaffold", "--yes")
    assert _declarations(tmp_path) != written
    config.write_text(right, encoding="utf-8")
    _delete(tmp_path, first, f"{first}Table", second, f"{second}Table")
    gdata(tmp_path, "scaffold", "--yes")
    assert _declarations(tmp_path) == written
    assert "nothing to add" in gdata(tmp_path, "scaffold")
    gdata(tmp_path, "build", "--quiet")
    gdata(tmp_path, "diff", "--exit-code")


def test_what_is_added_is_what_the_rows_around_the_header_and_the_definitions_say(tmp_path: Path) -> None:
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    for title, text in PROJECTS["marked rows"].items():
        (sheets / f"{title}.csv").write_text(text, encoding="utf-8")
    gdata(tmp_path, "scaffold", "sheets")
    path = next((tmp_path / "protos").rglob("*.proto"))
    (line,) = (one for one in path.read_text(encoding="utf-8").splitlines() if "string name = 2" in one)
    path.write_text(path.read_text(encoding="utf-8").replace(f"{line}\n", "  reserved 2;\n"), encoding="utf-8")
    # A sheet without marks is for all, as everything else in the project says for whom it is.
    (sheets / "weapon.csv").write_text(
        "##var,id,quality\n##type,int,item.EQuality\n##,번호,품질\n,1,흰\n,2,BLUE\n", encoding="utf-8"
    )
    gdata(tmp_path, "scaffold", "--yes")
    written = path.read_text(encoding="utf-8")
    assert line.replace("name = 2", "name = 5") in written
    both = 'groups: "client", groups: "server"'
    assert f'game.EQuality quality = 2 [(gdata.field) = {{column: "품질", {both}}}];' in written
    assert f"option (gdata.table) = {{{both}}};\n  repeated Weapon rows" in written
    assert written.count("\nenum ") == 1
    assert json.loads(gdata(tmp_path, "build", "--format", "json"))["problems"] == []


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
