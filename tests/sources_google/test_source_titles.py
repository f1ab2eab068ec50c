"""Titles and globs against the sheets that are there."""

from unicodedata import normalize

import pytest

from gdata.errors import ConfigError
from gdata.sources.grid import SheetRequest
from gdata.sources.source import match_titles


def request(title: str) -> SheetRequest:
    return SheetRequest(title, is_glob="*" in title or "?" in title)


def test_an_exact_title_beats_a_glob_and_a_glob_is_sorted():
    found = match_titles(["Weapon B", "Item", "Weapon A", "Weapon C"], [request("Weapon *"), request("Weapon B")])
    assert found.titles == (("Weapon A", "Weapon C"), ("Weapon B",))
    assert found.wanted == ("Weapon A", "Weapon C", "Weapon B")


def test_only_star_and_question_mark_are_special():
    found = match_titles(["a[1]", "a1", "a.b", "axb", "line\nfeed"], [request("a[1]"), request("a.?"), request("l*d")])
    assert found.titles == (("a[1]",), ("a.b",), ("line\nfeed",))


def test_decomposed_hangul_is_the_same_title():
    decomposed = normalize("NFD", "아이템")
    assert match_titles([decomposed], [request("아이템")]).titles == ((decomposed,),)
    assert match_titles([decomposed], [request("아*")]).titles == ((decomposed,),)


def test_case_and_blanks_are_not_the_same_title():
    found = match_titles(["item", "Item "], [request("Item"), request("X*")])
    assert found.missing == ("Item", "X*")


def test_a_title_that_two_globs_take_is_refused():
    with pytest.raises(ConfigError, match=r"items.*Weapon A: Weapon \* and \* A"):
        match_titles(["Weapon A"], [request("Weapon *"), request("* A")], "items")
