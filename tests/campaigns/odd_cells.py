"""Sheets at random, whose cells must never end as a bug of ours: headers × cells × layouts × kinds of fields.

    python tests/campaigns/odd_cells.py --runs 1000000 --seconds 3600 --seed 7

A run is a small sheet for one table: odd headers, odd cells, some layout, as typed cells or as csv bytes in blocks of
some size. It is parsed, checked and encoded, its problems are put in words, and its bundle is read again. Whatever is
raised is a find, and so are Python's or protobuf's own words in a problem; each is shown once, with the sheet that does
it. Ctrl-C ends it, and says how many were tried. `test_odd_cells.py` does 6,000.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from gdata.bundles.encode import encode_build
from gdata.config import SheetEntry, Target
from gdata.configfile import load_config
from gdata.errors import SchemaError
from gdata.language import use_language
from gdata.parsing.table import TableSheet, parse_table
from gdata.pipeline.check import check_all, views_for
from gdata.problems import has_errors
from gdata.project import Project
from gdata.proto.text import as_text
from gdata.proto.wire import sort_maps
from gdata.schema.plan import FieldPlan, MessagePlan, TablePlan
from gdata.schema.protoc import compile_protos
from gdata.schema.schema import Schema
from gdata.sources import grid
from gdata.sources.csv import CsvFolders
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell, FormulaCell, Grid, Pulled, SheetRequest
from gdata.tables import Parsed

_HEAD = """
import "gdata/options.proto";
import "buf/validate/validate.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
"""
_TYPES = """
enum Grade { GRADE_NONE = 0; GRADE_RARE = 1 [(gdata.value).label = "희귀"]; GRADE_LOW = -1; }
message Part {
  int32 a = 1 [(gdata.field).column = "가"];
  string b = 2 [(gdata.field) = {column: "나{}", default: "x"}];
  Grade g = 3;
  repeated int32 l = 4 [(gdata.field).default = "1, 2"];
  optional double d = 5 [(buf.validate.field).double.lt = 100];
}
message Deep {
  Part part = 1;
  repeated Part parts = 2 [(gdata.field) = {separator: ";", subseparator: "/"}];
  map<string, Part> by = 3;
  oneof one { int32 gold = 4; Part item = 5; google.protobuf.Empty none = 6; string text = 7; }
  map<int32, google.protobuf.Value> values = 8;
}
message Node { int32 id = 1; Node next = 2; repeated Node more = 3; map<bool, Node> by = 4; Deep deep = 5; }
"""
_VALUES = {
    "Int32": "int32", "Uint64": "uint64", "Sint64": "sint64", "Fixed32": "fixed32", "Float": "float",
    "Double": "double", "Bool": "bool", "Text": "string", "Raw": "bytes", "Enum": "Grade", "Part": "Part",
    "Deep": "Deep", "Node": "Node", "Stamp": "google.protobuf.Timestamp", "Length": "google.protobuf.Duration",
    "Mask": "google.protobuf.FieldMask", "Struct": "google.protobuf.Struct", "Value": "google.protobuf.Value",
    "Values": "google.protobuf.ListValue", "Empty": "google.protobuf.Empty", "Null": "google.protobuf.NullValue",
    "Wrapped": "google.protobuf.Int64Value", "WrappedText": "google.protobuf.StringValue",
    "WrappedRaw": "google.protobuf.BytesValue", "WrappedBool": "google.protobuf.BoolValue",
    "WrappedFloat": "google.protobuf.FloatValue", "Any": "google.protobuf.Any",
}  # fmt: skip
_UNIT = {"Length": 'unit: "m"'}


def _proto() -> str:
    tables = []
    for name, type_ in _VALUES.items():
        options = ", ".join(filter(None, ["absent_ok: true", _UNIT.get(name, "")]))
        plain = f"[(gdata.field) = {{{options}}}]"
        tables.append(
            f"message {name}Row {{ string id = 1 [(gdata.field).key = true]; {type_} v = 2 {plain};\n"
            f"  optional {type_} o = 3 {plain}; "
            f"repeated {type_} l = 4 [(gdata.field) = {{column: '값{{}}', {options}}}];\n"
            f"  map<string, {type_}> m = 5 {plain}; map<int64, {type_}> k = 6 {plain};\n"
            f"  oneof one {{ {type_} p = 7 {plain}; int32 q = 8 [(gdata.field).absent_ok = true]; }} }}\n"
            f"message {name}Table {{ repeated {name}Row rows = 1; }}\n"
        )
    return f'syntax = "proto3"; package t;{_HEAD}{_TYPES}{"".join(tables)}'


_OLD = f"""
syntax = "proto2"; package old;{_HEAD}
message GroupRow {{
  required int32 id = 1 [(gdata.field).key = true];
  optional group V = 2 {{ required int32 a = 1; optional bytes b = 2; repeated group W = 3 {{ optional bool x = 1; }} }}
  repeated group L = 3 {{ optional int64 a = 1 [(gdata.field).default = "4"]; }}
  optional string u = 4 [(gdata.field).unique = true, (buf.validate.field).string.min_len = 2];
}}
message GroupTable {{ repeated GroupRow rows = 1; }}
message ByKey {{ required bool id = 1 [(gdata.field).key = true]; optional GroupRow v = 2; }}
message ByKeyTable {{ map<bool, ByKey> rows = 1; }}
"""


_RAW = re.compile(r"Traceback|invalid literal|could not convert|object at|<class|NoneType|Expecting|[Ff]ailed to parse")


class OddSheets:
    """Makes sheets, and tries them."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets the .proto files and a sheets.yaml."""
        (folder / "protos").mkdir()
        (folder / "protos" / "t.proto").write_text(_proto(), "utf-8")
        (folder / "protos" / "old.proto").write_text(_OLD, "utf-8")
        tables = [*(f"t.{name}Table" for name in _VALUES), "old.GroupTable", "old.ByKeyTable"]
        sheets = "\n".join(f"      {name}: {name}" for name in tables)
        (folder / "sheets.yaml").write_text(
            f"version: 1\ntimezone: Europe/Berlin\nspreadsheets:\n  game:\n    path: .\n    sheets:\n{sheets}\n"
            "targets: {server: {}, jp: {tags: [jp]}}\n",
            "utf-8",
        )
        config = load_config(folder / "sheets.yaml", {})
        self._schema = Schema(compile_protos(config.protos, folder))
        self._config = config
        self._plans = self._schema.tables([(name, False) for name in tables])
        records = [f"t.{name}Row" for name in _VALUES]
        self._tables = list(self._plans.values())
        self._tables += [self._schema.table(name, is_record=True) for name in records]
        self._headers = {plan.message: list(_headers(plan.row)) for plan in self._tables}

    def run(self, seed: int) -> None:
        """Make the sheet of this number, and raise what it raises."""
        self.try_sheet(*self.sheet(seed), seed=seed)

    def sheet(self, seed: int) -> tuple[TablePlan, SheetEntry, Sequence[Sequence[CellValue]]]:
        """The sheet of a number: its table, how it lies, and its cells."""
        chance = random.Random(seed)
        plan = chance.choice(self._tables)
        layout = "vertical" if plan.kind == "record" else chance.choice(["rows", "rows", "rows", "columns"])
        entry = SheetEntry(
            "Odd",
            (plan.message,),
            layout=layout,  # type: ignore[arg-type]
            header_row=chance.choice([1, 1, 1, 2]) if layout != "vertical" else 1,
            multirow=chance.random() < 0.3,
            unknown_columns=chance.choice(["error", "warn", "ignore"]),
            merged=chance.choice(["", "", "fill"]),
        )
        good = _GOOD.get(plan.row.descriptor.name.removesuffix("Row"), ()) if chance.random() < 0.5 else ()
        headers = _good_headers(chance) if good else self._odd_headers(chance, plan)
        lines: list[list[CellValue]] = [list(headers)]
        favourite = chance.choice(_MAKERS)
        for number in range(chance.randint(0, 4) if plan.kind != "record" else 1):
            lines.append([_cell(chance, favourite, header, number, good) for header in headers])
        if entry.header_row == 2:
            lines.insert(0, [])
        return plan, entry, [list(line) for line in _on_its_side(lines)] if layout in ("columns", "vertical") else lines

    def _odd_headers(self, chance: random.Random, plan: TablePlan) -> list[str]:
        known = self._headers[plan.message]
        count = chance.randint(1, 5)
        headers = [chance.choice(known if chance.random() < 0.93 else _ODD_HEADERS) for _ in range(count)]
        headers = list(dict.fromkeys(headers)) if chance.random() < 0.95 else headers
        if plan.kind != "record" and chance.random() < 0.9:
            headers.insert(chance.randint(0, len(headers)), "id")
        return headers

    def try_sheet(self, plan: TablePlan, entry: SheetEntry, lines: Sequence[Sequence[CellValue]], *, seed: int) -> None:
        """Take a sheet the whole way to bytes and back."""
        chance = random.Random(seed)
        block = chance.choice([16, 64, 1 << 20])
        rows: Any = _as_csv(lines, block) if chance.random() < 0.4 else lines
        kind = "google" if rows is lines else "csv"
        merges = ((1, 1, 2, 2),) if chance.random() < 0.1 else ()
        grid = Grid("game", "Odd", rows, kind, merges=merges)  # type: ignore[arg-type]
        config = replace(self._config, targets=(Target("server"), Target("jp", tags=("jp",), format="json")))
        project = Project(config, self._schema, {plan.name: plan})
        parsed = Parsed(sheet_order={("game", "Odd"): 0})
        table = parse_table(plan, [TableSheet(grid, entry, (plan,))], project.audiences, ZoneInfo(config.timezone))
        parsed.tables[plan.name] = table
        parsed.problems += table.problems
        problems = [*parsed.problems, *(one for found in table.cell_problems.values() for one in found)]
        if seed % 4 == 0:  # Compiling the rules of a schema takes most of the time.
            problems = check_all(project, parsed, lambda _: None)
        for problem in problems:
            assert problem.message, problem.code
            assert not _RAW.search(f"{problem.message} {problem.hint}"), f"{problem.message} → {problem.hint}"
            json.dumps(problem.as_json())
        if seed % 8 == 0:
            copy_context().run(_in_korean, problems)
        if not has_errors(problems):
            self._encode(project, parsed, whole=seed % 4 == 0)

    def _encode(self, project: Project, parsed: Parsed, *, whole: bool) -> None:
        targets = {one.name: (one, views_for(parsed, one.audience)) for one in project.config.targets}
        if whole:  # A target's schema is made from all of the .proto files.
            encode_build(project.schema, targets)
        for table in parsed.tables.values():
            for view in table.views:
                again = type(view.message).FromString(view.content)
                assert sort_maps(again.SerializePartialToString(deterministic=True), again.DESCRIPTOR) == view.content
                assert as_text(again, "txtpb") is not None
                for index in range(view.row_count):
                    view.locate(index, ())


