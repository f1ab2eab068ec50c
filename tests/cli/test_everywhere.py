"""What every command has: --lang, --debug, --output, --open, variables of the environment, one way to be misused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import run_gdata

from gdata.cli.everywhere import NEVER_FROM_ENVIRONMENT
from gdata.cli.main import COMMANDS, ROLES, cli


def options(name: str) -> dict[str, click.Option]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return {text: one for one in command.params if isinstance(one, click.Option) for text in one.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_what_all_have(name: str) -> None:
    known = options(name)
    assert {"--lang", "--debug"} <= known.keys()
    assert ("--format" in known) <= ("--output" in known)
    for text in NEVER_FROM_ENVIRONMENT & known.keys():
        assert known[text].envvar is None, text
    assert all(one.envvar for text, one in known.items() if text in ("--format", "--config", "--lang"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_each_command_can_be_the_first_that_is_imported() -> None:
    """As in a process of its own, which most tests of commands don't start."""
    program = """
import os, sys
from gdata.cli.main import COMMANDS, command_of
for name in COMMANDS:
    if os.fork() == 0:
        command_of(name)
        os._exit(0)
    if os.wait()[1]:
        sys.exit(name)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stderr


def test_every_command_is_somebody_s() -> None:
    shown = [name for names in ROLES.values() for name in names.split()]
    assert sorted(set(shown)) == sorted(shown)
    assert COMMANDS.keys() <= set(shown)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project of a csv sheet, with a slip in it."""
    run_gdata("init", tmp_path / "game", cwd=tmp_path)
    return tmp_path / "game"


def spoil(project: Path) -> None:
    (file,) = sorted((project / "sheets").rglob("Item.csv"))
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = lines[1].replace(lines[1].split(",")[0], "x1", 1)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_problems_are_the_result_of_a_check(small: Path) -> None:
    spoil(small)
    ran = run_gdata("check", cwd=small, code=1)
    assert "x1" in ran.out and "x1" not in ran.err


def test_the_result_goes_to_a_file(small: Path) -> None:
    spoil(small)
    ran = run_gdata("check", "--format", "json", "--output", "found.json", cwd=small, code=1)
    assert ran.out == ""
    assert '"ok": false' in (small / "found.json").read_text(encoding="utf-8")


def test_a_command_that_fails_leaves_the_file_as_it_was(small: Path) -> None:
    (small / "kept.json").write_text("before", encoding="utf-8")
    run_gdata("check", "NoTable", "--format", "json", "-o", "kept.json", cwd=small, code=2)
    assert (small / "kept.json").read_text(encoding="utf-8") == "before"
    for command in ("check", "watch"):
        ran = run_gdata(command, "--format", "json", "-o", "kept.json/found.json", cwd=small, code=3)
        assert "found.json: can't be written" in ran.err


def test_only_the_problems_of_a_table_are_told(small: Path) -> None:
    spoil(small)
    run_gdata("check", "item", cwd=small, code=1)
    assert "did you mean Item?" in run_gdata("check", "Itm", cwd=small, code=2).err


def test_variables_stand_for_options(small: Path) -> None:
    assert run_gdata("check", cwd=small, GDATA_CHECK_FORMAT="json").json["ok"] is True
    spoil(small)
    assert "정수가 아닙니다" in run_gdata("check", cwd=small, code=1, GDATA_LANG="ko").out
    wrong = run_gdata("check", cwd=small, code=2, GDATA_CHECK_FORMAT="jsno").err
    assert "jsno" in wrong and "GDATA_CHECK_FORMAT" in wrong


def test_no_variable_says_yes(small: Path) -> None:
    run_gdata("build", "-q", cwd=small)
    assert "--yes" in run_gdata("publish", cwd=small, code=2, GDATA_PUBLISH_YES="1").err


def test_folder_and_config_stand_before_the_command(small: Path, tmp_path: Path) -> None:
    assert run_gdata("-C", small, "check", "-q", cwd=tmp_path).out == ""
    assert run_gdata("--config", small / "sheets.yaml", "check", "-q", cwd=tmp_path).out == ""


def test_a_module_is_the_command(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-m", "gdata", "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert b"gdata" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["log"], "did you mean releases?"),
        (["biuld"], "did you mean build?"),
        (["build", "--strcit"], "did you mean --strict?"),
        (["build", "--format", "jsn"], "gdata build --help"),
        (["fetch"], "gdata fetch --help"),
    ],
)
def test_what_is_mistyped_is_told_in_one_way(arguments: list[str], hint: str, tmp_path: Path) -> None:
    ran = run_gdata(*arguments, cwd=tmp_path, code=2)
    assert ran.err.startswith("gdata: ") and hint in ran.err


def test_debug_tells_where_an_error_comes_from(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gdata", "check", "--debug"], cwd=tmp_path, capture_output=True, check=False, text=True
    )
    assert ran.returncode == 2
    assert "Traceback" in ran.stderr and "gdata init" in ran.stderr


def test_a_check_that_finds_nothing_says_so(small: Path) -> None:
    assert run_gdata("check", cwd=small).out == "No problems\n"
    assert run_gdata("check", "--lang", "ko", cwd=small).out == "문제가 없습니다\n"
