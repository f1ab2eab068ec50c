from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gdata.checks.functions import load_checks, run_checks
from gdata.errors import ConfigError
from gdata.problems import Problem
from gdata.testing.views import build_schema, build_views

SCHEMA = build_schema("""
syntax = "proto3"; package game; import "gdata/options.proto";
message Reward { int32 item = 1; }
message Item {
  int32 id = 1 [(gdata.field).key = true]; int64 price = 2; int64 sell = 3;
  repeated Reward rewards = 4; map<string, int32> stats = 5;
}
message ItemTable { repeated Item rows = 1; }
message ShopTable { map<int32, Shop> rows = 1; }
message Shop { int32 id = 1 [(gdata.field).key = true]; int32 item = 2; }
message Constants { int32 most = 1; }
""")
HEAD = "from gdata.checks import check\n"


def run(
    tmp_path: Path, code: str, items: list[dict[str, Any]], known: list[Problem] | None = None, **options: Any
) -> list[Problem]:
    file = tmp_path / "checks" / "economy.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(HEAD + code, encoding="utf-8")
    tables = {"ItemTable": items, "ShopTable": [{"id": 7, "item": 1}, {"id": 3, "item": 2}], "Constants": [{"most": 3}]}
    views = build_views(SCHEMA, tables, records=["Constants"], **options)
    checks = load_checks([file], {name: view.plan for name, view in views.items()})
    return run_checks(checks, views, known or [])


def found(problems: list[Problem]) -> list[tuple[str, str, str, str]]:
    return [(str(problem.cell), problem.code, problem.field, problem.message) for problem in problems]


def test_a_row_check_is_tied_to_its_cell(tmp_path: Path) -> None:
    code = '''
@check("ItemTable")
def sells_below_price(item, data):
    """Lower the sell price."""
    if item.sell > item.price:
        yield "sell", f"sells for {item.sell}, bought for {item.price}"
'''
    problems = run(tmp_path, code, [{"id": 1, "price": 5, "sell": 5}, {"id": 2, "price": 5, "sell": 9}])
    assert found(problems) == [("ItemTable!C3", "check.sells_below_price", "sell", "sells for 9, bought for 5")]
    assert (problems[0].severity, problems[0].value, problems[0].hint) == ("error", "9", "Lower the sell price.")


def test_findings_reach_into_lists_and_maps_and_may_be_warnings(tmp_path: Path) -> None:
    code = """
@check("ItemTable", severity="warning")
def parts(item, data):
    yield "rewards[2].item", "second"
    yield "stats[hp]", "hp"
    yield "", "row"
    yield None, "row too"
    yield "rewards", "all"
"""
    problems = run(tmp_path, code, [{"id": 1, "rewards": [{"item": 5}, {"item": 6}], "stats": {"hp": 3}}])
    assert [(one.cell.a1, one.field, one.value, one.severity) for one in problems] == [
        ("E2", "rewards[2].item", "6", "warning"),
        ("F2", "stats[hp]", "3", "warning"),
        ("A2", "", None, "warning"),
        ("A2", "", None, "warning"),
        ("D2", "rewards", None, "warning"),
    ]


def test_a_table_check_yields_rows(tmp_path: Path) -> None:
    code = """
@check.table("ItemTable")
def total(rows, data):
    if sum(row.price for row in rows) > data.Constants.most:
        yield rows[-1], "price", "too dear together"

@check.table("ShopTable")
def shop(rows, data):
    for row in rows:
        assert data.ItemTable[row.item].id == row.item and data.ItemTable.get(99) is None
        assert [one.id for one in data.ItemTable.where(price=2)] == [1, 2] and len(data.ShopTable) == 2
    yield rows[0], "item", f"first of {[one.id for one in data.ShopTable]}"
"""
    problems = run(tmp_path, code, [{"id": 1, "price": 2}, {"id": 2, "price": 2}])
    assert found(problems) == [
        ("ItemTable!B3", "check.total", "price", "too dear together"),
        ("ShopTable!B2", "check.shop", "item", "first of [7, 3]"),
    ]


