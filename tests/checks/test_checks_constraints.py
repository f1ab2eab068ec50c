from __future__ import annotations

import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.message_factory import GetMessageClass

from gdata.checks.constraints import Constraints
from gdata.checks.rules import RuleReader
from gdata.checks.violations import rule_words
from gdata.errors import SchemaError
from gdata.problems import Problem
from gdata.testing.views import build_schema, build_views

HEAD = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "buf/validate/validate.proto";
import "google/protobuf/timestamp.proto";
enum Kind { KIND_NONE = 0; KIND_ITEM = 1; }
"""


def table(fields: str, more: str = "") -> str:
    return f"{HEAD}{more} message Row {{ {fields} }} message RowTable {{ repeated Row rows = 1; }}"


def check(protos: str, rows: list[dict[str, Any]], **options: Any) -> list[Problem]:
    schema = build_schema(protos)
    view = build_views(schema, {"RowTable": rows}, **options)["RowTable"]
    constraints = Constraints(schema)
    constraints.check_rules(view.plan)
    return constraints.check(view)


def found(problems: list[Problem]) -> list[tuple[str, str, str, str | None]]:
    return [(problem.cell.a1, problem.code, problem.field, problem.value) for problem in problems]


def related(problem: Problem) -> list[str]:
    return [cell.a1 for cell in problem.related]


def test_a_violation_is_told_at_its_cell_in_the_words_of_the_rule() -> None:
    protos = table(
        "int64 price = 1 [(buf.validate.field).int64.gt = 0];"
        "Kind kind = 2 [(buf.validate.field).enum.defined_only = true];"
    )
    problems = check(protos, [{"price": 1}, {"price": 0}, {"price": 2, "kind": 7}])
    assert found(problems) == [
        ("A3", "constraint.int64.gt", "price", "0"),
        ("B4", "constraint.enum.defined_only", "kind", "7"),
    ]
    assert problems[0].message == "must be greater than 0"


def test_violations_in_messages_lists_and_maps_have_their_own_cells() -> None:
    inner = "message Part { int32 id = 1 [(buf.validate.field).int32.gt = 0]; }"
    fields = """
        Part one = 1;
        repeated Part many = 2 [(buf.validate.field).repeated.max_items = 2];
        map<int32, Part> by = 3;
        map<string, int32> stats = 4 [(buf.validate.field).map = {
            keys: {string: {min_len: 3}} values: {int32: {gt: 0}}
        }];
        repeated string names = 5 [(buf.validate.field).repeated.items.string.max_len = 2];
        google.protobuf.Timestamp at = 6 [(buf.validate.field).timestamp.gt = {seconds: 10}];
    """
    rows: list[dict[str, Any]] = [
        {"one": {"id": -1}},
        {"many": [{"id": 1}, {"id": -2}, {"id": 3}]},
        {"by": {5: {"id": -3}}},
        {"stats": {"hp": 1, "mana": -4}},
        {"names": ["ab", "abc"]},
        {"at": {"seconds": 3}},
    ]
    problems = check(table(fields, inner), rows)
    assert sorted((problem.field, problem.code, problem.value or "") for problem in problems) == [
        ("at", "constraint.timestamp.gt", "1970-01-01 00:00:03"),
        ("by[5].id", "constraint.int32.gt", "-3"),
        ("many", "constraint.repeated.max_items", ""),
        ("many[2].id", "constraint.int32.gt", "-2"),
        ("names[2]", "constraint.string.max_len", "abc"),
        ("one.id", "constraint.int32.gt", "-1"),
        ("stats[hp]", "constraint.string.min_len", "hp"),
        ("stats[mana]", "constraint.int32.gt", "-4"),
    ]
    assert len({problem.cell for problem in problems}) == len(problems)


CEL = """
    option (buf.validate.message).cel = {
      id: "cheap", message: "sells above its price", expression: "this.sell <= this.price"
    };
    int64 price = 1; int64 sell = 2; int32 x = 3;
