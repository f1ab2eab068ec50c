"""Whoever follows a hint about a number has a number: no hint leads to another error."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gdata.language import Sentence
from gdata.parsing.cells.meant import INTEGER, NUMBER, instead_of_integer, instead_of_number

_NUMBERS = ("text", "corrected", "number", "second", "shown")
"""The words of a hint that are what to write."""
texts = st.one_of(
    st.text("0123456789.,-+()（） '_eE", min_size=1, max_size=12),
    st.text("0123456789.,만억천천k%‰원$₩ 　１２３", min_size=1, max_size=9),
    st.from_regex(r"(Lv\.|\$|#|0x)?[0-9]{1,4}([.,][0-9]{1,3}){0,3} ?(원|gold|%|E\+[0-9]{2})?", fullmatch=True),
)


def numbers_in(hint: Sentence) -> Iterator[str]:
    for name, word in hint.words:
        if isinstance(word, Sentence):
            yield from numbers_in(word)
        elif name in _NUMBERS:
            yield word


@given(text=texts)
@example(text="1.000,5")
@example(text="1,000.5")
def test_a_hint_about_a_whole_number_is_one(text: str) -> None:
    text = text.strip()
    if text and not INTEGER.fullmatch(text):
        assert all(map(INTEGER.fullmatch, numbers_in(instead_of_integer(text)))), instead_of_integer(text)


@given(text=texts)
def test_a_hint_about_a_number_is_one(text: str) -> None:
    text = text.strip()
    if text and not NUMBER.fullmatch(text):
        assert all(map(NUMBER.fullmatch, numbers_in(instead_of_number(text)))), instead_of_number(text)


@given(text=texts)
def test_a_hint_keeps_the_digits_of_what_only_has_separators(text: str) -> None:
    hint = instead_of_integer(text.strip())
    if "separators" in hint.template:
        (number,) = numbers_in(hint)
        assert re.sub(r"\D", "", number) == re.sub(
            r"\D", "", text.translate({0xFF11 + n: str(n + 1) for n in range(9)})
        )


@pytest.mark.parametrize(
    ("text", "whole", "number"),
    [
        ("- 5", "-5", "-5"),
        ("－  5", "-5", "-5"),
        ("+ 0.5", None, "+0.5"),
        ("１２", "12", "12"),
        ("1\u200b2", "12", "12"),
        ("1,000", "1000", "1000"),
        ("1.000,5", None, "1000.5"),
        ("1O", "10", "10"),
        ("50%", "50", "0.5"),
        ("3만", "30000", "30000"),
        ("(5)", "-5", "-5"),
        ("0x1F", "31", "31"),
        ("5원", "5", "5"),
        ("- 5%", None, None),
    ],
)
def test_each_way_to_write_a_number_is_read_as_it_was_meant(text: str, whole: str | None, number: str | None) -> None:
    for told, wanted in ((instead_of_integer(text), whole), (instead_of_number(text), number)):
        assert list(map(str, numbers_in(told))) == ([wanted] if wanted else [])
