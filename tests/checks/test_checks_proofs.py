"""What the core proves of rules and references is what protovalidate and Python's sets find, value by value."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest

from gdata._core import core
from gdata.checks.constraints import Constraints
from gdata.checks.proofs import RuleProofs, refers_at_once
from gdata.checks.references.resolve import ReferenceChecks
from gdata.checks.references.rules import ReferenceRule, check_reference_declarations
from gdata.checks.rules import RuleReader
from gdata.longbytes import BLOCK_BYTES, Spool
from gdata.schema.schema import Schema
from gdata.testing.views import build_schema, build_view, build_views

pytestmark = pytest.mark.skipif(core() is None, reason="gdata was installed without a compiler")

HEAD = 'syntax = "proto3"; package game; import "gdata/options.proto"; import "buf/validate/validate.proto";\n'
HEAD += 'import "google/protobuf/wrappers.proto"; import "google/protobuf/timestamp.proto";\n'
TYPES = "enum E { E_NONE = 0; E_A = 1; E_C = 5; }\nmessage Inner { int32 n = 1 [(buf.validate.field).int32.gt = 2]; }\n"

NUMBERS = [-(2**31), -6, -5, -1, 0, 1, 4, 5, 6, 7, 2**31 - 1]
NATURALS = [one for one in NUMBERS if one >= 0]
WIDE = [*NUMBERS, -(2**63), 2**63 - 1, 2**40]
FLOATS = [0.0, -0.0, 0.5, 0.1, 1.0, 1.0000001, -1.0, 3e38, float("inf"), float("-inf"), float("nan"), 5e-324]
TEXTS = ["", "a", "ab", "abc", "abcd", "가", "가나", "가나다라", "😀😀", "é" * 3, "x" * 300]

SIMPLE: list[tuple[str, str, list[Any]]] = [
    *[
        (kind, f".{kind} = {rule}", values)
        for kind, values in [
            *((kind, NUMBERS) for kind in ("int32", "sint32", "sfixed32")),
            *((kind, WIDE) for kind in ("int64", "sint64", "sfixed64")),
            *((kind, NATURALS) for kind in ("uint32", "fixed32")),
            *((kind, [*NATURALS, 2**63, 2**64 - 1]) for kind in ("uint64", "fixed64")),
        ]
        for rule in ("{gt: 0}", "{gte: 5, lt: 7}", "{in: [1, 4, 6]}", "{not_in: [0, 5]}", "{const: 4}", "{lte: 4}")
    ],
    *[
        (kind, f".{kind} = {rule}", FLOATS)
        for kind in ("float", "double")
        for rule in ("{gte: 0, lte: 1}", "{gt: 0}", "{lt: 1}", "{finite: true}", "{in: [0.1, 1]}", "{not_in: [0.5]}")
    ],
    *[
        ("string", f".string = {rule}", TEXTS)
        for rule in [
            *(
                "{min_len: 1}",
                "{min_len: 2, max_len: 3}",
                "{len: 3}",
                "{max_bytes: 4}",
                "{min_bytes: 3}",
                "{max_len: 299}",
            ),
            *("{len_bytes: 6}", '{in: ["a", "가"]}', '{not_in: ["", "ab"]}', '{const: "abc"}'),
            *("{len: 3, min_len: 1}", "{len: 3, max_len: 5}", "{len: 3, min_len: 5}", "{len_bytes: 3, min_bytes: 1}"),
        ]
    ],
    *[
        ("bytes", f".bytes = {rule}", [one.encode() for one in TEXTS])
        for rule in ("{min_len: 1, max_len: 3}", "{len: 4}", "{len: 3, min_len: 1, max_len: 4}", '{in: ["a", ""]}')
    ],
    ("bool", ".bool.const = true", [False, True]),
    ("bool", ".required = true", [False, True]),
    ("E", ".enum.defined_only = true", [0, 1, 2, 5, -1]),
    ("E", ".enum = {in: [1, 5]}", [0, 1, 2, 5]),
    ("E", ".enum = {not_in: [0]}", [0, 1, 5]),
    ("int32", ".required = true", NUMBERS),
    ("string", ".required = true", TEXTS),
    ("int32", " = {int32: {gt: 4}, ignore: IGNORE_IF_ZERO_VALUE}", NUMBERS),
    ("string", " = {string: {min_len: 3}, ignore: IGNORE_IF_ZERO_VALUE}", TEXTS),
    ("optional int32", ".int32.gt = 4", [None, *NUMBERS]),
    ("optional int32", " = {required: true, int32: {lt: 4}}", [None, *NUMBERS]),
    ("optional string", ".string.min_len = 1", [None, *TEXTS]),
    ("repeated int32", ".repeated = {min_items: 1, max_items: 3, items: {int32: {gt: 0}}}", [[], [1], [1, 0], [1] * 4]),
    ("repeated sint64", ".repeated.items.sint64.lt = 0", [[], [-1, -(2**40)], [-1, 0]]),
    ("repeated double", ".repeated.items.double.gt = 0", [[], [0.5, 1e300], [0.5, 0.0]]),
    ("repeated string", ".repeated = {items: {string: {min_len: 1}}}", [[], ["a"], ["a", ""]]),
    ("repeated int32", ".required = true", [[], [0]]),
    ("Inner", ".required = true", [None, {}, {"n": 3}, {"n": 2}]),
    ("Inner", "", [None, {}, {"n": 3}, {"n": 2}]),
    ("repeated Inner", ".repeated.max_items = 2", [[], [{"n": 3}] * 2, [{"n": 3}] * 3, [{"n": 3}, {}]]),
]
"""A field, its rules, and values for it."""

NOT_SIMPLE = [
    ("int32", '.cel = {id: "a", expression: "this > 0"}'),
    ("int32", ".int32 = {gt: 5, lt: 1}"),
    ("string", '.string.pattern = "a+"'),
    ("string", ".string.email = true"),
    ("repeated int32", ".repeated.unique = true"),
    ("map<int32, Inner>", ""),
    ("google.protobuf.Timestamp", ".timestamp.lt_now = true"),
    ("google.protobuf.Int32Value", ".int32.gt = 1"),
    ("optional int32", " = {int32: {gt: 4}, ignore: IGNORE_IF_ZERO_VALUE}"),
    ("string", ".int32.gt = 4"),
    ("int32", " = {required: true, int32: {gt: 4}, ignore: IGNORE_IF_ZERO_VALUE}"),
    ("double", ".double.gt = inf"),
    ("float", ".float.lt = -inf"),
]


def _schema(fields: list[tuple[str, str]]) -> Schema:
    messages = [
        f"message R{number} {{ int32 id = 1; {kind} f = 2{f' [(buf.validate.field){rules}]' if rules else ''}; }}\n"
        f"message R{number}Table {{ repeated R{number} rows = 1; }}\n"
        for number, (kind, rules) in enumerate(fields)
    ]
    return build_schema(HEAD + TYPES + "".join(messages))


@pytest.fixture(scope="module")
def simple() -> Schema:
    return _schema([(kind, rules) for kind, rules, _ in SIMPLE])


@pytest.mark.parametrize("number", range(len(SIMPLE)), ids=[f"{kind}{rules}" for kind, rules, _ in SIMPLE])
def test_rules_hold_where_protovalidate_finds_nothing(simple: Schema, number: int) -> None:
    plan = simple.table(f"game.R{number}Table")
    proofs, constraints = RuleProofs(RuleReader(simple.pool)), Constraints(simple)
    for value in SIMPLE[number][2]:
        view = build_view(simple, plan, [{"id": 1, "f": value}] if value is not None else [{"id": 1}])
        # NaN is for protovalidate, whatever the rule.
        assert proofs.holds(view) == (constraints._is_clean(view) and value == value), value


@pytest.mark.parametrize(("kind", "rules"), NOT_SIMPLE)
def test_other_rules_are_for_protovalidate(kind: str, rules: str) -> None:
    schema = _schema([(kind, rules)])
    assert not RuleProofs(RuleReader(schema.pool)).covers(schema.message("game.R0Table"))


def test_rules_of_rows_with_many_fields(simple: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [
        f"  {kind} f{at} = {at * 3 + 1} [(buf.validate.field){rules}];\n"
        for at, (kind, rules, _) in enumerate(SIMPLE)
        if rules
    ]
    names = [(f"f{at}", values) for at, (_, rules, values) in enumerate(SIMPLE) if rules]
    random, failed = Random(5), 0
    for start in range(0, len(fields), 12):
        row = (
            f"message Row {{\n{''.join(fields[start : start + 12])}}}\nmessage RowTable {{ repeated Row rows = 1; }}\n"
        )
        schema = build_schema(HEAD + TYPES + row)
        plan, constraints = schema.table("game.RowTable"), Constraints(schema)
        for _ in range(25):
            rows = [{name: random.choice(values) for name, values in names[start : start + 12]} for _ in range(4)]
            view = build_view(
                schema, plan, [{name: value for name, value in one.items() if value is not None} for one in rows]
            )
            found = constraints.check(view)
            failed += bool(found)
            with monkeypatch.context() as switched:
                switched.setenv("GDATA_CORE", "0")
                assert found == Constraints(schema).check(view)
    assert failed


REFERRING = (
    HEAD
    + """