"""


def test_a_rule_over_several_fields_is_at_the_first_it_names() -> None:
    (problem,) = check(table(CEL), [{"price": 5, "sell": 5}, {"price": 5, "sell": 9}])
    assert found([problem]) == [("B3", "constraint.cheap", "sell", "9")]
    assert related(problem) == ["A3"]


def test_rules_over_bad_fields_are_not_run() -> None:
    rows = [{"price": 5, "sell": 9}] * 3
    bad = {"RowTable": {0: {"price"}, 1: {"x"}}}
    assert [problem.cell.a1 for problem in check(table(CEL), rows, bad=bad)] == ["B3", "B4"]


def test_a_rule_of_a_nested_message_names_its_fields_there() -> None:
    inner = """
        message Range {
          option (buf.validate.message).cel = {id: "order", message: "from > to", expression: "this.from <= this.to"};
          int32 from = 1; int32 to = 2;
        }
    """
    (problem,) = check(
        table("int32 id = 1; repeated Range ranges = 2;", inner),
        [{"ranges": [{"from": 1, "to": 2}, {"from": 5, "to": 2}]}],
    )
    assert found([problem]) == [("D2", "constraint.order", "ranges[2].from", "5")]
    assert related(problem) == ["E2"]


def test_a_rule_on_a_message_field_names_fields_too() -> None:
    inner = "message Part { int32 id = 1; int32 n = 2; }"
    rule = '[(buf.validate.field).cel = {id: "few", message: "too many", expression: "this.n < 10"}]'
    (problem,) = check(table(f"Part part = 1 {rule};", inner), [{"part": {"id": 1, "n": 50}}])
    assert found([problem]) == [("B2", "constraint.few", "part.n", "50")]


def test_oneofs_of_both_kinds() -> None:
    fields = """
        oneof what { option (buf.validate.oneof).required = true; int32 a = 1; string b = 2; }
        option (buf.validate.message).oneof = {fields: ["c", "d"], required: true};
        int32 c = 3; int32 d = 4;
    """
    problems = check(table(fields), [{"c": 1}, {"a": 1}, {"a": 1, "c": 1, "d": 2}, {"b": "x", "d": 1}])
    assert [(problem.cell.a1, problem.code, related(problem)) for problem in problems] == [
        ("A2", "constraint.required", ["B2"]),
        ("C3", "constraint.message.oneof", ["D3"]),
        ("C4", "constraint.message.oneof", ["D4"]),
    ]


def test_a_rule_that_fails_while_running_condemns_its_row_alone() -> None:
    fields = """
        option (buf.validate.message).cel = {id: "ratio", message: "too dear", expression: "this.a / this.b < 10"};
        int32 a = 1; int32 b = 2; int32 c = 3 [(buf.validate.field).int32.gte = 0];
    """
    rows = [{"a": 1, "b": 1}, {"a": 1, "b": 0}, {"a": 50, "b": 1}, {"a": 1, "b": 1, "c": -1}, {"a": 1}]
    problems = check(table(fields), rows, bad={"RowTable": {4: {"b"}}})
    assert [(problem.cell.a1, problem.code) for problem in problems] == [
        ("A3", "constraint.failed"),
        ("A4", "constraint.ratio"),
        ("C5", "constraint.int32.gte"),
    ]
    assert problems[0].message == "the rule ratio can't be computed for this row: divide by zero"


def test_every_row_of_a_map_table_is_validated_duplicates_too() -> None:
    protos = (
        HEAD
        + """
        message Row { int32 id = 1 [(gdata.field).key = true]; int32 n = 2 [(buf.validate.field).int32.gt = 0]; }
        message RowTable { map<int32, Row> rows = 1; }
    """
    )
    problems = check(protos, [{"id": 2, "n": -1}, {"id": 1, "n": 1}, {"id": 2, "n": 1}, {"id": 0, "n": -2}])
    assert found(problems) == [("B2", "constraint.int32.gt", "n", "-1"), ("B5", "constraint.int32.gt", "n", "-2")]


def test_a_record_is_validated() -> None:
    protos = HEAD + "message Constants { int32 max = 1 [(buf.validate.field).int32.gt = 0]; }"
    schema = build_schema(protos)
    view = build_views(schema, {"Constants": [{"max": -1}]}, records=["Constants"])["Constants"]
    assert found(Constraints(schema).check(view)) == [("A2", "constraint.int32.gt", "max", "-1")]


TABLE_RULE = (
    HEAD
    + """
    message Row { int32 id = 1; int32 n = 2 [(buf.validate.field).int32.gte = 0]; }
    message RowTable {
      option (buf.validate.message).cel = {
        id: "ids", message: "ids must be below 5", expression: "this.rows.all(r, r.id < 5)"
      };
      repeated Row rows = 1;
    }
