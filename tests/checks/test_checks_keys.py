from __future__ import annotations

from dataclasses import replace

import pytest

from gdata.checks.keys import check_lookalikes, check_same, lookalike_in, plain_letters
from gdata.errors import SchemaError
from gdata.longbytes import Spool
from gdata.testing.views import build_schema, build_views

SCHEMA = build_schema("""
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string code = 2 [(gdata.field).unique = true];
  repeated int32 slots = 3 [(gdata.field).unique = true];
  int32 order = 4 [(gdata.field) = {unique: true absent_ok: true}];
}
message Plain { int32 id = 1 [(gdata.field).key = true]; }
message PlainTable { repeated Plain rows = 1; }
message ItemTable { repeated Item rows = 1; }
message Level { string hero = 1 [(gdata.field).key = true]; int32 level = 2 [(gdata.field).key = true]; }
message LevelTable { repeated Level rows = 1; }
message Shop { int32 id = 1 [(gdata.field) = {key: true unique: true}]; }
message ShopTable { map<int32, Shop> rows = 1; }
message Cost { int32 item = 1; optional int32 count = 2; }
message Slot { int32 page = 1; string place = 2; Cost cost = 3; repeated int32 list = 4; }
message SlotTable {
  option (gdata.table).unique = {fields: ["page", "place"]};
  option (gdata.table).unique = {fields: ["cost.item", "cost.count"]};
  repeated Slot rows = 1;
}
""")


def test_a_duplicate_key_is_one_problem_at_the_last_cell() -> None:
    view = build_views(SCHEMA, {"ItemTable": [{"id": 1}, {"id": 2}, {"id": 1}, {"id": 1}]})["ItemTable"]
    (problem,) = check_same(view)
    assert (problem.code, problem.cell.a1, problem.field, problem.value) == ("key.duplicate", "A5", "id", "1")
    assert [str(cell) for cell in problem.related] == ["ItemTable!A2", "ItemTable!A4"]
    assert problem.message == "3 rows have the key 1"


def test_a_key_of_several_fields_is_compared_as_a_whole() -> None:
    rows = [{"hero": "a", "level": 1}, {"hero": "a", "level": 2}, {"hero": "b", "level": 1}, {"hero": "a", "level": 2}]
    (problem,) = check_same(build_views(SCHEMA, {"LevelTable": rows})["LevelTable"])
    assert (problem.cell.a1, problem.field) == ("B5", "hero, level")
    assert [str(cell) for cell in problem.related] == ["LevelTable!A3", "LevelTable!B3", "LevelTable!A5"]


def test_both_rows_of_a_map_table_are_seen() -> None:
    view = build_views(SCHEMA, {"ShopTable": [{"id": 1}, {"id": 1}]})["ShopTable"]
    assert [problem.code for problem in check_same(view)] == ["key.duplicate"]


def test_a_key_with_a_problem_is_not_compared() -> None:
    rows = [{"id": 1}, {}, {}, {"id": 2}]
    view = build_views(SCHEMA, {"ItemTable": rows}, bad={"ItemTable": {1: {"id"}, 2: {"id"}, 3: {"code"}}})["ItemTable"]
    assert check_same(view) == []


@pytest.mark.parametrize(("ids", "found"), [((1, 2, 5), []), ((5, 1, 2), []), ((1, 2, 1), ["A4"])])
def test_without_the_core_too_a_long_table_is_not_parsed_as_a_whole(
    ids: tuple[int, ...], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GDATA_CORE", "0")
    made = build_views(SCHEMA, {"PlainTable": [{"id": one} for one in ids]})["PlainTable"]
    view = replace(made).holding_bytes(Spool().add(made.wire))
    assert [problem.cell.a1 for problem in check_same(view)] == found
    assert ("message" in vars(view)) == bool(found)


@pytest.mark.parametrize("core", ["0", "1"])
def test_unique_values_in_fields_and_lists(core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"id": 1, "code": "a", "slots": [1, 2]},
        {"id": 2, "code": "", "slots": [3, 1]},
        {"id": 3, "code": ""},
        {"id": 4, "code": "a"},
    ]
    view = build_views(SCHEMA, {"ItemTable": rows})["ItemTable"]
    problems = check_same(view)
    assert [(problem.cell.a1, problem.field, problem.value) for problem in problems] == [
        ("B5", "code", "a"),
        ("D3", "slots[2]", "1"),
    ]
    monkeypatch.setenv("GDATA_CORE", core)
    assert check_same(replace(view).holding_bytes(Spool().add(view.wire))) == problems
    assert str(problems[0].related[0]) == "ItemTable!B2"


