"""Tables of csv made at random: most cells are as they should be, some are odd in every way that cells have been."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from gdata.config import Audience, SheetEntry
from gdata.parsing.table import TableSheet, parse_table
from gdata.parsing.view import ParsedTable
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.sources.google.index import decode_batch
from gdata.sources.grid import ERROR_TEXTS, Grid, Pulled, SheetRequest
from gdata.sources.textrows import read_rows
from gdata.sources.workbook.read import read_workbook
from gdata.testing.bundles import compile_protos

AUDIENCES = (Audience(), Audience(("jp",)), Audience(("kr", "jp")))

_SCHEMA = """
syntax = "proto3";
package t;
import "gdata/options.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
enum Grade { COMMON = 0; RARE = 1 [(gdata.value).label = "희귀"]; EPIC = -5; }
message Reward { int32 item = 1; optional uint32 count = 2; string memo = 3 [(gdata.field).absent_ok = true];
  float share = 4 [(gdata.field).default = "0.5"]; }
message Row {
  int64 id = 1 [(gdata.field).key = true];
  string name = 40;
  int32 small = 2; uint32 natural = 3; fixed64 large = 4; sint32 zigzag = 5; sfixed32 fixed = 6; uint64 huge = 26;
  float rate = 7; double weight = 8; bool active = 9; Grade grade = 10; bytes raw = 11;
  optional int32 maybe = 12; google.protobuf.StringValue wrapped = 13; optional string maybe_text = 14;
  google.protobuf.Timestamp at = 15; google.protobuf.Duration wait = 16;
  int32 with_default = 17 [(gdata.field).default = "7"];
  int32 without_column = 18 [(gdata.field).default = "0"];
  oneof choice { int32 gold = 19; string item = 20; }
  Reward reward = 21;
  repeated Reward rewards = 22;
  repeated int32 numbers = 23; repeated string tags = 24; repeated Grade grades = 25;
  repeated int32 listed = 30; map<string, int32> stats = 31; optional double precise = 32; optional sint64 signed = 33;
}
message RowTable { repeated Row rows = 3; }
"""
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_INTEGERS = ["0", "1", "7", "-3", "42", "1000", "2147483647"]
_DECIMALS = ["0", "1", "0.5", "-2.25", "3.14159", "100", "0.1", "123456", "-0", "16777215", "0.8139999999999999"]
_TEXTS = ["a", "sword", "얼음 검", "a b", "x,y", 'say "hi"', "line\nbreak", "ﾃｽﾄ", "1", "é", "😀", "–", "#1"]
_CLEAN: dict[str, list[str]] = {
    "name": _TEXTS,
    "small": _INTEGERS, "natural": ["0", "5", "4294967295"], "large": ["0", "18446744073709551615"],
    "zigzag": _INTEGERS, "fixed": _INTEGERS, "huge": ["0", "9", "18446744073709551615"],
    "rate": _DECIMALS, "weight": [*_DECIMALS, "0.123456789012345", "9007199254740991", "0.9672539999999999"],
    "active": ["TRUE", "FALSE", "o", "x", "1"], "grade": ["COMMON", "희귀", "EPIC", "1", "rare"], "raw": ["", "aGk="],
    "maybe": ["", *_INTEGERS], "wrapped": ["", *_TEXTS], "maybe_text": ["", *_TEXTS],
    "at": ["2026-01-02", "2026-01-02 03:04:05", "2026-12-31T18:00:00Z"], "wait": ["90s", "1h30m", ""],
    "with_default": ["", *_INTEGERS], "gold": [""], "item": ["", "sword"],
    "reward.item": _INTEGERS, "reward.count": ["", "0", "3"], "reward.memo": ["", "m"],
    "rewards[1].item": _INTEGERS, "rewards[1].count": ["", "2"],
    "rewards[2].item": [""], "rewards[2].count": [""],
    "numbers[1]": ["0", "5"], "numbers[2]": ["", "-1"], "tags[1]": ["t"], "tags[2]": ["", "u"],
    "grades[1]": ["COMMON", "EPIC"], "grades[2]": [""], "listed": ["", "1,2,3", "4"], "stats": ["", "a:1,b:2"],
    "precise": ["", "-0", "0", "0.1"], "signed": ["", "0", "-9223372036854775808"],
    "@enabled": ["", "TRUE", "FALSE"], "@tags": ["", "jp", "kr", "kr, jp"],
}  # fmt: skip
_ODD = [
    "", " ", "  ", "\t", "\n", "\u00a0", "\u3000", "\u2003", " 5", "5 ", "+5", "007", "-", "--1", "1-2",
    "1_000", "1,000", "1.0", "1e3", "1E+12", "1.5E+16", "-1.2E+13", "3.40282357e38", "3.4e39", "1e-46",
    "0.1234567", "123456789.5", "0.12345678901234567", "0.1234567890123456789", "9007199254740993.5",
    "16777217", "9007199254740993", "99999999999999999999",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "2147483648", "-2147483648",
    "-2147483649", "4294967296", "1.", ".5", ".", "1.2.3", "-0.0", "0" * 30, "9" * 400, "inf", "nan", "１２",
    "٣", "²", "TRUE", "true", "FALSE", "False", "no", "=A1", "=SUM(A1:B2)", "= 3", "#", "#1", "# note",
    " # note", "#N/A", "#n/a!", "#REF!", "#FF00AA", "undefined", "Undefined", "Loading...", "a\u200bb",
    "a\u200db", "👨\u200d👩", "\u200f", "\ufeffx", "x\ufffd", "a\x07", "\x7f", "\x85", "\u0085x", "a\r\nb",
    "a\rb", "tab\there", " lead", "trail ", "\u3000x", "x\u3000", "x\u2003", "\u1680", "\u2028", "\u2062",
    "\u2069", "\u2064x", "end\n", "\nstart", "a\n b", "없음", "COMON", "epic", "0", "-5", "2", "희귀 ",
    "2026-02-30", "2026-01-02 25:00", "2026-03-29 02:30:00", "90", "[1,2]", "{}", "1,2,,3", "a:1,a:2",
    "a:1;b:2", "1:2:3", "unknown", "jp kr", "jp;kr", "\U0010ffff", "\U000e0001", "ё", "한글", "e\u0301", "'5",
    '"', '""', "x" * 300, "E+", "1E+", "-E+1",
    "NULL", "Null", "NaT", "\\N", "[object Object]", "1e+05", "1.5e+06", "-e+1", "a_x000D_b", "a_x1000_b", '="007"',
    *sorted(ERROR_TEXTS),
]  # fmt: skip


@functools.cache
def plan() -> TablePlan:
    return Schema(compile_protos({"t.proto": _SCHEMA})).table("t.RowTable")


def odd_table(random: Random) -> bytes:
    """A table as csv; how many of its cells are odd, and which columns it has, is drawn too."""
    names = ["id", *random.sample(sorted(_CLEAN), random.randint(1, len(_CLEAN)))]
    # A field that has no column is a problem of every row, so most tables have all that need one.
    if random.random() < 0.9:
        names = ["id", *(name for name in _CLEAN if not name.startswith("@") or random.random() < 0.3)]
    random.shuffle(names)
    share = random.choice([0, 0, 0.0005, 0.003, 0.05])
    rows = [names, *(_row(random, names, number, share) for number in range(random.randint(0, 40)))]
    text = io.StringIO(newline="")
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    csv.writer(text, lineterminator=random.choice(["\n", "\r\n"]), quoting=quoting).writerows(rows)
    content = text.getvalue().encode()
    return content.rstrip(b"\r\n") if random.random() < 0.2 else content


def clean_table_with(name: str, cells: Sequence[str]) -> tuple[bytes, bytes]:
    """A row for each of these cells in a column, all others clean: as csv, and as Google answers."""
    names = ["id", *(one for one in _CLEAN if not one.startswith("@"))]
    rows = [
        [str(number + 1), *(cell if one == name else _CLEAN[one][0] for one in names[1:])]
        for number, cell in enumerate(cells)
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([names, *rows])
    literals = (f"[{','.join(one if _JSON_NUMBER.fullmatch(one) else json.dumps(one) for one in row)}]" for row in rows)
    body = f'{{"valueRanges": [{{"values": [{json.dumps(names)},{",".join(literals)}]}}]}}'
    return text.getvalue().encode(), body.encode()


def odd_answer(random: Random) -> bytes:
    """The same as Google answers: numbers and truths are no texts, and JSON has several ways to write a thing."""
    rows = list(csv.reader(io.StringIO(odd_table(random).decode(), newline="")))
    space = random.choice(["", "\n  "])
    written = (f"[{space}{f',{space}'.join(_literal(random, cell) for cell in row)}]" for row in rows)
    values = f",{space}".join(written)
    body = f'{{"spreadsheetId": "x", "valueRanges": [{{"range": "Row!A1:Z9", "values": [{values}]}}]}}'
    return body.encode("utf-8", "surrogatepass")


def odd_workbook(random: Random) -> bytes:
    """The same as a workbook, its texts shared or each in its cell."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    rows = list(csv.reader(io.StringIO(odd_table(random).decode(), newline="")))
    book = Workbook(write_only=random.random() < 0.5)
    sheet = book.create_sheet("Row", 0)
    for row in rows:
        texts = (ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row)
        # A formula has no value yet, and is another matter.
        sheet.append([_typed(random, f" {cell}" if cell.startswith("=") else cell) for cell in texts])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _typed(random: Random, cell: str) -> str | bool | float | None:
    if cell in ("TRUE", "FALSE"):
        return cell == "TRUE"
    if _JSON_NUMBER.fullmatch(cell) and len(cell) < 30 and random.random() < 0.99:
        return json.loads(cell)  # type: ignore[no-any-return]
    return cell or None


