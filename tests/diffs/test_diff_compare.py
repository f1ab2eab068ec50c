import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from diffcases import PROTO, as_json, diff_of, fields_of, json_of, side, table_of

from gdata.bundles.reader import Bundle
from gdata.diffs.compare import compare, group_tables
from gdata.diffs.model import Side, Summary, TableDiff
from gdata.diffs.presentation import Presentation
from gdata.diffs.renderers.json import diff_json, table_json
from gdata.errors import DamagedError
from gdata.testing.bundles import Contents, memory_output

ITEMS = [{"id": number, "name": f"item {number}", "price": number * 10} for number in range(1, 6)]


def test_the_contracts_own_example() -> None:
    old = {"ItemTable": [{"id": 1, "price": 100, "rewards": [{"item_id": 5, "count": 1}]}, {"id": 2}]}
    new = {"ItemTable": [{"id": 1, "price": 120, "rewards": [{"item_id": 5, "count": 2}]}, {"id": 2}, {"id": 3}]}
    found = json_of(old, new)
    assert found["status"] == "changed" and found["reordered"] is False and found["removed"] == []
    assert found["changed"] == [
        {"key": [1], "fields": {"price": {"old": 100, "new": 120}, "rewards[1].count": {"old": 1, "new": 2}}}
    ]
    assert [one["key"] for one in found["added"]] == [[3]]
    assert found["added"][0]["row"]["price"] == 0


def test_equal_builds_differ_in_nothing_and_no_file_is_read() -> None:
    def unread(bundle: Bundle) -> Bundle:
        return replace(bundle, fetch=lambda entry: pytest.fail(f"{entry.file} was read"))

    same = {"server": unread(side("x", {"ItemTable": ITEMS}).bundles["server"])}
    found = compare(Side("old", None, same), Side("new", None, same))
    assert not found.differs and found.summary == Summary()


def test_only_the_tables_that_changed_are_read() -> None:
    old = side("old", {"ItemTable": ITEMS, "LineTable": [{"text": "a"}]}).bundles["server"]
    new = side("new", {"ItemTable": ITEMS, "LineTable": [{"text": "b"}]}).bundles["server"]
    read: list[str] = []
    watched = replace(new, fetch=lambda entry: (read.append(entry.file), new.fetch(entry))[1])
    found = compare(Side("old", None, {"server": old}), Side("new", None, {"server": watched}))
    assert list(found.targets["server"].tables) == ["LineTable"]
    assert [name.split("-")[0] for name in read] == ["LineTable"]


def test_values_of_every_kind() -> None:
    assert fields_of({"rate": 0.1}, {"rate": 0.7}) == {"rate": (0.1, 0.7)}
    assert fields_of({"power": 1}, {"power": 2**60}) == {"power": ("1", str(2**60))}
    assert fields_of({}, {"level": 0}) == {"level": (None, 0)}
    assert fields_of({"grade": "GRADE_RARE"}, {"grade": 9}) == {"grade": ("GRADE_RARE", 9)}
    assert fields_of({"stats": {"str": 1}}, {"stats": {"str": 2, "dex": 3}}) == {
        "stats[str]": (1, 2),
        "stats[dex]": (None, 3),
    }
    assert fields_of({"extra": {"a": [1, 2]}}, {"extra": {"a": [1, 5]}}) == {"extra[a][2]": (2.0, 5.0)}
    assert fields_of({}, {"opens": datetime(2026, 1, 1)}) == {"opens": (None, "2026-01-01T00:00:00Z")}
    assert fields_of({"rewards": [{"item_id": 1}]}, {}) == {"rewards[1]": ({"item_id": 1, "count": 0}, None)}
    assert fields_of({"steps": [1, 2, 3]}, {"steps": [1, 9]}) == {"steps[2]": (2, 9), "steps[3]": (3, None)}