def test_a_flood_of_one_value_stays_small() -> None:
    view = build_views(SCHEMA, {"ItemTable": [{"id": 7}] * 10_000})["ItemTable"]
    (problem,) = check_same(view)
    assert len(problem.related) == 100
    assert problem.message.startswith("10000 rows")


def test_fields_that_are_unique_together_are_told_as_keys_are() -> None:
    rows = [
        {"page": 1, "place": "a"},
        {"page": 1, "place": "b"},
        {"page": 2, "place": "a"},
        {"page": 1, "place": "a"},
        {"page": 3, "place": "c", "cost": {"item": 5}},
        {"page": 4, "place": "c", "cost": {"item": 5, "count": 0}},
        {"page": 5, "place": "c", "cost": {"item": 5}},
    ]
    first, second = check_same(build_views(SCHEMA, {"SlotTable": rows})["SlotTable"])
    assert (first.code, first.cell.a1, first.field) == ("unique.duplicate", "B5", "page, place")
    assert [cell.a1 for cell in first.related] == ["A2", "B2", "A5"]
    assert first.message == "2 rows have the same page, place: 1, a"
    assert (second.cell.row, second.field) == (8, "cost.item, cost.count")


def test_a_row_without_any_of_the_values_is_not_compared() -> None:
    rows = [{"page": one, "place": str(one)} for one in range(3)]
    assert check_same(build_views(SCHEMA, {"SlotTable": rows})["SlotTable"]) == []
    bad = {"SlotTable": {1: ["page"]}}
    rows = [{"page": 1, "place": "a"}, {"place": "a"}]
    assert check_same(build_views(SCHEMA, {"SlotTable": rows}, bad=bad)["SlotTable"]) == []


@pytest.mark.parametrize("fields", ['["page", "list"]', '["nope"]', '["cost"]', "[]"])
def test_what_isn_t_one_value_is_a_schema_error(fields: str) -> None:
    with pytest.raises(SchemaError, match=r"\.proto:\d+: unique of game\.ATable"):
        build_schema(
            'syntax = "proto3"; package game; import "gdata/options.proto";'
            "message Cost { int32 item = 1; } message A { int32 page = 1; repeated int32 list = 2; Cost cost = 3; }"
            f"message ATable {{ option (gdata.table).unique = {{fields: {fields}}}; repeated A rows = 1; }}"
        ).table("game.ATable")


@pytest.mark.parametrize(
    ("text", "character", "plain"),
    [
        ("swоrd", "о", "sword"),  # a Cyrillic о
        ("А1", "А", "A1"),  # a Cyrillic А
        ("１０01", "１", "1001"),
        ("ΑBC", "Α", "ABC"),  # a Greek Alpha
        ("fire–ball", "–", "fire-ball"),
    ],
)
def test_letters_that_look_like_others(text: str, character: str, plain: str) -> None:
    assert lookalike_in(text) == character
    assert plain_letters(text) == plain


@pytest.mark.parametrize("text", ["", "sword", "검", "검a", "меч", "меч_1", "ヒーロー1", "剑-1", "épée", "ΩΣ"])
def test_words_of_another_alphabet_are_no_mistake(text: str) -> None:
    assert lookalike_in(text) == ""


def test_keys_and_references_are_looked_at_names_are_not() -> None:
    protos = """
        syntax = "proto3"; package game; import "gdata/options.proto";
        message Item { string id = 1 [(gdata.field).key = true]; string name = 2; }
        message ItemTable { repeated Item rows = 1; }
    """
    view = build_views(protos, {"ItemTable": [{"id": "a", "name": "аa"}, {"id": "аa"}]})["ItemTable"]
    (problem,) = check_lookalikes(view)
    assert (problem.cell.a1, problem.code, problem.severity) == ("A3", "text.lookalike", "warning")
    assert problem.hint == "write it as aa"
