"""A build remembers which of its values came from an overlay, beside the bundles and never in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from command_line import run_gdata

from gdata.diffs.model import Origins
from gdata.pipeline.origins import left_in, origins_as_json, origins_in
from gdata.pipeline.sides import open_side
from gdata.pipeline.versions import at_side
from gdata.project import open_project, read_config
from gdata.releases.stores import open_store
from gdata.testing.views import build_views

SHEETS_YAML = """version: 1
spreadsheets:
  game:
    path: sheets
    sheets:
      Item: game.ItemTable
      Item jp: {table: game.ItemTable, overlay: true, tags: [jp]}
      Sale: {table: game.ItemTable, overlay: true, since: "1.5"}
      Step: game.StepTable
targets: {server: {}, server-jp: {tags: [jp]}}
default_channel: dev
"""
SCHEMA = """syntax = "proto3"; package game; import "gdata/options.proto";
enum Kind { KIND_NONE = 0; KIND_SWORD = 1; }
message ItemTable { repeated Item rows = 1; }
message Item {
  Kind kind = 1 [(gdata.field).key = true];
  int64 no = 2 [(gdata.field).key = true];
  int32 price = 3;
  string name = 4;
}
message StepTable { repeated Step rows = 1; }
message Step { int32 id = 1 [(gdata.field).key = true]; }
"""
SHEETS = {
    "Item": "kind,no,price,name\nsword,1,100,Blade\nsword,2,200,Sabre\n",
    "Item jp": "kind,no,price,name,@remove\nsword,1,90,,\nsword,3,30,Katana,\nsword,2,,,TRUE\n",
    "Sale": "kind,no,price\nsword,1,50\n",
    "Step": "id\n1\n",
}
JP = {"price": "Item jp"}
SALE = {"price": "Sale"}
ADDED = {"": "Item jp"}
REMOVED = {"@remove": "Item jp"}
NEWEST = {
    "server": {"ItemTable": {'["KIND_SWORD","1"]': SALE}},
    "server-jp": {
        "ItemTable": {'["KIND_SWORD","1"]': SALE, '["KIND_SWORD","2"]': REMOVED, '["KIND_SWORD","3"]': ADDED}
    },
}


@pytest.fixture
def overlaid(tmp_path: Path) -> Path:
    """A project with an overlay for Japan and one for what is newest."""
    for name in ("protos", "sheets"):
        (tmp_path / name).mkdir()
    (tmp_path / "protos/game.proto").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "sheets.yaml").write_text(SHEETS_YAML, encoding="utf-8")
    for title, text in SHEETS.items():
        (tmp_path / f"sheets/{title}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def origins(folder: Path, name: str) -> Origins:
    config = read_config(folder / "sheets.yaml")
    return open_side(config, name, open_store(config.releases)).origins


def test_a_build_and_its_release_know_them(overlaid: Path) -> None:
    run_gdata("build", "-q", cwd=overlaid)
    assert origins(overlaid, "output") == NEWEST
    run_gdata("publish", "-q", "--yes", cwd=overlaid)
    assert origins(overlaid, "dev") == NEWEST
    # A table that nothing changed comes out of the cache.
    (overlaid / "sheets/Step.csv").write_text("id\n1\n2\n", encoding="utf-8")
    run_gdata("build", "-q", cwd=overlaid)
    assert origins(overlaid, "output") == NEWEST


def test_a_side_that_is_built_in_memory_knows_them(overlaid: Path) -> None:
    run_gdata("build", "-q", cwd=overlaid)
    project = open_project(read_config(overlaid / "sheets.yaml"))
    assert at_side(project, "at:1.4", lambda _event: None).origins == {
        "server-jp": {
            "ItemTable": {'["KIND_SWORD","1"]': JP, '["KIND_SWORD","2"]': REMOVED, '["KIND_SWORD","3"]': ADDED}
        }
    }
    assert at_side(project, "at:1.5", lambda _event: None).origins == NEWEST


def test_a_hotfix_knows_those_of_its_base(overlaid: Path) -> None:
    run_gdata("build", "-q", cwd=overlaid)
    run_gdata("publish", "-q", "--yes", cwd=overlaid)
    (overlaid / "sheets/Sale.csv").unlink()
    (overlaid / "sheets/Step.csv").write_text("id\n1\n2\n", encoding="utf-8")
    run_gdata("build", "StepTable", "--base", "dev", "-q", cwd=overlaid)
    assert origins(overlaid, "output") == NEWEST


def test_no_byte_of_a_bundle_tells_it(overlaid: Path) -> None:
    run_gdata("build", "-q", cwd=overlaid)
    made = {path.name: path.read_bytes() for path in (overlaid / "output/server").iterdir()}
    (overlaid / "sheets.yaml").write_text(SHEETS_YAML.replace("      Sale:", "      # Sale:"), encoding="utf-8")
    (overlaid / "sheets/Item.csv").write_text(SHEETS["Item"].replace("1,100", "1,50"), encoding="utf-8")
    run_gdata("build", "-q", cwd=overlaid)
    by_hand = {path.name: path.read_bytes() for path in (overlaid / "output/server").iterdir()}
    tables = {name for name in made if name != "manifest.json"}
    assert tables <= by_hand.keys() and all(made[name] == by_hand[name] for name in tables)
    assert "Sale" not in b"".join(made.values()).decode("latin-1")


def test_of_how_many_rows_they_are_not_known_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdata.pipeline.origins._MOST", 1)
    view = build_views(SCHEMA, {"ItemTable": [{"kind": 1, "no": number} for number in (1, 2, 3)]})["ItemTable"]
    overlaid = replace(view, overlaid=dict.fromkeys(range(3), SALE)).holding(view.message, view.rows)
    views = {"ItemTable": overlaid}
    found = origins_in({"overlaid": origins_as_json({"server": views, "server-jp": views}, {"ItemTable": 5})})
    rows = {'["KIND_SWORD","1"]': SALE, '["@left"]': {"@left": "7"}}
    assert found == {"server": {"ItemTable": rows}, "server-jp": {"ItemTable": rows}}
    assert left_in(found) == {"ItemTable": 7}


@pytest.mark.parametrize("odd", [{}, {"overlaid": 3}, {"overlaid": [3]}, {"overlaid": [{"table": "T"}]}])
def test_what_another_version_wrote_counts_as_not_known(odd: dict) -> None:
    assert origins_in(odd) == {}