enum E { E_NONE = 0; E_A = 1; }
message Slot {
  int64 item = 1 [(gdata.field).ref = {table: "ItemTable"}];
  repeated string codes = 2 [(gdata.field).ref = {table: "CodeTable"}];
}
message Item { sint32 id = 1 [(gdata.field).key = true]; uint32 small = 2 [(gdata.field).unique = true]; }
message ItemTable { repeated Item rows = 1; }
message Code { string id = 1 [(gdata.field).key = true]; fixed64 wide = 2; }
message CodeTable { repeated Code rows = 1; }
message Use {
  int32 id = 1 [(gdata.field).key = true];
  int32 item = 2 [(gdata.field).ref = {table: "ItemTable", none: "0"}];
  string code = 3 [(gdata.field).ref = {table: "CodeTable"}];
  repeated int32 items = 4 [(gdata.field).ref = {table: "ItemTable"}];
  repeated Slot slots = 5;
  Slot slot = 6;
  optional uint32 small = 7 [(gdata.field).ref = {table: "ItemTable", field: "small"}];
  E kind = 8;
  int64 either = 9 [(gdata.field).ref = {table: "ItemTable", when: "kind=E_A"}];
  uint64 wide = 10 [(gdata.field).ref = {table: "CodeTable", field: "wide", none: "0"}];
}
message UseTable { repeated Use rows = 1; }
"""
)


def test_references_are_there_where_sets_say_so() -> None:
    schema = build_schema(REFERRING)
    random, outcomes = Random(3), set()
    plans = {name: schema.table(f"game.{name}") for name in ("ItemTable", "CodeTable", "UseTable")}
    rules = check_reference_declarations(schema, plans)
    items = [{"id": number, "small": number + 40} for number in (-7, 0, 3, 5, 2**31 - 1)]
    codes = [{"id": text, "wide": 2**63 + at} for at, text in enumerate(["a", "가나다", "long_code_of_a_row"])]
    for _ in range(150):
        views = build_views(
            schema, {"ItemTable": items, "CodeTable": codes, "UseTable": [_use(random) for _ in range(2)]}
        )
        for rule in rules:
            is_there = not _missing(rule, views)
            assert refers_at_once(views[rule.table], rule, views) == is_there, rule.column.name
            outcomes.add((rule.column.name, is_there))
    assert outcomes == set(itertools.product({rule.column.name for rule in rules}, [True, False]))


def _missing(rule: ReferenceRule, views: Any) -> list[Any]:
    """What sets of Python's values find: without the core."""
    with pytest.MonkeyPatch.context() as switched:
        switched.setenv("GDATA_CORE", "0")
        return ReferenceChecks([rule]).check(views)


