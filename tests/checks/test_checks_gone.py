from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from command_line import run_gdata

from gdata.checks.references.existing import fold_gone
from gdata.checks.references.resolve import ReferenceChecks
from gdata.checks.references.rules import check_reference_declarations
from gdata.problems import Problem, level_of
from gdata.testing.views import build_schema, build_views

PROTOS = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message ItemTable { repeated Item rows = 1; }
message Drop {
  int32 item = 1 [(gdata.field).ref = {table: "ItemTable"}];
  int32 other = 2 [(gdata.field) = {absent_ok: true, ref: {table: "ItemTable", none: "0"}}];
}
message DropTable { repeated Drop rows = 1; }
"""
LIVE = {"1001": "sword", "1002": "shield", "1003": "", "1004": "bow"}


def check(
    ids: list[int],
    drops: list[int],
    live: Mapping[str, str] = LIVE,
    others: Sequence[int] = (),
    severity: str = "error",
) -> list[Problem]:
    schema = build_schema(PROTOS)
    others = list(others)
    tables: dict[str, list[dict[str, Any]]] = {
        "ItemTable": [{"id": one, "name": str(one)} for one in ids],
        "DropTable": [{"item": one, "other": others.pop() if others else 0} for one in drops],
    }
    views = build_views(schema, tables)
    rules = check_reference_declarations(schema, {name: view.plan for name, view in views.items()})

    def is_error(problem: Problem) -> bool:
        return level_of(problem, {"reference.missing": severity}, {}) == "error"

    return fold_gone(ReferenceChecks(rules).check(views), views, lambda _: live, is_error)


def told(problems: list[Problem]) -> list[tuple[str, str, list[str]]]:
    return [(one.code, str(one.cell), [cell.a1 for cell in one.related]) for one in problems]


def test_a_deleted_row_is_one_problem_at_its_own_table() -> None:
    problems = check([1001, 1003, 1004], [1002, 1001, 1002])
    assert told(problems) == [("key.gone", "ItemTable!A:A", ["A2", "A4"])]
    assert problems[0].message == "ItemTable no longer has 1002 (shield), the last release has it; 2 cells refer to it"


@pytest.mark.parametrize(
    ("ids", "cell"),
    [
        ([1001, 3990, 1003, 1004], "ItemTable!A3"),
        ([3990, 1002, 1003, 1004], "ItemTable!A2"),
        ([1001, 1002, 1003, 3990], "ItemTable!A5"),
        ([1001, 1003, 1004, 3990], "ItemTable!A:A"),  # a row deleted, another one added below
    ],
)
def test_an_overtyped_key_is_told_at_its_cell(ids: list[int], cell: str) -> None:
    gone = int(next(key for key in LIVE if int(key) not in ids))
    assert told(check(ids, [gone])) == [("key.gone", cell, ["A2"])]


def test_what_several_columns_look_for_is_one_problem_without_a_release_too() -> None:
    problems = check([1001], [1002] * 3, live={}, others=[1002, 1002])
    assert told(problems) == [("key.absent", "ItemTable!A:A", ["A2", "A3", "A4", "B2", "B3"])]
    assert problems[0].message == "ItemTable has no row with id = 1002; 5 cells refer to it"
    of_one_column = check([1001], [1002] * 6, live={})
    of_few_cells = check([1001], [1002] * 2, live={}, others=[1002, 1002])
    softened = check([1001], [1002] * 3, live={}, others=[1002, 1002], severity="warning")
    assert {one.code for one in (*of_one_column, *of_few_cells, *softened)} == {"reference.missing"}


def test_what_the_last_release_never_had_is_told_at_each_cell() -> None:
    assert told(check([1001], [1009, 1009])) == [
        ("reference.missing", "DropTable!A2", []),
        ("reference.missing", "DropTable!A3", []),
    ]
    assert told(check([1001], [1002], live={})) == [("reference.missing", "DropTable!A2", [])]


def test_a_row_that_targets_miss_in_other_numbers_of_cells_is_one_problem(game: Path) -> None:
    shop, money = game / "sheets" / "shop" / "ShopProduct.csv", game / "sheets" / "system" / "Currency.csv"
    lines = money.read_text("utf-8-sig").splitlines(keepends=True)
    money.write_text("".join(line for line in lines if not line.startswith("2,")), "utf-8")
    assert ",kr," in shop.read_text("utf-8-sig")  # a product that not every target has
    told = run_gdata("check", "--lang", "en", cwd=game, code=1, COLUMNS="200").out
    assert told.count("key.absent") == 1
    assert "Item!P113, Item!P116, Item!P118, Drop!D24, Drop!D45 and more" in told


def test_through_the_command_at_every_version_too(published_game: Path) -> None:
    tab, product = (published_game / "sheets" / "shop" / f"{name}.csv" for name in ("ShopTab", "ShopProduct"))
    lines = tab.read_text("utf-8-sig").splitlines(keepends=True)
    tab.write_text("".join(lines[:2] + lines[3:]), "utf-8")
    text = product.read_text("utf-8-sig")
    assert ",7003,7," in text  # that product begins with 1.5
    product.write_text(text.replace(",7003,7,", ",7003,2,"), "utf-8")
    now = run_gdata("check", "--format", "json", cwd=published_game, code=1).json["problems"]
    ever = run_gdata("check", "--at", "every", "--format", "json", cwd=published_game, code=1).json["problems"]
    (problem,), (found,) = ([one for one in some if one["severity"] == "error"] for some in (now, ever))
    assert (problem["code"], found["code"], found["versions"]) == ("key.gone", "key.gone", "")
    assert set(problem["related"]) < set(found["related"])
    assert f"{len(found['related'])} cells refer to it" in found["message"]
