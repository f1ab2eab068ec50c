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


def test_players_of_the_sample_game_see_nothing_of_what_is_to_come(game: Path) -> None:
    """Five rows, a column, a field and an overlay of 1.5 stand in its sheets already."""
    run_gdata("build", "-q", cwd=game)
    for target in sorted((game / "output").iterdir()):
        found = bytes_of(target)
        for word in ("1.5", "shop.7.", "탐험 상점", "Explorers' Shop", "探検ショップ", "ShopProduct Sale"):
            assert word.encode() not in found, f"{target.name}: {word}"
        products = gdata.load(target).ShopProductTable
        assert not hasattr(products[1001], "required_level") and products.get(7001, None) is None
        assert (products[1001].price, products[2005].price) == (250, 50)
    run_gdata("build", "--for", "next", "-q", cwd=game)
    for target in sorted((game / "output").iterdir()):
        products = gdata.load(target).ShopProductTable
        assert [products[id].required_level for id in (1001, 4006, 7003)] == [1, 20, 30]
        assert (products[1001].price, products[2005].price) == (300, 45)
        assert b"Explorers' Shop" in bytes_of(target)


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


CHANNELS = 'default_channel: live\nchannels: {live: {version: "1.4"}, staging: {version: "1.5"}, dev: {}}\n'


def test_a_channel_takes_builds_of_its_version_alone(trunk: Path) -> None:
    set_targets(trunk, "server: {}", CHANNELS)
    assert "gdata build --for live" in run_gdata("build", cwd=trunk).out
    refused = run_gdata("publish", "--yes", cwd=trunk, code=4).err
    assert "live takes builds of version 1.4 alone, and this one has no version" in refused
    assert "gdata build --for live" in refused
    run_gdata("build", "--for", "staging", "-q", cwd=trunk)
    run_gdata("publish", "--channel", "staging", "--yes", cwd=trunk)
    refused = run_gdata("promote", "staging", "live", "--yes", cwd=trunk, code=4).err
    assert "this one has version 1.5" in refused and "then `gdata publish --channel live`" in refused
    built = run_gdata("build", "--for", "live", "--format", "json", cwd=trunk).json
    assert built["targets"]["server"]["version"] == "1.4"
    run_gdata("publish", "--yes", cwd=trunk)
    assert gdata.load(trunk / "releases", channel="live", target="server").version == "1.4"
    assert run_gdata("build", "--at", "1.4.0", "--format", "json", cwd=trunk).json["ok"]


def test_the_way_back_is_open_to_another_version(trunk: Path) -> None:
    set_targets(trunk, "server: {}", CHANNELS)
    for version in ("1.4", "1.5"):
        text = CHANNELS.replace('live: {version: "1.4"}', f'live: {{version: "{version}"}}')
        set_targets(trunk, "server: {}", text)
        run_gdata("build", "--for", "live", "-q", cwd=trunk)
        run_gdata("publish", "--yes", cwd=trunk)
    run_gdata("rollback", "--yes", cwd=trunk)
    assert gdata.load(trunk / "releases", channel="live", target="server").version == "1.4"


def test_a_release_is_built_again_at_its_version(trunk: Path) -> None:
    set_targets(trunk, "server: {}", CHANNELS)
    built = run_gdata("build", "--for", "live", "--format", "json", cwd=trunk).json
    release = run_gdata("publish", "--yes", "--format", "json", cwd=trunk).json["release"]
    run_gdata("build", "-q", cwd=trunk)
    assert run_gdata("build", "--snapshot", release, "--format", "json", cwd=trunk).json["build"] == built["build"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "v1.4"), "write it as numbers with dots: 1.4"),
        (("--for", "liev"), "did you mean live?"),
        (("--for", "dev"), "the channel dev has no version"),
        (("--at", "1.4", "--for", "live"), "--at and --for both name a version"),
    ],
)
def test_a_version_that_makes_no_sense(trunk: Path, arguments: tuple[str, ...], words: str) -> None:
    set_targets(trunk, "server: {}", CHANNELS)
    assert words in run_gdata("build", *arguments, cwd=trunk, code=2).err
    assert words in run_gdata("check", *arguments, cwd=trunk, code=2).err


def test_a_hotfix_is_of_the_version_that_its_base_has(trunk: Path) -> None:
    set_targets(trunk, "server: {}", CHANNELS)
    run_gdata("build", "--for", "live", "-q", cwd=trunk)
    run_gdata("publish", "--yes", cwd=trunk)
    assert "give `--at 1.4`" in run_gdata("build", "ItemTable", cwd=trunk, code=2).err
    run_gdata("build", "ItemTable", "--for", "live", cwd=trunk)


