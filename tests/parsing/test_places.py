"""From a value back to its cell: in columns, down rows, in one cell, after blanks that closed up."""

from __future__ import annotations

import gc
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from gdata.config import Audience, SheetEntry
from gdata.parsing.records import SheetRecords
from gdata.parsing.table import TableSheet, parse_table
from gdata.parsing.view import Path, View
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.sources.grid import Grid
from gdata.testing.bundles import compile_protos

SCHEMA = """
syntax = "proto3";
package t;
import "gdata/options.proto";
message Sub { int32 a = 1; int32 b = 2; }
message Row {
  int32 id = 1 [(gdata.field).key = true];
  int32 price = 2 [(gdata.field).absent_ok = true];
  repeated Sub subs = 3 [(gdata.field).absent_ok = true];
  repeated int32 numbers = 4 [(gdata.field).absent_ok = true];
  map<string, int32> stats = 5 [(gdata.field).absent_ok = true];
  Sub sub = 6 [(gdata.field).absent_ok = true];
  string memo = 7 [(gdata.field).absent_ok = true];
}
message RowTable { repeated Row rows = 1; }
message RowMap { map<int32, Row> rows = 1; }
"""


@cache
def schema() -> Schema:
    return Schema(compile_protos({"t.proto": SCHEMA}))


def view_of(*texts: str, entry: SheetEntry | None = None, tags: tuple[str, ...] = (), table: str = "RowTable") -> View:
    """The view of sheets that are given as lines of `a|b|c`."""
    plan: TablePlan = schema().table(f"t.{table}")
    entry = entry or SheetEntry("S", (plan.message,))
    grids = [
        Grid("game", f"S{number}", [line.strip().split("|") for line in text.strip().splitlines()], "csv")
        for number, text in enumerate(texts, 1)
    ]
    sheets = [TableSheet(grid, entry, (plan,)) for grid in grids]
    parsed = parse_table(plan, sheets, [Audience(tags)], ZoneInfo("UTC"))
    assert not parsed.cell_problems[Audience(tags)], parsed.cell_problems
    return parsed.view(Audience(tags))


@pytest.mark.parametrize(
    ("index", "path", "cell"),
    [
        (0, ("price",), "S1!B2"),
        (1, ("price",), "S1!B4"),
        (0, ("subs", 0, "a"), "S1!C2"),
        (0, ("subs", 1, "b"), "S1!F2"),
        (1, ("subs", 0, "b"), "S1!F4"),  # the first element's columns are blank, so the list closed up
        (1, ("subs", 0), "S1!E4"),
        (1, ("subs",), "S1!C4"),
        (0, ("stats", "dex"), "S1!H2"),
        (0, ("sub", "b"), "S1!I2"),
        (0, ("sub",), "S1!I2"),
        (0, (), "S1!A2"),
        (0, ("memo",), "S1!A2"),  # without a column: the row's key
        (0, ("numbers", 0), "S1!A2"),
    ],
)  # fmt: skip
def test_over_columns(index: int, path: Path, cell: str) -> None:
    view = view_of(
        """
        id|price|subs[1].a|subs[1].b|subs[2].a|subs[2].b|stats[str]|stats[dex]|sub
        1|5|1|2|3|4||7|8:9
        |||||||
        2|6|||3|4|||
        """
    )
    assert str(view.locate(index, path)) == cell


@pytest.mark.parametrize(
    ("index", "path", "cell"),
    [
        (0, ("subs", 0, "b"), "S1!C2"),
        (0, ("subs", 1, "a"), "S1!B4"),
        (0, ("numbers", 2), "S1!D3"),
        (0, ("stats", "str"), "S1!F2"),
        (0, ("stats", "dex"), "S1!F3"),
        (1, ("subs", 0, "a"), "S1!B5"),
        (1, (), "S1!A5"),
    ],
)
def test_down_rows(index: int, path: Path, cell: str) -> None:
    entry = SheetEntry("S", ("t.RowTable",), multirow=True)
    view = view_of(
        """
        id|subs.a|subs.b|numbers|stats.key|stats.value
        1|1|2|7|str|5
        |||8,9|dex|6
        |3|4|||
        2|5|6|||
        """,
        entry=entry,
    )
    assert [len(row.subs) for row in view.rows] == [2, 1] and list(view.rows[0].numbers) == [7, 8, 9]
    assert str(view.locate(index, path)) == cell


def test_sheets_after_one_another_and_rows_left_out() -> None:
    view = view_of("id|price|@enabled\n1|5|TRUE\n2|6|FALSE\n3|7|", "price|id\n8|4")
    assert [row.id for row in view.rows] == [1, 3, 4]
    assert [str(view.locate(index, ("price",))) for index in range(3)] == ["S1!B2", "S1!B4", "S2!A2"]


def test_a_variant_is_where_its_value_is() -> None:
    text = "id|price|price@jp\n1|5|6\n2|7|"
    for tags, cells in (((), ["S1!B2", "S1!B3"]), (("jp",), ["S1!C2", "S1!B3"])):
        view = view_of(text, tags=tags)
        assert [str(view.locate(index, ("price",))) for index in range(2)] == cells


def test_duplicates_of_a_map_table_keep_their_rows() -> None:
    view = view_of("id|price\n2|5\n1|6\n2|7", table="RowMap")
    assert [(row.id, str(view.locate(index, ("price",)))) for index, row in enumerate(view.rows)] == [
        (2, "S1!B2"), (1, "S1!B3"), (2, "S1!B4"),
    ]  # fmt: skip
    again = View(view.plan, view.row_count, view.locate).holding_bytes(view.content, view.row_bytes)
    assert again.rows == view.rows and again.message == view.message and again.content == view.content


def test_columns_layout() -> None:
    entry = SheetEntry("S", ("t.RowTable",), layout="columns")
    view = view_of("id|1|2\nprice|5|6\nnumbers[1]|7|8", entry=entry)
    assert str(view.locate(1, ("numbers", 0))) == "S1!C3" and str(view.locate(0, ("price",))) == "S1!B2"


@pytest.mark.parametrize("text", ["id|price\n1|2\n2|3", "id|numbers|memo\n1|2, 3|a", "id|price\n1|2||"])
def test_no_cell_is_kept_once_its_row_is_made(text: str) -> None:
    # A build collects no garbage while it parses: whatever holds a block in a circle would hold all of them.
    def kept() -> int:
        return sum(isinstance(one, SheetRecords) for one in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = kept()
        view = view_of(text)
        assert kept() == before and view.row_count
    finally:
        gc.enable()
