"""The pages that docs/make_reference.py writes are as it writes them now, and people are told of every command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from command_line import ROOT

from gdata.cli.main import COMMANDS

DOCS = ROOT / "docs"
sys.path.append(str(DOCS))

from make_reference import PAGES  # noqa: E402

GUIDES = [page for page in DOCS.rglob("*.md") if page.relative_to(DOCS).as_posix() not in PAGES]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run python docs/make_reference.py"


@pytest.mark.parametrize("command", COMMANDS)
def test_some_guide_shows_the_command(command: str) -> None:
    pages = [page.name for page in GUIDES if re.search(rf"\bgdata {command}\b", page.read_text(encoding="utf-8"))]
    assert pages, f"say in a guide under docs/ what `gdata {command}` is for"


def test_the_korean_guide_has_what_the_english_one_has() -> None:
    english, korean = ((DOCS / name).read_text(encoding="utf-8") for name in ("planners.md", "ko/planner.md"))
    for pattern in (r"^## ", r"^<!-- test:.*-->$", r"^gdata .*$", r"^!\[", r"^\| "):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, korean)]
        assert found[0] == found[1], pattern


def test_pictures_are_there_and_used() -> None:
    shown = {
        Path(page.parent, name).resolve()
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == set((DOCS / "pictures").glob("*.png"))
