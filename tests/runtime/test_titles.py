"""What people call a row, asked of the data that a server holds."""

import gc
import weakref
from pathlib import Path

import gdata
from gdata.bundles.manifest import Reference
from gdata.testing.bundles import Contents, write_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name_key = 2; int32 price = 3; }
message ItemTable { option (gdata.table).title = "name_key"; repeated Item rows = 1; }
message Quest { int32 id = 1 [(gdata.field).key = true]; string title = 2; }
message QuestTable { repeated Quest rows = 1; }
message Text { string key = 1 [(gdata.field).key = true]; string ko = 2; string en = 3; }
message TextTable { repeated Text rows = 1; }
"""


def build(folder: Path, price: int) -> Path:
    tables = {
        "ItemTable": [{"id": 1, "name_key": "item.1", "price": price}, {"id": 2, "name_key": "item.2"}],
        "QuestTable": [{"id": 7, "title": "첫 걸음"}],
        "TextTable": [{"key": "item.1", "ko": "철검", "en": "Iron Sword"}],
    }
    refs = {"ItemTable": {"name_key": [Reference("TextTable", ("key",))]}}
    return write_output(folder, {"server": Contents(PROTO, tables, refs=refs)})


def test_a_title_is_the_rows_name_or_the_text_that_it_refers_to(tmp_path: Path) -> None:
    data = gdata.load(build(tmp_path, 5))
    assert data.QuestTable.title(data.QuestTable[7]) == "첫 걸음"
    items = data.ItemTable
    assert [items.title(items[1]), items.title(items[1], "en"), items.title(items[2])] == [
        "철검",
        "Iron Sword",
        "item.2",
    ]
    assert data.TextTable.title(data.TextTable["item.1"]) == ""


def test_a_table_that_stays_over_a_refresh_does_not_keep_the_old_release(tmp_path: Path) -> None:
    data = gdata.load(build(tmp_path, 5), eager=True)
    before = weakref.ref(data.snapshot())
    build(tmp_path, 6)
    assert data.refresh()
    gc.collect()
    assert before() is None
    assert data.QuestTable.title(data.QuestTable[7]) == "첫 걸음"
