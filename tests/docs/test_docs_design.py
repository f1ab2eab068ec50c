"""The design notes name files that are there."""

from __future__ import annotations

import re

from command_line import ROOT


def test_every_file_that_the_design_notes_name_is_there() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:gdata|tests|docs)/[\w/.]+)`", text))
    assert len(named) > 30
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]


def test_every_word_of_the_code_is_a_class_where_the_design_notes_say() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = text.partition("## The words of the code")[2].partition("## Step by step")[0]
    named = [
        (name, file)
        for names, file in re.findall(r"((?:`[A-Z]\w+`, )+)`([\w/.]+)`", table)
        for name in re.findall(r"\w+", names)
    ]
    assert len(named) > 15
    assert not [
        (name, file)
        for name, file in named
        if not re.search(rf"^class {name}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]


def test_what_the_recipes_name_stands_where_they_say() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Step by step")[2]
    named = re.findall(r"`(?:\w+\.)?(\w+)`,?\s+(?:\(|in )`([\w/.]+\.py)`", text)
    assert len(named) > 10
    assert not [
        (name, file)
        for name, file in named
        if not re.search(rf"^\s*(?:class |def )?{name}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
