from __future__ import annotations

import importlib.util
import string
from pathlib import Path
from typing import Any

import pytest

from gdata.problems import Kind

DOCS = Path(__file__).parents[2] / "docs"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("make_problems", DOCS / "make_problems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = load()


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_the_page_is_up_to_date() -> None:
    assert MAKE.PAGE.read_text(encoding="utf-8") == MAKE.page(), "run python docs/make_problems.py"
    assert (DOCS / "ko" / "problems.md").read_text(encoding="utf-8") == MAKE.page("ko"), (
        "run python docs/make_problems.py"
    )


@pytest.mark.parametrize("kind", MAKE.all_kinds(), ids=lambda kind: kind.code)
def test_every_kind_has_words_and_an_example_that_fills_them(kind: Kind) -> None:
    assert kind.about.endswith(".")
    assert kind.hint
    problem = MAKE.example(kind)
    given = {"field", "value", "table", *dict(problem.words)}
    assert names_in(kind.message) | names_in(kind.hint) <= given
    assert problem.message
    assert problem.hint


def test_no_example_is_left_over() -> None:
    assert set(MAKE.EXAMPLES) == {kind.code for kind in MAKE.all_kinds()}
