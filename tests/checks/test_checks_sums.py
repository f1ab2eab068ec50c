from __future__ import annotations

from typing import Any

from gdata.checks.sums import check_groups
from gdata.parsing.view import View
from gdata.testing.views import build_views


def view_of(options: str, rows: list[dict[str, Any]], kind: str = "double", **more: Any) -> View:
    protos = f"""
        syntax = "proto3"; package game; import "gdata/options.proto";
        message Drop {{ string box = 1; {kind} rate = 2; int32 level = 3; repeated Part parts = 4; }}
        message Part {{ {kind} rate = 1; }}
        message DropTable {{ option (gdata.table) = {{ {options} }}; repeated Drop rows = 1; }}
    """
    return build_views(protos, {"DropTable": rows}, **more)["DropTable"]


SUM = 'sum: {field: "rate" by: "box"}'
LEVELS = 'sequence: {field: "level" by: "box"}'


def test_a_wrong_sum_is_told_at_the_last_row_of_its_group() -> None:
    rows = [
        {"box": "a", "rate": 0.7},
        {"box": "b", "rate": 1},
        {"box": "a", "rate": 0.1},
        {"box": "a", "rate": 0.1},
    ]
    (problem,) = check_groups(view_of(SUM, rows))
    assert (problem.cell.a1, problem.code, problem.value) == ("B5", "sum.wrong", "0.1")
    assert [cell.a1 for cell in problem.related] == ["B2", "B4"]
    assert problem.message == "rate of box = a sums to 0.9, not to 1"


def test_rounding_is_no_mistake() -> None:
    tenths = [{"box": "a", "rate": 0.1}] * 10
    thirds = [{"box": "a", "rate": 1 / 3}] * 3
    for kind in ("float", "double"):
        assert check_groups(view_of(SUM, tenths, kind)) == []
        assert check_groups(view_of(SUM, thirds, kind)) == []
    assert len(check_groups(view_of(SUM, [{"box": "a", "rate": 0.999}], "float"))) == 1


def test_whole_numbers_fit_exactly_and_equals_says_what_they_sum_to() -> None:
    options = 'sum: {field: "rate" equals: 10000}'
    assert check_groups(view_of(options, [{"rate": 9000}, {"rate": 1000}], "int32")) == []
    (problem,) = check_groups(view_of(options, [{"rate": 9000}, {"rate": 999}], "int32"))
    assert problem.message == "rate of DropTable sums to 9999, not to 10000"


def test_a_tolerance_is_taken_as_written() -> None:
    assert check_groups(view_of('sum: {field: "rate" tolerance: 0.01}', [{"rate": 0.99}])) == []
    assert len(check_groups(view_of('sum: {field: "rate" tolerance: 0.005}', [{"rate": 0.99}]))) == 1


def test_values_in_lists_are_summed() -> None:
    rows = [
        {"box": "a", "parts": [{"rate": 0.5}, {"rate": 0.5}]},
        {"box": "b", "parts": [{"rate": 0.5}, {"rate": 0.4}]},
    ]
    (problem,) = check_groups(view_of('sum: {field: "parts.rate" by: "box"}', rows))
    assert (problem.field, problem.cell.a1) == ("parts[2].rate", "E3")


def test_levels_count_from_one() -> None:
    rows = [{"box": "a", "level": n} for n in (1, 2, 3)] + [{"box": "b", "level": n} for n in (1, 2, 4, 5)]
    (problem,) = check_groups(view_of(LEVELS, rows))
    assert (problem.cell.a1, problem.code, problem.value) == ("C7", "sequence.broken", "4")
    assert problem.message == "level of box = b is 4, where 3 comes next"
    assert [cell.a1 for cell in problem.related] == ["C6"]


def test_a_sequence_without_start_may_begin_at_zero() -> None:
    assert check_groups(view_of(LEVELS, [{"level": 0}, {"level": 1}])) == []
    assert len(check_groups(view_of(LEVELS, [{"level": 2}, {"level": 3}]))) == 1


def test_start_and_step() -> None:
    options = 'sequence: {field: "level" start: 10 step: -5}'
    assert check_groups(view_of(options, [{"level": 10}, {"level": 5}, {"level": 0}])) == []
    (problem,) = check_groups(view_of(options, [{"level": 0}]))
    assert "number them from 10 in steps of -5" in problem.hint


def test_a_bad_cell_or_a_missing_row_is_not_told_twice() -> None:
    rows = [{"box": "a", "rate": 0.5, "level": 3}]
    for options in (SUM, LEVELS):
        assert len(check_groups(view_of(options, rows))) == 1
        assert len(check_groups(view_of(options, rows, bad={"DropTable": {0: {"parts"}}}))) == 1
        assert check_groups(view_of(options, rows, bad={"DropTable": {0: {"rate", "level"}}})) == []
        assert check_groups(view_of(options, rows, bad={"DropTable": {0: {"box"}}})) == []
        assert check_groups(view_of(options, rows, partial=["DropTable"])) == []
