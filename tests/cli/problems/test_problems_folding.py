from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gdata import kinds
from gdata.cli.problems.text import count_severities, fold, group_by_sheet
from gdata.problems import Cell, Problem


def blank(row: int, column: int = 1, sheet: str = "Item") -> Problem:
    return kinds.CELL_BLANK.at(Cell("items", sheet, row, column), field="price", merged="")


def test_a_flood_of_one_code_in_one_column_is_folded() -> None:
    folded = fold([blank(row) for row in range(2, 417)])
    assert [(one.problem.cell.a1, one.more) for one in folded] == [("A2", 0), ("A3", 0), ("A4", 412)]
    assert folded[-1].last == Cell("items", "Item", 416, 1)


def test_columns_and_sheets_are_floods_of_their_own() -> None:
    problems = [blank(row, column, sheet) for sheet in ("A", "B") for row in range(2, 5) for column in (1, 2)]
    assert [one.more for one in fold(problems)] == [0] * 12


def test_a_single_one_is_not_folded_away() -> None:
    assert [one.more for one in fold([blank(row) for row in range(2, 6)])] == [0, 0, 0, 0]


@given(st.lists(st.tuples(st.integers(2, 9), st.integers(1, 2), st.sampled_from("AB"))))
def test_nothing_is_lost_and_nothing_moves(places: list[tuple[int, int, str]]) -> None:
    problems = [blank(*place) for place in places]
    folded = fold(problems)
    assert sum(one.count for one in folded) == len(problems)
    kept = iter(problems)
    assert all(any(one.problem is problem for problem in kept) for one in folded)


def test_groups_and_counts() -> None:
    warning = kinds.TEXT_NUMBER.at(Cell("items", "Hero", 2, 1), value="1")
    problems = [blank(2), warning, blank(3)]
    assert list(group_by_sheet(fold(problems))) == [("items", "Item"), ("items", "Hero")]
    assert count_severities(problems) == (2, 1)


def test_one_code_in_very_many_columns_is_one_flood() -> None:
    problems = [kinds.HEADER_UNKNOWN.at(Cell("items", "Item", 1, column), value="x") for column in range(1, 501)]
    folded = fold(problems)
    assert [one.more for one in folded] == [0, 0, 497]
    assert len(fold(problems[:40])) == 40
