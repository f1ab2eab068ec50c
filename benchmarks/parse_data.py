"""Make the tables of `benchmarks/parse.py`: 12 columns of every common type, the same on every machine."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

FIELDS = ("id", "price", "exp", "rate", "weight", "enabled", "name", "icon", "memo", "grade", "stack", "category")
_WORDS = ("sword", "potion", "고급", "shield", "얼음", "bow", "전설의", "ring", "불꽃", "gem")

_ROW = """
enum Grade {{ GRADE_UNSPECIFIED = 0; GRADE_COMMON = 1; GRADE_RARE = 2; GRADE_EPIC = 3; GRADE_LEGEND = 4; }}
message Row{n} {{
  int32 id = 1 {key};
  int64 price = 2;
  int64 exp = 3;
  float rate = 4;
  double weight = 5;
  bool enabled = 6;
  string name = 7;
  string icon = 8;
  string memo = 9;
  Grade{n} grade = 10;
  uint32 stack = 11;
  int32 category = 12;
}}
message Table{n} {{ repeated Row{n} rows = 1; }}
"""


def rows(table: int, count: int) -> Iterator[list[str]]:
    """`count` rows of csv text."""
    pick = random.Random(table)
    for number in range(1, count + 1):
        word = pick.choice(_WORDS)
        yield [
            str(number),
            str(pick.randrange(1_000_000)),
            str(pick.randrange(10_000_000_000)),
            f"{pick.randrange(1000) / 1000:g}",
            f"{pick.random():.6f}",
            pick.choice(("TRUE", "FALSE")),
            f"{word} {number}",
            f"icon_{word}_{number % 100}.png",
            f"{pick.choice(_WORDS)} {pick.choice(_WORDS)} {pick.choice(_WORDS)}",
            pick.choice(("COMMON", "RARE", "EPIC", "LEGEND")),
            str(pick.randrange(1, 1000)),
            str(pick.randrange(50)),
        ]


def make_project(folder: Path, tables: int, count: int, kind: str = "csv") -> None:
    """A project of `tables` tables of `count` rows each, for each `kind` of sheets.

    csv (one folder), quoted (the same with every text in quotes), or xlsx (a workbook a table).
    """
    (folder / "protos").mkdir(parents=True)
    for table in range(tables):
        content = _ROW.format(n=table, key="[(gdata.field).key = true]").replace("GRADE_", f"GRADE{table}_")
        head = 'syntax = "proto3";\npackage bench;\nimport "gdata/options.proto";\n'
        content = content.replace("enum Grade", f"enum Grade{table}")
        (folder / "protos" / f"table{table}.proto").write_text(head + content, encoding="utf-8")
        if kind == "xlsx":
            _write_xlsx(folder / "sheets", table, count)
        else:
            _write_csv(folder / "sheets", table, count, is_quoted=kind == "quoted")
    if kind != "xlsx":
        sheets = "".join(f"      Table{table}: bench.Table{table}\n" for table in range(tables))
        text = f"version: 1\nspreadsheets:\n  all:\n    path: sheets\n    sheets:\n{sheets}"
    else:
        text = "version: 1\nspreadsheets:\n" + "".join(
            f"  t{table}: {{path: sheets/Table{table}.xlsx, sheets: {{Table{table}: bench.Table{table}}}}}\n"
            for table in range(tables)
        )
    (folder / "sheets.yaml").write_text(text, encoding="utf-8")


def _write_csv(folder: Path, table: int, count: int, *, is_quoted: bool) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / f"Table{table}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC if is_quoted else csv.QUOTE_MINIMAL)
        writer.writerow(FIELDS)
        writer.writerows([_typed(cell) for cell in row] if is_quoted else row for row in rows(table, count))


def _typed(cell: str) -> str | float:
    """A number where the cell is one: csv leaves those without quotes."""
    return float(cell) if "." in cell[:2] else int(cell) if cell.isdigit() else cell


def _write_xlsx(folder: Path, table: int, count: int) -> None:
    from openpyxl import Workbook

    folder.mkdir(exist_ok=True)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(f"Table{table}")
    sheet.append(FIELDS)
    for row in rows(table, count):
        numbers = [int(row[0]), int(row[1]), int(row[2]), float(row[3]), float(row[4]), row[5] == "TRUE"]
        sheet.append([*numbers, *row[6:10], int(row[10]), int(row[11])])
    book.save(folder / f"Table{table}.xlsx")
