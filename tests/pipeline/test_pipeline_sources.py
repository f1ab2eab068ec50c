"""The same sheet from Google's typed cells, from a workbook and from CSV gives the same bundle."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from gdata.bundles.encode import encode_build
from gdata.config import Audience
from gdata.parsing.table import TableSheet, parse_table
from gdata.pipeline.build import build
from gdata.pipeline.check import views_for
from gdata.project import open_project, read_config
from gdata.sources.grid import DateCell, Grid
from gdata.tables import Parsed

SCHEMA = """
syntax = "proto3";
package t;
import "gdata/options.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
enum Grade { COMMON = 0; RARE = 1 [(gdata.value).label = "희귀"]; }
message Reward { int32 item_id = 1; int32 count = 2; }
message Item {
  int32 id = 1 [(gdata.field) = {key: true, column: "번호"}];
  string name = 2;
  int64 price = 3;
  float rate = 4;
  double weight = 5;
  bool active = 6;
  Grade grade = 7;
  repeated Reward rewards = 8;
  repeated int32 steps = 9;
  map<string, int32> stats = 10;
  google.protobuf.Timestamp at = 11;
  google.protobuf.Duration cooldown = 12 [(gdata.field).unit = "s"];
  google.protobuf.Int32Value maybe = 13;
  google.protobuf.Value extra = 14;
  bytes raw = 15;
}
message ItemTable { repeated Item rows = 1; }
"""
AT = datetime(2026, 12, 1, 9, 30)
BLANK = (None, "")
# By column, what a typed spreadsheet holds in each row, and how CSV writes it. The third row is blank.
COLUMNS: dict[str, list[tuple[Any, str]]] = {
    "번호": [(1, "1"), (2, "2"), BLANK, (3, "3")],
    "name": [("검", "검"), ('a,b\n"c"', 'a,b\n"c"'), BLANK, BLANK],
    "price": [(100, "100"), (2**53, str(2**53)), BLANK, ("5", "5")],
    "rate": [(0.5, "0.5"), (3, "3"), BLANK, ("0.25", "0.25")],
    "weight": [(1.25, "1.25"), (-7, "-7"), BLANK, ("1e3", "1e3")],
    "active": [(True, "TRUE"), (False, "FALSE"), BLANK, ("yes", "yes")],
    "grade": [("희귀", "희귀"), (1, "1"), BLANK, ("common", "common")],
    "rewards": [("1001:10, 1002:5",) * 2, BLANK, BLANK, ('[{"itemId": 1, "count": 2}]',) * 2],
    "steps": [(5, "5"), ("1,2", "1,2"), BLANK, BLANK],
    "stats": [("str:5", "str:5"), BLANK, BLANK, ('{"a": 1}',) * 2],
    "at": [(AT, "2026-12-01 09:30:00"), BLANK, BLANK, ("2026-12-01T00:00:00Z",) * 2],
    "cooldown": [(timedelta(minutes=90), "1:30:00"), (90, "90"), BLANK, ("1m", "1m")],
    "maybe": [(7, "7"), BLANK, BLANK, (0, "0")],
    "extra": [(True, "TRUE"), (2.5, "2.5"), BLANK, ('{"k": [1]}',) * 2],
    "raw": [("SGVsbG8=", "SGVsbG8="), BLANK, BLANK, ("AAEC", "AAEC")],
    "#note": [("x", "x"), BLANK, BLANK, BLANK],
}


def test_three_sources_one_bundle(tmp_path: Path) -> None:
    texts = [list(COLUMNS), *([text for _, text in row] for row in zip(*COLUMNS.values(), strict=True))]
    cells = [list(COLUMNS), *([cell for cell, _ in row] for row in zip(*COLUMNS.values(), strict=True))]
    from_csv = _build(tmp_path / "csv", _write_csv, "sheets", texts)
    from_workbook = _build(tmp_path / "xlsx", _write_workbook, "items.xlsx", cells)
    assert from_csv == from_workbook == _from_google(tmp_path / "csv", cells)


def _build(folder: Path, write: Any, path: str, rows: list[list[Any]]) -> str:
    (folder / "protos").mkdir(parents=True)
    (folder / "protos" / "t.proto").write_text(SCHEMA, encoding="utf-8")
    write(folder / path, rows)
    config = (
        f"version: 1\ntimezone: Asia/Seoul\nspreadsheets: {{game: {{path: {path}, sheets: {{Item: t.ItemTable}}}}}}"
    )
    (folder / "sheets.yaml").write_text(config)
    built = build(open_project(read_config(folder / "sheets.yaml")), lambda _: None)
    assert built.checked.ok, built.checked.problems
    return built.manifests["server"].bundle


def _write_csv(folder: Path, rows: list[list[str]]) -> None:
    folder.mkdir()
    with (folder / "Item.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def _write_workbook(path: Path, rows: list[list[Any]]) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Item"
    for row in rows:
        book.active.append(row)
    book.save(path)


def _from_google(folder: Path, rows: list[list[Any]]) -> str:
    """As Google's answers become cells: trailing blanks cut off, dates as serial numbers with their text."""
    project = open_project(read_config(folder / "sheets.yaml"))
    plan = project.plans["ItemTable"]
    typed = [[_google_cell(cell) for cell in row] for row in rows]
    for row in typed:
        while row and row[-1] is None:
            row.pop()
    grid = Grid("game", "Item", typed, "google")
    sheet = TableSheet(grid, project.config.spreadsheets[0].sheets[0], (plan,))
    parsed = Parsed(tables={"ItemTable": parse_table(plan, [sheet], [Audience()], ZoneInfo("Asia/Seoul"))})
    (target,) = project.config.targets
    return encode_build(project.schema, {target.name: (target, views_for(parsed, Audience()))})[0].manifest.bundle


def _google_cell(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return DateCell((cell - datetime(1899, 12, 30)) / timedelta(days=1), str(cell))
    return DateCell(cell / timedelta(days=1), str(cell)) if isinstance(cell, timedelta) else cell
