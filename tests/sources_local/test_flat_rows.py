"""Flat rows are the rows that the csv module reads."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from gdata.sources.csvfolder import split_unquoted
from gdata.sources.flatrows import FlatRows, split_flat


@given(st.text(alphabet="ab,\n \u3000", max_size=40))
def test_text_without_quotes(text: str) -> None:
    expected = list(csv.reader(io.StringIO(text, newline="")))
    found = split_unquoted(text)
    assert found is not None and list(map(list, found)) == expected


@given(st.lists(st.lists(st.text(alphabet="ab ", max_size=3), min_size=3, max_size=3), min_size=1))
def test_columns_and_slices(rows: list[list[str]]) -> None:
    flat = split_flat("\n".join(map(",".join, rows)) + "\n")
    assert flat is not None and flat == rows and rows == flat and len(flat) == len(rows)
    assert flat[1:] == rows[1:] and flat[:1] == rows[:1] and flat[-1] == rows[-1] and flat[5:] == rows[5:]
    tail = flat[1:]
    assert isinstance(tail, FlatRows)
    assert [tail.column(number) for number in range(3)] == [[row[number] for row in rows[1:]] for number in range(3)]


def test_ragged_rows_are_not_flat() -> None:
    assert split_flat("a,b\n1,2,3\n4\n") is None
    assert split_flat("a,b\n\n1,2\n") is None
    assert split_flat("a\n1\n") is None