"""
)


def test_a_rule_over_the_table_is_told_at_the_sheet() -> None:
    (problem,) = check(TABLE_RULE, [{"id": 1}, {"id": 7}])
    assert (str(problem.cell), problem.code, problem.message) == ("RowTable", "constraint.ids", "ids must be below 5")
    assert [one.code for one in check(TABLE_RULE, [{"id": 7}, {"n": -1}])] == ["constraint.int32.gte"]
    assert check(TABLE_RULE, [{"id": 7}], bad={"RowTable": {0: {"id"}}}) == []


def test_a_rule_over_more_rows_than_the_engine_takes_says_so() -> None:
    assert check(TABLE_RULE, [{"id": 1}] * 9_999) == []
    (problem,) = check(TABLE_RULE, [{"id": 1}] * 10_000)
    assert (str(problem.cell), problem.code) == ("RowTable", "constraint.table_failed")
    assert "9,999 rows" in problem.hint


def test_rules_without_a_proper_id_have_one_code() -> None:
    fields = """
        option (buf.validate.message).cel_expression = "this.a < 5 ? '' : 'a is ' + string(this.a)";
        int32 a = 1;
    """
    (problem,) = check(table(fields), [{"a": 9}])
    assert (problem.code, problem.message, problem.cell.a1) == ("constraint.cel", "a is 9", "A2")


def test_braces_in_a_message_are_only_text() -> None:
    rule = '{id: "b", message: "{not} a {template}", expression: "this.a < 5"}'
    (problem,) = check(table(f"option (buf.validate.message).cel = {rule}; int32 a = 1;"), [{"a": 9}])
    assert problem.message == "{not} a {template}"


def test_a_table_without_rules_needs_no_engine() -> None:
    schema = build_schema(
        'syntax = "proto3"; package game; message Row { int32 a = 1; } message RowTable { repeated Row rows = 1; }'
    )
    constraints = Constraints(schema)
    assert constraints.check(build_views(schema, {"RowTable": [{"a": 1}]})["RowTable"]) == []
    assert "_validator" not in vars(constraints)


@pytest.mark.parametrize(
    ("fields", "line", "words"),
    [
        ('int32 a = 1 [(buf.validate.field).cel = {id: "q", expression: "this > 0 &&"}];', 3, "expression q"),
        ('int32 a = 1;\noption (buf.validate.message).cel = {id: "q", expression: "foo(this.a)"};', 4, "expression q"),
        ('int32 a = 1;\n\noption (buf.validate.message).cel = {id: "q", expression: "this.b > 0"};', 5, "names b"),
        ('int32 x = 1;\nstring a = 2 [(buf.validate.field).int32.gt = 1];', 4, "expected rule"),
        ('int32 x = 1;\nstring a = 2 [(buf.validate.field).string.pattern = "("];', 4, "missing )"),
        ('string a = 1;\noption (buf.validate.message).cel = {id: "q", expression: "this.a + 1 > 3"};', 4, "overloads"),
        ('option (buf.validate.message).oneof = {fields: ["a", "nope"]}; int32 a = 1;', 2, "nope"),
    ],
)  # fmt: skip
def test_a_rule_that_can_not_work_is_a_schema_error_at_its_line(fields: str, line: int, words: str) -> None:
    start = HEAD.strip().replace("\n", " ")
    protos = f"{start}\nmessage Row {{\n{fields}\n}}\nmessage RowTable {{ repeated Row rows = 1; }}"
    with pytest.raises(SchemaError) as caught:
        check(protos, [])
    assert str(caught.value).startswith(f"game.proto:{line}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_violations_end_soon() -> None:
    started = time.process_time()
    protos = table("int64 price = 1 [(buf.validate.field).int64.gt = 0];")
    problems = check(protos, [{"price": 0}] * 30_000)
    assert len(problems) == 30_000
    assert time.process_time() - started < 10


SEOUL = ZoneInfo("Asia/Seoul")
TYPED = """
  float rate = 1 [(buf.validate.field).float = {gte: 0.1, lt: 0.7}];
  Kind kind = 2 [(buf.validate.field).enum = {in: [1, 2]}];
  google.protobuf.Timestamp at = 3 [(buf.validate.field).timestamp.gt = {seconds: 1000}];
  string code = 4 [(buf.validate.field).string.pattern = "^[a-z]+$"];
  map<string, int32> stats = 5 [(buf.validate.field).map.keys.string.min_len = 2];
  repeated double list = 6 [(buf.validate.field).repeated.items.double.lte = 0.3];
  google.protobuf.Duration wait = 7 [(buf.validate.field).duration.lt = {seconds: 90}];
  bool sure = 8 [(buf.validate.field).required = true];
  string bare = 9 [(buf.validate.field).cel_expression = "this.size() < 3"];
