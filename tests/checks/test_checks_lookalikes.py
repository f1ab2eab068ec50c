from __future__ import annotations

import pytest

from gdata.checks.references.lookalikes import check_lookalikes, lookalike_in, plain_letters
from gdata.testing.views import build_views


@pytest.mark.parametrize(
    ("text", "character", "plain"),
    [
        ("swоrd", "о", "sword"),  # a Cyrillic о
        ("А1", "А", "A1"),  # a Cyrillic А
        ("１０01", "１", "1001"),
        ("ΑBC", "Α", "ABC"),  # a Greek Alpha
        ("fire–ball", "–", "fire-ball"),
    ],
)
def test_letters_that_look_like_others(text: str, character: str, plain: str) -> None:
    assert lookalike_in(text) == character
    assert plain_letters(text) == plain


@pytest.mark.parametrize("text", ["", "sword", "검", "검a", "меч", "меч_1", "ヒーロー1", "剑-1", "épée", "ΩΣ"])
def test_words_of_another_alphabet_are_no_mistake(text: str) -> None:
    assert lookalike_in(text) == ""


def test_keys_and_references_are_looked_at_names_are_not() -> None:
    protos = """
        syntax = "proto3"; package game; import "gdata/options.proto";
        message Item { string id = 1 [(gdata.field).key = true]; string name = 2; }
        message ItemTable { repeated Item rows = 1; }
    """
    view = build_views(protos, {"ItemTable": [{"id": "a", "name": "аa"}, {"id": "аa"}]})["ItemTable"]
    (problem,) = check_lookalikes(view)
    assert (problem.cell.a1, problem.code, problem.severity) == ("A3", "text.lookalike", "warning")
    assert problem.hint == "write it as aa"
