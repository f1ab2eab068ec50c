"""Rows are shared by all threads: who writes to one is found by `check_shared=True`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import gdata
from gdata.errors import SharedRowChanged, UsageError
from gdata.testing.bundles import build_output

PROTO = """
syntax = "proto3";
package game;
message Reward { int32 item = 1; map<int32, Reward> more = 2; }
message Hero {
  int32 id = 1;
  string name = 2;
  map<string, int32> stats = 3;
  repeated Reward rewards = 4;
  Reward first = 5;
}
message HeroTable { repeated Hero rows = 1; }
message SkillTable { map<int32, Reward> rows = 1; }
message Constants { int32 level = 1; map<string, int32> limits = 2; }
"""
HEROES = [
    {"id": number, "name": f"hero {number}", "stats": {"str": number}, "rewards": [{"item": 1}], "first": {"item": 2}}
    for number in range(1, 41)
]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    tables: dict[str, Any] = {"HeroTable": HEROES, "Constants": {"level": 9, "limits": {"bag": 5}}}
    return build_output(tmp_path / "output", PROTO, tables, targets=("server",), keys={"HeroTable": ("id",)})


def read_missing_stat(data: Any) -> None:
    assert data.HeroTable[7].stats["luck"] == 0


def test_reading_a_missing_key_of_a_map_is_found_at_the_next_lookup(output: Path) -> None:
    data = gdata.load(output, check_shared=True)
    data.HeroTable[8].stats.get("luck", 0)
    read_missing_stat(data)
    with pytest.raises(SharedRowChanged) as error:
        data.HeroTable.get(8)
    assert "HeroTable[7] was changed in memory" in str(error.value)
    assert "stats['luck'] missing → 0" in str(error.value)
    assert f"{__file__}:" in str(error.value)
    assert "in read_missing_stat" in str(error.value)
    assert ".get(key, default)" in error.value.hint
    data.check_shared()  # it is told once


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda row: setattr(row, "name", "x"), "name hero 3 → x"),
        (lambda row: row.rewards.add(item=5), "rewards [item: 1 ] → [item: 1 , item: 5 ]"),
        (lambda row: setattr(row.first, "item", 9), "first.item 2 → 9"),
        (lambda row: row.first.more[4].item, "first.more[4] missing →"),
        (lambda row: row.stats.clear(), "stats['str'] 3 → missing"),
        (lambda row: row.ClearField("id"), "HeroTable[3] was changed in memory, for all who share it: id 3 → 0"),
    ],
)
@pytest.mark.parametrize("how", ["lookup", "iterate", "where", "slice"])
def test_every_way_to_write_and_to_take_a_row_is_found(output: Path, write: Any, told: str, how: str) -> None:
    data = gdata.load(output, check_shared=True)
    table = data.HeroTable
    takes: dict[str, Any] = {
        "lookup": lambda: table[3],
        "iterate": lambda: next(row for row in table if row.id == 3),
        "where": lambda: table.where(name="hero 3")[0],
        "slice": lambda: table.rows[:3][-1],
    }
    write(takes[how]())
    with pytest.raises(SharedRowChanged) as error:
        data.check_shared()
    assert told in str(error.value)
    assert f"taken last at {__file__}:" in str(error.value)


def test_a_record_is_watched_too_and_a_refresh_looks(output: Path) -> None:
    data = gdata.load(output, check_shared=True)
    assert data.Constants.limits["guild"] == 0
    with pytest.raises(SharedRowChanged, match=r"Constants\[.*limits\['guild'\] missing → 0"):
        data.refresh()
    assert data.refresh() is False


def test_readers_and_copies_are_left_alone(output: Path) -> None:
    data = gdata.load(output, check_shared=True)
    for row in data.HeroTable:
        mine = type(row)()
        mine.CopyFrom(row)
        mine.stats["luck"] += 1
        assert row.stats.get("str") == row.id
        assert "luck" not in row.stats
        assert dict(row.stats) == {"str": row.id}
        assert row.first.more.get(3) is None
    assert data.HeroTable.get(99) is None
    with pytest.raises(KeyError):
        data.HeroTable[99]
    data.check_shared()


def test_without_it_nothing_is_watched(output: Path) -> None:
    data = gdata.load(output)
    read_missing_stat(data)
    data.refresh()
    with pytest.raises(UsageError, match="isn't watched"):
        data.check_shared()