def test_nan_is_no_change_of_itself() -> None:
    nan = float("nan")
    assert fields_of({"rate": nan, "price": 1}, {"rate": nan, "price": 2}) == {"price": (1, 2)}
    assert fields_of({"rate": nan}, {"rate": 1.0}) == {"rate": ("NaN", 1.0)}


def test_a_key_of_several_fields() -> None:
    old = [{"stage": 1, "slot": slot, "rate": 0.25} for slot in (1, 2)]
    new = [{"stage": 1, "slot": 1, "rate": 0.25}, {"stage": 1, "slot": 2, "rate": 0.5}]
    assert json_of({"DropTable": old}, {"DropTable": new})["changed"] == [
        {"key": [1, 2], "fields": {"rate": {"old": 0.25, "new": 0.5}}}
    ]


def test_rows_without_a_key_have_their_number_and_themselves() -> None:
    old, new = ([{"text": text} for text in texts] for texts in (("a", "b", "b", "c"), ("x", "a", "b", "d")))
    found = json_of({"LineTable": old}, {"LineTable": new})
    assert found["added"] == [{"key": None, "row_number": 1, "row": {"text": "x", "weight": 0}}]
    assert found["removed"] == [{"key": None, "row_number": 3, "row": {"text": "b", "weight": 0}}] or len(
        found["changed"]
    )


def test_a_removed_row_is_one_removed_row() -> None:
    found = table_of({"ItemTable": ITEMS}, {"ItemTable": ITEMS[1:]})
    assert [row.key for row in found.removed] == [(1,)]
    assert (len(found.added), len(found.changed), found.reordered) == (0, 0, False)


def test_rows_moved_between_the_sheets_of_a_table_are_reordered_only() -> None:
    found = table_of({"ItemTable": ITEMS}, {"ItemTable": [*ITEMS[2:], *ITEMS[:2]]})
    assert found.reordered and not found.touched
    assert diff_of({"ItemTable": ITEMS}, {"ItemTable": ITEMS[::-1]}).summary == Summary(tables_changed=1)


def test_duplicate_rows_without_a_key_count() -> None:
    found = table_of({"LineTable": [{"text": "a"}] * 2}, {"LineTable": [{"text": "a"}] * 3})
    assert (len(found.added), len(found.removed), len(found.changed), found.reordered) == (1, 0, 0, False)


def test_records_and_maps() -> None:
    record = json_of({"Constants": {"max_level": 9}}, {"Constants": {"max_level": 10, "steps": [4]}})
    assert record["changed"][0]["fields"] == {"max_level": {"old": 9, "new": 10}, "steps[1]": {"old": None, "new": 4}}
    old = {number: {"id": number, "price": number} for number in range(1, 5)}
    new = {number: {"id": number, "price": number if number != 3 else 33} for number in (5, 4, 3, 2)}
    found = json_of({"ItemMap": old}, {"ItemMap": new})
    assert found["changed"] == [{"key": [3], "fields": {"price": {"old": 3, "new": 33}}}]
    assert [one["key"] for one in found["added"]] == [[5]] and [one["key"] for one in found["removed"]] == [[1]]
    assert not found["reordered"]


def test_tables_added_and_removed() -> None:
    found = diff_of({"ItemTable": ITEMS}, {"LineTable": [{"text": "a"}]})
    tables = found.targets["server"].tables
    assert {name: table.status for name, table in tables.items()} == {"ItemTable": "removed", "LineTable": "added"}
    assert found.summary == Summary(tables_added=1, tables_removed=1, rows_added=1, rows_removed=5)
    assert as_json(table_json(tables["LineTable"]))["added"][0]["row"] == {"text": "a", "weight": 0}


def test_a_renamed_table_goes_on_under_its_new_name() -> None:
    renamed = PROTO.replace("ItemTable", "GoodsTable")
    new = [*ITEMS[:-1], {**ITEMS[-1], "price": 7}]
    found = table_of({"ItemTable": ITEMS}, {"GoodsTable": new}, new_protos=renamed)
    assert (found.name, found.status, found.renamed_from) == ("GoodsTable", "renamed", "ItemTable")
    assert [change.key for change in found.changed] == [(5,)]
    assert table_json(found)["renamed_from"] == "ItemTable"


