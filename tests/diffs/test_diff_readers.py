"""What the gate says of a changed schema by default: what readers of the old one would see of the new data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from diffcases import side

from gdata.bundles.manifest import Reference
from gdata.config import Gate
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Side
from gdata.testing.bundles import Contents, Rows, memory_output

HEAD = 'syntax = "proto3"; package game;\n'
TABLE = "message ItemTable { repeated Item rows = 1; }\n"


def items(fields: str, more: str = "") -> str:
    return f"{HEAD}{more}message Item {{ int32 id = 1; {fields} }}\n{TABLE}"


def judged(
    old_protos: str,
    new_protos: str,
    new: Sequence[Mapping[str, Any]],
    old: Sequence[Mapping[str, Any]] = (),
    schema: Any = "readers",
) -> GateVerdict:
    sides = (_side(old_protos, {"ItemTable": list(old)}), _side(new_protos, {"ItemTable": list(new)}))
    return judge(compare(*sides, category=schema), Gate(schema=schema))


def _side(protos: str, tables: Mapping[str, Rows], **manifest: Any) -> Side:
    contents = Contents(protos, tables, {"ItemTable": ("id",)}, **manifest)
    return Side("side", None, memory_output({"server": contents}))


def told(verdict: GateVerdict) -> list[tuple[str, Any, str | None, str]]:
    return [(one.level, one.key, one.field, one.message) for one in verdict.violations]


@pytest.mark.parametrize(
    ("before", "after", "row", "message"),
    [
        ("int32 n = 2;", "int64 n = 2;", {"n": 3_000_000_000}, "n reads -1294967296, it should be 3000000000"),
        ("int32 n = 2;", "sint32 n = 2;", {"n": 1}, "n reads 2, it should be 1"),
        ("int32 n = 2;", "fixed32 n = 2;", {"n": 7}, "n reads 0, it should be 7"),
        ("int32 n = 2;", "int32 n = 9;", {"n": 7}, "n reads 0, it should be 7"),
        ("int32 n = 2;", "repeated int32 n = 2;", {"n": [7, 8]}, "n reads 0, it should be [7, 8]"),
        ("string s = 2;", "repeated string s = 2;", {"s": ["a", "b"]}, "s reads b, it should be ['a', 'b']"),
        ("map<string, int32> m = 2;", "map<string, int64> m = 2;", {"m": {"a": 2**40}}, "m[a] reads 0, it should be"),
        (
            "oneof o { int32 a = 2; int32 b = 3; }",
            "int32 a = 2; int32 b = 3;",
            {"a": 1, "b": 2},
            "a reads 0, it should",
        ),
    ],
)
def test_a_row_that_old_readers_get_wrong_blocks_with_what_they_read(
    before: str, after: str, row: dict[str, Any], message: str
) -> None:
    verdict = judged(items(before), items(after), [{"id": 1}, {"id": 2, **row}])
    assert not verdict.passed
    ((level, key, _, words),) = told(verdict)
    assert (level, key) == ("block", (2,))
    assert f"[2]: with the old schema {message}" in words


@pytest.mark.parametrize(
    ("before", "after", "row"),
    [
        ("int32 n = 2;", "int64 n = 2;", {"n": 5}),
        ("int32 n = 2;", "int32 renamed = 2;", {"renamed": 5}),
        ("int32 n = 2;", "optional int32 n = 2;", {"n": 0}),
        ("int32 n = 2;", "oneof o { int32 n = 2; }", {"n": 5}),
        ("repeated int32 n = 2;", "int32 n = 2;", {"n": 5}),
        ("string s = 2;", "bytes s = 2;", {"s": "글".encode()}),
        ("bytes s = 2;", "string s = 2;", {"s": "글"}),
        ("bool b = 2;", "int32 b = 2;", {"b": 1}),
        ("int32 n = 2;", "int32 n = 2; float f = 3;", {"n": 5, "f": 0.5}),
    ],
)
def test_what_only_looks_different_passes(before: str, after: str, row: dict[str, Any]) -> None:
    verdict = judged(items(before), items(after), [{"id": 1, **row}])
    assert verdict.passed and not verdict.violations


def test_a_renamed_message_passes() -> None:
    part = "message {} {{ int32 n = 1; }}\n"
    verdict = judged(
        items("Part part = 2;", part.format("Part")),
        items("Piece part = 2;", part.format("Piece")),
        [{"id": 1, "part": {"n": 4}}],
    )
    assert verdict.passed and not verdict.violations


def test_two_fields_that_swap_their_numbers_block() -> None:
    verdict = judged(items("int32 hp = 2; int32 mp = 3;"), items("int32 hp = 3; int32 mp = 2;"), [{"id": 1, "hp": 9}])
    assert [one[1:] for one in told(verdict)] == [
        ((1,), "hp", "[1]: with the old schema hp reads 0, it should be 9"),
        ((1,), "mp", "[1]: with the old schema mp reads 9, it should be 0"),
    ]


def test_bytes_that_are_no_text_cost_the_whole_table() -> None:
    verdict = judged(items("string s = 2;"), items("bytes s = 2;"), [{"id": 1, "s": b"a"}, {"id": 2, "s": b"\xff"}])
    ((level, key, field, message),) = told(verdict)
    assert (level, key, field) == ("block", (2,), None)
    assert message.startswith("[2] can't be read with the old schema, and with it the whole table:")


GRADE = "enum Grade {{ NONE = 0; {} }}\n"


@pytest.mark.parametrize(
    ("before", "after", "number", "expected"),
    [
        (
            "A = 1;",
            "A = 1; B = 2;",
            2,
            ("warn", "[1]: grade is B; the old schema has no such value, its readers see 2"),
        ),
        ("A = 1; B = 2;", "A = 2; B = 1;", 2, ("block", "[1]: with the old schema grade reads B, it should be A")),
        ("A = 4;", "A = 5;", 5, ("block", "[1]: with the old schema grade reads 5, it should be A")),
        ("A = 1;", "RENAMED = 1;", 1, None),
        ("A = 1; B = 2;", "A = 2; B = 1;", 0, None),
    ],
)
def test_enum_values_are_followed_by_name(before: str, after: str, number: int, expected: Any) -> None:
    protos = [items("Grade grade = 2;", GRADE.format(values)) for values in (before, after)]
    verdict = judged(protos[0], protos[1], [{"id": 1, "grade": number}])
    assert [(one[0], one[3]) for one in told(verdict)] == ([expected] if expected else [])
    assert verdict.passed == (expected is None or expected[0] == "warn")


def test_a_field_that_had_values_and_is_gone_blocks_unless_another_target_keeps_it() -> None:
    full, less = items("int32 price = 2;"), items("")
    old = [{"id": 1}, {"id": 2, "price": 30}, {"id": 3, "price": 40}]
    verdict = judged(full, less, [{"id": 2}], old)
    assert told(verdict) == [
        ("block", None, "price", "price is gone: 2 rows had a value ([2] 30), with the old schema it reads 0")
    ]
    assert judged(full, less, [{"id": 2}], [{"id": 2}]).passed

    both = {"client": Contents(full, {"ItemTable": old}), "server": Contents(full, {"ItemTable": old})}
    client = {**both, "client": Contents(less, {"ItemTable": [{"id": 2}]})}
    sides = (Side("old", None, memory_output(both)), Side("new", None, memory_output(client)))
    withheld = judge(compare(*sides), Gate())
    assert withheld.passed
    assert [one[0] for one in told(withheld)] == ["warn"]


def test_a_table_that_had_rows_and_is_gone_blocks() -> None:
    old, new = _side(items(""), {"ItemTable": [{"id": 1}]}), _side(items(""), {})
    assert told(judge(compare(old, new), Gate())) == [
        ("block", None, None, "the table is gone, and readers of the old schema look for its 1 row")
    ]
    assert judge(compare(_side(items(""), {"ItemTable": []}), new), Gate()).passed


def test_rows_under_another_number_are_an_empty_table() -> None:
    moved = items("").replace("repeated Item rows = 1", "repeated Item rows = 2")
    assert told(judged(items(""), moved, [{"id": 1}])) == [
        ("block", None, None, "with the old schema it has no rows, it should have 1")
    ]


def test_another_key_blocks_though_no_byte_changed() -> None:
    rows = {"ItemTable": [{"id": 1, "code": 7}]}
    old, new = (
        Side("side", None, memory_output({"server": Contents(items("int32 code = 2;"), rows, {"ItemTable": (key,)})}))
        for key in ("id", "code")
    )
    assert told(judge(compare(old, new), Gate())) == [
        ("block", None, None, "its key was id, now it is code: who looks rows up by id finds none")
    ]


def test_references_are_part_of_what_readers_read() -> None:
    rows = {"ItemTable": [{"id": 1, "next": 1}]}
    refs = {"ItemTable": {"next": [Reference("ItemTable", ("id",), "", ())]}}
    old = _side(items("int32 next = 2;"), rows, refs=refs)
    new = _side(items("int32 next = 2;"), rows)
    assert [one[3] for one in told(judge(compare(old, new), Gate()))] == [
        "next referred to ItemTable, now it refers to nothing: who follows it fails"
    ]
    assert judge(compare(new, old), Gate()).passed


def test_a_flood_in_one_field_is_counted() -> None:
    rows = [{"id": number, "n": 2**40} for number in range(1, 251)]
    found = told(judged(items("int32 n = 2;"), items("int64 n = 2;"), rows))
    assert len(found) == 101
    assert found[-1] == ("block", None, "n", "n: the same in 150 more rows")


def test_messages_inside_messages_are_read_to_the_end() -> None:
    tree = "message Node {{ {} n = 1; Node next = 2; repeated Node more = 3; }}\n"
    row = {"id": 1, "node": {"next": {"more": [{"n": 1}, {"n": 2**33}]}}}
    found = told(
        judged(items("Node node = 2;", tree.format("int32")), items("Node node = 2;", tree.format("int64")), [row])
    )
    assert [one[2:] for one in found] == [
        ("node.next.more[2].n", "[1]: with the old schema node.next.more[2].n reads 0, it should be 8589934592")
    ]


def test_required_fields_of_the_old_schema_must_be_there() -> None:
    old = items("required int32 n = 2;").replace("proto3", "proto2").replace("int32 id", "optional int32 id")
    new = items("optional int32 n = 2;").replace("proto3", "proto2").replace("int32 id", "optional int32 id")
    found = told(judged(old, new, [{"id": 1, "n": 1}, {"id": 2}]))
    assert [one[1] for one in found] == [(2,)]
    assert "n is required" in found[0][3]


def test_a_closed_enum_hides_what_it_does_not_know() -> None:
    proto = 'syntax = "proto2"; package game; enum Grade {{ NONE = 0; {} }}\n'
    row = "message Item { optional int32 id = 1; optional Grade grade = 2; }\n"
    old, new = (proto.format(values) + row + TABLE for values in ("A = 1;", "A = 1; B = 2;"))
    assert [(one[0], one[3]) for one in told(judged(old, new, [{"id": 1, "grade": 2}]))] == [
        ("block", "[1]: with the old schema grade reads NONE, it should be B")
    ]


def test_maps_and_records_are_read_too() -> None:
    protos = HEAD + "message Item {{ int32 id = 1; {0} n = 2; }} message ItemMap {{ map<int32, Item> rows = 1; }}\n"
    protos += "message Constants {{ {0} n = 1; }}"
    tables = {"ItemMap": {7: {"id": 7, "n": 2**40}}, "Constants": {"n": 2**40}}
    sides = (
        side("old", {"ItemMap": {}, "Constants": {}}, protos.format("int32")),
        side("new", tables, protos.format("int64")),
    )
    assert [(one.table, one.key, one.field) for one in judge(compare(*sides), Gate()).violations] == [
        ("Constants", None, "n"),
        ("ItemMap", ("7",), "n"),
    ]


def test_bufs_words_stay_for_those_who_ask_for_them() -> None:
    old, new = items("int32 n = 2;"), items("int64 n = 2;")
    assert judged(old, new, [{"id": 1}], schema="file").blocking == ("schema",)
    assert judged(old, new, [{"id": 1, "n": 2**40}], schema="off").passed