def _literal(random: Random, cell: str) -> str:
    if cell in ("TRUE", "FALSE"):
        return cell.lower()
    if _JSON_NUMBER.fullmatch(cell):
        # Almost always one kind in a column, and so in a pull.
        others = [json.dumps(cell), "null", "1e2", "-0", "-0.0", "0.10", "5.0"]
        return cell if random.random() < 0.99 else random.choice(others)
    return json.dumps(cell, ensure_ascii=random.random() < 0.3)


def _row(random: Random, names: list[str], number: int, share: float) -> list[str]:
    kind = random.random()
    if kind < 0.03:
        return random.choice([[], [""] * len(names), ["# note"], ["#x", *[""] * (len(names) - 1)]])
    row = [str(number + 1) if name == "id" else random.choice(_CLEAN[name]) for name in names]
    row = [random.choice(_ODD) if random.random() < share else cell for cell in row]
    if kind < 0.05 and share:
        row = row[: random.randint(1, len(row))] if kind < 0.04 else [*row, random.choice(["", "extra", " "])]
    return row


def parse(content: bytes, entry: SheetEntry) -> ParsedTable:
    """The table that is made of csv, an answer of Google's or a workbook."""
    if content.startswith(b"PK"):
        pulled = Pulled("game", "workbook", {"Row.xlsx": content}, datetime.now(UTC))
        (grid,) = read_workbook(pulled, [SheetRequest("Row")]).grids
    elif content.startswith(b"{"):
        grid = Grid("game", "Row", decode_batch(content)[0], "google")
    else:
        rows = read_rows(content)
        cells = rows if rows is not None else list(csv.reader(io.StringIO(content.decode(), newline="")))
        grid = Grid("game", "Row", cells, "csv")
    sheet = TableSheet(grid, entry, (plan(),))
    return parse_table(plan(), [sheet], AUDIENCES, ZoneInfo("Europe/Berlin"))
