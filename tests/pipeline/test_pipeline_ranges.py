"""Tables side by side on one sheet: each leaves out rows of its own, and all of them are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gdata.cli.main import cli

SHEET = "id,hp,,id,atk\n1,5,,1,6\n#a note,,,2,7\n2,6,,#another,\n,,,3,9\n"
PROTO = """\
syntax = "proto3";
package game;
import "gdata/options.proto";
message Hp { int32 id = 1 [(gdata.field).key = true]; int32 hp = 2; }
message HpTable { repeated Hp rows = 1; }
message Atk { int32 id = 1 [(gdata.field).key = true]; int32 atk = 2; }
message AtkTable { repeated Atk rows = 1; }
"""
CONFIG = """\
version: 1
spreadsheets:
  balance:
    path: sheets
    sheets:
      Balance:
        - {table: game.HpTable, range: "A:B"}
        - {table: game.AtkTable, range: "D:E"}
"""


def test_notes_of_every_range_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"sheets/Balance.csv": SHEET, "protos/game.proto": PROTO, "sheets.yaml": CONFIG}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):  # The second build has its tables from the cache.
        ran = CliRunner().invoke(cli, ["build", "--verify", "--format", "json"], catch_exceptions=False)
        found = json.loads(ran.stdout)
        assert found["left_out"] == {"balance": {"Balance": {"notes": 2, "unticked": 0}}}
        assert {name: one["rows"] for name, one in found["targets"]["server"]["tables"].items()} == {
            "AtkTable": 3,
            "HpTable": 2,
        }