def _in_korean(problems: Sequence[Any]) -> None:
    use_language("ko")
    assert all(problem.message and problem.hint is not None for problem in problems)


def _headers(message: MessagePlan, depth: int = 0) -> Iterator[str]:
    """Texts that a header may hold for the fields of a message, and some that it may not."""
    for field in message.fields:
        yield from _field_headers(field, depth)
    if depth == 0:
        yield from (
            "@enabled",
            "@tags",
            "# note",
            "",
            "값1",
            "값2",
            "값",
            "m[]",
            "l[0]",
            "l[1001]",
            "k[x]",
            "v@jp",
            "id.x",
        )


def _field_headers(field: FieldPlan, depth: int) -> Iterator[str]:
    names = [field.name]
    if field.is_list:
        names = [f"{field.name}[1]", f"{field.name}[2]", field.name]
    elif field.is_map:
        names = [f"{field.name}[1]", f"{field.name}[a]", f"{field.name}.key", f"{field.name}.value", field.name]
    yield from names
    yield f"{field.name}@jp"
    if field.message is not None and depth < 3:
        for name in names:
            yield from (f"{name}.{inner}" for inner in _headers(field.message, depth + 1))


_ODD_HEADERS = "@jp x v. .v v..a v[ v] m[a].b[1].c #N/A ｖ V l[1]@jp @ @@".split()


