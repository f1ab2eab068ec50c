import random
from collections.abc import Sequence
from typing import Any

import pytest
from diffcases import diff_of

from gdata.diffs.changes import ChangedRows, WholeRows, cells_of, columns_of
from gdata.diffs.model import Row, TableDiff

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Reward { int32 item = 1; int64 count = 2; }
message Item {
  int32 id = 1 [(gdata.field).key = true];
  int64 price = 2;
  uint64 seed = 3;
  double rate = 4;
  optional int32 level = 5;
  repeated Reward rewards = 6;
  repeated int32 marks = 7;
  oneof kind { int32 bow = 8; string sword = 9; }
}
message ItemTable { repeated Item rows = 1; }
"""


def make_row(number: int, chance: random.Random) -> dict[str, Any]:
    rewards = [{"item": chance.randrange(3), "count": chance.randrange(3)} for _ in range(chance.randrange(3))]
    return {
        "id": number,
        "price": chance.randrange(3),
        "seed": chance.choice([1, 2**64 - 1]),
        "rate": chance.choice([float("nan"), 0.5]),
        "level": chance.choice([None, 0, 7]),
        "rewards": rewards,
        "marks": [chance.randrange(3) for _ in range(chance.randrange(3))],
        chance.choice(["bow", "sword"]): chance.choice([0, 1]),
    }


def tables() -> tuple[dict[str, Any], dict[str, Any]]:
    chance = random.Random(7)
    old, new = ([make_row(number, chance) for number in range(1, 90)] for _ in "12")
    for row in (*old, *new):
        if "sword" in row:
            row["sword"] = str(row["sword"])
    return {"ItemTable": old}, {"ItemTable": new}


def changed_rows() -> ChangedRows:
    found: TableDiff = diff_of(*tables(), old_protos=PROTO, new_protos=PROTO).targets["server"].tables["ItemTable"]
    assert isinstance(found.changed, ChangedRows)
    return found.changed


def test_rows_are_the_same_however_many_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(changed_rows())
    assert len(whole) > 80
    for name in ("changes._AT_ONCE", "tables.table.AT_ONCE", "tables.rows.AT_ONCE"):
        monkeypatch.setattr(f"gdata.diffs.{name}", 7)
    some = changed_rows()
    assert (list(some), len(some), some[-1], some[3:20], some[:9:2]) == (
        whole,
        len(whole),
        whole[-1],
        whole[3:20],
        whole[:9:2],
    )
    assert some == whole


@pytest.mark.parametrize("core", ["0", "1"])
def test_columns_are_those_of_the_rows(core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GDATA_CORE", core)
    rows = changed_rows()
    by_row = columns_of(list(rows))
    assert cells_of(rows) == cells_of(list(rows)) == sum(len(one.rows) for one in by_row)
    assert {one.path for one in by_row} > {"price", "seed", "rewards.count", "rewards", "marks", "bow", "sword"}
    for one, other in zip(rows.columns(), by_row, strict=True):
        assert (one.path, list(one.rows), one.only_path) == (other.path, list(other.rows), other.only_path)
        assert [str(value) for value in one.old] == [str(value) for value in other.old]
        assert [str(value) for value in one.new] == [str(value) for value in other.new]


def test_rows_of_one_side_are_read_where_they_are_shown() -> None:
    old, _ = tables()
    kept = {"ItemTable": old["ItemTable"][::2]}
    removed = diff_of(old, kept, old_protos=PROTO, new_protos=PROTO).targets["server"].tables["ItemTable"].removed
    assert isinstance(removed, WholeRows)
    assert [row.key for row in removed] == [(number,) for number in range(2, 90, 2)]
    asked: list[list[int]] = []

    def read(places: Sequence[int]) -> list[Row]:
        asked.append(list(places))
        return removed[: len(places)]

    rows = WholeRows(range(10, 5010, 2), read).with_users({3: 8})
    assert (len(rows), asked) == (2500, [])
    assert [row.users for row in (*rows[2:5], rows[-1], rows[3])] == [0, 8, 0, 0, 8]
    assert asked == [[14, 16, 18], [5008], [16]]
