from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gdata.checks.run import Checks
from gdata.checks.values import marked_columns
from gdata.testing.views import build_schema, build_views

SCHEMA = build_schema("""
syntax = "proto3"; package game; import "gdata/options.proto"; import "buf/validate/validate.proto";
message Item {
  int32 id = 1 [(gdata.field).key = true];
  int32 next = 2 [(gdata.field).ref = {table: "ItemTable" none: "0"}];
  int64 price = 3 [(buf.validate.field).int64.gt = 0];
  string icon = 4 [(gdata.field).path = "{}.png"];
}
message ItemTable { repeated Item rows = 1; }
""")
ROWS = [{"id": 1, "next": 1, "price": 5}, {"id": 1, "next": 3, "price": 0}]


def test_a_view_that_targets_share_is_checked_once(tmp_path: Path) -> None:
    views = build_views(SCHEMA, {"ItemTable": ROWS})
    checks = Checks(SCHEMA, {"ItemTable": views["ItemTable"].plan}, asset_root=tmp_path)
    found = checks.check_table(views["ItemTable"])
    assert [problem.code for problem in found] == ["key.duplicate", "constraint.int64.gt"]
    assert checks.check_table(views["ItemTable"]) is found
    assert [problem.code for problem in checks.check_together(views, found)] == ["reference.missing"]
    assert checks.warn(views) == []


def test_a_missing_asset_folder_is_one_warning() -> None:
    views = build_views(SCHEMA, {"ItemTable": [{"id": 1, "price": 1, "icon": "x"}]})
    checks = Checks(SCHEMA, {"ItemTable": views["ItemTable"].plan})
    assert [problem.code for problem in checks.warn(views)] == ["path.unchecked"]


def test_marking_a_check_loads_nothing_heavy() -> None:
    code = (
        "import sys, gdata.checks; print([n for n in ('google.protobuf', 'protovalidate', 'rich') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_of_messages_that_hold_each_other_only_the_ways_to_what_is_marked_are_gone() -> None:
    """Nine of them, each in each, have a million ways."""
    each = " ".join(f"M{other} m{other} = {other + 1};" for other in range(9))
    messages = "".join(f"message M{number} {{ {each} }}\n" for number in range(9))
    row = "message Item { M0 m = 1; int32 only = 2 [(gdata.field).unique = true]; }"
    plan = build_schema(
        f'syntax = "proto3"; package game; import "gdata/options.proto";\n{messages}{row}\n'
        "message ItemTable { repeated Item rows = 1; }"
    ).table("game.ItemTable")
    assert [column.name for column in marked_columns(plan.row)] == ["only"] and not plan.has_times
