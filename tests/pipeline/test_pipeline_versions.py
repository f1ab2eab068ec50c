"""What a bundle of one version may not hold: any trace of what begins later, or has ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run_gdata

import gdata
from gdata.bundles.manifest import Manifest

SHEETS_YAML = """version: 1
spreadsheets: {{game: {{path: sheets, sheets: {{Item: game.ItemTable, Companion: game.CompanionTable}}}}}}
targets: {{{targets}}}
{more}"""
SCHEMA = """syntax = "proto3"; package game; import "gdata/options.proto"; import "companion.proto";
enum Kind {
  SWORD = 0;
  TROUSERS = 1 [(gdata.value) = {until: "1.5", label: "바지"}];
  LANTERN = 2 [(gdata.value) = {since: "1.5", label: "등불"}];
}
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name = 2;
  Kind kind = 3;
  int32 tempering = 4 [(gdata.field) = {since: "1.5", column: "담금질"}];
  int32 oldness = 5 [(gdata.field).until = "1.5"];
  optional int32 companion = 6 [(gdata.field) = {since: "1.5", ref: {table: "CompanionTable"}}];
  optional int32 bound = 7 [(gdata.field).ref = {table: "ItemTable", when: "kind=LANTERN"}];
}
message ItemTable { repeated Item rows = 1; }
"""
COMPANION = """syntax = "proto3"; package game; import "gdata/options.proto";
message Companion { int32 id = 1 [(gdata.field).key = true]; string call = 2; }
message CompanionTable { option (gdata.table).since = "1.5"; repeated Companion rows = 1; }
"""
ITEMS = """id,name,kind,담금질,oldness,companion,bound,@since,@until
1,Blade,sword,3,77,,,,
2,Breeches,바지,,78,,,,1.5
3,Lamp,등불,4,79,9,1,1.5,
"""


@pytest.fixture
def trunk(tmp_path: Path) -> Path:
    """A project with things of 1.4 and of 1.5."""
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos/game.proto").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "protos/companion.proto").write_text(COMPANION, encoding="utf-8")
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets/Item.csv").write_text(ITEMS, encoding="utf-8")
    (tmp_path / "sheets/Companion.csv").write_text("id,call\n9,Rex\n", encoding="utf-8")
    set_targets(tmp_path, 'old: {version: "1.4"}, new: {version: "1.5"}, newest: {}')
    return tmp_path


def set_targets(folder: Path, targets: str, more: str = "") -> None:
    (folder / "sheets.yaml").write_text(SHEETS_YAML.format(targets=targets, more=more), encoding="utf-8")


def bytes_of(folder: Path) -> bytes:
    return b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in sorted(folder.iterdir()))


def test_no_trace_of_what_begins_later_or_has_ended(trunk: Path) -> None:
    run_gdata("build", "-q", cwd=trunk)
    old, new = (bytes_of(trunk / "output" / name).lower() for name in ("old", "new"))
    for word in ("lantern", "등불", "tempering", "담금질", "companion", "lamp", "1.5"):
        assert word.encode() not in old, word
    for word in ("trousers", "바지", "oldness", "breeches", "1.4"):
        assert word.encode() not in new, word
    for word in ("trousers", "oldness", "breeches"):
        assert word.encode() in old, word
    assert b"lantern" in new and b"companion" in new and b"rex" in new


def test_data_knows_its_version(trunk: Path) -> None:
    run_gdata("build", "-q", cwd=trunk)
    old, new, newest = (gdata.load(trunk / "output", target=name) for name in ("old", "new", "newest"))
    assert [row.id for row in old.ItemTable] == [1, 2] and old.ItemTable[1].oldness == 77
    assert [row.id for row in new.ItemTable] == [row.id for row in newest.ItemTable] == [1, 3]
    assert (old.version, new.version, newest.version) == ("1.4", "1.5", "")
    assert not hasattr(old.ItemTable[1], "tempering") and new.ItemTable[3].tempering == 4


def test_a_bundle_without_a_version_is_as_it_was(trunk: Path) -> None:
    run_gdata("build", "-q", cwd=trunk)
    texts = {name: (trunk / "output" / name / "manifest.json").read_text() for name in ("old", "newest")}
    assert Manifest.from_bytes(texts["old"].encode()).features == ("version",)
    assert '"version"' not in texts["newest"] and '"features": []' in texts["newest"]


def test_a_column_may_wait_for_its_version_and_be_gone_after_it(trunk: Path) -> None:
    (trunk / "sheets/Item.csv").write_text("id,name,kind,oldness,bound\n1,Blade,sword,7,\n", encoding="utf-8")
    set_targets(trunk, 'old: {version: "1.4"}')
    run_gdata("build", "-q", cwd=trunk)
    set_targets(trunk, 'old: {version: "1.4"}, new: {version: "1.5"}')
    assert "담금질" in run_gdata("build", "-q", cwd=trunk, code=1).out
    (trunk / "sheets/Item.csv").write_text("id,name,kind,담금질,bound\n1,Blade,sword,7,\n", encoding="utf-8")
    set_targets(trunk, 'new: {version: "1.5"}')
    run_gdata("build", "-q", cwd=trunk)