def test_what_a_version_brings(trunk: Path) -> None:
    set_targets(trunk, "server: {}")
    found = run_gdata("diff", "at:1.4", "at:1.5", "--format", "json", cwd=trunk).json["targets"]["server"]["tables"]
    assert found["CompanionTable"]["status"] == "added"
    assert [row["key"] for row in found["ItemTable"]["added"]] == [[3]]
    assert [row["key"] for row in found["ItemTable"]["removed"]] == [[2]]
    run_gdata("build", "--at", "1.4", "-q", cwd=trunk)
    assert (
        run_gdata("diff", "output", "at:1.4", "--format", "json", cwd=trunk).json["targets"]["server"]["tables"] == {}
    )
    assert "isn't a version" in run_gdata("diff", "at:soon", "at:1.5", cwd=trunk, code=2).err


def test_a_side_with_errors_says_where_to_look(trunk: Path) -> None:
    (trunk / "sheets/Item.csv").write_text(ITEMS.replace("3,Lamp", "1,Lamp"), encoding="utf-8")
    assert "gdata check --at 1.5" in run_gdata("diff", "at:1.4", "at:1.5", cwd=trunk, code=1).err


def test_every_version_is_checked(trunk: Path) -> None:
    lines = [*ITEMS.splitlines(), "4,Rope,sword,,80,,,1.6,", "1,Twin,sword,5,81,,,1.5,1.6", ",Late,sword,1,81,,,1.7,"]
    (trunk / "sheets/Item.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    set_targets(trunk, 'server: {version: "1.4"}')
    assert run_gdata("check", "--format", "json", cwd=trunk).json["ok"]
    found = run_gdata("check", "--at", "every", "--format", "json", cwd=trunk, code=1).json["problems"]
    errors = [(one["code"], one["cell"], one["versions"]) for one in found if one["severity"] == "error"]
    assert errors == [
        ("cell.blank", "D5", "1.6 and later"),
        ("key.duplicate", "A6", "1.5"),
        ("key.blank", "A7", "1.7 and later"),
    ]
    told = run_gdata("check", "--at", "every", cwd=trunk, code=1).out
    assert "(in 1.6 and later)" in told


def test_a_schema_is_held_to_the_last_release_of_its_own_version(trunk: Path) -> None:
    set_targets(trunk, "server: {}", CHANNELS)
    run_gdata("build", "--for", "live", "-q", cwd=trunk)
    run_gdata("publish", "--yes", cwd=trunk)
    # What 1.5 breaks is no matter to those who read 1.4.
    run_gdata("build", "--for", "staging", "-q", cwd=trunk)
    verdict = run_gdata("diff", "live", "output", "--format", "json", cwd=trunk).json["gate"]
    assert verdict["passed"] and {one["level"] for one in verdict["violations"]} == {"warn"}
    run_gdata("publish", "--channel", "staging", "--yes", cwd=trunk)
    # It is held to what those read who have 1.5 already, wherever it goes.
    schema = (trunk / "protos/game.proto").read_text(encoding="utf-8")
    (trunk / "protos/game.proto").write_text(schema.replace("int32 tempering = 4", "string tempering = 8"), "utf-8")
    set_targets(trunk, "server: {}", CHANNELS.replace('live: {version: "1.4"}', 'live: {version: "1.5"}'))
    run_gdata("build", "--for", "live", "-q", cwd=trunk)
    refused = run_gdata("publish", "--yes", cwd=trunk, code=4).err
    assert "the gate of live says no: schema" in refused and "the last release of version 1.5" in refused


def test_the_versions_are_listed(trunk: Path) -> None:
    set_targets(trunk, "server: {}", CHANNELS.replace("1.4", "1.5").replace("dev: {}", 'dev: {version: "1.6"}'))
    found = run_gdata("versions", "--format", "json", cwd=trunk).json
    (one, dev) = found["versions"]
    assert (one["version"], one["channels"], dev["channels"]) == ("1.5", ["live", "staging"], ["dev"])
    begins = [(change["what"], change["name"]) for change in one["begins"]]
    assert ("rows", "ItemTable") in begins
    assert {("table", "CompanionTable"), ("field", "game.Item.tempering"), ("value", "game.Kind.LANTERN")} <= set(
        begins
    )
    ended = [(change["what"], change["name"], change["cells"]) for change in found["ended"]]
    assert ("rows", "ItemTable", ["Item!3:3"]) in ended and ("field", "game.Item.oldness", []) in ended
    told = run_gdata("versions", cwd=trunk).out
    assert "1.5  (live, staging)" in told and "+ ItemTable: 1 row (Item!4:4)" in told
