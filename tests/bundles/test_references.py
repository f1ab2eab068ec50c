"""Who refers to a row, however deep in another one, and only where the reference holds."""

from pathlib import Path
from typing import Any

import pytest
from command_line import run_gdata

import gdata
from gdata.bundles.manifest import Reference
from gdata.diffs.compare import compare
from gdata.diffs.model import Side
from gdata.diffs.renderers.json import table_json
from gdata.errors import LookupFailed
from gdata.testing.bundles import Contents, memory_output, write_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
enum Kind { KIND_NONE = 0; KIND_ITEM = 1; KIND_HERO = 2; }
message Reward { Kind kind = 1; int32 id = 2; }
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 next_id = 3; }
message ItemTable { repeated Item rows = 1; }
message Quest {
  int32 id = 1 [(gdata.field).key = true];
  repeated Reward rewards = 2;
  repeated int32 needs = 3;
  map<string, int32> by_day = 4;
  Reward first = 5;
}
message QuestTable { repeated Quest rows = 1; }
message Constants { int32 start_item = 1; }
message Copy { repeated Item rows = 1; }
"""
ITEM = Reference("ItemTable", ("id",))
REFS = {
    "ItemTable": {"next_id": [Reference("ItemTable", ("id",), none=("3",))]},
    "QuestTable": {
        "rewards.id": [Reference("ItemTable", ("id",), "kind=KIND_ITEM")],
        "first.id": [Reference("ItemTable", ("id",), "kind=1")],
        "needs": [ITEM],
        "by_day": [ITEM],
    },
    "Constants": {"start_item": [ITEM]},
}
TABLES: dict[str, Any] = {
    "ItemTable": [{"id": 1, "name": "검", "next_id": 2}, {"id": 2, "name": "활", "next_id": 3}, {"id": 3}],
    "QuestTable": [
        {"id": 10, "rewards": [{"kind": 2, "id": 2}, {"kind": 1, "id": 2}], "needs": [1, 2, 2]},
        {"id": 11, "by_day": {"mon": 2, "tue": 1}, "first": {"kind": 1, "id": 2}},
    ],
    "Constants": {"start_item": 2},
}


def load(folder: Path, tables: dict[str, Any] = TABLES) -> Any:
    return gdata.load(write_output(folder, {"server": Contents(PROTO, tables, refs=REFS)}))


def test_every_use_is_found_by_its_path(tmp_path: Path) -> None:
    data = load(tmp_path)
    found = [(use.table, getattr(use.row, "id", None), use.path) for use in data.users(data.ItemTable[2])]
    assert sorted(found, key=str) == [
        ("Constants", None, "start_item"),
        ("ItemTable", 1, "next_id"),
        ("QuestTable", 10, "needs[2]"),
        ("QuestTable", 10, "needs[3]"),
        ("QuestTable", 10, "rewards[2].id"),
        ("QuestTable", 11, "by_day[mon]"),
        ("QuestTable", 11, "first.id"),
    ]


KEYED = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message ItemTable { repeated Item rows = 1; }
message Bag { int32 id = 1 [(gdata.field).key = true]; map<int64, int32> counts = 2; map<int32, Note> notes = 3; }
message Note { int32 text = 1; }
message BagTable { repeated Bag rows = 1; }
"""


def test_a_map_whose_keys_fit_refers_by_them(tmp_path: Path) -> None:
    def made(count: int) -> dict[str, Contents]:
        bag = {"id": 1, "counts": {1: count}, "notes": {1: {"text": 2}}}
        rows = {"ItemTable": [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}], "BagTable": [bag]}
        return {"server": Contents(KEYED, rows, refs={"BagTable": {"counts": [ITEM], "notes": [ITEM]}})}

    data = gdata.load(write_output(tmp_path, made(2)))
    assert sorted(use.path for use in data.users(data.ItemTable[1])) == ["counts[1]", "notes[1]"]
    assert list(data.users(data.ItemTable[2])) == []
    old, new = (Side(name, None, memory_output(made(count))) for name, count in (("old", 2), ("new", 1)))
    (change,) = compare(old, new, category="off").targets["server"].tables["BagTable"].changed
    assert [(one.path, one.old, one.new) for one in change.fields] == [("counts[1]", 2, 1)]