def _good_headers(chance: random.Random) -> list[str]:
    """Headers under which there may be values that are right."""
    known = ["v", "o", "l[1]", "l[2]", "m[a]", "m[b]", "k[1]", "p", "v@jp", "@tags"]
    headers = chance.sample(known, chance.randint(1, 6))
    if "l[2]" in headers and "l[1]" not in headers:
        headers.append("l[1]")
    return ["id", *headers]


def _on_its_side(lines: Sequence[Sequence[CellValue]]) -> Iterator[tuple[CellValue, ...]]:
    width = max(map(len, lines))
    return zip(*([*line, *[None] * (width - len(line))] for line in lines), strict=True)


def _as_csv(lines: Sequence[Sequence[CellValue]], block: int) -> Any:
    """The cells as a csv file has them, read in blocks of a size; as they are where no csv file holds them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["" if cell is None else str(cell) for cell in line] for line in lines])
    content = text.getvalue().encode("utf-8", "replace").replace(b"\0", b"")
    files = {"Odd.csv": content, "folder.json": b'["Odd.csv"]'}
    before, grid.BLOCK_BYTES = grid.BLOCK_BYTES, block
    try:
        read = CsvFolders().read(Pulled("game", "csv", files, datetime.now(UTC)), [SheetRequest("Odd")])
    finally:
        grid.BLOCK_BYTES = before
    return read.grids[0].rows


_PARTS: list[CellValue] = ["1:x:1", "5::희귀:7:0.5", '{"a": 2, "g": "rare", "나": "y"}', '{"가": "3", "g": 0, "l": []}']
_GOOD: dict[str, list[CellValue]] = {
    "Int32": ["1", "-5", 7, 2.0, "0007"], "Uint64": ["18446744073709551615", 0, 5], "Sint64": ["-9", 3],
    "Fixed32": ["4", 4], "Float": ["0.5", 1.25, 3], "Double": ["1e-3", 0.1, -7, "9007199254740993"],
    "Bool": ["o", True, "0", "FALSE", 1], "Text": ["a", "가나", 5, True, "a\nb", "=A1", " x"],
    "Raw": ["SGVsbG8=", "AAAA"], "Enum": ["rare", "희귀", 0, "-1", "GRADE_LOW"], "Part": _PARTS,
    "Deep": ['{"gold": 5}', '{"none": {}, "values": {"1": [null, {"a": 1}]}}', '{"part": {"a": 1, "g": 1}}', "{}"],
    "Node": ['{"id": 1}', '{"id": 1, "next": {"id": 2, "by": {"true": {"id": 3}}}, "more": [{"id": 4}]}'],
    "Stamp": [DateCell(46000.25, "2025-12-09 06:00"), "2026-12-01", "2026-12-01T18:00:00+09:00"],
    "Length": ["90s", "1:30:00", 5, DateCell(0.5, "12:00")], "Mask": ["a,b.c", "price"],
    "Struct": ['{"a": [1, null, {"b": "x"}]}', "{}"], "Value": ["5", "null", '"x"', "[1]", True, 2.5],
    "Values": ["[]", "[1, {}]"], "Empty": ["{}", "TRUE", True], "Null": ["NULL_VALUE", 0], "Wrapped": ["5", 0],
    "WrappedText": ["a", "b"], "WrappedRaw": ["AAAA"], "WrappedBool": ["y", False], "WrappedFloat": ["0.5", 1],
}  # fmt: skip
"""Cells that are right under a field of the kind."""

# --- cells ----------------------------------------------------------------------------------------------------

_TEXTS = [
    "0", "1", "-1", "7", "a", "x", "TRUE", "false", "o", "희귀", "GRADE_RARE", "rare", "1:x:1", "1:x:희귀:2", "1,2,3",
    "1:2,3:4", "a:1", "a:1, b:2", "1/x/1;2/y/0", "1.5", "1e5", "50%", "1,000", "1 000", "１２", "²", "½", "١٢", "1억",
    "(500)", "#FF8800", "0xFF", "3.51E+17", "9" * 25, "9007199254740993", "-", "없음", "nan", "NaN", "inf", "1:", ":1",
    ",", ",,", '"', '"a,b"', '"a":1', 'a"b', "90s", "1h30m", "1:30:00", "2026-12-01", "2026-03-29 02:30",
    "2026-10-25T02:30", "9999-12-31 23:59", "0001-01-01", "26/13/45", "SGVsbG8=", "a,b.c", "price", "jp,kr",
    "\u200b", "a\u200b", "\ufeff1", "\x07", "\ud800", "\udfff:1", "\n", "a\nb\n", "\t", "\xa0", "\u3000", "é",
    "=A1", "=A3&B2", "#n/a", "undefined", "Loading...", "{", "[", "{}", "[]", "{]", "[[]]", "null", "true",
    "‘1’", "−5", "1，2", "1；2", "1|2", "…", "1-2", "1d", "-1:00:00", "0.1234567891234", "1_000", "+5", "5.", ".5",
    "10O1", "l", "$5", "5 gold", "1.000,5", "1.2.3", "e5", "0" * 400, "\\", "%s", "{0}", "{value}", "]", "a" * 300,
]  # fmt: skip
_NUMBERS: list[CellValue] = [
    0, 1, -1, 5, 1000, 2**31, -(2**63), 2**64, 10**400, -(10**330), 0.5, -0.0, 1.5, 1e300, 5e-324, 1e-40, 0.1, 3.0,
    1e16, math.inf, -math.inf, math.nan, True, False,
]  # fmt: skip
_ODD: list[CellValue] = [
    None, "", " ", DateCell(46000.0, "2025-12-09"), DateCell(0.5, "12:00"), DateCell(-3.5, "####"),
    DateCell(1e9, "far"), DateCell(math.inf, "∞"), DateCell(math.nan, "?"), DateCell(0.0, ""), FormulaCell("=A1"),
    FormulaCell(""), *sorted(ERROR_TEXTS),
]  # fmt: skip
_NAMES = ["a", "b", "g", "l", "d", "가", "part", "parts", "by", "gold", "item", "none", "text", "values", "id",
          "more", "deep", "A", "x", "", "@type", "fields", "paths", "1", "true", "\ud800", "nextMore"]  # fmt: skip


def _json(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.random()
    if depth < 4 and kind < 0.45:
        return {chance.choice(_NAMES): _json(chance, depth + 1) for _ in range(chance.randint(0, 3))}
    if depth < 4 and kind < 0.65:
        return [_json(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    if kind < 0.8:
        return chance.choice(_TEXTS)
    return chance.choice([None, True, False, 0, 1, -1, 1.5, 1e300, 2**31, 2**53 + 1, 10**30, math.nan, math.inf, 3.0])


def _json_text(chance: random.Random) -> str:
    text = json.dumps(_json(chance), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.15:
        cut = chance.randint(0, len(text))
        text = (
            text[:cut]
            + chance.choice(["", "]", "}", ",", '"', "'", "“", "\\", "9" * 5000, "[" * 200])
            + text[cut + 1 :]
        )
    if chance.random() < 0.01:
        deep = chance.choice([10, 30, 45, 100, 3000])
        text = chance.choice(["[" * deep + "]" * deep, '{"next":' * deep + '{"id":1}' + "}" * deep])
    return text


def _letters(chance: random.Random) -> str:
    return "".join(
        chance.choice("0123456789-+.,:;/|%()[]{}\"' \neEoOxX가１#=@\u200b") for _ in range(chance.randint(1, 7))
    )


def _mixed(chance: random.Random) -> CellValue:
    return chance.choice([_json_text, _letters, lambda one: one.choice(_TEXTS), lambda one: one.choice(_NUMBERS)])(
        chance
    )


_MAKERS: list[Callable[[random.Random], CellValue]] = [
    _json_text,
    _letters,
    lambda chance: chance.choice(_TEXTS),
    lambda chance: chance.choice(_NUMBERS),
    lambda chance: chance.choice(_ODD),
    lambda chance: ",".join(chance.choice(_TEXTS) for _ in range(chance.randint(1, 3))),
    lambda chance: ":".join(chance.choice(_TEXTS) for _ in range(chance.randint(1, 3))),
    _mixed,
]


def _cell(
    chance: random.Random,
    favourite: Callable[[random.Random], CellValue],
    header: str,
    number: int,
    good: Sequence[CellValue],
) -> CellValue:
    if header == "id" and (good or chance.random() < 0.9):
        return f"k{number}" if good else chance.choice([f"k{number}", str(number), number, number % 2 == 0, None])
    if header.startswith("@"):
        return chance.choice([True, False, None, "x", "미정", 5] if header == "@enabled" else [None, "jp", "kr, jp"])
    if good and chance.random() < 0.97:
        return chance.choice(good)
    return favourite(chance) if chance.random() < 0.7 else chance.choice(_MAKERS)(chance)


# --- the campaign ---------------------------------------------------------------------------------------------


def run_campaign(sheets: OddSheets, seeds: Sequence[int], seconds: float = math.inf) -> tuple[int, dict[str, str]]:
    """Try the sheets of these numbers, as far as the time goes: how many, and what was raised, by where."""
    end, done = time.monotonic() + seconds, 0
    finds: dict[str, str] = {}
    for seed in seeds:
        if time.monotonic() > end:
            break
        try:
            sheets.run(seed)
        except KeyboardInterrupt:
            break
        except SchemaError as error:
            finds.setdefault(str(error), f"seed {seed}: {error}")
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"
            plan, entry, lines = sheets.sheet(seed)
            story = "".join(traceback.format_exception(error)[-6:])
            finds.setdefault(place, f"seed {seed}: {plan.message} {entry}\n{lines!a}\n{story}")
        done += 1
    return done, finds


def main() -> int:
    parser = argparse.ArgumentParser(description="Sheets at random, whose cells must never end as a bug of gdata.")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--seed", type=int, default=0, help="the first sheet's number")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        sheets = OddSheets(Path(folder))
        done, finds = run_campaign(sheets, range(given.seed, given.seed + given.runs), given.seconds)
    for find in finds.values():
        print(find, end="\n\n")
    print(f"{done:,} sheets, {len(finds)} finds")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
