"""`gdata show`: zeros and FALSE are values, csv is a sheet that builds again, and nothing in it runs."""

from __future__ import annotations

import csv
import functools
import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from command_line import GDATA, run_gdata
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from waiting import LONGEST

from gdata.cli.planning.rows import ShownTable, render
from gdata.config import Audience, SheetEntry
from gdata.parsing.table import TableSheet, parse_table
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
import "google/protobuf/field_mask.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
enum Grade { COMMON = 0; RARE = 1; EPIC = -5; }
message Sub { sint32 a = 1; string b = 2; Grade g = 3; repeated int64 n = 4; }
message Row {
  string code = 1 [(gdata.field).key = true];
  int32 small = 2; uint64 large = 3; float rate = 4; double weight = 5; bool active = 6;
  string text = 7; bytes raw = 8; Grade grade = 9;
  optional bool maybe = 10; google.protobuf.Int32Value wrapped = 11;
  google.protobuf.Timestamp at = 12; google.protobuf.Duration wait = 13;
  google.protobuf.Struct extra = 14; google.protobuf.Value any = 15; google.protobuf.FieldMask mask = 16;
  oneof choice { int32 gold = 17; string item = 18; Sub pack = 19; }
  repeated int64 numbers = 20; repeated string tags = 21; repeated Sub subs = 22; Sub sub = 23;
  map<string, int32> stats = 24; map<int32, Sub> levels = 25; repeated Grade grades = 26; repeated bool flags = 27;
  repeated google.protobuf.Duration waits = 28;
}
message RowTable { repeated Row rows = 1; }
message Constants { int32 level = 1; string title = 2; repeated int32 steps = 3; bool open = 4; }
"""


@functools.cache
def plan() -> TablePlan:
    return Schema(compile_protos({"t.proto": SCHEMA})).table("t.RowTable")


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
filled = st.text(characters, min_size=1, max_size=8).filter(lambda text: text.strip() and text not in ERROR_TEXTS)
codes = st.one_of(filled, st.sampled_from(["#bow", "=1+1", "-5", "TRUE", "007", '"', "[", "{"]))
int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1).map(str)
grade = st.sampled_from(["COMMON", "RARE", "EPIC"])
sub = st.fixed_dictionaries({"a": int32, "b": st.one_of(st.just(""), filled), "g": grade, "n": st.lists(int64)})
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), filled, st.integers(-99, 99)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text("ab", max_size=2), inner, max_size=2)),
    max_leaves=4,
)
lengths = st.integers(-(10**9), 10**9).map(lambda ms: f"{ms / 1000:.3f}s")
rows = st.fixed_dictionaries(
    {"code": codes},
    optional={
        "small": int32,
        "large": st.integers(0, 2**64 - 1).map(str),
        "rate": st.floats(width=32, allow_nan=False, allow_infinity=False),
        "weight": st.floats(allow_nan=False, allow_infinity=False),
        "active": st.booleans(),
        "text": filled,
        "raw": st.sampled_from(["AAEC", "SGVsbG8="]),
        "grade": grade,
        "maybe": st.booleans(),
        "wrapped": int32,
        "at": st.integers(0, 2**32).map(lambda seconds: json_format.MessageToDict(_at(seconds))["at"]),
        "wait": lengths,
        "extra": st.dictionaries(st.text("abc", min_size=1, max_size=2), json_value, max_size=3),
        "any": json_value,
        "mask": st.sampled_from(["a", "a,b.c", "itemId,rewards"]),
        "numbers": st.lists(int64, max_size=3),
        "tags": st.lists(filled, max_size=3),
        "subs": st.lists(sub, max_size=2),
        "sub": sub,
        "stats": st.dictionaries(filled, int32, max_size=3),
        "levels": st.dictionaries(int32.map(str), sub, max_size=2),
        "grades": st.lists(grade, max_size=2),
        "flags": st.lists(st.booleans(), max_size=3),
        "waits": st.lists(lengths, max_size=2),
    },
)
choices = st.one_of(
    st.just({}),
    int32.map(lambda gold: {"gold": gold}),
    filled.map(lambda item: {"item": item}),
    sub.map(lambda pack: {"pack": pack}),
)
tables = st.lists(
    st.tuples(rows, choices).map(lambda parts: {**parts[0], **parts[1]}),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row["code"],
)


def _at(seconds: int) -> Any:
    row = GetMessageClass(plan().row.descriptor)()
    row.at.FromSeconds(seconds)
    return row


@pytest.mark.usefixtures("capsys")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=tables)
@example(rows=[{"code": "#bow", "sub": {}, "any": None}, {"code": "=cmd", "pack": {}, "any": "TRUE"}])
@example(rows=[{"code": "0", "rate": 3.4028234663852886e38}, {"code": "1", "rate": -3.4028234663852886e38}])
@example(rows=[{"code": "a", "maybe": False, "gold": 0, "wrapped": 0, "any": "1", "extra": {}}])
def test_a_table_shown_as_csv_builds_the_same_bytes(rows: list[dict[str, Any]], capsys: Any) -> None:
    message = json_format.ParseDict({"rows": rows}, GetMessageClass(plan().descriptor)())
    capsys.readouterr()
    render(ShownTable("RowTable", message.rows, plan().row.descriptor, ("code",)), "csv", None)
    page = capsys.readouterr().out
    cells = read_rows(page.encode()) or list(csv.reader(io.StringIO(page, newline="")))
    grid = Grid("game", "Row", cells, "csv", dates_as_text=True)
    parsed = parse_table(
        plan(), [TableSheet(grid, SheetEntry("Row", ("t.RowTable",)), (plan(),))], [Audience()], ZoneInfo("UTC")
    )
    problems = [*parsed.problems, *parsed.cell_problems[Audience()]]
    assert not has_errors(problems), problems
    built = GetMessageClass(plan().descriptor).FromString(parsed.view(Audience()).content)
    assert built.SerializeToString(deterministic=True) == message.SerializeToString(deterministic=True)


# --- the command --------------------------------------------------------------------------------------------


PROTO = """
syntax = "proto3";
package t;
import "gdata/options.proto";
import "google/protobuf/struct.proto";
enum Grade { COMMON = 0; RARE = 1; }
message Row {
  string code = 1 [(gdata.field).key = true];
  int32 small = 2; int64 large = 3; bool active = 4; Grade grade = 5; string text = 6;
  google.protobuf.Struct extra = 7; map<string, int32> stats = 8; optional int32 maybe = 9;
}
message RowTable { repeated Row rows = 1; }
message Constants { int32 level = 1; string title = 2; repeated int32 steps = 3; bool open = 4; }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("protos", "sheets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "protos" / "t.proto").write_text(PROTO)
    (tmp_path / "sheets" / "Row.csv").write_text(
        ",code,small,large,active,grade,text,extra,stats,maybe\n"
        ',#bow,0,0,FALSE,COMMON,"=HYPERLINK(""x"")","{""b"": 1, ""a"": 2, ""c"": 3}","b:1,a:2",\n'
        ",sword,-7,0,TRUE,RARE,\x1b]0;owned\x07 \x9b31m,,,0\n"
    )
    (tmp_path / "sheets" / "Constants.csv").write_text('level,0\ntitle,\nsteps,"1,2"\nopen,FALSE\n')
    (tmp_path / "sheets.yaml").write_text(
        "{version: 1, spreadsheets: {game: {path: sheets, sheets: {Row: t.RowTable, "
        "Constants: {table: t.Constants, layout: vertical}}}}}"
    )
    run_gdata("build", "-q", cwd=tmp_path)
    return tmp_path


def shown(project: Path, *arguments: str) -> str:
    return run_gdata("show", *arguments, cwd=project).out


def test_zeros_and_false_are_shown(project: Path) -> None:
    page = shown(project, "RowTable", "--columns", "code,small,active,grade,maybe")
    assert page.splitlines()[1].split() == ["#bow", "0", "FALSE", "COMMON"]
    row = [line.split() for line in shown(project, "RowTable", "#bow").splitlines()]
    assert row[:5] == [["code", "#bow"], ["small", "0"], ["large", "0"], ["active", "FALSE"], ["grade", "COMMON"]]
    assert [line.split() for line in shown(project, "Constants").splitlines()] == [
        ["level", "0"], ["steps", "[1,", "2]"], ["open", "FALSE"]
    ]  # fmt: skip


def test_structs_and_maps_stand_in_order(project: Path) -> None:
    (row,) = run_gdata("show", "RowTable", "#bow", "--format", "json", cwd=project).json
    assert list(row["extra"]) == ["a", "b", "c"] and list(row["stats"]) == ["a", "b"]
    assert list(row)[:6] == ["code", "small", "large", "active", "grade", "text"]


@pytest.mark.parametrize("table", ["Row", "Constants"])
def test_what_is_shown_as_csv_is_the_sheet_of_the_same_build(project: Path, table: str) -> None:
    name = "RowTable" if table == "Row" else table
    before = run_gdata("build", "--format", "json", cwd=project).json["build"]
    (project / "sheets" / f"{table}.csv").write_text(shown(project, name, "--format", "csv"), encoding="utf-8")
    assert run_gdata("build", "--format", "json", cwd=project).json["build"] == before


def test_a_spreadsheet_runs_nothing_of_what_is_meant_for_it(project: Path) -> None:
    page = shown(project, "RowTable", "--format", "csv", "--for-excel", "--columns", "code,small,text")
    assert page.startswith("\ufeff") and "\"'=HYPERLINK" in page and ",-7," in page
    assert "csv" in run_gdata("show", "RowTable", "--for-excel", cwd=project, code=2).err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize("format_", ["csv", "json", "yaml", "txtpb", "table"])
def test_a_terminal_obeys_nothing_of_it_and_a_file_has_it_all(
    project: Path, format_: str, on_terminal: Callable[..., bytes]
) -> None:
    page = on_terminal("show", "RowTable", "--format", format_, cwd=project)
    assert b"owned" in page and b"\x1b]" not in page and "\x9b".encode() not in page and b"\x07" not in page
    if format_ == "csv":
        assert "\x1b]0;owned\x07 \x9b31m" in shown(project, "RowTable", "--format", "csv")


@pytest.fixture
def on_terminal() -> Callable[..., bytes]:
    """Run gdata with a terminal as its stdout; what arrives there."""

    def run(*arguments: str, cwd: Path) -> bytes:
        ours, theirs = pty.openpty()
        process = subprocess.Popen([str(GDATA), *arguments], cwd=cwd, stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        content = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            content += piece
        os.close(ours)
        assert process.wait(LONGEST) == 0
        return content

    return run


WORDS = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "google/protobuf/duration.proto";
enum Grade { GRADE_NONE = 0; GRADE_RARE = 1 [(gdata.value) = {label: "희귀" label: "레어"}]; }
message Item {
  int32 id = 1 [(gdata.field) = {key: true, column: "번호"}];
  string name = 2 [(gdata.field).column = "이름"];
  Grade grade = 3 [(gdata.field).column = "등급"];
  int32 price = 4 [(gdata.field) = {column: "구매가" column: "가격"}];
  Drop drop = 5 [(gdata.field).column = "드롭"];
}
message Drop {
  Grade grade = 1 [(gdata.field).column = "등급"];
  google.protobuf.Duration every = 2 [(gdata.field) = {column: "주기", absent_ok: true}];
}
message ItemTable { repeated Item rows = 1; }
"""


@pytest.fixture(scope="module")
def words_game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    (folder / "protos").mkdir()
    (folder / "protos/game.proto").write_text(WORDS, "utf-8")
    (folder / "sheets").mkdir()
    sheet = "번호,이름,등급,구매가,드롭.등급,드롭.주기\n1,철검,희귀,50,,\n2,은검,NONE,80,희귀,90m\n"
    (folder / "sheets/Item.csv").write_text(sheet, "utf-8")
    book = "{path: sheets, sheets: {Item: game.ItemTable}}"
    (folder / "sheets.yaml").write_text(f"version: 1\nspreadsheets:\n  items: {book}\n")
    run_gdata("build", "-q", cwd=folder)
    return folder


@pytest.mark.parametrize(
    "asked",
    [
        ["--where", "등급=희귀", "--columns", "이름,구매가"],
        ["--where", "grade=레어", "--columns", "name, 가격"],
        ["철검", "--columns", "이름,price"],
        ["1", "--columns", "이름,price"],
    ],
)
def test_fields_values_and_rows_are_named_as_planners_do(words_game: Path, asked: list[str]) -> None:
    shown = run_gdata("show", "Item", *asked, cwd=words_game).out
    assert shown.split() == ["이름", "name", "철검", "구매가", "price", "50"]


def test_a_table_for_people_has_their_words_and_data_has_the_names_of_the_schema(words_game: Path) -> None:
    lines = run_gdata("show", "Item", cwd=words_game).out.splitlines()
    assert [line.split() for line in lines] == [
        ["번호", "이름", "등급", "구매가", "드롭"],
        ["1", "철검", "희귀", "50"],
        ["2", "은검", "GRADE_NONE", "80", "{등급", "희귀,", "주기", "1h30m}"],
    ]
    assert '"grade": "GRADE_RARE"' in run_gdata("show", "Item", "--format", "json", cwd=words_game).out


def test_a_header_slip_is_answered_in_the_planners_words(words_game: Path) -> None:
    said = run_gdata("show", "Item", "--columns", "구매까", cwd=words_game, code=2)
    assert "구매가" in said.err
    said = run_gdata("show", "Item", "--where", "등급=전설", cwd=words_game, code=2)
    assert "'전설' is no value of 등급\n  → GRADE_NONE, 희귀" in said.err
    said = run_gdata("show", "Item", "--where", "이름=a=b", cwd=words_game)
    assert (said.out, said.err) == ("", "no row fits\n")
