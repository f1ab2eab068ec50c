"""What stands in arguments, logs and errors never acts on the terminal, and empty names are refused."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from command_line import run_gdata
from rich.style import Style
from rich.table import Table
from rich.text import Text

from gdata.cli.safe_console import SafeConsole

ESCAPES = "[bold]\x1b[31mred\x1b]8;;http://evil\x1b\\\x9b2J\u202e"


def printed(thing: object, **options: object) -> str:
    file = StringIO()
    SafeConsole(file=file, width=60, **options).print(thing)  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize("thing", [f"a {ESCAPES}", Text(f"a {ESCAPES}")], ids=["str", "Text"])
def test_no_control_character_is_printed(thing: object) -> None:
    text = printed(thing)
    assert text.rstrip("\n").isprintable()
    assert r"[bold]\x1b[31mred" in text


def test_cells_of_tables_are_escaped_too() -> None:
    table = Table(ESCAPES)
    table.add_row(Text(ESCAPES))
    assert all(line.isprintable() for line in printed(table).splitlines())


def test_our_own_styles_stay() -> None:
    text = printed(Text(f"a{ESCAPES}", style=Style(bold=True)), force_terminal=True, color_system="standard")
    assert text.startswith("\x1b[1ma[bold]\\x1b[31m")


def test_a_sentence_in_a_log_is_one_line() -> None:
    assert printed("word " * 50).count("\n") == 1
    assert printed("word " * 50, force_terminal=True).count("\n") > 1


def test_errors_write_out_what_would_act(tmp_path: Path) -> None:
    ran = run_gdata("verify", f"no{ESCAPES}folder".replace("\0", ""), "--store", tmp_path, cwd=tmp_path, code=2)
    assert all(line.isprintable() for line in ran.err.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ("publish", "--channel", ""),
        ("publish", "--expect="),
        ("publish", "--allow", "schema", "--allow", ""),
        ("fetch", "live", "--target", "server", "--into", ""),
        ("verify", ""),
        ("build", "ItemTable", ""),
        ("check", "--config", ""),
    ],
    ids=" ".join,
)
def test_an_empty_name_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = run_gdata(*arguments, cwd=tmp_path, code=2)
    assert "is empty" in ran.err
    assert not list(tmp_path.iterdir())
