"""Any rows made at random, laid out as a sheet in any way, come back equal."""

from __future__ import annotations

import base64
import csv
import functools
import io
import json
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdata.config import Audience, SheetEntry
from gdata.parsing.table import TableSheet, parse_table
from gdata.parsing.view import ParsedTable
from gdata.problems import has_errors
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.sources.grid import ERROR_TEXTS, Grid
from gdata.sources.textrows import read_rows
from gdata.testing.bundles import compile_protos

SCHEMA = """
syntax = "proto3";
package t;
import "gdata/options.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
enum Grade { COMMON = 0; RARE = 1; EPIC = -5; }
message Sub { sint32 a = 1; string b = 2; Grade g = 3; }
message Row {
  int64 id = 1 [(gdata.field).key = true];
  int32 small = 2; uint32 natural = 3; fixed64 large = 4; float rate = 5; double weight = 6; bool active = 7;
  string text = 8; bytes raw = 9; Grade grade = 10;
  optional int32 maybe = 11; google.protobuf.StringValue wrapped = 12;
  google.protobuf.Timestamp at = 13; google.protobuf.Duration wait = 14; google.protobuf.Struct extra = 15;
  oneof choice { int32 gold = 16; string item = 17; }
  repeated int32 numbers = 18; repeated string tags = 19; repeated Sub subs = 20; Sub sub = 21;
  map<string, int32> stats = 22; map<int32, Sub> levels = 23; repeated Grade grades = 24;
}
message RowTable { repeated Row rows = 1; }
"""
UTC = ZoneInfo("UTC")


@functools.cache
def plan() -> TablePlan:
    return Schema(compile_protos({"t.proto": SCHEMA})).table("t.RowTable")


# --- rows ---------------------------------------------------------------------------------------------------

int32 = st.integers(-(2**31), 2**31 - 1)
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
# A text of nothing but blanks is a blank cell, and a formula error isn't the text that it shows.
filled = st.text(characters, min_size=1, max_size=8).filter(lambda text: text.strip() and text not in ERROR_TEXTS)
text = st.one_of(st.just(""), filled)
grade = st.sampled_from([0, 1, -5])
sub = st.fixed_dictionaries({"a": int32, "b": text, "g": grade})
milliseconds = st.integers(0, 2**42).map(lambda ms: {"seconds": ms // 1000, "nanos": ms % 1000 * 10**6})
lengths = st.integers(-(10**9), 10**9).map(
    lambda ms: {"seconds": int(ms / 1000), "nanos": (abs(ms) % 1000 * 10**6) * (1 if ms >= 0 else -1)}
)
row = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**63), 2**63 - 1),
        "small": int32,
        "natural": st.integers(0, 2**32 - 1),
        "large": st.integers(0, 2**64 - 1),
        "rate": st.floats(width=32, allow_nan=False, allow_infinity=False),
        "weight": st.floats(allow_nan=False, allow_infinity=False),
        "active": st.booleans(),
        "text": text,
        "raw": st.binary(max_size=5),
        "grade": grade,
        "numbers": st.lists(int32, max_size=3),
        "tags": st.lists(filled, max_size=3),
        "subs": st.lists(sub, max_size=2),
        "stats": st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), int32, max_size=2),
        "levels": st.dictionaries(int32, sub, max_size=2),
        "grades": st.lists(grade, max_size=2),
    },
    optional={
        "maybe": int32,
        "wrapped": filled.map(lambda value: {"value": value}),
        "at": milliseconds,
        "wait": lengths,
        "sub": sub,
    },
)
oneof = st.one_of(st.just({}), int32.map(lambda gold: {"gold": gold}), filled.map(lambda item: {"item": item}))
extra = st.one_of(
    st.just({}),
    st.dictionaries(st.text("abc", max_size=2), st.one_of(st.booleans(), st.none(), text, st.integers(-99, 99))).map(
        lambda value: {"extra": json_format.ParseDict(value, _struct())}
    ),
)
rows = st.lists(
    st.tuples(row, oneof, extra).map(lambda parts: {**parts[0], **parts[1], **parts[2]}), min_size=1, max_size=3
)


def _struct() -> Any:
    return GetMessageClass(plan().row.descriptor.fields_by_name["extra"].message_type)()


