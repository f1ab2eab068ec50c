"""A problem tells what people call its row, as far as its row is there and has a name."""

from pathlib import Path
from typing import Any

import pytest
from command_line import run_gdata

from gdata.errors import SchemaError
from gdata.testing.views import build_schema

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name_key = 2 [(gdata.field).ref = {table: "TextTable"}];
  int32 price = 3;
}
message ItemTable { option (gdata.table).title = "name_key"; repeated Item rows = 1; }
message Quest { int32 id = 1 [(gdata.field).key = true]; string title = 2; int32 gold = 3; }
message QuestTable { repeated Quest rows = 1; }
message Text { string key = 1 [(gdata.field).key = true]; string ko = 2; string en = 3; }
message TextTable { repeated Text rows = 1; }
"""
CONFIG = """
version: 1
spreadsheets:
  game: {path: sheets, sheets: {Item: game.ItemTable, "Quest *": game.QuestTable, Text: game.TextTable}}
"""
SHEETS = {
    "Item": "id,name_key,price\n1,item.1,50\n2,item.2,many\n3,,few\n",
    "Quest A": "id,title,gold\n10,첫 걸음,5\n11,둘째,\n",
    "Quest B": "id,title,gold\n20,<b>셋째</b>,x\n#,,\n21,넷째,y\n",
    "Text": "key,ko,en\nitem.1,철검,Iron Sword\nitem.2,은검,Silver Sword\n",
}


def problems(folder: Path, *more: str) -> list[dict[str, Any]]:
    (folder / "protos").mkdir(parents=True)
    (folder / "protos" / "game.proto").write_text(PROTO, "utf-8")
    (folder / "sheets.yaml").write_text(CONFIG, "utf-8")
    (folder / "sheets").mkdir()
    for name, text in SHEETS.items():
        (folder / "sheets" / f"{name}.csv").write_text(text, "utf-8")
    found: list[dict[str, Any]] = run_gdata("check", "--format", "json", *more, cwd=folder, code=1).json["problems"]
    return found


@pytest.mark.parametrize(("language", "sword"), [("en", "Silver Sword"), ("ko", "은검")])
def test_each_has_its_rows_title(tmp_path: Path, language: str, sword: str) -> None:
    titles = {(one["sheet"], one["cell"]): one["title"] for one in problems(tmp_path, "--lang", language)}
    assert titles == {
        ("Item", "C3"): sword,
        ("Item", "C4"): "",
        ("Quest A", "C3"): "둘째",
        ("Quest B", "C2"): "<b>셋째</b>",
        ("Quest B", "C4"): "넷째",
    }


def test_people_see_it_beside_the_message(tmp_path: Path) -> None:
    problems(tmp_path)
    assert "many is not a whole number  · Silver Sword" in run_gdata("check", cwd=tmp_path, code=1).out
    page = run_gdata("check", "--format", "markdown", cwd=tmp_path, code=1).out
    assert "Silver Sword" in page and "<b>셋째" not in page


@pytest.mark.parametrize("title", ["nope", "id", "names", "part", "part.name", "part.nope", "parts.item", "name"])
def test_a_title_is_one_text_or_one_reference(title: str) -> None:
    schema = build_schema(
        'syntax = "proto3"; package game; import "gdata/options.proto";'
        'message Part { int32 item = 1 [(gdata.field).ref = {table: "ATable"}]; string name = 2; }'
        "message A { int32 id = 1 [(gdata.field).key = true]; string name = 2; repeated string names = 3;"
        "Part part = 4; repeated Part parts = 5; }"
        f'message ATable {{ option (gdata.table).title = "{title}"; repeated A rows = 1; }}'
        'message BTable { option (gdata.table).title = "part.item"; repeated A rows = 1; }'
    )
    if title == "name":
        assert [schema.table(f"game.{one}Table").title for one in "AB"] == ["name", "part.item"]
    else:
        with pytest.raises(SchemaError, match=rf"\.proto:\d+: the title of game\.ATable is {title}, which"):
            schema.table("game.ATable")
