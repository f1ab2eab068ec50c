"""The game that the tests of diffs share, and sides made of it in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gdata.diffs.compare import compare
from gdata.diffs.model import Diff, Side, TableDiff
from gdata.diffs.renderers.json import table_json, written
from gdata.testing.bundles import Contents, Rows, memory_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/struct.proto";
enum Grade { GRADE_NONE = 0; GRADE_RARE = 1 [(gdata.value).label = "희귀"]; GRADE_EPIC = 2; }
message Reward {
  int32 item_id = 1;
  int32 count = 2 [(gdata.field).column = "보상{} 수량"];
}
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name = 2 [(gdata.field).column = "이름"];
  int32 price = 3 [(gdata.field).column = "가격"];
  int32 sell = 4;
  float rate = 5;
  int64 power = 6;
  optional int32 level = 7;
  Grade grade = 8;
  repeated Reward rewards = 9;
  map<string, int32> stats = 10;
  google.protobuf.Timestamp opens = 11;
  google.protobuf.Struct extra = 12;
  repeated int32 steps = 13;
}
message ItemTable { repeated Item rows = 1; }
message Drop { int32 stage = 1 [(gdata.field).key = true]; int32 slot = 2 [(gdata.field).key = true]; double rate = 3; }
message DropTable { repeated Drop rows = 1; }
message Line { string text = 1; int32 weight = 2; }
message LineTable { repeated Line rows = 1; }
message Constants { int32 max_level = 1; repeated int32 steps = 2; }
message ItemMap { map<int32, Item> rows = 1; }
"""
Tables = Mapping[str, Rows]


def side(name: str, tables: Tables, protos: str = PROTO, targets: Sequence[str] = ("server",)) -> Side:
    return Side(name, None, memory_output({target: Contents(protos, tables) for target in targets}))


def diff_of(old: Tables, new: Tables, *, old_protos: str = PROTO, new_protos: str = PROTO) -> Diff:
    return compare(side("old", old, old_protos), side("new", new, new_protos), category="off")


def table_of(old: Tables, new: Tables, **protos: str) -> TableDiff:
    """The diff of the only table there is."""
    (found,) = diff_of(old, new, **protos).targets["server"].tables.values()
    return found


def as_json(told: Any) -> Any:
    """What programs read of a diff, or of a part of it."""
    return json.loads("".join(told if isinstance(told, Iterator) else written(told)))


def json_of(old: Tables, new: Tables, **protos: str) -> dict[str, Any]:
    return as_json(table_json(table_of(old, new, **protos)))


def fields_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What changes between two items."""
    (change,) = table_of({"ItemTable": [{"id": 1, **old}]}, {"ItemTable": [{"id": 1, **new}]}).changed
    return {one.path: (one.old, one.new) for one in change.fields}
