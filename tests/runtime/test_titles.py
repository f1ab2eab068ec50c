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


SHOP = """
syntax = "proto3";
package game;
import "gdata/options.proto";
enum Kind { NONE = 0; ITEM = 1; HERO = 2; }
message Sold { Kind kind = 1; int32 id = 2; }
message Product { int32 id = 1 [(gdata.field).key = true]; Sold sold = 2; }
message ProductTable { option (gdata.table).title = "sold.id"; repeated Product rows = 1; }
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message ItemTable { repeated Item rows = 1; }
message Hero { int32 id = 1 [(gdata.field).key = true]; string name_key = 2; }
message HeroTable { repeated Hero rows = 1; }
message Text { string key = 1 [(gdata.field).key = true]; string ko = 2; string en = 3; }
message TextTable { repeated Text rows = 1; }
"""
SOLD = [None, (0, 1), (1, 1), (1, 9), (2, 1), (2, 2), (2, 0)]


def test_a_row_is_called_as_the_row_is_that_its_title_refers_to(tmp_path: Path) -> None:
    products = [
        {"id": number, **({"sold": dict(zip(("kind", "id"), sold, strict=True))} if sold else {})}
        for number, sold in enumerate(SOLD)
    ]
    tables = {
        "ProductTable": products,
        "ItemTable": [{"id": 1, "name": "Sword"}],
        "HeroTable": [{"id": 1, "name_key": "rin"}, {"id": 2, "name_key": "mo"}, {"id": 0, "name_key": "nobody"}],
        "TextTable": [{"key": "rin", "ko": "린", "en": "Rin"}],
    }
    kinds = [Reference(f"{name.title()}Table", ("id",), f"kind={name}", none=("0",)) for name in ("ITEM", "HERO")]
    refs = {"ProductTable": {"sold.id": kinds}, "HeroTable": {"name_key": [Reference("TextTable", ("key",))]}}
    data = gdata.load(write_output(tmp_path, {"server": Contents(SHOP, tables, refs=refs)}))
    titles = [data.ProductTable.title(row, "ko") for row in data.ProductTable]
    assert titles == ["", "", "Sword", "", "린", "mo", ""]
    assert data.ProductTable.title(data.ProductTable[4], "en") == "Rin"


def test_a_title_through_several_tables_is_a_text_or_none(tmp_path: Path) -> None:
    names = "Offer", "Want", "Lost", "Loop"
    messages = [
        f"message {name} {{ int32 id = 1 [(gdata.field).key = true]; optional int32 of = 2; }}\n"
        f'message {name}Table {{ option (gdata.table).title = "of"; repeated {name} rows = 1; }}'
        for name in names
    ]
    tables = {
        "ProductTable": [{"id": 5, "sold": {"kind": 2, "id": 1}}],
        "HeroTable": [{"id": 0, "name_key": "nobody"}, {"id": 1, "name_key": "Rin"}],
        **{f"{name}Table": [{"id": 1, "of": 5}, {"id": 2, "of": 1}, {"id": 3}] for name in names},
    }
    others = {"Offer": "Product", "Want": "Hero", "Loop": "Loop"}  # A client may not know of what Lost refers to.
    refs = {f"{name}Table": {"of": [Reference(f"{other}Table", ("id",))]} for name, other in others.items()}
    refs["ProductTable"] = {"sold.id": [Reference("HeroTable", ("id",), "kind=HERO")]}
    data = gdata.load(write_output(tmp_path, {"server": Contents("\n".join([SHOP, *messages]), tables, refs=refs)}))
    titles = {name: [data[f"{name}Table"].title(row) for row in data[f"{name}Table"]] for name in names}
    assert titles == {"Offer": ["Rin", "", ""], "Want": ["", "Rin", ""], "Lost": [""] * 3, "Loop": [""] * 3}
