"""A hotfix carries one table, whatever state the other sheets are in; and a past release can be built again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import run_gdata

import gdata

PRODUCTS = "sheets/shop/ShopProduct.csv"
PRODUCT_1001 = ",1001,1,아이템,1001,5,1,250,"
CURRENCY = "sheets/system/Currency.csv"


@pytest.fixture
def released(game: Path) -> Path:
    run_gdata("build", "-q", cwd=game)
    run_gdata("publish", "--yes", "-q", cwd=game)
    return game


def price(game: Path, **place: str) -> int:
    return gdata.load(game / "releases", channel="dev", target="server").ShopProductTable[1001].price


def test_a_hotfix_takes_one_table_from_the_sheets(released: Path, edit_csv: Callable[..., None]) -> None:
    edit_csv(released / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("250", "300"))
    # Somebody is in the middle of other work.
    edit_csv(released / CURRENCY, "1,gold,", "1,,")
    run_gdata("build", "-q", cwd=released, code=1)
    built = run_gdata("build", "ShopProduct", "--base", "dev", "--format", "json", cwd=released).json
    assert built["diff"]["rows_changed"] == 1
    run_gdata("publish", "--yes", "-m", "hotfix", cwd=released)
    assert price(released) == 300

    # The full build that follows lacks the hotfix: whoever publishes is told.
    edit_csv(released / CURRENCY, "1,,", "1,gold,")
    edit_csv(released / PRODUCTS, PRODUCT_1001.replace("250", "300"), PRODUCT_1001)
    run_gdata("build", "-q", cwd=released)
    assert "ShopProductTable" in run_gdata("diff", cwd=released).err
    assert "before the hotfix" in run_gdata("publish", "--yes", cwd=released).err


def test_references_into_tables_of_the_base_are_checked(released: Path, edit_csv: Callable[..., None]) -> None:
    edit_csv(released / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("1001,5", "99999,5"))
    (problem,) = run_gdata("build", "shopproducttable", "--format", "json", cwd=released, code=1).json["problems"]
    assert (problem["code"], problem["cell"]) == ("reference.missing", "E3")


def test_a_reference_of_the_base_that_the_hotfix_breaks_is_found(released: Path) -> None:
    path = released / "sheets/shop/ShopTab.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(lines[:2]), encoding="utf-8")
    problems = run_gdata("build", "ShopTabTable", "--format", "json", cwd=released, code=1).json["problems"]
    assert {(one["code"], one["sheet"]) for one in problems} == {("key.gone", "ShopTab")}


def test_a_past_release_is_built_again_byte_for_byte(released: Path, edit_csv: Callable[..., None]) -> None:
    first = run_gdata("releases", "--format", "json", cwd=released).json["channels"]["dev"][0]
    edit_csv(released / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("250", "300"))
    (released / "protos/game/extra.proto").write_text('syntax = "proto3"; package game; message Extra { int32 a = 1; }')
    run_gdata("build", "ShopProductTable", "-q", cwd=released)
    run_gdata("publish", "--yes", "-q", cwd=released)
    second = run_gdata("releases", "--format", "json", cwd=released).json["channels"]["dev"][0]
    for entry in (first, second):
        again = run_gdata("build", "--snapshot", entry["release"], "--format", "json", cwd=released).json
        assert again["build"] == entry["build"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ShopProdct"], "ShopProductTable"),
        (["ShopProductTable", "--base", "nowhere"], "nowhere"),
        (["--base", "dev"], "TABLE"),
        (["--snapshot", "20200101-000000-00000000"], "20200101-000000-00000000"),
    ],
)
def test_what_cannot_be_built_is_said(released: Path, arguments: list[str], words: str) -> None:
    assert words in run_gdata("build", *arguments, cwd=released, code=2).err
