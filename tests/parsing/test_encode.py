"""With the core and without it: the same bytes, the same problems, the same places."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import case_files
import pytest
from case_files import Case, cases, open_case, parse_case, read_grid
from odd_tables import clean_table_with, odd_answer, odd_table, odd_workbook, parse

from gdata._core import core
from gdata.config import SheetEntry
from gdata.errors import GdataError
from gdata.parsing.cells.cell import shown
from gdata.parsing.encode import RowEncoder
from gdata.parsing.view import ParsedTable
from gdata.pipeline.check import check_all
from gdata.problems import Problem
from gdata.sources.google.index import decode_batch
from gdata.sources.grid import DateCell, FormulaCell, Grid
from gdata.sources.textrows import read_rows
from gdata.sources.workbook.cells import XmlBlock

pytestmark = pytest.mark.skipif(core() is None, reason="gdata was installed without a compiler")

_ENTRIES = [
    SheetEntry("Row", ("t.RowTable",)),
    SheetEntry("Row", ("t.RowTable",), notes="", blank=("없음", "-")),
    SheetEntry("Row", ("t.RowTable",), notes="//", first_row=4),
]


@pytest.fixture
def both_ways(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Holds what a function gives with the core to what it gives without."""

    def compare(function: Callable[[], object]) -> None:
        monkeypatch.setenv("GDATA_CORE", "1")
        with_core = function()
        monkeypatch.setenv("GDATA_CORE", "0")
        assert with_core == function()

    return compare


@pytest.mark.parametrize("source", ["csv", pytest.param("google", marks=pytest.mark.slow)])
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case_both_ways(
    case: Case,
    source: str,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    both_ways: Callable[[Callable[[], object]], None],
) -> None:
    """Its sheets are of this source here, whatever they are elsewhere."""
    monkeypatch.setattr("gdata.sources.grid.BLOCK_BYTES", 64)
    monkeypatch.setattr(case_files, "read_grid", _as_csv if source == "csv" else _as_answer)
    assert pytestconfig.cache is not None
    try:
        project = open_case(case, tmp_path, pytestconfig.cache.mkdir("gdata-protos"))
    except GdataError:
        pytest.skip("its settings are what is wrong")

    def check() -> tuple[list[object], list[Problem]] | str:
        try:
            parsed = parse_case(case, project)
            return list(map(_facts, parsed.tables.values())), check_all(project, parsed, lambda _: None)
        except GdataError as error:
            return str(error)

    both_ways(check)


def _as_csv(path: Path) -> Grid:
    grid = read_grid(path)
    if grid.kind == "csv":
        return grid
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[shown(cell) for cell in row] for row in grid.rows])
    return replace(grid, rows=read_rows(text.getvalue().encode()) or grid.rows, kind="csv")


def _as_answer(path: Path) -> Grid:
    grid = read_grid(path)
    rows = [["" if cell is None else cell for cell in row] for row in grid.rows]
    if any(isinstance(cell, (DateCell, FormulaCell)) for row in rows for cell in row):
        return grid
    body = json.dumps({"valueRanges": [{"values": rows}]})
    return replace(grid, rows=decode_batch(body.encode("utf-8", "surrogatepass"))[0], kind="google")


def test_odd_tables_both_ways(both_ways: Callable[[Callable[[], object]], None]) -> None:
    _compare_odd_tables(both_ways, seed=1, count=60)


_AT_BOUNDS = [str(sign * (1 << power) + by) for power in (31, 32, 53, 63, 64) for sign in (1, -1) for by in (-1, 0, 1)]
_DIGITS = [f"0.{(1 << 53) + odd:019}" for odd in range(1, 20, 2)]
_DIGITS += [
    "1.234567",
    "1.2345678",
    "0.1000001",
    "0.10000000149011612",
    "16777216",
    "16777217",
    "-16777217",
    "0.0",
    "-0",
]
_HIDDEN = ["a\u180eb", "a\u00adb", "undefined", "undefine", "1E+5x", "-E+", "NULL", "Null", "1e+05", "1e+5"]
_HIDDEN += ["a_x000D_b", r"\N", "NaN", "NaT", "<NA>", "null", "(null)", "[object Object]", "a_x1000_b", "a_xFFFF_"]


@pytest.mark.parametrize(
    ("names", "cells"),
    [("natural large zigzag huge", _AT_BOUNDS), ("rate weight", _DIGITS), ("weight", _AT_BOUNDS), ("name", _HIDDEN)],
    ids=["integers", "decimals", "bounds", "texts"],
)
def test_cells_at_the_limits_both_ways(
    both_ways: Callable[[Callable[[], object]], None], names: str, cells: list[str]
) -> None:
    """One in a table: what isn't clean leaves its whole block to Python."""
    for name in names.split():
        for cell in cells:
            for content in clean_table_with(name, [cell]):
                both_ways(lambda content=content: _facts(parse(content, _ENTRIES[0])))  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 22))
def test_many_odd_tables_both_ways(both_ways: Callable[[Callable[[], object]], None], seed: int) -> None:
    _compare_odd_tables(both_ways, seed, count=250)


def _compare_odd_tables(both_ways: Callable[[Callable[[], object]], None], seed: int, count: int) -> None:
    random = Random(seed)
    for _ in range(count):
        make = random.choice([odd_table, odd_table, odd_answer, odd_answer, odd_workbook])
        content, entry = make(random), random.choice(_ENTRIES)
        block = random.choice([200, 1000, 1 << 17])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gdata.sources.grid.BLOCK_BYTES", block)
            both_ways(lambda content=content, entry=entry: _facts(parse(content, entry)))  # type: ignore[misc]


def _facts(table: ParsedTable) -> object:
    """All there is to a table but where its blocks end, and the order of problems, which is by block: an answer without
    the core is one.
    """
    views = [(view.content, view.row_bytes, view.row_count, dict(view.bad_fields), view.whole) for view in table.views]
    cells = {tags: sorted(map(repr, problems)) for tags, problems in table.cell_problems.items()}
    return (
        views,
        dict(table.seen_by),
        sorted(map(repr, table.problems)),
        cells,
        table.headers,
        table.left_out,
        table.records,
    )


def test_clean_blocks_are_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparisons would show nothing if all fell back to Python."""
    encoded = []
    plain = RowEncoder.encode
    monkeypatch.setattr(RowEncoder, "encode", lambda self, block: encoded.append(one := plain(self, block)) or one)
    monkeypatch.setattr("gdata.sources.grid.BLOCK_BYTES", 1000)
    random = Random(3)
    for make in (odd_table, odd_answer):
        encoded.clear()
        for _ in range(300):
            parse(make(random), _ENTRIES[0])
            if any(one is not None for one in encoded):
                break
        assert any(one is not None for one in encoded)


def test_plain_workbooks_are_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    plain = XmlBlock.encode
    monkeypatch.setattr(XmlBlock, "encode", lambda self, encoder: read.append(self) or plain(self, encoder))
    random = Random(4)
    for _ in range(10):
        parse(odd_workbook(random), _ENTRIES[0])
    assert len(read) > 3
