"""Weighted draws: exact shares, the same draws for the same seed, and words where there is nothing to draw."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import gdata
from gdata.bundles.picker import Picker
from gdata.errors import LookupFailed
from gdata.runtime import Table
from gdata.testing.bundles import build_output

PROTO = """
syntax = "proto3";
package game;
message Part { int32 rate = 1; }
message Drop { int32 group_id = 1; int32 item_id = 2; int32 weight = 3; optional double chance = 4; string name = 5; repeated int32 list = 6; Part part = 7; }
message DropTable { repeated Drop rows = 1; }
"""  # noqa: E501
DROPS = [
    {"group_id": 7, "item_id": 1, "weight": 0, "part": {"rate": 3}},
    {"group_id": 7, "item_id": 2, "weight": 70, "chance": 0.7, "part": {"rate": 1}},
    {"group_id": 7, "item_id": 3, "weight": 29, "chance": 0.29},
    {"group_id": 7, "item_id": 4, "weight": 1, "chance": 0.01},
    {"group_id": 7, "item_id": 5, "weight": 0},
    {"group_id": 8, "item_id": 6, "weight": 0},
    {"group_id": 9, "item_id": 7, "weight": -1},
]


@pytest.fixture
def table(tmp_path: Path) -> Table[Any, Any]:
    output = build_output(tmp_path, PROTO, {"DropTable": DROPS}, targets=["server"])
    found: Table[Any, Any] = gdata.load(output).DropTable
    return found


def test_draws_have_the_shares_of_their_weights(table: Table[Any, Any]) -> None:
    drop = table.picker("weight", group_id=7, rng=random.Random(1))
    assert [row.item_id for row in drop.rows] == [2, 3, 4]
    assert drop.shares == [0.7, 0.29, 0.01]
    drawn = Counter(row.item_id for row in drop.picks(100_000))
    drawn += Counter(drop.pick().item_id for _ in range(100_000))
    expected = {2: 140_000, 3: 58_000, 4: 2_000}
    chi_square = sum((drawn[item] - wanted) ** 2 / wanted for item, wanted in expected.items())
    assert chi_square < 13.8  # two degrees of freedom: more than this comes once in a thousand, and the seed is fixed


def test_the_ends_of_the_generator_draw_a_row_that_has_a_weight(table: Table[Any, Any]) -> None:
    class Fixed:
        def __init__(self, value: float) -> None:
            self.value = value

        def random(self) -> float:
            return self.value

    drop = table.picker("weight", group_id=7)
    assert drop.pick(Fixed(0.0)).item_id == 2
    assert drop.pick(Fixed(1 - 2**-53)).item_id == 4
    assert [row.item_id for row in drop.picks(2, Fixed(0.7))] == [3, 3]
    huge = Picker(["a", "b"], [2.0**60, 2.0**60], Fixed(1 - 2**-53), name="huge")
    assert huge.pick() == "b"


def test_a_seed_draws_the_same_rows_again(table: Table[Any, Any]) -> None:
    def drawn(seed: int) -> list[int]:
        drop = table.picker("weight", group_id=7, rng=random.Random(seed))
        return [drop.pick().item_id for _ in range(50)] + [row.item_id for row in drop.picks(50)]

    assert drawn(5) == drawn(5) != drawn(6)
    drop = table.picker("weight", group_id=7)
    assert drop.picks(9, random.Random(5)) == [drop.pick(rng) for rng in [random.Random(5)] for _ in range(9)]


def test_weights_may_be_fractions_nested_or_not_set(table: Table[Any, Any]) -> None:
    assert len(table.picker("chance", group_id=7)) == 3
    assert table.picker("part.rate", group_id=7).shares == [0.75, 0.25]


@pytest.mark.parametrize(
    ("weight", "conditions", "words"),
    [
        ("weight", {"group_id": 8}, "its 1 row has no weight above 0"),
        ("weight", {"group_id": 99}, "of 0 rows none has a weight above 0"),
        ("weight", {"group_id": 9}, "from 0 on, and one is -1"),
        ("wieght", {"group_id": 7}, "did you mean weight?"),
        ("name", {"group_id": 7}, "isn't one number of a row"),
        ("list", {"group_id": 7}, "isn't one number of a row"),
        ("weight", {"gruop_id": 7}, "did you mean group_id?"),
    ],
)
def test_what_cannot_be_drawn_is_told(table: Table[Any, Any], weight: str, conditions: Any, words: str) -> None:
    with pytest.raises(LookupFailed) as caught:
        table.picker(weight, **conditions)
    assert words in str(caught.value)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -0.5])
def test_a_weight_is_a_number_from_zero_on(weight: float) -> None:
    with pytest.raises(LookupFailed, match="from 0 on"):
        Picker(["a"], [weight], name="t")
