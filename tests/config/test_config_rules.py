"""Rules of sheets.yaml that match nothing in the schema."""

from pathlib import Path

import pytest

from gdata.configfile import load_config
from gdata.errors import ConfigError
from gdata.project import check_against_schema
from gdata.testing.views import build_schema

PROTO = """
syntax = "proto3";
package game;
message Reward { int32 item_id = 1; int32 count = 2; }
message Item { int32 id = 1; int32 price = 2; repeated Reward rewards = 3; map<string, int32> stats = 4; }
message ItemTable { repeated Item rows = 1; }
message Shop { int32 id = 1; int32 fee = 2; }
message ShopTable { repeated Shop rows = 1; }
"""
HEAD = "version: 1\nspreadsheets: {a: {id: x, sheets: {Item: game.ItemTable}}}\n"


def check(folder: Path, text: str, sheets: str = "{Item: game.ItemTable}") -> None:
    (folder / "protos").mkdir()
    (folder / "sheets.yaml").write_text(HEAD.replace("{Item: game.ItemTable}", sheets) + text)
    config = load_config(folder / "sheets.yaml", {})
    check_against_schema(config, build_schema(PROTO).tables([("game.ItemTable", False), ("game.ShopTable", False)]))


@pytest.mark.parametrize(
    "rule",
    [
        "deny: any",
        "deny: any, tables: [ItemTable, Shop*]",
        "max_change: 1, fields: [price]",
        "max_change: 1, fields: ['*'], tables: [ShopTable]",
        "max_change: 1, fields: [rewards.count, stats, rewards]",
    ],
)
def test_rules_that_match(tmp_path: Path, rule: str) -> None:
    check(tmp_path, f"gate: {{rules: [{{name: a, {rule}}}]}}\nseverity: {{ItemTable: {{cell.blank: off}}}}\n")


MATCH_NOTHING = [
    ("{name: a, deny: any, tables: [ItemTabel]}", "no table matches ItemTabel; did you mean ItemTable?"),
    ("{name: a, deny: any, tables: [x]}", "no table matches x; there are ItemTable, ShopTable"),
    ("{name: a, max_change: 1, fields: [prize]}", "no field matches prize; did you mean price?"),
    ("{name: a, max_change: 1, tables: [ShopTable], fields: [price]}", "no field matches price"),
    ("{name: a, max_change: 1, fields: ['rewards.*.x']}", "no field matches rewards.*.x"),
]


@pytest.mark.parametrize("where", ["gate: {rules: [%s]}", "channels: {live: {gate: {rules: [%s]}}}"])
@pytest.mark.parametrize(("rule", "message"), MATCH_NOTHING)
def test_rules_that_match_nothing(tmp_path: Path, where: str, rule: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, where % rule)
    assert str(caught.value).startswith(f"sheets.yaml:3: the gate rule a: {message}")


def test_rows_that_go_on_need_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, "", sheets="{Item: {table: game.ItemTable, multirow: true}}")
    assert str(caught.value).startswith("sheets.yaml:2: Item: multirow: game.ItemTable has no key")
    assert "mark it in game.Item: [(gdata.field).key = true]" in str(caught.value)


def test_a_severity_for_no_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, "severity: {ItemsTable: {cell.blank: off}}")
    assert str(caught.value) == "sheets.yaml:3: severity: there is no table ItemsTable; did you mean ItemTable?"


def test_all_are_told_once(tmp_path: Path) -> None:
    rules = "{rules: [{name: a, deny: any, tables: [X, X]}, {name: b, max_change: 1, fields: [y]}]}"
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, f"severity: {{Y: {{}}}}\ngate: {rules}\n")
    assert [line.split(";")[0] for line in str(caught.value).splitlines()] == [
        "sheets.yaml:3: severity: there is no table Y",
        "sheets.yaml:4: the gate rule a: no table matches X",
        "sheets.yaml:4: the gate rule b: no field matches y",
    ]


def test_an_overlay_needs_rows_to_change_and_a_key_to_find_them_by(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, "", sheets="{Item: game.ItemTable, Jp: {table: game.ItemTable, overlay: true}}")
    assert "Jp: overlay: ItemTable has no key by which its rows are found" in str(caught.value)
    (tmp_path / "protos").rmdir()
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, "", sheets="{Jp: {table: game.ItemTable, overlay: true}}")
    assert "Jp: overlay: no other sheet feeds ItemTable" in str(caught.value)


def test_ranges_of_keys_are_of_a_key(tmp_path: Path) -> None:
    sheets = '{Item: {table: game.ItemTable, keys: "1-5"}}'
    with pytest.raises(ConfigError, match=r"sheets.yaml:2: Item: keys: game.ItemTable has no key"):
        check(tmp_path, "", sheets)
