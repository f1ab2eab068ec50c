"""Whole columns give what their cells give one by one: the fast way is only faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gdata.parsing.cells.cell import CellType, is_blank
from gdata.parsing.cells.readings import READINGS, convert_cell, convert_column
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind
from gdata.sources.cells import Cells, TypedCells, Utf8Cells
from gdata.sources.grid import DateCell, FormulaCell

UTC = ZoneInfo("UTC")
_LABELS = {"none": 0, "rare": 1, "희귀": 1}
_NAMES = {0: "NONE", 1: "RARE"}
TYPES = {
    kind: CellType(kind, UTC, labels=_LABELS, enum_names=_NAMES, choices=_NAMES, enum_name="Grade")  # type: ignore[arg-type]
    for kind in ("int32", "int64", "uint32", "uint64", "double", "float", "bool", "string", "enum", "bytes")
}
texts = st.one_of(
    st.text(max_size=6),
    st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{0,9})?", fullmatch=True),
    st.sampled_from(["", " ", "\n", "\t", "\u2003", "\u3000", "a\nb", "a \n b", "#N/A", "#1", "Loading...", "\ud800"]),
    st.sampled_from(["1_000", "１２", "1e5", "nan", "-", "1-2", ".5", "5.", "--5", "\n5", "9" * 400, "0.1234567891"]),
    st.sampled_from(["TRUE", "x", "rare", "희귀", "=A1", "=)", "#n/a", "undefined", "3.5E+17", "E+", "a\n", "#FF"]),
    st.sampled_from(["NULL", "Null", r"\N", "NaN", "<NA>", "[object Object]", "1e+05", "a_x000D_b"]),
    st.sampled_from(["9007199254740993", "9007199254740992", "-90071992547409931"]),
)
cells = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.just(DateCell(46000.0, "2025-12-09")),
    st.just(FormulaCell("=A1")),
)
columns = st.one_of(*(st.lists(one, max_size=12) for one in (texts, cells, st.integers(-5, 5), st.floats(-9, 9))))


BOUNDS = [-(2**63) - 1, -(2**31) - 1, -1, 2**31, 2**32, 2**63, 2**64]
"""What is one too little or too much for some kind of whole number."""


def beyond_bounds(write: Callable[[int], object]) -> Callable[[Any], Any]:
    """Each of them is an example, too."""

    def add(test: Any) -> Any:
        for number in BOUNDS:
            test = example(column=[write(number)])(test)
        return test

    return add


@pytest.mark.parametrize("kind", TYPES)
@given(column=columns)
@beyond_bounds(int)
@example(column=[5e-324])
@example(column=[0.0, 2.0**-126, -1e-40])
def test_column_is_its_cells(kind: str, column: list[Any]) -> None:
    check_column(kind, column, TypedCells(column))


@pytest.mark.parametrize("kind", TYPES)
@given(column=st.lists(texts.filter(lambda text: text != "\ud800"), max_size=12))
@beyond_bounds(str)
def test_column_of_bytes_is_its_texts(kind: str, column: list[str]) -> None:
    check_column(kind, column, Utf8Cells([text.encode() for text in column]))


def check_column(kind: str, column: Sequence[Any], given: Cells) -> None:
    """What `given` gives is what the cells of `column` give one by one."""
    type_ = TYPES[kind]
    converted = convert_column(given, lambda cell: convert_cell(cell, type_), type_)
    blank = converted.blank if converted.blank is not None else [False] * len(column)
    assert list(blank) == list(map(is_blank, column))
    faults = dict(converted.faults)
    for index, cell in enumerate(column):
        value, fault = (None, None) if is_blank(cell) else convert_cell(cell, type_)
        assert converted.values[index] == value and type(converted.values[index]) is type(value)
        assert faults.get(index) == fault


LEFT_OVER = ["=A1", "#n/a", "undefined", "NULL", "(null)", r"\N", "NaN", "NaT", "<NA>", "[object Object]"]
LEFT_OVER += ["3.5103E+17", "3.5103e+17", "1e+05", '="007"', "a_x000D_b", "_x005F_", "_xFFFF_"]


@pytest.mark.parametrize("text", LEFT_OVER)
def test_what_nobody_wrote_is_told_where_all_else_is_plain(text: str) -> None:
    assert convert_cell(text, TYPES["string"])[1] is not None
    check_column("string", ["ice", text], TypedCells(["ice", text]))
    check_column("string", ["ice", text], Utf8Cells([b"ice", text.encode()]))


def test_values_of_a_blank_column() -> None:
    converted = convert_column(
        TypedCells(["", None, " "]), lambda cell: convert_cell(cell, TYPES["int32"]), TYPES["int32"]
    )
    assert list(converted.values) == [None, None, None]
    assert converted.blank == [True, True, True]


def test_every_kind_of_field_has_a_type_and_a_reading() -> None:
    made_of_others = {"message", "nested", "wrapper", "struct", "any"}
    assert FIELD_TYPES.keys() == READINGS.keys() == set(get_args(FieldKind))
    assert {kind for kind, reading in READINGS.items() if reading.cell is None} == made_of_others
    assert all(type_.of for kind, type_ in FIELD_TYPES.items() if kind != "nested")