"""
LABELS = (
    'enum Kind { KIND_NONE = 0; KIND_ITEM = 1 [(gdata.value).label = "아이템"]; KIND_HERO = 2; } '
    'import "google/protobuf/duration.proto";'
)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"rate": 0.9}, "must be at least 0.1 and less than 0.7"),
        ({"kind": 0}, "must be one of: 아이템, KIND_HERO"),
        ({"at": {"seconds": 0}}, "must be greater than 1970-01-01 09:16:40"),
        ({"code": ""}, "code is blank"),
        ({"code": "A"}, "A doesn't have the form that code asks for: ^[a-z]+$"),
        ({"stats": {"a": 1}}, "must be at least 2 characters"),
        ({"list": [0.5]}, "must be at most 0.3"),
        ({"wait": {"seconds": 90}}, "must be less than 90s"),
        ({"sure": False}, "must not be FALSE"),
        ({"bare": "long"}, "breaks the rule this.size() < 3"),
    ],
)
def test_rules_have_their_bounds_as_cells_have_them(row: dict[str, Any], text: str) -> None:
    head = HEAD.replace("enum Kind { KIND_NONE = 0; KIND_ITEM = 1; }", LABELS)
    protos = f"{head} message Row {{ {TYPED} }} message RowTable {{ repeated Row rows = 1; }}"
    schema = build_schema(protos)
    right = {"rate": 0.1, "kind": 1, "at": {"seconds": 5000}, "code": "a", "sure": True}
    view = build_views(schema, {"RowTable": [{**right, **row}]})["RowTable"]
    assert [one.message for one in Constraints(schema, SEOUL).check(view)] == [text]


def test_a_oneof_that_must_be_filled_names_its_members() -> None:
    fields = "oneof pay { option (buf.validate.oneof).required = true; int32 gold = 1; int32 gem = 2; }"
    (problem,) = check(table(fields), [{}])
    assert (problem.message, problem.code) == ("none of gold, gem is filled", "constraint.required")
    both = 'option (buf.validate.message).oneof = {fields: ["c", "d"]}; int32 c = 3; int32 d = 4;'
    (problem,) = check(table(both), [{"c": 1, "d": 1}])
    assert problem.message == "only one of c, d may be filled"


def test_a_rule_of_a_row_that_names_no_field_shows_the_row_s_key() -> None:
    rule = 'option (buf.validate.message).cel = {id: "same", message: "no row may be so", expression: "false"};'
    (problem,) = check(table(f"{rule} int32 id = 1 [(gdata.field).key = true];"), [{"id": 7}])
    assert (problem.cell.a1, problem.field, problem.value) == ("A2", "id", "7")


def test_every_standard_rule_has_words() -> None:
    pool = build_schema(table("int32 a = 1 [(buf.validate.field).int32.gt = 0];")).pool
    options = GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FieldOptions"))
    predefined = pool.FindExtensionByName("buf.validate.predefined")
    untold = ("bytes.pattern", "bytes.prefix", "bytes.suffix", "bytes.contains")  # Nobody reads bytes in a cell.
    for message in pool.FindFileByName("buf/validate/validate.proto").message_types_by_name.values():
        for rule in message.fields if message.name != "FieldMaskRules" else ():
            known = options.FromString(rule.GetOptions().SerializeToString())
            for one in known.Extensions[predefined].cel if known.HasExtension(predefined) else ():
                if not one.id.endswith(".example") and one.id not in untold:
                    rules = GetMessageClass(message)()
                    assert rule_words(one.id, rule.name, rules, rule, SEOUL) is not None, one.id


OWN = """
syntax = "proto2";
package own;
import "buf/validate/validate.proto";
extend buf.validate.TimestampRules {
  optional bool ahead = 1161 [(buf.validate.predefined).cel = {id: "ahead", expression: "this > now"}];
  optional bool whole = 1162 [(buf.validate.predefined).cel = {id: "whole", expression: "int(this) % 60 == 0"}];
}
"""


@pytest.mark.parametrize(
    ("rules", "asks"),
    [
        ("[(buf.validate.field).timestamp.gt_now = true]", True),
        ("[(buf.validate.field).timestamp.(own.ahead) = true]", True),
        ("[(buf.validate.field).timestamp.(own.whole) = true]", False),
        ("[(buf.validate.field).timestamp.gt.seconds = 5]", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("kind", ["", "repeated "])
def test_rules_that_ask_the_clock(kind: str, rules: str, asks: bool) -> None:
    rules = rules.replace("(buf.validate.field)", "(buf.validate.field).repeated.items") if kind else rules
    field = f"{kind}google.protobuf.Timestamp at = 1 {rules};"
    schema = build_schema({"own.proto": OWN, "game.proto": table(field, 'import "own.proto";')})
    assert RuleReader(schema.pool).ask_for_now(schema.message("game.RowTable")) is asks
