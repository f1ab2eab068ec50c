from __future__ import annotations

from typing import Any

import pytest

from gdata.checks.references.resolve import ReferenceChecks
from gdata.checks.references.rules import check_reference_declarations
from gdata.errors import SchemaError
from gdata.problems import Problem
from gdata.schema.schema import Schema
from gdata.testing.views import build_schema, build_views

HEAD = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "google/protobuf/wrappers.proto";
enum Kind { KIND_NONE = 0; KIND_ITEM = 1 [(gdata.value).label = "아이템"]; KIND_HERO = 2; }
message Item { int32 id = 1 [(gdata.field).key = true]; string code = 2; repeated string tags = 3; }
message ItemTable { repeated Item rows = 1; }
message Hero { string id = 1 [(gdata.field).key = true]; }
message HeroTable { repeated Hero rows = 1; }
message Stage { int32 chapter = 1 [(gdata.field).key = true]; int32 no = 2 [(gdata.field).key = true]; }
message StageTable { repeated Stage rows = 1; }
message StageId { int32 chapter = 1; int32 no = 2; }
message Reward { Kind kind = 1; int32 id = 2 [(gdata.field).ref = {table: "ItemTable" when: "kind=KIND_ITEM"}]; }
"""
ITEMS = [{"id": 1001, "code": "sword", "tags": ["a", "b"]}, {"id": 1002, "code": "shield"}, {"id": 1010, "code": "bow"}]


def schema_with(fields: str) -> Schema:
    return build_schema(HEAD + f"message Row {{ {fields} }} message RowTable {{ repeated Row rows = 1; }}")


def check(fields: str, rows: list[dict[str, Any]], **options: Any) -> list[Problem]:
    tables = {"RowTable": rows, "ItemTable": ITEMS, "HeroTable": [{"id": "01"}, {"id": "hero_b"}]}
    tables["StageTable"] = [{"chapter": 1, "no": 1}, {"chapter": 1, "no": 2}]
    schema = schema_with(fields)
    views = build_views(schema, tables, **options)
    rules = check_reference_declarations(schema, {name: view.plan for name, view in views.items()})
    return ReferenceChecks(rules).check(views)


def found(problems: list[Problem]) -> list[tuple[str, str, str | None]]:
    return [(problem.cell.a1, problem.field, problem.value) for problem in problems]


def test_a_missing_value_is_told_at_its_cell_with_the_nearest_one() -> None:
    problems = check('int32 item = 1 [(gdata.field).ref = {table: "ItemTable"}];', [{"item": 1001}, {"item": 1020}])
    assert [problem.code for problem in problems] == ["reference.missing"]
    assert problems[0].message == "ItemTable has no row with id = 1020"
    assert problems[0].hint.startswith("did you mean 1002 (ItemTable!A3)? Write one that is there (ItemTable!A:A)")
    assert found(problems) == [("A3", "item", "1020")]


def test_references_lie_in_messages_lists_and_maps() -> None:
    ref = '[(gdata.field).ref = {table: "ItemTable"}]'
    rows = [
        {"one": {"kind": 1, "id": 5}},
        {"many": [{"kind": 1, "id": 1001}, {"kind": 1, "id": 6}]},
        {"list": [1002, 7]},
        {"counts": {1001: 1, 8: 1}},
        {"slots": {"head": 9}},
        {"by": {"x": {"kind": 1, "id": 10}}},
    ]
    problems = check(
        f"Reward one = 1; repeated Reward many = 2; repeated int32 list = 3 {ref}; map<int32, int32> counts = 4 {ref};"
        f"map<string, int32> slots = 5 {ref}; map<string, Reward> by = 6;",
        rows,
    )
    assert [(problem.field, problem.value) for problem in problems] == [
        ("one.id", "5"),
        ("many[2].id", "6"),
        ("list[2]", "7"),
        ("counts[8]", "8"),
        ("slots[head]", "9"),
        ("by[x].id", "10"),
    ]


def test_when_says_which_table_is_meant() -> None:
    fields = """
        Kind kind = 1;
        int32 id = 2 [(gdata.field).ref = {table: "ItemTable" when: "kind=아이템"},
                      (gdata.field).ref = {table: "StageTable" field: "no" when: "kind=KIND_HERO"}];
    """
    rows = [{"kind": 1, "id": 2}, {"kind": 2, "id": 2}, {"kind": 0, "id": 99}, {"kind": 2, "id": 1001}]
    assert found(check(fields, rows)) == [("B2", "id", "2"), ("B5", "id", "1001")]


def test_several_refs_without_a_condition_mean_any_of_them() -> None:
    fields = """
        int32 id = 1 [(gdata.field).ref = {table: "ItemTable"}, (gdata.field).ref = {table: "StageTable" field: "no"}];
    """
    problems = check(fields, [{"id": 1001}, {"id": 2}, {"id": 3}])
    assert found(problems) == [("A4", "id", "3")]
    assert problems[0].message.startswith("ItemTable / StageTable has no row")


def test_values_are_compared_as_values_not_as_texts() -> None:
    problems = check('string hero = 1 [(gdata.field).ref = {table: "HeroTable"}];', [{"hero": "01"}, {"hero": "1"}])
    assert found(problems) == [("A3", "hero", "1")]


def test_none_blank_and_default_are_no_references() -> None:
    fields = """
        int32 a = 1 [(gdata.field).ref = {table: "ItemTable" none: "0" none: "-1"}];
        optional int32 b = 2 [(gdata.field).ref = {table: "ItemTable"}];
        string c = 3 [(gdata.field).ref = {table: "HeroTable"}];
        int32 d = 4 [(gdata.field) = {default: "77" ref: {table: "ItemTable"}}];
        google.protobuf.Int32Value e = 5 [(gdata.field).ref = {table: "ItemTable"}];
        int32 f = 6 [(gdata.field) = {absent_ok: true ref: {table: "ItemTable"}}];
    """
    rows = [{"a": 0, "d": 77}, {"a": -1, "d": 77}, {"a": 2, "b": 0, "d": 77, "e": {"value": 4}}]
    assert found(check(fields, rows)) == [("A4", "a", "2"), ("B4", "b", "0"), ("E4", "e", "4")]


def test_a_message_refers_to_a_key_of_several_fields() -> None:
    fields = 'StageId stage = 1 [(gdata.field).ref = {table: "StageTable"}]; int32 x = 2;'
    problems = check(fields, [{"stage": {"chapter": 1, "no": 2}}, {"stage": {"chapter": 2, "no": 1}}, {"x": 1}])
    assert found(problems) == [("A3", "stage", "2, 1")]
    assert problems[0].message == "StageTable has no row with chapter, no = 2, 1"


def test_other_fields_and_lists_of_them_can_be_referred_to() -> None:
    fields = """
        string code = 1 [(gdata.field).ref = {table: "ItemTable" field: "code"}];
        string tag = 2 [(gdata.field).ref = {table: "ItemTable" field: "tags"}];
    """
    problems = check(fields, [{"code": "swrod", "tag": "b"}, {"code": "bow", "tag": "c"}])
    assert found(problems) == [("A2", "code", "swrod"), ("B3", "tag", "c")]
    assert "did you mean sword (ItemTable!B2)?" in problems[0].hint


def test_a_table_may_refer_to_itself() -> None:
    fields = (
        'int32 id = 1 [(gdata.field).key = true]; int32 next = 2 [(gdata.field).ref = {table: "RowTable" none: "0"}];'
    )
    assert found(check(fields, [{"id": 1, "next": 2}, {"id": 2, "next": 3}])) == [("B3", "next", "3")]


def test_one_mistake_is_told_once() -> None:
    fields = 'Kind kind = 1; int32 item = 2 [(gdata.field).ref = {table: "ItemTable" when: "kind=KIND_ITEM"}];'
    rows = [{"kind": 1, "item": 5}]
    assert len(check(fields, rows)) == 1
    assert check(fields, rows, bad={"RowTable": {0: {"item"}}}) == []
    assert check(fields, rows, bad={"RowTable": {0: {"kind"}}}) == []
    assert check(fields, rows, partial=["ItemTable"]) == []


def test_a_bad_key_that_looks_like_the_missing_value_is_the_mistake() -> None:
    schema = schema_with('int32 item = 1 [(gdata.field).ref = {table: "ItemTable"}];')
    rows = {"RowTable": [{"item": 1001}, {"item": 555}], "ItemTable": [{"code": "x"}, {"id": 1002}]}
    views = build_views(schema, rows, bad={"ItemTable": {0: {"id"}}})
    references = ReferenceChecks(
        check_reference_declarations(schema, {name: view.plan for name, view in views.items()})
    )
    texts = {views["ItemTable"].locate(0, ("id",)): "10O1"}
    assert found(references.check(views, texts)) == [("A3", "item", "555")]


def test_a_table_without_a_sheet_is_told_once() -> None:
    schema = schema_with('int32 item = 1 [(gdata.field).ref = {table: "ItemTable" none: "0"}];')
    views = build_views(schema, {"RowTable": [{"item": 0}, {"item": 1}, {"item": 2}]})
    rules = check_reference_declarations(schema, {"RowTable": views["RowTable"].plan})
    problems = ReferenceChecks(rules).check(views)
    assert [(problem.code, problem.cell.a1) for problem in problems] == [("reference.no_sheet", "A3")]


def test_what_was_checked_for_one_target_is_not_checked_again_for_the_next() -> None:
    schema = schema_with('int32 item = 1 [(gdata.field).ref = {table: "ItemTable"}];')
    views = build_views(schema, {"RowTable": [{"item": 3}], "ItemTable": ITEMS})
    references = ReferenceChecks(
        check_reference_declarations(schema, {name: view.plan for name, view in views.items()})
    )
    first = references.check(views)
    other = build_views(schema, {"ItemTable": [{"id": 3}]})
    assert references.check(dict(views))[0] is first[0]
    assert references.check({**views, **other}) == []


@pytest.mark.parametrize(
    ("fields", "words", "hint"),
    [
        ('int32 a = 1 [(gdata.field).ref = {table: "ItmeTable"}];', "no table ItmeTable", "did you mean ItemTable?"),
        ('int32 a = 1 [(gdata.field).ref = {table: "ItemTable" field: "cod"}];', "no field cod", "did you mean code?"),
        (
            'int32 a = 1 [(gdata.field).ref = {table: "HeroTable"}];',
            "whole number, and HeroTable.id is of type string",
            "",
        ),
        ('string a = 1 [(gdata.field).ref = {table: "ItemTable"}];', "of type string, and ItemTable.id", ""),
        ('int32 a = 1 [(gdata.field).ref = {table: "StageTable"}];', "has 2 fields (chapter, no)", "a message"),
        ('Reward a = 1 [(gdata.field).ref = {table: "StageTable"}];', "don't fit the key", ""),
        (
            'Kind k = 1; int32 a = 2 [(gdata.field).ref = {table: "ItemTable" when: "k=KIND_ITME"}];',
            "KIND_ITME",
            "KIND_ITEM",
        ),
        ('int32 k = 1; int32 a = 2 [(gdata.field).ref = {table: "ItemTable" when: "k=x"}];', "not a whole number", ""),
        ('int32 a = 1 [(gdata.field).ref = {table: "ItemTable" none: "x"}];', "`none`", ""),
        ('float a = 1 [(gdata.field).ref = {table: "ItemTable"}];', "of type float", ""),
        ('int32 a = 1 [(gdata.field).ref = {table: "RowTable"}];', "RowTable has no key", "name the field"),
    ],
)
def test_a_ref_that_makes_no_sense_is_a_schema_error_at_its_line(fields: str, words: str, hint: str) -> None:
    schema = schema_with(fields)
    names = [("game.RowTable", False), ("game.ItemTable", False), ("game.HeroTable", False), ("game.StageTable", False)]
    with pytest.raises(SchemaError) as caught:
        check_reference_declarations(schema, schema.tables(names))
    assert str(caught.value).startswith("game.proto:")
    assert words in str(caught.value)
    assert hint in caught.value.hint
