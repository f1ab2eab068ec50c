"""What a shell offers after Tab, asked as the shells ask."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run_gdata

from gdata.scaffold.starting import start_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("game")
    start_project(folder)
    (folder / "releases" / "channels" / "dev-minji").mkdir(parents=True)
    return folder


def ask(folder: Path, *words: str, shell: str = "bash_complete") -> str:
    asked = {"_GDATA_COMPLETE": shell, "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    return run_gdata(cwd=folder, **asked).out


def offers(folder: Path, *words: str) -> list[str]:
    return [line.partition(",")[2] for line in ask(folder, *words).splitlines()]


def test_commands_and_options_are_offered(project: Path) -> None:
    assert offers(project, "gdata", "pro") == ["promote"]
    assert "--version" in offers(project, "gdata", "--v")
    assert offers(project, "gdata", "build", "--off") == ["--offline"]


@pytest.mark.parametrize("command", ["show", "build", "watch"])
def test_tables_are_offered_in_any_case(project: Path, command: str) -> None:
    assert offers(project, "gdata", command, "it") == ["ItemTable"]
    assert offers(project, "gdata", command, "") == ["ItemTable", "ShopTable"]


def test_channels_are_offered_from_the_config_and_the_store(project: Path) -> None:
    assert offers(project, "gdata", "publish", "--channel", "") == ["dev", "dev-minji", "live", "staging"]
    assert offers(project, "gdata", "promote", "staging", "l") == ["live"]
    assert offers(project, "gdata", "diff", "o") == ["output"]


def test_without_a_project_nothing_is_offered_and_nothing_fails(tmp_path: Path) -> None:
    assert ask(tmp_path, "gdata", "show", "").strip() == ""


@pytest.mark.parametrize("shell", ["bash_source", "zsh_source", "fish_source"])
def test_every_shell_gets_its_script(tmp_path: Path, shell: str) -> None:
    assert "_GDATA_COMPLETE" in ask(tmp_path, shell=shell)
