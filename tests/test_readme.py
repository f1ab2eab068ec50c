"""What the README tells people to type works, and is what CI types."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command_line import ROOT, run_gdata

README = (ROOT / "README.md").read_text(encoding="utf-8")
TEST_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest"


def test_ci_runs_the_readmes_test_command_to_the_letter() -> None:
    assert f"```sh\n{TEST_COMMAND}\n```" in README
    assert f"\n{TEST_COMMAND}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert TEST_COMMAND in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?m)^gdata [^#\n`]+", README))))
def test_every_command_in_the_readme_is_one(command: str) -> None:
    name, *options = shlex.split(command)[1:]
    known = run_gdata(name, "--help", cwd=ROOT).out
    for option in (word for word in options if word.startswith("--")):
        assert option in known, f"{name} has no {option}"


def test_links_lead_to_files() -> None:
    for path in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / path).exists(), path


def test_a_fresh_build_needs_no_account(game: Path) -> None:
    ran = run_gdata("build", cwd=game)
    assert "server-jp" in ran.out and "writing" in ran.err