def test_an_exception_is_the_fault_of_the_check_at_that_row(tmp_path: Path) -> None:
    code = """
@check("ItemTable")
def ratio(item, data):
    if item.price / item.sell > 2:
        yield "price", "too much"
"""
    problems = run(
        tmp_path, code, [{"id": 1, "price": 1, "sell": 1}, {"id": 2, "price": 1}, {"id": 3, "price": 9, "sell": 1}]
    )
    assert found(problems) == [
        ("ItemTable!A3", "check.failed", "", "the check ratio stopped here: division by zero"),
        ("ItemTable!B4", "check.ratio", "price", "too much"),
    ]
    assert "checks/economy.py:5 (ZeroDivisionError)" in problems[0].hint


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('yield "just text"', "yielded 'just text'"),
        ('yield "price", "x", "y"', "yielded ('price', 'x', 'y')"),
        ('yield "prise", "x"', "has no field prise. did you mean price?"),
        ('yield "rewards[0].item", "x"', "a number from 1"),
        ('yield "price[1]", "x"', "takes no index"),
        ('yield "stats[", "x"', "no field path"),
        ('yield 5, "x"', "yielded 5 where"),
        ('return "price"', "returned 'price'"),
        ("return 5", "returned 5"),
        ("raise SystemExit(3)", "stopped here: 3"),
    ],
)
def test_what_is_no_finding_is_told(tmp_path: Path, body: str, words: str) -> None:
    code = f'@check("ItemTable")\ndef wrong(item, data):\n    {body}\n'
    (problem,) = run(tmp_path, code, [{"id": 1}])
    assert problem.code == "check.failed"
    assert words in problem.message


def test_a_row_of_another_table_is_told(tmp_path: Path) -> None:
    code = '@check.table("ItemTable")\ndef wrong(rows, data):\n    yield data.ShopTable[7], "item", "x"\n'
    (problem,) = run(tmp_path, code, [{"id": 1}])
    assert "none of the rows it was given" in problem.message


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    code = """
@check("ItemTable")
def row(item, data):
    yield "price", "x"

@check.table("ItemTable")
def whole(rows, data):
    yield rows[0], "price", "y"
"""
    assert len(run(tmp_path, code, [{"id": 1}])) == 2
    assert run(tmp_path, code, [{"id": 1}], bad={"ItemTable": {0: {"price"}}}) == []
    assert [one.code for one in run(tmp_path, code, [{"id": 1}], partial=["ItemTable"])] == ["check.row"]


def test_a_lookup_that_fails_for_a_known_problem_is_not_told_again(tmp_path: Path) -> None:
    from gdata import kinds
    from gdata.problems import Cell

    code = '@check("ItemTable")\ndef look(item, data):\n    data.ShopTable[99].item\n'
    assert [one.code for one in run(tmp_path, code, [{"id": 1}])] == ["check.failed"]
    known = kinds.REFERENCE_MISSING.at(Cell("game", "ItemTable", 2, 3), target="ShopTable", key="id", place="x")
    assert run(tmp_path, code, [{"id": 1}], known=[known]) == []


def test_a_check_changes_nothing_and_prints_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = '@check("ItemTable")\ndef change(item, data):\n    item.price = 77\n    print("hello")\n'
    file = tmp_path / "c.py"
    file.write_text(HEAD + code)
    views = build_views(SCHEMA, {"ItemTable": [{"id": 1, "price": 5}]})
    assert run_checks(load_checks([file], {"ItemTable": views["ItemTable"].plan}), views) == []
    assert views["ItemTable"].rows[0].price == 5
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("code", "line", "words"),
    [
        ("def x(:\n", 2, "no Python"),
        ("import nothing_there\n", 2, "nothing_there"),
        ("\n1 / 0\n", 3, "division by zero"),
        ("raise SystemExit\n", 2, "SystemExit"),
        ('@check("ItmeTable")\ndef x(item, data): ...\n', 2, "ItmeTable, which is no table"),
        ("@check\ndef x(item, data): ...\n", 2, "name the table"),
        ('@check("ItemTable", severity="bad")\ndef x(item, data): ...\n', 2, "severity is 'bad'"),
        ('@check("ItemTable")\ndef x(i, d): ...\n@check("ItemTable")\ndef x(i, d): ...\n', 5, "two functions called x"),
    ],
)
def test_a_file_that_can_not_be_loaded_is_a_config_error_at_its_line(
    tmp_path: Path, code: str, line: int, words: str
) -> None:
    file = tmp_path / "c.py"
    file.write_text(HEAD + code)
    with pytest.raises(ConfigError) as caught:
        load_checks([file], {"ItemTable": build_views(SCHEMA, {"ItemTable": []})["ItemTable"].plan})
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert words in str(caught.value)


def test_a_file_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    for file in (tmp_path / "none.py", tmp_path / "empty.py"):
        if file.stem == "empty":
            file.write_text("x = 1\n")
        with pytest.raises(ConfigError, match=file.stem):
            load_checks([file], {})


def test_dataclasses_and_several_tables_work_in_a_check_file(tmp_path: Path) -> None:
    code = """
from dataclasses import dataclass

@dataclass
class Limit:
    most: int

@check("ItemTable", "ShopTable")
def both(row, data):
    if row.id > Limit(5).most:
        yield "id", "too high"
"""
    problems = run(tmp_path, code, [{"id": 9}])
    assert [str(one.cell) for one in problems] == ["ItemTable!A2", "ShopTable!A2"]
