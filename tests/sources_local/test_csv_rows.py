"""The rows of a CSV text are those that the csv module reads, in however many blocks they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdata.sources import grid
from gdata.sources.cells import Utf8Cells, choose
from gdata.sources.textrows import TextRows, read_rows

TEXTS = st.text(alphabet="ab,\n \u3000한", max_size=60)
ENDINGS = st.sampled_from(["\n", "\r\n"])


@pytest.fixture(autouse=True, params=[8, 128 << 10], ids=["small blocks", "one block"])
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(grid, "BLOCK_BYTES", request.param)
    yield


@given(TEXTS, ENDINGS)
def test_rows(text: str, ending: str) -> None:
    text = text.replace("\n", ending)
    expected = list(csv.reader(io.StringIO(text, newline="")))
    rows = TextRows.of(text.encode())
    assert rows == expected and len(rows) == len(expected)
    assert [rows[index] for index in range(len(rows))] == expected
    assert [row for block in rows.blocks for row in block] == expected


@given(TEXTS, ENDINGS, st.integers(0, 6), st.integers(0, 6), st.sampled_from([1, 2, -1]))
def test_slices_and_columns(text: str, ending: str, start: int, stop: int, step: int) -> None:
    text = text.replace("\n", ending)
    expected = list(csv.reader(io.StringIO(text, newline="")))
    rows = TextRows.of(text.encode())
    assert rows[start:] == expected[start:] and list(rows[start:stop:step]) == expected[start:stop:step]
    assert not expected or rows[-1] == rows.blocks[-1][-1] == expected[-1]
    for column, cells in rows[start:].columns([0, 1, 3]).items():
        assert list(cells) == [row[column] if column < len(row) else "" for row in expected[start:]]


CELLS = st.sampled_from(["", "a", "한글", '"', "a,b", "a\nb", "\r\n", '""', " ", "1"])


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6), ENDINGS, st.booleans())
def test_quoted_cells(grid: list[list[str]], ending: str, all_quoted: bool) -> None:
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows(grid)
    rows = read_rows(text.getvalue().encode())
    assert rows is not None and list(map(filled, rows)) == list(map(filled, grid))
    assert list(rows.columns([1])[1]) == [row[1] if len(row) > 1 else "" for row in grid]


@given(st.text(alphabet='ab,\n\r"" \x1e', max_size=30))
def test_what_is_read_is_what_the_csv_module_reads(text: str) -> None:
    rows = read_rows(text.encode())
    if rows is None:
        assert '"' in text or "\r" in text
    else:
        expected = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert list(map(filled, rows)) == list(map(filled, expected))


def filled(row: list[str]) -> list[str]:
    """The row; one with a single empty cell is one without any."""
    return [] if row == [""] else row


def test_a_row_that_is_not_there() -> None:
    rows = TextRows.of(b"a,b\n1,2\n")
    with pytest.raises(IndexError):
        rows[2]
    with pytest.raises(IndexError):
        rows.blocks[-1][-3]


def test_a_line_longer_than_a_block() -> None:
    line = ",".join(["x" * 300_000, "y"])
    rows = TextRows.of(f"a,b\n{line}\nc,d".encode())
    assert [len(row[0]) for row in rows] == [1, 300_000, 1] and rows[2] == ["c", "d"]


def test_cells() -> None:
    cells = Utf8Cells(["한".encode(), b"", None])
    assert list(cells) == ["한", "", None] and cells[0] == "한" and cells[1:] == ["", None]
    assert list(choose(cells, [1, 0, 1])) == ["한", None] and choose([1, 2], [0, 1]) == [2]
    assert Utf8Cells([b"a", b"b"]).decoded == ["a", "b"] and Utf8Cells([b"a", b"b"]).joined == b"a\nb"
