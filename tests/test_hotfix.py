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


def price(game: Path, **place: str) -> int:
    return gdata.load(game / "releases", channel="dev", target="server").ShopProductTable[1001].price


def test_a_hotfix_takes_one_table_from_the_sheets(published_game: Path, edit_csv: Callable[..., None]) -> None:
    edit_csv(published_game / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("250", "300"))
    # Somebody is in the middle of other work.
    edit_csv(published_game / CURRENCY, "1,gold,", "1,,")
    run_gdata("build", "-q", cwd=published_game, code=1)
    built = run_gdata("build", "ShopProduct", "--base", "dev", "--format", "json", cwd=published_game).json
    assert built["diff"]["rows_changed"] == 1
    run_gdata("publish", "--yes", "-m", "hotfix", cwd=published_game)
    assert price(published_game) == 300

    # The full build that follows lacks the hotfix: whoever publishes is told.
    edit_csv(published_game / CURRENCY, "1,,", "1,gold,")
    edit_csv(published_game / PRODUCTS, PRODUCT_1001.replace("250", "300"), PRODUCT_1001)
    run_gdata("build", "-q", cwd=published_game)
    assert "ShopProductTable" in run_gdata("diff", cwd=published_game).err
    assert "before the hotfix" in run_gdata("publish", "--yes", cwd=published_game).err


def test_references_into_tables_of_the_base_are_checked(published_game: Path, edit_csv: Callable[..., None]) -> None:
    edit_csv(published_game / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("1001,5", "99999,5"))
    (problem,) = run_gdata("build", "shopproducttable", "--format", "json", cwd=published_game, code=1).json["problems"]
    assert (problem["code"], problem["cell"]) == ("reference.missing", "E3")


def test_a_reference_of_the_base_that_the_hotfix_breaks_is_found(published_game: Path) -> None:
    path = published_game / "sheets/shop/ShopTab.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(lines[:2]), encoding="utf-8")
    problems = run_gdata("build", "ShopTabTable", "--format", "json", cwd=published_game, code=1).json["problems"]
    assert {(one["code"], one["sheet"]) for one in problems} == {("key.gone", "ShopTab")}


def test_a_past_release_is_built_again_byte_for_byte(published_game: Path, edit_csv: Callable[..., None]) -> None:
    first = run_gdata("releases", "--format", "json", cwd=published_game).json["channels"]["dev"][0]
    edit_csv(published_game / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("250", "300"))
    (published_game / "protos/game/extra.proto").write_text(
        'syntax = "proto3"; package game; message Extra { int32 a = 1; }'
    )
    run_gdata("build", "ShopProductTable", "-q", cwd=published_game)
    run_gdata("publish", "--yes", "-q", cwd=published_game)
    second = run_gdata("releases", "--format", "json", cwd=published_game).json["channels"]["dev"][0]
    for entry in (first, second):
        again = run_gdata("build", "--snapshot", entry["release"], "--format", "json", cwd=published_game).json
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
def test_what_cannot_be_built_is_said(published_game: Path, arguments: list[str], words: str) -> None:
    assert words in run_gdata("build", *arguments, cwd=published_game, code=2).err
