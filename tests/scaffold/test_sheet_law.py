"""Any rows of any schema, written as a workbook by `gdata sheet` and built again, are the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gdata.config import Audience
from gdata.parsing.view import bytes_of
from gdata.scaffold.back.make import MadeSheet, make_sheet, read_made
from gdata.scaffold.back.workbook import SheetWords, write_workbook
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.sources.grid import ERROR_TEXTS, Grid, Pulled, SheetRequest
from gdata.sources.workbook.read import read_workbook
from gdata.testing.bundles import compile_protos

SEOUL = ZoneInfo("Asia/Seoul")
HEAD = """
syntax = "proto3";
package t;
import "gdata/options.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/field_mask.proto";
enum Grade { GRADE_NONE = 0; GRADE_RARE = 1 [(gdata.value).label = "희귀, 아주"]; GRADE_EPIC = -5; }
enum Bit { BIT_NONE = 0; BIT_FIRE = 1 [(gdata.value).label = "불"]; BIT_ICE = 2; BIT_ALL = 7; }
message Empty {}
message Flat { sint32 a = 1; string b = 2 [(gdata.field).column = "글"]; Grade g = 3; }
message Deep {
  Flat flat = 2; repeated int32 n = 1; map<string, Flat> by = 3; optional bool on = 4;
  oneof kind { string s = 5; Flat f = 6; Empty e = 7; }
}
message Tree { int32 v = 1; repeated Tree below = 2; }
"""

# --- schemas ------------------------------------------------------------------------------------------------

TYPES = {
    "int32": "", "sint64": "", "uint32": "", "fixed64": "", "float": "", "double": "", "bool": "", "string": "",
    "bytes": "", "Grade": "", "Flat": "", "Deep": "", "Tree": "", "Empty": "", "google.protobuf.Timestamp": "",
    "google.protobuf.Duration": "", "google.protobuf.Int32Value": "", "google.protobuf.Struct": "",
    "google.protobuf.FieldMask": "", "int64 ": 'unit: "%"', "uint32 ": 'unit: "color"', "int32 ": 'flags: "t.Bit"',
}  # fmt: skip
LABELS = ("", "optional ", "repeated ", "map<string, ", "map<int32, ", "oneof ")
NOT_OPTIONAL = ("Flat", "Deep", "Tree", "Empty")
TEXTS = ("", "이름 {n}", "제목 {{}} {n}", "a.b {n}", "#{n}", "{n}@x")


@st.composite
def schemas(draw: Any) -> tuple[str, bool]:
    """The text of a row's message, and whether it is a table or one record."""
    is_record = draw(st.sampled_from([False, False, False, True]))
    key = draw(st.sampled_from(["int32", "string", "Grade", ""])) if not is_record else ""
    lines = [f"{key} id = 1 [(gdata.field).key = true];"] if key else ["int32 id = 1;"]
    members = []
    for number in range(2, 2 + draw(st.integers(1, 6))):
        type_ = draw(st.sampled_from(sorted(TYPES)))
        label = draw(st.sampled_from(LABELS))
        options = [TYPES[type_]] if TYPES[type_] else []
        text = draw(st.sampled_from(TEXTS)).format(n=number)
        is_plural = label.startswith(("repeated", "map"))
        if text and ("{}" not in text or is_plural):
            options.append(f'column: "{text}"')
        suffix = f" [(gdata.field) = {{{', '.join(options)}}}]" if options else ""
        name = type_.strip()
        if label == "optional " and (name in NOT_OPTIONAL or "google" in name):
            label = ""
        if label == "oneof ":
            members.append(f"{name} f{number} = {number}{suffix};")
        elif label.startswith("map"):
            lines.append(f"{label}{name}> f{number} = {number}{suffix};")
        else:
            lines.append(f"{label}{name} f{number} = {number}{suffix};")
    if members:
        lines.append(f"oneof what {{ {' '.join(members)} }}")
    rows = "" if is_record else "message RowTable { repeated Row rows = 1; }"
    return f"{HEAD}message Row {{ {' '.join(lines)} }}\n{rows}", is_record


# --- rows ---------------------------------------------------------------------------------------------------

characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
odd = st.sampled_from(
    ["1-2", "=A1", "TRUE", "0012", "1e5", "a, b", "a:b", '"q"', "[x", "{}", "#no", "a\nb", "'x", "@case", "_x0041_"]
)
filled = st.one_of(odd, st.text(characters, min_size=1, max_size=8)).filter(
    lambda text: text.strip() and text not in ERROR_TEXTS
)
paths = st.lists(st.sampled_from(["a", "b_c", "d.e"]), min_size=1, max_size=2)
KINDS: dict[str, Any] = {
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "bytes": st.binary(max_size=5),
    "enum": st.sampled_from([0, 1, -5]),
    "timestamp": st.integers(-(2**40), 2**42).map(lambda ms: {"seconds": ms // 1000, "nanos": ms % 1000 * 10**6}),
    "duration": st.integers(-(10**9), 10**9).map(
        lambda ms: {"seconds": int(ms / 1000), "nanos": (abs(ms) % 1000) * 10**6 * (1 if ms >= 0 else -1)}
    ),
    "struct": st.dictionaries(
        st.text("ab", max_size=2),
        st.one_of(
            st.booleans().map(lambda value: {"bool_value": value}),
            st.just({"null_value": 0}),
            st.integers(-9, 9).map(lambda value: {"number_value": value}),
            filled.map(lambda value: {"string_value": value}),
        ),
    ).map(lambda fields: {"fields": fields}),
    "field_mask": paths.map(lambda paths: {"paths": paths}),
}  # fmt: skip


def values(field: Any, is_inner: bool) -> Any:
    """One value of a field; what no cell can say (an empty text that is set) only within messages, where JSON can."""
    if field.flags is not None:
        return st.integers(0, 7)
    if field.kind == "string":
        return st.one_of(st.just(""), filled) if is_inner or not field.has_presence or field.oneof else filled
    if field.kind == "bytes" and not is_inner and field.has_presence and not field.oneof:
        return st.binary(min_size=1, max_size=5)
    if field.kind == "wrapper":
        return KINDS[field.scalar_kind].map(lambda value: {"value": value})
    if field.kind in ("message", "nested"):
        message = field.message or field.message_again()
        return messages(message, is_inner=True)
    return KINDS[field.kind]


@st.composite
def messages(draw: Any, message: Any, is_inner: bool = False, depth: int = 0) -> dict[str, Any]:
    value: dict[str, Any] = {}
    chosen = {}
    for field in message.fields:
        if field.oneof:
            chosen.setdefault(field.oneof, draw(st.sampled_from([None, *(f.name for f in message.fields if f.oneof)])))
            if chosen[field.oneof] != field.name:
                continue
        if field.is_list:
            most = (
                draw(st.sampled_from([0, 2, 2, 7]))
                if not is_inner and field.kind != "nested"
                else draw(st.integers(0, 1))
            )
            value[field.name] = draw(st.lists(values(field, True), max_size=most))
        elif field.is_map:
            keys = (
                st.from_regex(r"[a-z가-힣 .]{1,3}", fullmatch=True)
                if field.map_key_kind == "string"
                else KINDS["int32"]
            )
            value[field.name] = draw(st.dictionaries(keys, values(field, True), max_size=2))
        elif field.oneof or not field.has_presence or draw(st.booleans()):
            value[field.name] = draw(values(field, is_inner))
    return value


@st.composite
def tables(draw: Any) -> tuple[TablePlan, list[Any]]:
    text, is_record = draw(schemas())
    schema = Schema(compile_protos({"t.proto": text}))
    plan = schema.table("t.Row" if is_record else "t.RowTable", is_record=is_record)
    row = GetMessageClass(plan.row.descriptor)
    made = draw(st.lists(messages(plan.row), min_size=1 if is_record else 0, max_size=1 if is_record else 4))
    return plan, [row(**one) for one in made if not plan.key or one["id"] != ""]


# --- the law ------------------------------------------------------------------------------------------------


def built_again(made: MadeSheet) -> list[bytes]:
    """The rows of the workbook, read as a build reads it."""
    words = SheetWords([""] * len(made.columns), {})
    content = write_workbook([(made, words)], {}, "lists")
    pulled = Pulled("back", "workbook", {"back.xlsx": content}, datetime.now(UTC))
    grids = read_workbook(pulled, [SheetRequest(made.entry.title)]).grids
    grid: Grid = grids[0]
    parsed = read_made(made, grid.rows, SEOUL)
    problems = [*parsed.problems, *parsed.cell_problems[Audience()]]
    assert not [one for one in problems if one.severity == "error"], problems
    return list(map(bytes_of, parsed.view(Audience()).rows))


def check(table: tuple[TablePlan, list[Any]]) -> None:
    plan, rows = table
    made = make_sheet(plan, rows, "Row", SEOUL)
    event(f"multirow {made.entry.multirow}, {made.entry.layout}")
    assert built_again(made) == list(map(bytes_of, rows))


@given(table=tables())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_sheet_builds_its_rows_again(table: tuple[TablePlan, list[Any]]) -> None:
    check(table)


@pytest.mark.slow
@given(table=tables())
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_sheets_build_their_rows_again(table: tuple[TablePlan, list[Any]]) -> None:
    check(table)
