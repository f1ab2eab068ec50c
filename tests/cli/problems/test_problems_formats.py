from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gdata import kinds
from gdata.cli.problems.pages import as_github, as_markdown
from gdata.problems import Cell, Problem


def blank(row: int, sheet: str = "Item") -> Problem:
    return kinds.CELL_BLANK.at(Cell("items", sheet, row, 3), field="price", merged="")


def hostile(row: int = 2) -> Problem:
    value = "@team | <img src=x> [a](http://b) `x` \n\n# head"
    return kinds.TEXT_NUMBER.at(Cell("items", "It|em", row, 3), field="name", value=value)


def test_markdown_is_a_table_a_sheet_with_links() -> None:
    url = "https://docs.google.com/spreadsheets/d/ID/edit#gid=0&range=C2"
    text = as_markdown([replace(blank(2), url=url), blank(3, "Hero")])
    assert text.startswith("**2 errors in 2 sheets**\n")
    assert "#### items / Item\n" in text
    assert f"| [C2]({url}) | error <code>cell.blank</code> | price is blank |" in text


def test_markdown_from_sheets_is_only_text() -> None:
    text = as_markdown([hostile()])
    assert "@team" not in text
    assert "<img" not in text
    assert "[a](" not in text
    row = next(line for line in text.splitlines() if "C2" in line)
    assert row.count(" | ") == 3


def test_markdown_fits_a_comment() -> None:
    problems = [blank(2, f"Sheet{number}") for number in range(2_000)]
    text = as_markdown(problems)
    assert len(text) <= 65_536
    assert "more: run `gdata check --all`" in text
    assert as_markdown([]) == "**No problems** in the sheets.\n"


def test_github_annotations_are_one_line_each(tmp_path: Path) -> None:
    book = str(tmp_path / "sheets" / "items,a.xlsx")
    lines = as_github([replace(blank(2), url=book), hostile()], root=tmp_path).splitlines()
    assert lines[0] == (
        "::error file=sheets/items%2Ca.xlsx,title=cell.blank::"
        "items/Item!C2: price is blank. write a value; 0 if zero is meant"
    )
    assert lines[1].startswith("::warning title=text.number::items/It|em!C2: ")
    assert len(lines) == 2


def test_github_annotations_are_folded_and_name_no_file_outside(tmp_path: Path) -> None:
    text = as_github([replace(blank(row), url="/etc/items.xlsx") for row in range(2, 100)], root=tmp_path)
    assert len(text.splitlines()) == 3
    assert "95 more like it" in text
    assert "file=" not in text
    assert "%25" in as_github([replace(hostile(), value="50%")])