def test_a_channel_without_a_release_is_an_empty_side() -> None:
    found = compare(Side("live"), side("output", {"ItemTable": ITEMS}))
    assert diff_json(found)["old"] == {"name": "live", "build": None}
    assert found.summary == Summary(tables_added=1, rows_added=5)
    assert found.targets["server"].schema == ()


def test_a_field_that_only_one_schema_has_is_told_there_and_nowhere_else() -> None:
    more = PROTO.replace("int32 sell = 4;", "int32 sell = 4; int32 stack = 14; ")
    rows = [{**row, "stack": 99} for row in ITEMS]
    rows[2] = {**rows[2], "price": 1}
    found = compare(side("old", {"ItemTable": ITEMS}), side("new", {"ItemTable": rows}, more))
    (table,) = found.targets["server"].tables.values()
    assert [change.key for change in table.changed] == [(3,)]
    assert [(one.breaking, one.rule) for one in found.targets["server"].schema] == [(False, "FIELD_ADDED")]


def test_a_renamed_field_is_the_same_field() -> None:
    renamed = PROTO.replace("int32 price = 3", "int32 cost = 3")
    new = [{"id": row["id"], "name": row["name"], "cost": row["price"]} for row in ITEMS]
    assert not diff_of({"ItemTable": ITEMS}, {"ItemTable": new}, new_protos=renamed).targets["server"].tables
    new[0]["cost"] = 11
    (change,) = table_of({"ItemTable": ITEMS}, {"ItemTable": new}, new_protos=renamed).changed
    assert [(one.path, one.old, one.new) for one in change.fields] == [("cost", 10, 11)]


def test_a_field_added_inside_a_nested_message_changes_no_row() -> None:
    more = PROTO.replace("int32 item_id = 1;", "int32 item_id = 1; string note = 3;")
    old = {"ItemTable": [{"id": 1, "rewards": [{"item_id": 5, "count": 1}]}]}
    new = {"ItemTable": [{"id": 1, "rewards": [{"item_id": 5, "count": 1, "note": "x"}]}]}
    found = diff_of(old, new, new_protos=more).targets["server"]
    assert not found.tables["ItemTable"].changed and found.summary.rows_changed == 0


def test_a_field_of_another_type_is_compared_by_its_value() -> None:
    wider = PROTO.replace("int32 price = 3", "int64 price = 3")
    assert not diff_of({"ItemTable": ITEMS}, {"ItemTable": ITEMS}, new_protos=wider).targets["server"].tables
    zigzag = PROTO.replace("int32 price = 3", "sint32 price = 3")
    assert not diff_of({"ItemTable": ITEMS}, {"ItemTable": ITEMS}, new_protos=zigzag).targets["server"].tables
    text = PROTO.replace("int32 price = 3", "string price = 3")
    new = [{**row, "price": str(row["price"])} for row in ITEMS]
    found = table_of({"ItemTable": ITEMS}, {"ItemTable": new}, new_protos=text)
    assert found.changed[0].fields[0].old == 10 and found.changed[0].fields[0].new == "10"


def test_optional_where_it_was_not_changes_no_row() -> None:
    optional = PROTO.replace("int32 sell = 4", "optional int32 sell = 4")
    new = [{**row, "sell": 0, "price": row["price"] + 1} for row in ITEMS]
    changed = table_of({"ItemTable": ITEMS}, {"ItemTable": new}, new_protos=optional).changed
    assert {one.path for change in changed for one in change.fields} == {"price"}