def _use(random: Random) -> dict[str, Any]:
    def number() -> int:
        return random.choice([-7, 0, 3, 5, 2**31 - 1, 3, 5] if random.random() < 0.9 else [4, -8, 2**30])

    def code() -> str:
        return random.choice(
            ["a", "가나다", "long_code_of_a_row", ""] if random.random() < 0.9 else ["가나", "long_code_of_a_rox"]
        )

    def slot() -> dict[str, Any]:
        return {"item": number(), "codes": [code() for _ in range(random.randrange(3))]}

    small = {"small": random.choice([33, 43, 45, 46])} if random.random() < 0.5 else {}
    return small | {
        "id": random.randrange(10**6),
        "item": number(),
        "code": code(),
        "items": [number() for _ in range(random.randrange(3))],
        "slots": [slot() for _ in range(random.randrange(2))],
        "slot": slot() if random.random() < 0.5 else None,
        "kind": random.randrange(2),
        "either": number(),
        "wide": random.choice([0, 2**63, 2**63 + 1, 2**63 + 2, 2**63] if random.random() < 0.95 else [7]),
    }


def test_a_signed_number_is_no_large_one() -> None:
    schema = build_schema(
        HEAD + "message A { uint64 id = 1 [(gdata.field).key = true]; } message ATable { repeated A rows = 1; }\n"
        'message B { int64 a = 1 [(gdata.field).ref = {table: "ATable"}]; } message BTable { repeated B rows = 1; }'
    )
    views = build_views(schema, {"ATable": [{"id": 2**63 + 5}], "BTable": [{"a": 5}]})
    (rule,) = check_reference_declarations(schema, {name: view.plan for name, view in views.items()})
    assert not refers_at_once(views["BTable"], rule, views)


