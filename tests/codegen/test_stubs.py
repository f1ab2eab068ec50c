"""The stubs of a bundle in use by mypy: what it completes, and which mistakes it finds."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gdata.bundles.reader import open_bundle
from gdata.codegen.stubs import make_stubs
from gdata.testing.bundles import build_bundle

PROTO = """
syntax = "proto3";
package game;
import "google/protobuf/timestamp.proto";
enum Grade { NORMAL = 0; RARE = 1; }
message Item {
  message Effect { int32 value = 1; }
  int32 id = 1;
  string name = 2;
  int64 price = 3;
  Grade grade = 4;
  repeated Effect effects = 5;
  map<string, Effect> by_rank = 6;
  google.protobuf.Timestamp since = 7;
  float rate = 8;
  bytes raw = 9;
  bool int = 10;
  Item Item = 11;
  string class = 12;
  repeated string tags = 13;
  string DESCRIPTOR = 14;
}
message ItemTable { repeated Item rows = 1; }
message Level { string hero = 1; int32 level = 2; }
message LevelTable { repeated Level rows = 1; }
message Drop { int32 item_id = 1; }
message DropTable { repeated Drop rows = 1; }
message Text { string id = 1; string ko = 2; }
message TextTable { map<string, Text> rows = 1; }
message Constants { int32 max_level = 1; }
message Empty {}
message release { int32 number = 1; }
"""
TABLES = {
    "ItemTable": [],
    "LevelTable": [],
    "DropTable": [],
    "TextTable": {},
    "Constants": {},
    "Empty": {},
    "release": {},
}
KEYS = {"ItemTable": ("id",), "LevelTable": ("hero", "level"), "TextTable": ("id",)}

USE = """
    from typing import TYPE_CHECKING, cast
    import gdata
    if TYPE_CHECKING:
        from game_data import GameData, GameDataSnapshot
    data = cast("GameData", gdata.load("output/server"))
    def on_change(changed: "GameData") -> None:
        reveal_type(changed.build)
    data.watch(5, on_change)
"""


def check(folder: Path, code: str) -> list[str]:
    """What mypy says of code that uses the stubs: its errors, and the types that `reveal_type` asks for."""
    bundle = open_bundle(build_bundle(folder / "bundle", PROTO, TABLES, keys=KEYS))
    (folder / "game_data.pyi").write_text(make_stubs(bundle), encoding="utf-8")
    (folder / "server.py").write_text(textwrap.dedent(USE) + textwrap.dedent(code), encoding="utf-8")
    config = folder / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "server.py", "game_data.pyi"]
    command += [f"--cache-dir={folder.parent / 'mypy_cache'}", "--hide-error-context", "--no-error-summary"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [line.split(": ", 2)[2] for line in done.stdout.splitlines()]


def revealed(types: str) -> list[str]:
    return [f'Revealed type is "{kind}"' for kind in ("str", *textwrap.dedent(types).split("\n")[1:-1])]


def simplified(lines: list[str]) -> list[str]:
    return [line.replace("builtins.", "").replace("typing.", "").replace("collections.abc.", "") for line in lines]


def test_mypy_knows_tables_rows_and_fields(tmp_path: Path) -> None:
    lines = check(
        tmp_path,
        """
        item = data.ItemTable[1]
        reveal_type(item.price)
        reveal_type(item.grade)
        reveal_type(item.rate)
        reveal_type(item.raw)
        reveal_type(item.int)
        reveal_type(item.tags)
        reveal_type(item.effects[0].value)
        reveal_type(item.by_rank.get("gold"))
        reveal_type(item.since.ToSeconds())
        reveal_type(item.Item.name)
        reveal_type(item.HasField("since"))
        reveal_type(data.LevelTable["kai", 3].level)
        reveal_type([row.item_id for row in data.DropTable])
        reveal_type(data.DropTable.rows[0].item_id)
        reveal_type(data.TextTable["a"].ko)
        reveal_type(data.Constants.max_level)
        reveal_type(data.ItemTable.where(grade=1)[0].id)
        reveal_type(data.ItemTable.get(1))
        reveal_type(data.ItemTable.get(1, 0))
        reveal_type(data.snapshot().Constants.max_level)
        reveal_type(data.release)
        """,
    )
    assert simplified(lines) == revealed(
        """
        int
        int
        float
        bytes
        bool
        Sequence[str]
        int
        game_data.Item_Effect | None
        int
        str
        bool
        int
        list[int]
        int
        str
        int
        int
        game_data.Item_ | None
        game_data.Item_ | int
        int
        str | None
        """
    )


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ("data.ItemTabel", '"GameData" has no attribute "ItemTabel"'),
        ("data.ItemTable[1].prise", '"Item_" has no attribute "prise"'),
        ('data.ItemTable["1"]', 'Invalid index type "str" for "Table[int, Item_]"; expected type "int"'),
        ('data.LevelTable["kai"]', 'Invalid index type "str" for "Table[tuple[str, int], Level]"'),
        ("data.DropTable[0]", 'Invalid index type "int" for "Table[Never, Drop]"'),
        ("data.ItemTable[1].price = 3", 'Property "price" defined in "Item_" is read-only'),
        ('data.ItemTable[1].by_rank["gold"]', 'Value of type "SharedMap[str, Item_Effect]" is not indexable'),
        ("data.snapshot().Constant", '"GameDataSnapshot" has no attribute "Constant"'),
    ],
)
def test_mypy_finds_mistakes(tmp_path: Path, mistake: str, words: str) -> None:
    found = check(tmp_path, mistake)
    assert len(found) == 2
    assert found[1].startswith(words)


def test_the_same_bundle_gives_the_same_stubs(tmp_path: Path) -> None:
    bundle = open_bundle(build_bundle(tmp_path, PROTO, TABLES, keys=KEYS))
    assert make_stubs(bundle) == make_stubs(bundle)
    assert "class ServerData(_Tables, _r.TypedData):" in make_stubs(bundle, name="ServerData")


def test_names_that_are_not_pythons_are_left_out(tmp_path: Path) -> None:
    text = make_stubs(open_bundle(build_bundle(tmp_path, PROTO, TABLES, keys=KEYS)))
    assert "def class(" not in text
    assert "def release(" not in text
    compile(text, "game_data.pyi", "exec")