def test_a_row_counts_once_however_many_targets_carry_it() -> None:
    changed = [{**row, "price": 1, "name": "new"} for row in ITEMS[1:]]
    without_price = PROTO.replace('int32 price = 3 [(gdata.field).column = "가격"];', "")

    def both(rows: list[dict[str, object]]) -> dict[str, Bundle]:
        cut = [{name: value for name, value in row.items() if name != "price"} for row in rows]
        server, client = Contents(PROTO, {"ItemTable": rows}), Contents(without_price, {"ItemTable": cut})
        return memory_output({"server": server, "client": client})

    found = compare(Side("old", None, both(ITEMS)), Side("new", None, both(changed)))
    assert found.summary == Summary(tables_changed=1, rows_removed=1, rows_changed=4, cells_changed=8)
    assert found.targets["client"].summary.cells_changed == 4
    first = compare(Side("live"), Side("new", None, both(ITEMS)))
    assert first.summary == Summary(tables_added=1, rows_added=5)


@pytest.mark.parametrize("core", ["0", "1"])
def test_as_many_rows_of_a_new_table_are_not_the_same_rows(core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GDATA_CORE", core)
    common = [{"id": number, "price": number % 7} for number in range(100, 1500)]

    def targets(kr: int, jp: int, power: int) -> dict[str, Bundle]:
        rows = {"kr": {"id": kr, "power": power}, "jp": {"id": jp, "power": power}}
        return memory_output({target: Contents(PROTO, {"ItemTable": [*common, row]}) for target, row in rows.items()})

    for kr, jp in ((7, 8), (-1, -2)):
        new = Side("new", None, targets(kr, jp, 5))
        found = compare(Side("live"), new)
        assert found.summary.rows_added == 1402
        assert [targets for targets, _ in group_tables(found)] == [("kr",), ("jp",)]
        changed = compare(Side("live", None, targets(kr, jp, 4)), new)
        assert (changed.summary.rows_changed, changed.summary.cells_changed) == (2, 2)
        assert [targets for targets, _ in group_tables(changed)] == [("kr",), ("jp",)]


def test_targets_that_only_one_side_has() -> None:
    found = compare(side("old", {"ItemTable": ITEMS}, targets=["server", "web"]), side("new", {"ItemTable": ITEMS}))
    assert [(name, list(target.tables)) for name, target in found.targets.items()] == [
        ("server", []),
        ("web", ["ItemTable"]),
    ]


def test_a_table_in_several_parts_is_one_table() -> None:
    cut = memory_output({"server": Contents(PROTO, {"ItemTable": ITEMS}, parts=3)})
    assert not compare(side("old", {"ItemTable": ITEMS}), Side("new", None, cut)).differs


@pytest.mark.parametrize("what", ["schema", "table"])
def test_a_damaged_file_is_refused(what: str) -> None:
    good = side("new", {"ItemTable": ITEMS[:2]}).bundles["server"]

    def fetch(entry: object) -> bytes:
        content = good.fetch(entry)  # type: ignore[arg-type]
        is_schema = entry == good.manifest.schema
        return content[:-1] + b"\0" if is_schema == (what == "schema") else content

    damaged = Side("new", None, {"server": replace(good, fetch=fetch)})
    with pytest.raises(DamagedError, match="damaged"):
        compare(side("old", {"ItemTable": ITEMS}, PROTO + "message Other {}"), damaged, category="off")


def test_the_collector_runs_again_after_a_diff() -> None:
    import gc

    diff_of({"ItemTable": ITEMS}, {"ItemTable": ITEMS[1:]})
    assert gc.isenabled()


ENUMS = """
syntax = "proto3"; package game; import "gdata/options.proto";
enum Version {{ VER_NONE = 0; VER_A = 1; {values} }}
message Part {{ Version version = 1; }}
message Item {{ int32 id = 1 [(gdata.field).key = true]; Version version = 2; repeated Part parts = 3;
  map<string, Version> by_name = 4; }}
message ItemTable {{ repeated Item rows = 1; }}
message VersionRow {{ Version version = 1 [(gdata.field).key = true]; int32 n = 2; }}
message VersionTable {{ repeated VersionRow rows = 1; }}
"""


def enums(values: str) -> str:
    return ENUMS.format(values=values)


def with_version(number: int) -> dict[str, Any]:
    part = {"version": number}
    return {"ItemTable": [{"id": 1, "version": number, "parts": [part], "by_name": {"x": number}}]}


def test_an_enum_value_with_another_number_is_a_change_of_each_row() -> None:
    old, new = enums("VER_X = 4;"), enums("VER_X = 5;")
    found = json_of(with_version(4), with_version(5), old_protos=old, new_protos=new)
    change = {"old": 4, "new": 5}
    assert found["changed"][0]["fields"] == {
        "version": change,
        "parts[1].version": change,
        "by_name[x]": change,
    }


def test_people_see_both_the_name_and_the_numbers_of_a_moved_value() -> None:
    old, new = enums("VER_X = 4; VER_Y = 5;"), enums("VER_X = 5; VER_Y = 4;")
    table = table_of(with_version(4), with_version(5), old_protos=old, new_protos=new)
    one = table.changed[0].fields[0]
    words = Presentation(labels={("ItemTable", "version"): {"VER_X": "엑스"}})
    assert words.value(table, one.path, one.old, is_new=False) == "엑스 4"
    assert words.value(table, one.path, one.new) == "엑스 5"


def test_values_that_swapped_their_numbers_change_no_row_that_keeps_its_number() -> None:
    old, new = enums("VER_X = 4; VER_Y = 5;"), enums("VER_X = 5; VER_Y = 4;")
    found = diff_of(with_version(4), with_version(4), old_protos=old, new_protos=new).targets["server"]
    assert not found.tables
    assert sorted(one.message for one in found.schema) == [
        "enum game.Version: value VER_X was 4, is 5",
        "enum game.Version: value VER_Y was 5, is 4",
    ]


def test_a_key_that_is_a_moved_enum_value_is_another_row() -> None:
    old, new = enums("VER_X = 4;"), enums("VER_X = 5;")
    rows = [{"VersionTable": [{"version": number, "n": 1}]} for number in (4, 5)]
    found = json_of(*rows, old_protos=old, new_protos=new)
    assert [one["key"] for one in (*found["removed"], *found["added"])] == [[4], [5]]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("int32 price = 3", "optional int32 price = 3", "was int32, is optional int32: its bytes change where it is"),
        ("optional int32 price = 3", "int32 price = 3", "was optional int32, is int32: its bytes change where it is"),
        (
            "map<string, int32> price = 3",
            "map<string, int64> price = 3",
            "was map<string, int32>",
        ),
        ("int32 price = 3", "int32 price = 4", "field price was 3, is 4"),
    ],
)
def test_a_field_that_changed_its_kind_is_told_once(before: str, after: str, told: str) -> None:
    proto = """syntax = "proto3"; package game;
        message Item {{ int32 id = 1; {}; }} message ItemTable {{ repeated Item rows = 1; }}"""
    sides = [side(name, {"ItemTable": [{"id": 1}]}, proto.format(one)) for name, one in (("a", before), ("b", after))]
    for category in ("off", "wire"):
        changes = compare(*sides, category=category).targets["server"].schema  # type: ignore[arg-type]
        assert len(changes) == 1
        assert category == "wire" or told in changes[0].message


