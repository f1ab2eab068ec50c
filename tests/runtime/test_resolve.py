"""Following the references of the manifest from a row to the rows it names."""

from __future__ import annotations

import pytest

import gdata
from gdata.bundles.manifest import Reference
from gdata.errors import LookupFailed
from gdata.runtime import Data
from gdata.testing.bundles import Contents, write_output

PROTO = """
syntax = "proto3";
package game;
enum RewardType { NONE = 0; ITEM = 1; HERO = 2; }
message Reward { RewardType type = 1; int32 id = 2; bool special = 3; }
message Item { int32 id = 1; string code = 2; optional int32 evolves_to = 3; repeated int32 parts = 4; }
message ItemTable { repeated Item rows = 1; }
message Hero { int32 id = 1; }
message HeroTable { repeated Hero rows = 1; }
message Quest {
  int32 id = 1;
  int32 reward_item = 2;
  Reward reward = 3;
  repeated Reward rewards = 4;
  string item_code = 5;
  map<string, Reward> by_rank = 6;
  int32 any = 7;
}
message QuestTable { repeated Quest rows = 1; }
message Constants { int32 first_item = 1; }
"""
ITEM = (Reference("ItemTable", ("id",), none=("0", "-1")),)
REWARD = (Reference("ItemTable", ("id",), "type=ITEM"), Reference("HeroTable", ("id",), "type=2"))
REFS = {
    "ItemTable": {"evolves_to": ITEM, "parts": ITEM},
    "QuestTable": {
        "reward_item": ITEM,
        "reward.id": REWARD,
        "rewards.id": REWARD,
        "by_rank.id": REWARD,
        "item_code": (Reference("ItemTable", ("code",)),),
        "any": (Reference("ItemTable", ("id",)), Reference("HeroTable", ("id",))),
    },
    "Constants": {"first_item": ITEM},
}
TABLES = {
    "ItemTable": [
        {"id": 1, "code": "sword", "evolves_to": 2, "parts": [2, 3]},
        {"id": 2, "code": "blade"},
        {"id": 3, "code": "gem"},
    ],
    "HeroTable": [{"id": 1}, {"id": 50}],
    "QuestTable": [
        {
            "id": 1,
            "reward_item": 3,
            "reward": {"type": 2, "id": 50},
            "rewards": [{"type": 1, "id": 1}, {"type": 0, "id": 9}, {"type": 2, "id": 1}],
            "item_code": "gem",
            "by_rank": {"gold": {"type": 1, "id": 2}},
            "any": 50,
        },
        {"id": 2, "reward_item": -1, "any": 3},
        {"id": 3, "reward_item": 77},
    ],
    "Constants": {"first_item": 1},
}
KEYS = {"ItemTable": ("id",), "HeroTable": ("id",), "QuestTable": ("id",)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("output")
    return gdata.load(write_output(folder, {"server": Contents(PROTO, TABLES, KEYS, REFS)}))


def test_a_reference_gives_its_row(data: Data) -> None:
    quest = data.QuestTable[1]
    assert data.resolve(quest, "reward_item").code == "gem"
    assert data.resolve(quest, "item_code").id == 3
    assert data.resolve(data.Constants, "first_item").code == "sword"
    assert data.snapshot().resolve(data.ItemTable[1], "evolves_to").code == "blade"


def test_when_chooses_the_table(data: Data) -> None:
    quest = data.QuestTable[1]
    assert data.resolve(quest, "reward.id") == data.HeroTable[50]
    assert data.resolve(quest.rewards[0], "id") == data.ItemTable[1]
    assert data.resolve(quest.rewards[1], "id") is None
    assert data.resolve(quest.by_rank["gold"], "id") == data.ItemTable[2]


def test_of_several_tables_it_is_the_one_that_has_the_row(data: Data) -> None:
    assert data.resolve(data.QuestTable[1], "any") == data.HeroTable[50]
    assert data.resolve(data.QuestTable[2], "any") == data.ItemTable[3]


def test_a_list_gives_a_list(data: Data) -> None:
    assert [item.code for item in data.resolve(data.ItemTable[1], "parts")] == ["blade", "gem"]
    assert data.resolve(data.ItemTable[2], "parts") == []
    assert data.resolve(data.QuestTable[1], "rewards.id") == [data.ItemTable[1], data.HeroTable[1]]


def test_what_means_no_reference_gives_none(data: Data) -> None:
    assert data.resolve(data.QuestTable[2], "reward_item") is None  # a value of `none`
    assert data.resolve(data.QuestTable[2], "reward.id") is None  # the message isn't set
    assert data.resolve(data.QuestTable[2], "item_code") is None  # blank
    assert data.resolve(data.QuestTable[3], "any") is None  # zero, as a blank cell gives
    assert data.resolve(data.ItemTable[2], "evolves_to") is None  # optional, not set


def test_a_value_without_its_row_is_told(data: Data) -> None:
    with pytest.raises(LookupFailed, match=r"Quest\.reward_item = 77: no such row in ItemTable"):
        data.resolve(data.QuestTable[3], "reward_item")


def test_what_is_no_reference_is_told(data: Data) -> None:
    quest = data.QuestTable[1]
    with pytest.raises(
        LookupFailed, match=r"game.Quest.id is no reference to another table; references are any, item_code, "
    ):
        data.resolve(quest, "id")
    with pytest.raises(LookupFailed, match=r"has no field reward_itm; did you mean reward_item\?"):
        data.resolve(quest, "reward_itm")
    with pytest.raises(LookupFailed, match=r"goes through the map by_rank"):
        data.resolve(quest, "by_rank.id")
    with pytest.raises(LookupFailed, match="'quest' is no row"):
        data.resolve("quest", "reward_item")
    with pytest.raises(LookupFailed, match="references are on none of its fields"):
        data.resolve(data.HeroTable[1], "id")
