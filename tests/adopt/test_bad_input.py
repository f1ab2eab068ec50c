"""Mistakes in sheets.yaml, in sheets and in another tool's definitions: told with their place, and nothing is written.

Of each mistake there is a line here; it goes through `gdata build` and `gdata scaffold`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gdata.cli.main import cli
from gdata.errors import GdataError
from gdata.scaffold.declared import Declared
from gdata.scaffold.tools.definitions import Definitions, Message

PROTO = """syntax = "proto3";
package game;
import "gdata/options.proto";
message ItemTable { repeated Item rows = 1; }
message Item {
  int32 id = 1 [(gdata.field) = {key: true}];
  string name = 2;
  optional int32 price = 3;
}
message RateTable { repeated Rate rows = 1; }
message Rate { int32 id = 1 [(gdata.field) = {key: true}]; optional int32 rate = 2; }
message Constants { optional int32 hp = 1; }
"""
ITEMS = "id,name,price\n1,sword,5\n2,bow,6\n"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    all: str


def run(*arguments: str) -> Ran:
    """What the command says, an error of its own among it; any other is a bug."""
    ran = CliRunner(env={"COLUMNS": "200"}).invoke(cli, arguments)
    error = ran.exception
    if isinstance(error, GdataError):
        return Ran(error.exit_code, ran.stdout, f"{ran.output}{error}\n{error.hint}")
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return Ran(ran.exit_code, ran.stdout, ran.output)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and ".gdata" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def make_project(folder: Path, sheets: Mapping[str, str], lines: str, spreadsheet: str = "path: sheets") -> None:
    (folder / "protos" / "game").mkdir(parents=True)
    (folder / "protos" / "game" / "items.proto").write_text(PROTO, encoding="utf-8")
    write(folder, sheets)
    text = f"version: 1\nspreadsheets:\n  game:\n    {spreadsheet}\n    sheets:\n"
    text += "".join(f"      {line}\n" for line in lines.splitlines())
    (folder / "sheets.yaml").write_text(text, encoding="utf-8")


def write(folder: Path, sheets: Mapping[str, str]) -> None:
    (folder / "sheets").mkdir()
    for name, text in sheets.items():
        (folder / "sheets" / name).write_text(text, encoding="utf-8")


# --- sheets.yaml -----------------------------------------------------------------------------------------------

OPTIONS = (
    "layout header_row first_row multirow unknown_columns merged notes header_rows blank range keys overlay tags since"
).split()
WRONG = ["[[1]]", "{a: b}", "", "1.5", "2026-01-01", "-1", "99999999999999999999", "!!binary x"]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_layout_option_of_a_wrong_type_names_its_line(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    also = ", overlay: true" if option in ("tags", "since") else ""
    make_project(tmp_path, {"Item.csv": ITEMS}, "Item: game.ItemTable")
    monkeypatch.chdir(tmp_path)
    for value in WRONG:
        if (option, value) in (("since", "1.5"), ("since", "2026-01-01"), ("tags", "[[1]]")):
            continue
        text = (tmp_path / "sheets.yaml").read_text(encoding="utf-8").partition("      Item:")[0]
        line = f"      Item: {{table: game.ItemTable{also}, {option}: {value}}}\n"
        (tmp_path / "sheets.yaml").write_text(text + line, encoding="utf-8")
        before = files(tmp_path)
        ran = run("check")
        assert (ran.code, files(tmp_path)) == (2, before), (value, ran.all)
        assert f"sheets.yaml:6: spreadsheets.game.sheets.Item.{option}" in ran.all, value


# What a line of sheets.yaml says of Item, what the sheet holds, the exit code and what is said of it.
SHEETS = [
    ("{table: game.ItemTable, range: 'H:K'}", ITEMS, 1, ["range.outside", "row 1", "line 6"]),
    ("{table: game.ItemTable, range: 'A50:D60'}", ITEMS, 1, ["range.outside", "row 50", "line 6"]),
    ("{table: game.ItemTable, range: 'A2:C3'}", ITEMS, 1, ["header.none", "row 2"]),
    ("[{table: game.ItemTable, range: 'A:C'}, {table: game.RateTable, range: 'E:F'}]", ITEMS, 1, ["range.outside"]),
    ("{table: game.ItemTable, header_row: 100}", ITEMS, 1, ["header.blank", "row 100"]),
    ("{table: game.ItemTable, header_row: 2}", ITEMS, 1, ["header.none", "row 2"]),
    ("{table: game.ItemTable, header_rows: 2}", ITEMS, 1, ["header.missing", "row 1"]),
    ("{table: game.ItemTable, layout: columns}", ITEMS, 1, ["header.renamed", "A2"]),
    ("{table: game.Constants, layout: vertical}", ITEMS, 1, ["header.unknown", "A1"]),
    ("{table: game.ItemTable, keys: '9000-9999'}", ITEMS, 1, ["key.range", "A2"]),
    ("{table: game.ItemTable, blank: ['1']}", ITEMS, 1, ["key.blank", "A2"]),
    ("{table: game.ItemTable, overlay: true}", ITEMS, 2, ["sheets.yaml:6: Item: overlay: no other sheet feeds"]),
    ("game.ItemsTable", ITEMS, 2, ["sheets.yaml:6: Item: there is no message game.ItemsTable"]),
    ("game.Item", ITEMS, 2, ["items.proto:5: the message game.Item is no table"]),
    ("{table: game.Constants, layout: vertical, keys: '1-2'}", "hp,1\n", 2, ["sheets.yaml:6: Item: keys: "]),
    ("game.ItemTable", "", 1, ["header.blank", "row 1"]),
    ("game.ItemTable", "\n,,\n", 1, ["header.blank", "row 1"]),
    ("game.ItemTable", "# to be written\n", 1, ["header.missing", "row 1"]),
    ("game.ItemTable", "id,name\n1,\0\n", 1, ["sheet.unreadable", "Item.csv, line 2"]),
    ("game.ItemTable", "sep=;\n", 1, ["header.blank"]),
]


@pytest.mark.parametrize(("line", "sheet", "code", "told"), SHEETS, ids=[f"{a} {b[:12]!r}" for a, b, _, _ in SHEETS])
def test_what_does_not_fit_a_sheet_is_told_with_its_place(
    line: str, sheet: str, code: int, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {"Item.csv": sheet}, f"Item: {line}")
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    ran = run("build")
    assert ran.code == code, ran.all
    assert files(tmp_path) == before
    assert [text for text in told if text not in ran.all] == []
    # What doesn't fit where it lies is no reason to add fields.
    again = run("scaffold", "--yes")
    assert again.code in (0, 2, 3), again.all
    assert "fit the tables" not in again.all
    assert files(tmp_path) == before or "ItemsTable" in line, again.all


def test_an_overlay_for_a_tag_that_no_target_has_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "Item: game.ItemTable\nSale: {table: game.ItemTable, overlay: true, tags: [jp]}"
    make_project(tmp_path, {"Item.csv": ITEMS, "Sale.csv": ITEMS}, lines)
    monkeypatch.chdir(tmp_path)
    ran = run("build")
    assert ran.code == 2
    assert "sheets.yaml:7: Sale: no target has the tag jp" in ran.all
    with (tmp_path / "sheets.yaml").open("a", encoding="utf-8") as file:
        file.write("targets: {server-jp: {tags: [jp]}}\n")
    assert run("check").code == 0


def test_data_that_begin_below_the_sheet_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "Item: {table: game.ItemTable, first_row: 40}"
    make_project(tmp_path, {"Item.csv": ITEMS}, lines)
    monkeypatch.chdir(tmp_path)
    (problem,) = json.loads(run("check", "--format", "json").out)["problems"]
    assert (problem["code"], problem["cell"]) == ("first_row.outside", "40:40")
    assert "line 6" in problem["hint"]
    # A table of which there is but the header has nothing to begin with.
    (tmp_path / "sheets" / "Item.csv").write_text("id,name,price\n", encoding="utf-8")
    assert json.loads(run("check", "--format", "json").out)["problems"] == []


# --- definitions of another tool ---------------------------------------------------------------------------------

TABLES = "##var,full_name,value_type,read_schema_from_file,input,index,mode\n"
ENUMS = "##var,full_name,flags,unique,*items,,\n##var,,,,name,alias,value\n"
LUBAN = "##var,id,name\n##type,int,string\n,1,a\n,2,b\n"
KINDS = "##var,id,kind\n##type,int,Kind\n,1,A\n,2,B\n"

# The sheets, the tables that there are all the same, and the cells of which something is told.
DEFINITIONS: list[tuple[dict[str, str], list[str], list[str]]] = [
    ({"Item": "##var,id,name\n,1,a\n,2,b\n"}, ["ItemTable"], []),  # no ##type: the values say it
    ({"Item": "##var,id,name\n##type,int\n,1,a\n,2,b\n"}, ["ItemTable"], []),
    ({"Item": "##var,id,name\n##type,int,what(\n,1,a\n,2,b\n"}, ["ItemTable"], ["Item!C2"]),
    ({"Item": "##var,id,cost\n##type,int,Cost\n,1,3\n,2,4\n"}, ["ItemTable"], ["Item!C2"]),
    ({"Item": "##var\n", "Shop": LUBAN}, ["ShopTable"], []),
    ({"Item": "##column\n", "Shop": LUBAN}, ["ShopTable"], []),
    ({"Item": LUBAN, "__beans__": "Cost,,a,int\n"}, ["ItemTable"], ["__beans__!A1"]),
    ({"Item": LUBAN, "__beans__": ""}, ["ItemTable"], ["__beans__!A1"]),
    ({"Item": LUBAN, "__enums__": "Kind,,,A,1\n"}, ["ItemTable"], ["__enums__!A1"]),
    ({"Item": LUBAN, "__tables__": "TbItem,Item,true,Item.csv\n"}, ["ItemTable"], ["__tables__!A1"]),
    ({"Item": LUBAN, "__tables__": f"{TABLES},TbShop,Shop,true,shop.xlsx,id,\n"}, ["ItemTable"], ["__tables__!E2"]),
    ({"Item": LUBAN, "__tables__": f"{TABLES},TbItem,Item,true,Item.csv,no,\n"}, ["ItemTable"], ["__tables__!F2"]),
    ({"Item": LUBAN, "__tables__": f"{TABLES},TbItem,9Item!,true,Item.csv,id,\n"}, ["N9ItemTable"], []),
    (
        {"Item": LUBAN, "__tables__": f"{TABLES},TbA,A,true,Item.csv,id,\n,TbB,B,true,Item.csv,id,\n"},
        ["ATable"],
        ["__tables__!E3"],
    ),
    (
        {"Item": KINDS, "__enums__": f"{ENUMS},Kind,,,A,,1\n,,,,B,,1\n,,,,C,,99999999999\n,,,,D,,x\n"},
        ["ItemTable"],
        ["__enums__!G4", "__enums__!G5", "__enums__!G6"],
    ),
    ({"Item": KINDS, "__enums__": f"{ENUMS},Kind,,,A,,2147483647\n,,,,B,,\n"}, ["ItemTable"], []),
    ({"Item": KINDS, "__enums__": f"{ENUMS},!!,,,??,,1\n,,,,A,,2\n"}, ["ItemTable"], ["Item!C2"]),
    ({"Kind": KINDS, "__enums__": f"{ENUMS},Kind,,,A,,1\n,,,,B,,2\n"}, ["SheetKindTable"], []),  # one name for both
]


@pytest.mark.parametrize(("sheets", "tables", "told"), DEFINITIONS, ids=range(len(DEFINITIONS)))
def test_definitions_that_are_not_whole_are_told_by_cell(
    sheets: dict[str, str], tables: list[str], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {f"{name}.csv": text for name, text in sheets.items()})
    monkeypatch.chdir(tmp_path)
    ran = run("scaffold", "sheets", "--format", "json")
    assert ran.code == 0, ran.all
    found = json.loads(ran.out)
    assert [one["name"] for one in found["tables"]] == tables
    assert [f"{one['sheet']}!{one['cell']}" for one in found["unmatched"]] == told
    assert found["problems"] == []
    assert run("build").code == 0


MODULE = "<module>\n{}\n</module>"
BOMB = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<module name="&b;"/>'
BEANS = "##var,full_name,parent,*fields,\n##var,,,name,type\n,A,B,x,int\n,B,A,y,int\n"
REFUSED: list[tuple[str, str, list[str]]] = [
    ("x.xml", BOMB, ["x.xml:1: a document type"]),
    ("x.xml", "<module>\n<bean name='A'>\n</module>", ["x.xml:3: no XML"]),
    ("x.xml", "", ["x.xml:1: no XML"]),
    ("x.xml", "<?xml version='1.0' encoding='klingon'?><module/>", ["x.xml:1: no XML"]),
    ("x.xml", MODULE.format("<bean/>"), ["x.xml:2: the <bean> has no name"]),
    ("x.xml", MODULE.format("<enum name='A'><var value='1'/></enum>"), ["x.xml:2: the <var> has no name"]),
    ("x.xml", MODULE.format("<bean name='A' parent='B'/>\n<bean name='B' parent='A'/>"), ["x.xml:", "A, B"]),
    ("x.xml", MODULE.format("<bean name='A'><bean name='A'/></bean>"), ["x.xml:2: beans go on from each other: A"]),
    ("x.xml", MODULE.format("<bean name='A'>" * 2000 + "</bean>" * 2000), ["x.xml:2: more than 100 tags"]),
    ("__beans__.csv", BEANS, ["sheets/__beans__!B3: beans go on from each other: A, B"]),
]


@pytest.mark.parametrize(("name", "text", "told"), REFUSED, ids=range(len(REFUSED)))
def test_definitions_that_cannot_be_meant_are_refused_with_their_place(
    name: str, text: str, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"Item.csv": LUBAN})
    folder = tmp_path / "sheets" / "Defines" if name.endswith(".xml") else tmp_path / "sheets"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    ran = run("scaffold", "sheets")
    assert (ran.code, files(tmp_path)) == (2, before), ran.all
    assert [one for one in told if one not in ran.all] == [], ran.all


def test_definitions_in_xml_that_say_too_little_are_told_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"Item.csv": "##,id,cost\n,1,2\n,2,3\n"})
    (tmp_path / "sheets" / "Defines").mkdir()
    beans = "<bean name='Item'><var name='id' type='int'/>\n<var name='cost' type='what('/></bean>"
    loops = "<bean name='A'><var name='b' type='B'/></bean><bean name='B'><var name='a' type='A'/></bean>"
    tables = "<table name='TbItem' value='Item' input='item.csv'/>\n<table name='TbNo' value='A' input='no.xlsx'/>"
    (tmp_path / "sheets" / "Defines" / "folder.xml").mkdir()  # Nor is a pipe read.
    (tmp_path / "sheets" / "Defines" / "x.xml").write_text(MODULE.format(f"{beans}\n{loops}\n{tables}"))
    monkeypatch.chdir(tmp_path)
    ran = run("scaffold", "sheets")
    assert ran.code == 0, ran.all
    assert "x.xml:3: what( isn't known as a type" in ran.all
    assert "x.xml:6: there is no sheet of no.xlsx" in ran.all


def test_sheets_without_a_table_leave_a_folder_of_schemas_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {"Item.csv": "1,2\n3,4\n"}, "Item: game.ItemTable")
    (tmp_path / "sheets.yaml").unlink()
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    ran = run("scaffold", "sheets")
    assert (ran.code, files(tmp_path)) == (0, before), ran.all
    assert "nothing to add" in ran.all


BESIDE = [
    "header_row: 100",
    "header_row: 80, first_row: 90",
    "range: 'H:K'",
    "range: 'A50:D60'",
    "layout: columns, header_row: 50",
    "layout: vertical, first_row: 50",
]


@pytest.mark.parametrize("options", BESIDE)
def test_a_new_table_whose_header_is_not_there_is_an_error(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {"Item.csv": ITEMS, "New.csv": ITEMS.rstrip()}, "Item: game.ItemTable")
    with (tmp_path / "sheets.yaml").open("a", encoding="utf-8") as file:
        file.write(f"      New: {{table: game.NewTable, {options}}}\n")
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    ran = run("scaffold", "--yes")
    assert (ran.code, files(tmp_path)) == (2, before), ran.all
    assert "sheets.yaml:7: New: no header stands where sheets.yaml says" in ran.all


TABLEAU = 'ID,Kind\n"map<uint32, Item>",enum<.Kind>\nx,y\n1,B\n2,D\n'
OTHERS: list[tuple[str, dict[str, str], list[str]]] = [
    ("tableau", {"@TABLEAU": "Sheet,Namerow,Datarow\nItem,10,40\n", "Item": TABLEAU}, []),
    ("tableau", {"@TABLEAU": "Sheet,Namerow,Datarow\nItem,x,-1\n", "Item": TABLEAU}, ["ItemTable"]),
    ("tableau", {"@TABLEAU": f"Sheet,Namerow,Datarow\nItem,²,{'9' * 30}\n", "Item": TABLEAU}, ["ItemTable"]),
    ("tableau", {"@TABLEAU": "Sheet,Nameline,Typeline\nItem,²,1\n", "Item": TABLEAU}, ["ItemTable"]),
    ("tableau", {"@TABLEAU": "Sheet,Mode\nItem,\nKind,MODE_ENUM_TYPE\n", "Kind": "", "Item": TABLEAU}, ["ItemTable"]),
    ("tableau", {"@TABLEAU": "", "Item": TABLEAU}, ["ItemTable"]),
    (
        "tabtoy",
        {
            "@Types": "ObjectType,FieldName,FieldType,Value,Alias\n,A,int32,x,\nKind,B,,1,\n",
            "Item": "ID,Kind\nint32,Kind\n,\nid,kind\n1,B\n2,B\n",
        },
        ["ItemTable"],
    ),
    (
        "tabtoy",  # The values stand before the names.
        {
            "@Types": 'TableName: "Item"\nObjectType,FieldName,FieldType\n',
            "Item": "Value,FieldName,FieldType\n5,Hp,int32\n",
        },
        ["ItemTable"],
    ),
]


BROKEN = [
    ("auto", "#,,,,,\n#,Id,Name,Power,A,B\n#,int,what(,int33,int,int\n,1,a,5,1,1\n,2,b,6,1,1\n", ["C3", "D3"]),
    ("supercell", "Name,Cost,Level\nString,int,lnt\na,5,1\nb,6,2\n", ["C2"]),
    ("tableau", 'ID,Kind,A\n"map<uint32, Item>",{int32 A,int32\nid,kind,a\n1,B,1\n2,D,2\n', ["B2"]),
    ("tabtoy", "ID,Power,A\nint32,int23,int32\n,,\nid,power,a\n1,5,1\n2,6,1\n", ["B2"]),
    ("luban", "##var,id,cost\n##type,int,Cost\n,1,3\nx,2,4\n", ["A4", "C2"]),
]


@pytest.mark.parametrize(("tool", "sheet", "told"), BROKEN, ids=[tool for tool, _, _ in BROKEN])
def test_a_type_that_nobody_knows_is_told_by_its_cell(
    tool: str, sheet: str, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"Item.csv": sheet})
    monkeypatch.chdir(tmp_path)
    ran = run("scaffold", "sheets", "--tool", tool, "--format", "json")
    assert ran.code == 0, ran.all
    assert [one["cell"] for one in json.loads(ran.out)["unmatched"]] == told


@pytest.mark.parametrize(("tool", "sheets", "tables"), OTHERS, ids=range(len(OTHERS)))
def test_half_definitions_of_other_tools_are_no_bug(
    tool: str, sheets: dict[str, str], tables: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {f"{name}.csv": text for name, text in sheets.items()})
    monkeypatch.chdir(tmp_path)
    ran = run("scaffold", "sheets", "--tool", tool, "--format", "json")
    assert ran.code == 0, ran.all
    assert [one["name"] for one in json.loads(ran.out)["tables"]] == tables


def test_messages_of_definitions_that_hold_each_other_come_to_an_end() -> None:
    """Forty of them, each in each, have more ways than can be walked, and more sets of what was walked through."""
    names = [f"M{number}" for number in range(40)]
    fields = tuple((name.lower(), Declared(name, name=name)) for name in names)
    defined = Definitions("game", messages={name: Message("", (*fields, ("x", Declared("int")))) for name in names})
    assert defined.resolved(Declared("M0", name="M0")).parts == (), "a message in a message has no place in a cell"