@pytest.mark.parametrize(("several", "values"), [("repeated int32", [7, 8]), ("map<string, int32>", {"a": 7})])
def test_one_integer_in_place_of_several(several: str, values: object) -> None:
    proto = """syntax = "proto3"; package game;
        message Item {{ int32 id = 1; {} n = 2; }} message ItemTable {{ repeated Item rows = 1; }}"""
    old = side("old", {"ItemTable": [{"id": 1, "n": values}]}, proto.format(several))
    new = side("new", {"ItemTable": [{"id": 1, "n": 5}]}, proto.format("int32"))
    for sides, told in (((old, new), (values, 5)), ((new, old), (5, values))):
        (row,) = compare(*sides).targets["server"].tables["ItemTable"].changed
        assert [(one.path, one.old, one.new) for one in row.fields] == [("n", *told)]


def test_free_json_is_in_the_order_of_its_names() -> None:
    names = [f"name{number}" for number in range(20)]
    old, new = ({"extra": {name: {"b": value, "a": [{"d": 1, "c": 2}]} for name in names}} for value in (1, 2))
    added = json_of({"ItemTable": []}, {"ItemTable": [{"id": 1, **new}]})["added"][0]["row"]["extra"]
    assert list(added) == sorted(names)
    assert json.dumps(added["name1"]) == '{"a": [{"c": 2.0, "d": 1.0}], "b": 2.0}'
    assert list(fields_of(old, new)) == [f"extra[{name}][b]" for name in sorted(names)]


