"""Entries added to sheets.yaml, however it is written: all that was there stays, and YAML reads both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import ConfigError
from gdata.scaffold.yaml_text import NewEntries, add_entries, new_config, quoted

SHOP = Spreadsheet("shop", (), path=Path("shop"), location="sheets/shop")
ITEMS = Spreadsheet("items", (), id="1AbC", location="1AbC")
NEW_SHEET = NewEntries(ITEMS, (SheetEntry("Level", ("game.LevelTable",)),), is_new=False)
NEW_SPREADSHEET = NewEntries(
    SHOP, (SheetEntry("Shop: new", ("game.ShopTable",), header_row=2, first_row=4),), is_new=True
)
BLOCK = """\
version: 1
spreadsheets:
  items:
    id: 1AbC   # ours
    sheets:
      Item: game.ItemTable  # last

# the end
"""
DEEP = """\
version: 1
spreadsheets:
    items:
        id: 1AbC
        sheets:
            Item:
                table: game.ItemTable
                multirow: true
"""
ONWARD = """\
spreadsheets:
  items:
    sheets:
      Item: game.ItemTable
    id: 1AbC
version: 1
"""
STYLES = {
    "block": BLOCK,
    "deep": DEEP,
    "block that goes on": ONWARD,
    "flow sheets": "version: 1\nspreadsheets:\n  items:\n    id: 1AbC\n    sheets: {Item: game.ItemTable}\n",
    "flow all": "version: 1\nspreadsheets: {items: {id: 1AbC, sheets: {Item: game.ItemTable}}}  # short\n",
    "no newline": ONWARD.partition("version")[0].rstrip(),
    "windows": BLOCK.replace("\n", "\r\n"),
    "mark": f"\ufeff{BLOCK}",
}


@pytest.mark.parametrize("style", STYLES)
def test_what_was_there_stays_and_what_is_new_is_there(style: str) -> None:
    before = STYLES[style]
    after = add_entries(before, [NEW_SHEET, NEW_SPREADSHEET], "sheets.yaml")
    expected: dict[str, Any] = yaml.safe_load(before)
    expected["spreadsheets"]["items"]["sheets"]["Level"] = "game.LevelTable"
    expected["spreadsheets"]["shop"] = {
        "path": "sheets/shop",
        "sheets": {"Shop: new": {"table": "game.ShopTable", "header_row": 2, "first_row": 4}},
    }
    assert yaml.safe_load(after) == expected
    if "flow" not in style:
        assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert ("\r\n" in after) == ("\r\n" in before)


@pytest.mark.parametrize(
    "text", ["version: 1\n", "version: 1", "spreadsheets:\n", "spreadsheets: # none\nversion: 1\n"]
)
def test_a_config_without_spreadsheets_gets_them(text: str) -> None:
    after = yaml.safe_load(add_entries(text, [NEW_SPREADSHEET], "sheets.yaml"))
    assert after["spreadsheets"]["shop"]["path"] == "sheets/shop"


@pytest.mark.parametrize("text", ["- 1\n", "version: 1\nspreadsheets:\n  items: &a {id: x}\n"])
def test_what_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        add_entries(text, [NEW_SHEET], "sheets.yaml")


@given(st.text(min_size=1, max_size=20))
def test_any_title_comes_back_as_it_was(title: str) -> None:
    assert yaml.safe_load(f"{quoted(title)}: 1") == {title: 1}


def test_a_new_config_is_yaml() -> None:
    text = new_config([NEW_SPREADSHEET], ["jp"], [], "Asia/Seoul", "the sheets are in Korean", "protos")
    assert yaml.safe_load(text)["targets"] == {"server": {}, "server-jp": {"tags": ["jp"]}}