SEVERAL = """
syntax = "proto3";
package game;
message LevelKey { int32 hero_id = 1; int32 level = 2; }
message Rank { int32 of = 1; int32 grade = 2; }
message Level { int32 hero_id = 1; int32 level = 2; string name = 3; LevelKey next = 4; }
message LevelTable { repeated Level rows = 1; }
message Skill {
  int32 id = 1; repeated LevelKey needs = 2; map<string, LevelKey> by_mode = 3; Rank rank = 4; int32 odd = 5;
}
message SkillTable { repeated Skill rows = 1; }
"""
LEVEL = [Reference("LevelTable", ("hero_id", "level"))]
SEVERAL_REFS = {
    "LevelTable": {"next": LEVEL},
    "SkillTable": {"needs": LEVEL, "by_mode": LEVEL, "rank": LEVEL, "odd": LEVEL},
}


def test_a_message_refers_to_a_key_of_several_fields(tmp_path: Path) -> None:
    levels = [{"hero_id": 1, "level": one, "next": {"hero_id": 1, "level": one + 1}} for one in (1, 2)]
    skills = [
        {"id": 7, "needs": [{"hero_id": 2, "level": 2}, {"hero_id": 1, "level": 2}], "odd": 1},
        {"id": 8, "by_mode": {"hard": {"hero_id": 1, "level": 2}}, "rank": {"of": 1, "grade": 2}},
    ]
    tables: dict[str, Any] = {"LevelTable": levels, "SkillTable": skills}
    keys = {"LevelTable": ("hero_id", "level"), "SkillTable": ("id",)}
    contents = Contents(SEVERAL, tables, keys=keys, refs=SEVERAL_REFS)
    data = gdata.load(write_output(tmp_path / "output", {"server": contents}))
    found = [(use.table, use.row.DESCRIPTOR.name, use.path) for use in data.users(data.LevelTable[1, 2])]
    assert found == [
        ("LevelTable", "Level", "next"),
        ("SkillTable", "Skill", "by_mode[hard]"),
        ("SkillTable", "Skill", "needs[2]"),
        ("SkillTable", "Skill", "rank"),
    ]
    assert data.resolve(data.LevelTable[1, 1], "next") == data.LevelTable[1, 2]
    assert data.resolve(data.SkillTable[8], "rank") == data.LevelTable[1, 2]
    assert data.resolve(data.SkillTable[7], "rank") is None
    told = run_gdata("uses", "LevelTable", "1,2", "--from", "output", cwd=tmp_path).out
    assert "4 cells refer to it" in told


def test_a_value_that_means_no_reference_is_no_use(tmp_path: Path) -> None:
    data = load(tmp_path)
    assert data.users(data.ItemTable[3]) == []


def test_a_row_of_no_table_and_one_of_two_are_told(tmp_path: Path) -> None:
    data = load(tmp_path, {**TABLES, "Copy": [{"id": 2}]})
    with pytest.raises(LookupFailed, match="is no row of"):
        data.users(5)
    with pytest.raises(LookupFailed, match=r'users\(row, "Copy"\)'):
        data.users(data.ItemTable[2])
    assert len(data.users(data.ItemTable[2], "ItemTable")) == 7


def test_a_removed_row_tells_how_many_rows_referred_to_it() -> None:
    old, new = (
        Side(name, None, memory_output({"server": Contents(PROTO, {**TABLES, "ItemTable": rows}, refs=REFS)}))
        for name, rows in (("old", TABLES["ItemTable"]), ("new", TABLES["ItemTable"][:1]))
    )
    table = compare(old, new).targets["server"].tables["ItemTable"]
    assert [(row.key, row.users) for row in table.removed] == [((2,), 4), ((3,), 0)]
    assert [row.get("users") for row in table_json(table)["removed"]] == [4, None]


def test_the_command_tells_them_with_their_titles(tmp_path: Path) -> None:
    load(tmp_path / "output")
    ran = run_gdata("uses", "Item", "활", "--from", "output", cwd=tmp_path)
    assert "7 cells refer to it" in ran.out and "rewards[2].id" in ran.out
    found = run_gdata("uses", "ItemTable", "2", "--from", "output", "--format", "json", cwd=tmp_path).json
    assert (found["key"], found["title"], len(found["uses"])) == ([2], "활", 7)
    assert {"table": "ItemTable", "key": [1], "title": "검", "path": "next_id"} in found["uses"]
    assert "nothing refers to it" in run_gdata("uses", "Item", "3", "--from", "output", cwd=tmp_path).out