# --- laying them out ----------------------------------------------------------------------------------------

Cells = dict[str, str]
"""Cells by header."""


def in_json(name: str, message: Any) -> Cells:
    given = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    value = given.get(name)
    return {name: "" if value is None else json.dumps(value, ensure_ascii=False)}


def one_cell(name: str, message: Any) -> Cells:
    value = getattr(message, name)
    if name == "sub":
        return {name: _quoted_sub(value) if message.HasField(name) else ""}
    if name in ("stats", "levels"):
        entries = [f"{key}:{_quoted_sub(one) if name == 'levels' else one}" for key, one in value.items()]
        return {name: ",".join(entries)}
    if name == "subs":
        return {name: " , ".join(map(_quoted_sub, value))}
    return {name: ", ".join(_quoted(str(one)) for one in value)}


def over_columns(name: str, message: Any) -> Cells:
    value = getattr(message, name)
    if name == "sub":
        return {f"sub.{part}": cell for part, cell in _sub_cells(value, message.HasField(name)).items()}
    if name == "subs":
        return {
            f"subs[{number}].{part}": cell
            for number, one in enumerate([*value, None, None][:2], 1)
            for part, cell in _sub_cells(one, one is not None).items()
        }
    if name in ("stats", "levels"):
        return in_json(name, message)  # Each row has keys of its own.
    return {f"{name}[{number}]": str(one) for number, one in enumerate([*value, "", "", ""][:3], 1)}


def _sub_cells(value: Any, is_set: bool = True) -> Cells:
    if not is_set:
        return {"a": "", "b": "", "g": ""}
    return {"a": str(value.a), "b": value.b, "g": str(value.g)}


def _quoted_sub(value: Any) -> str:
    cells = _sub_cells(value)
    return ":".join([cells["a"], _quoted(cells["b"]), cells["g"]])


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def scalar(name: str, message: Any) -> Cells:
    value = getattr(message, name)
    field = plan().row.field(name)
    assert field is not None
    if field.has_presence and not message.HasField(name):
        return {name: ""}
    if name in ("at", "wait"):
        return {name: value.ToJsonString()}
    if name == "raw":
        return {name: base64.b64encode(value).decode()}
    if name == "extra":
        return in_json(name, message)
    return {name: str(value.value if name == "wrapped" else value)}


COMPOUND = ("numbers", "tags", "subs", "sub", "stats", "levels", "grades")
Layout = Callable[[str, Any], Cells]
layouts = st.fixed_dictionaries({name: st.sampled_from([in_json, one_cell, over_columns]) for name in COMPOUND})


@given(rows=rows, layouts=layouts, order=st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_rows_come_back(rows: list[dict[str, Any]], layouts: dict[str, Layout], order: Any) -> None:
    messages = [GetMessageClass(plan().row.descriptor)(**one) for one in rows]
    lines = [
        {
            header: cell
            for field in plan().row.fields
            for header, cell in layouts.get(field.name, scalar)(field.name, message).items()
        }
        for message in messages
    ]
    headers = list(dict.fromkeys(header for line in lines for header in line))
    order.shuffle(headers)
    cells = [headers, *([line[header] for header in headers] for line in lines)]
    for grid_rows in (cells, *map(as_csv, [cells] * 2, [48, 1 << 20])):
        parsed = parse(grid_rows)
        assert not has_errors([*parsed.problems, *parsed.cell_problems[Audience()]]), parsed.cell_problems
        assert parsed.view(Audience()).rows == messages
        assert parsed.view(Audience()).block_ends[-1] == len(messages)


def as_csv(cells: list[list[str]], block_bytes: int) -> Sequence[list[str]]:
    """The cells as a csv file has them, read in blocks of a size."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gdata.sources.grid.BLOCK_BYTES", block_bytes)
        found = read_rows(text.getvalue().encode())
    return cells if found is None else found  # What only the csv module reads holds control characters.


def parse(cells: Sequence[Sequence[str]]) -> ParsedTable:
    entry = SheetEntry("Row", ("t.RowTable",), notes="")
    sheet = TableSheet(Grid("game", "Row", cells, "csv"), entry, (plan(),))
    return parse_table(plan(), [sheet], [Audience()], UTC)
