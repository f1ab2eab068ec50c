from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from gdata import kinds
from gdata.cli.problems.text import field_before, plain_line, render_problems, summary
from gdata.problems import Cell, Kind, Problem


def blank(row: int, sheet: str = "Item", column: int = 3) -> Problem:
    return kinds.CELL_BLANK.at(Cell("items", sheet, row, column), field="price", merged="")


def text_warning(row: int, value: str = "7") -> Problem:
    return kinds.TEXT_NUMBER.at(Cell("items", "Item", row, 2), field="name", value=value)


def shown(problems: list[Problem], *, height: int = 0, width: int = 80, show_all: bool = False) -> str:
    console = Console(
        file=io.StringIO(), width=width, height=height or 25, force_terminal=bool(height), color_system=None
    )
    render_problems(console, problems, show_all=show_all)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_problems_stand_under_their_sheet_with_cell_words_and_hint() -> None:
    text = shown([blank(2), text_warning(3)])
    assert [line.rstrip() for line in text.splitlines()] == [
        "items / Item  1 error, 1 warning",
        "  C2  error    price is blank  cell.blank",
        "               write a value; 0 if zero is meant",
        "  B3  warning  name: 7 is a number in a column of text  text.number",
        "               format the column as plain text: leading zeros and long numbers",
        "               may be lost",
        "",
        "1 error, 1 warning in 1 sheet",
    ]


def test_a_flood_is_folded_unless_all_is_asked_for() -> None:
    problems = [blank(row) for row in range(2, 417)]
    text = shown(problems)
    assert "and 412 more like it, the last at C416" in text
    assert "--all shows those that were left out" in text
    assert "C300" in shown(problems, show_all=True)
    assert text.count("write a value") == 1


def test_a_terminal_gets_a_screen_errors_first() -> None:
    problems = [text_warning(2), *(blank(2, sheet=f"Sheet{number}") for number in range(20))]
    text = shown(problems, height=20)
    assert len(text.splitlines()) <= 20
    assert "text.number" not in text
    assert re.search(r"… and \d+ errors, 1 warning more: --all shows all of them", text)
    assert text.splitlines()[-1] == "20 errors, 1 warning in 21 sheets"
    assert "Sheet19" in shown(problems, height=20, show_all=True)
    assert "Sheet19" in shown(problems)


def test_wide_characters_are_aligned_and_nothing_is_wider_than_the_screen() -> None:
    problem = kinds.REFERENCE_MISSING.at(
        Cell("아이템", "무기", 2, 1), field="보상", value="검" * 70, target="ItemTable", key="id", place="Item!A:A"
    )
    lines = shown([problem], width=60, height=40).splitlines()
    assert all(cell_len(line) <= 60 for line in lines)
    assert lines[0].startswith("아이템 / 무기")


def test_text_from_sheets_is_neither_markup_nor_acts_on_the_terminal() -> None:
    hostile = "[red]x[/red]\x1b[31m\x07\n\u202e:smile:"
    problem = replace(text_warning(2, hostile), cell=Cell("items", "[bold]She\x1bet", 2, 2))
    text = shown([problem])
    assert "[red]x[/red]\\x1b[31m" in text
    assert "[bold]She" in text
    assert not set("\x1b\x07\u202e") & set(text)
    assert ":smile:" in text
    assert plain_line(problem).isprintable()


def test_cells_are_links_where_the_terminal_can() -> None:
    url = "https://docs.google.com/spreadsheets/d/ID/edit#gid=0&range=C2"
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=25, color_system="standard")
    render_problems(console, [replace(blank(2), url=url), replace(blank(3), url="https://x/\x1b]8;;evil")])
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert f"{url}\x1b\\" in text
    assert "evil" not in text


def test_a_rule_s_own_message_still_shows_the_value() -> None:
    problem = kinds.CONSTRAINT.at(
        Cell("items", "Item", 2, 3),
        field="price",
        value="0",
        text="must be greater than 0",
        rule_of="game.Item.price",
        code="constraint.int64.gt",
    )
    assert "price: must be greater than 0 (now 0)" in shown([problem])
    assert "(only in client)" in shown([replace(problem, target="client")], width=120)


def test_very_many_are_written_one_a_line() -> None:
    problems = [blank(row) for row in range(2, 3_002)]
    lines = shown(problems, show_all=True).splitlines()
    assert lines[0] == "items/Item!C2: error: price is blank -> write a value; 0 if zero is meant [cell.blank]"
    assert len(lines) == 3_001


def test_no_problem_is_no_line() -> None:
    assert shown([]) == ""
    assert summary([blank(1)]) == "1 error in 1 sheet"


@pytest.mark.parametrize(
    ("kind", "header", "words", "name"),
    [
        (
            kinds.CELL_NOT_COLOR,
            "색",
            {"value": "FF8800"},
            "색 (tint): ",
        ),  # "FF8800은 색이 아닙니다" has no header in it
        (kinds.CELL_NOT_INTEGER, "id", {"value": "no id"}, "id (tint): "),
        (kinds.REFERENCE_OFF, "Item", {"value": "7", "place": "Item!A4"}, "Item (tint): "),
        (kinds.CELL_BLANK, "색", {}, "색: "),  # the message has the field's name
        (kinds.CHECK, "색", {"code": "check.x", "text": "색이 너무 밝습니다", "hint": ""}, ""),
    ],
    ids=str,
)
def test_a_header_is_told_but_where_the_message_names_it(
    kind: Kind, header: str, words: dict[str, str], name: str
) -> None:
    problem = replace(kind.at(Cell("items", "Item", 3, 3), field="tint", **words), header=header)
    assert field_before(problem) == name