COLUMNS = """syntax = "proto3"; package game;
message Part {{ int32 n = 1; {inner} }}
message Item {{ int32 id = 1; Part part = 2; repeated Part parts = 3; {outer} }}
message ItemTable {{ repeated Item rows = 1; }}"""


def with_columns(inner: str = "", outer: str = "") -> str:
    return COLUMNS.format(inner=inner, outer=outer)


def sided(old: list[dict[str, Any]], new: list[dict[str, Any]], old_protos: str, new_protos: str) -> TableDiff:
    keys = {"ItemTable": ("id",)}
    sides = [
        Side(name, None, memory_output({"server": Contents(protos, {"ItemTable": rows}, keys)}))
        for name, protos, rows in (("old", old_protos, old), ("new", new_protos, new))
    ]
    (found,) = compare(*sides, category="off").targets["server"].tables.values()
    return found


def test_a_new_column_is_told_with_its_values_and_changes_no_row() -> None:
    rows = [{"id": number} for number in range(1, 23)]
    new = [{**row, "cooldown": 1.0 + row["id"] / 2} if row["id"] < 22 else row for row in rows]
    found = sided(rows, new, with_columns(), with_columns(outer="float cooldown = 9;"))
    assert not found.changed
    (column,) = found.columns
    assert (column.path, column.is_new, len(column.rows), column.span) == ("cooldown", True, 21, (1.5, 11.5))
    told = as_json(table_json(found))["columns"][0]
    assert (told["least"], told["most"]) == (1.5, 11.5)
    assert told["values"][0] == {"key": [1], "path": "cooldown", "value": 1.5}


def test_a_column_that_is_gone_is_told_with_what_stood_in_it() -> None:
    old = [{"id": 1, "memo": "a"}, {"id": 2, "memo": "b"}, {"id": 3}]
    found = sided(old, [{"id": 1}, {"id": 3}], with_columns(outer="string memo = 9;"), with_columns())
    (column,) = found.columns
    assert (column.path, column.is_new, len(column.rows), list(column.values)) == ("memo", False, 2, ["a", "b"])


def test_new_columns_inside_messages_and_whole_new_messages_are_columns_too() -> None:
    old, new = with_columns(), with_columns("int64 big = 2;", "Part more = 9; map<string, int32> m = 10;")
    rows = [{"id": 1, "parts": [{"n": 1, "big": 2**40}, {"n": 2, "big": 7}], "more": {"n": 5}, "m": {"a": 1, "b": 2}}]
    found = sided([{"id": 1, "parts": [{"n": 1}, {"n": 2}]}], rows, old, new)
    assert [(one.path, len(one.rows), one.span) for one in found.columns] == [
        ("parts.big", 1, ("7", str(2**40))),
        ("more.n", 1, (5, 5)),
        ("m", 1, (1, 2)),
    ]


def test_a_new_column_without_a_value_is_no_change_of_the_table() -> None:
    rows = [{"id": 1}]
    old, new = (side("x", {"ItemTable": rows}, with_columns(outer=one)) for one in ("", "float cooldown = 9;"))
    assert not compare(old, new).targets["server"].tables
