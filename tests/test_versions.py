"""Versions are compared part by part, as numbers."""

from __future__ import annotations

import pytest

from gdata.versions import Span, Version, nearest_version


def version(text: str) -> Version:
    found = Version.read(text)
    assert found is not None, text
    return found


def test_versions_are_compared_part_by_part() -> None:
    texts = ["0", "0.9", "1", "1.2", "1.9", "1.10", "1.10.1", "2.0", "10"]
    assert sorted(map(version, reversed(texts))) == list(map(version, texts))
    assert version("1.4") == version("1.4.0") and str(version("2.0")) == "2.0"
    assert len({version("1.4"), version("1.4.0")}) == 1


@pytest.mark.parametrize(
    "text", ["", ".", "1.", ".4", "v1.4", "1.4a", "01.4", "1.04", "1,4", "-1", "１.４", "1.4 ", "1..4"]
)
def test_anything_else_is_none(text: str) -> None:
    assert Version.read(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [("v1.4", "1.4"), ("1.4a", "1.4"), ("Ver. 1.10", "1.10"), ("１.４", "1.4"), ("1.04", "1.4"), ("2026-04-01", "")],
)
def test_what_may_be_meant(text: str, meant: str) -> None:
    assert nearest_version(text) == meant


def test_from_one_version_until_another() -> None:
    span = Span(version("1.4"), version("1.5"))
    assert [span.has(version(text)) for text in ("1.3", "1.4", "1.4.9", "1.5", "1.6")] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert not span.has(None) and Span(version("1.4")).has(None)
    assert Span(version("1.5"), version("1.5.0")).is_empty and not span.is_empty