def test_rows_with_problems_prove_nothing() -> None:
    schema = build_schema(REFERRING)
    tables: dict[str, Any] = {
        "ItemTable": [{"id": 1}, {}],
        "CodeTable": [{"id": "a"}],
        "UseTable": [{"id": 1, "item": 1}],
    }
    good = build_views(schema, tables)
    bad = build_views(schema, tables, bad={"ItemTable": {1: ["id"]}})
    rule = next(
        one
        for one in check_reference_declarations(schema, {name: view.plan for name, view in good.items()})
        if one.column.name == "item"
    )
    assert refers_at_once(good["UseTable"], rule, good)
    assert not refers_at_once(bad["UseTable"], rule, bad)


def test_a_record_is_proven_as_a_whole() -> None:
    """One that lies in a file would lose fields, and its lists would be counted in parts, were it cut."""
    schema = build_schema(
        HEAD + "message A { int32 id = 1 [(gdata.field).key = true]; } message ATable { repeated A rows = 1; }\n"
        'message Record { int32 best = 1 [(gdata.field).ref = {table: "ATable"}, (buf.validate.field).int32.gt = 0];\n'
        "  repeated string names = 2 [(buf.validate.field).repeated.max_items = 3]; }\n"
    )
    for count, best in [(3, 5), (4, 5), (3, 6)]:
        record = {"best": best, "names": [letter * (BLOCK_BYTES * 2 // 3) for letter in "abcd"[:count]]}
        views = build_views(schema, {"ATable": [{"id": 5}], "Record": [record]}, records=["Record"])
        spool = Spool()
        views["Record"].wire = spool.add(views["Record"].content)
        (rule,) = check_reference_declarations(schema, {name: view.plan for name, view in views.items()})
        assert refers_at_once(views["Record"], rule, views) is (best == 5)
        assert RuleProofs(RuleReader(schema.pool)).holds(views["Record"]) is (count == 3)
