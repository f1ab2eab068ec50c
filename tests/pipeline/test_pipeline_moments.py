"""A pull of several spreadsheets takes seconds: a row that seems missing may have been added meanwhile."""

from __future__ import annotations

from pathlib import Path

from gdata.pipeline.build import check
from gdata.problems import Problem
from gdata.project import open_project, read_config
from gdata.testing.google import EmulatedSpreadsheet, GoogleEmulator

PROTO = """
syntax = "proto3"; package game; import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field) = {key: true}]; int32 next = 2 [(gdata.field).ref = {table: "ItemTable"}]; }
message ItemTable { repeated Item rows = 1; }
message Shop { int32 id = 1 [(gdata.field) = {key: true}]; int32 item = 2 [(gdata.field).ref = {table: "ItemTable"}]; }
message ShopTable { repeated Shop rows = 1; }
"""
SHEETS = """
version: 1
google: {{credentials: {key}, endpoint: "{endpoint}"}}
spreadsheets:
  items: {{id: items, sheets: {{Item: game.ItemTable}}}}
  shop: {{id: shop, sheets: {{Shop: game.ShopTable}}}}
"""
AGAIN = "if the row was added just now, build again"


def problems_of(folder: Path) -> list[Problem]:
    return check(open_project(read_config(folder / "sheets.yaml")), lambda _: None).problems


def test_a_row_missing_in_another_spreadsheet_may_be_new(tmp_path: Path) -> None:
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos" / "game.proto").write_text(PROTO)
    items = EmulatedSpreadsheet.of("items", {"Item": [["id", "next"], [1, 2]]})
    shop = EmulatedSpreadsheet.of("shop", {"Shop": [["id", "item"], [1, 9]]})
    with GoogleEmulator([items, shop]) as google:
        settings = SHEETS.format(key=google.key_file, endpoint=google.endpoint)
        (tmp_path / "sheets.yaml").write_text(settings)
        own, other = problems_of(tmp_path)
    assert (str(own.cell), str(other.cell)) == ("Item!B2", "Shop!B2")
    assert AGAIN not in own.hint, "a spreadsheet is read in one instant"
    assert other.hint.endswith(AGAIN)
