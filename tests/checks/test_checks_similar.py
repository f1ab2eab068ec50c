from __future__ import annotations

import time

import pytest

from gdata.errors import UsageError
from gdata.text import SimilarValues, did_you_mean, nearest_value

IDS = SimilarValues([1001, 1002, 1010, 2001, 30])
CODES = SimilarValues(["sword", "sword_long", "Shield", "활"])


@pytest.mark.parametrize(
    ("value", "near"), [(11001, 1001), (101, 1001), (1020, 1002), (1003, None), (7, None), (31, None)]
)
def test_a_number_one_slip_away_and_no_neighbour(value: int, near: int | None) -> None:
    assert IDS.nearest(value) == near


@pytest.mark.parametrize(
    ("value", "near"),
    [
        ("swrod", "sword"),
        ("SWORD", "sword"),
        ("sword long", "sword_long"),
        ("sheld", "Shield"),
        ("할", "활"),
        ("axe", None),
    ],
)
def test_a_text_one_slip_away_else_a_similar_one(value: str, near: str | None) -> None:
    assert CODES.nearest(value) == near


def test_large_tables_are_searched_quickly() -> None:
    many = SimilarValues(f"item_{number:06}" for number in range(200_000))
    many.nearest("warm up")
    started = time.process_time()
    assert many.nearest("itme_000123") == "item_000123"
    assert many.nearest("something else") is None
    assert time.process_time() - started < 1  # a comparison with each takes four
    assert SimilarValues([]).nearest(3) is None


@pytest.mark.parametrize(
    ("text", "near"),
    [("재하", "재화"), ("재화;", "재화"), ("a:b", "a/b"), ("재화;3;60", None), ("재화x;3", None), ("무기, 재화", None)],
)
def test_a_list_is_no_slip_of_what_stands_in_it(text: str, near: str | None) -> None:
    assert nearest_value(text, ["재화", "무기", "a/b"]) == near


def test_a_hint_that_is_a_question_alone_ends_with_it() -> None:
    assert UsageError("no such table", hint=did_you_mean("Itme", ["Item"])).hint == "did you mean Item?"
