"""What `.ci/run` does after the tests: a failure of each part makes it red, and it leaves nothing running."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import ROOT
from test_readme import TEST_COMMAND

pytestmark = pytest.mark.skipif(shutil.which("pgrep") is None or shutil.which("timeout") is None, reason="CI has them")

INSTALLED = ("chromium", "curl", "g++", "pkg-config", "protoc")
FAILED = "echo '[gw0] [ 10%] FAILED tests/test_it.py::test_it'"
LONG = 'trap "" INT; while :; do sleep 0.1; done'


@pytest.mark.parametrize(
    ("tools", "code"),
    [
        ({}, 0),
        ({"ruff": "exit 1"}, 1),
        ({"mypy": "exit 1"}, 1),
        ({"pytest": "exit 1"}, 1),
        ({"pytest": "echo '[gw0] [ 10%] PASSED tests/test_it.py::test_FAILED'; sleep 60"}, 0),
        ({"pytest": f"{FAILED}; sleep 60"}, 1),
        ({"pytest": f"{FAILED}; {LONG}"}, 1),
        ({"pytest": f"( {LONG} ) & sleep 60"}, 0),
    ],
)
def test_what_fails_beside_the_tests_fails_ci(tmp_path: Path, tools: dict[str, str], code: int) -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert text.count(TEST_COMMAND) == text.count("--kill-after=60 60") == 1
    text = text.replace(TEST_COMMAND, "true").replace("--kill-after=60 60", "--kill-after=1 1")
    own = [f".venv/bin/{name}" for name in ("ruff", "mypy", "pytest")]
    for path, script in {".ci/run": text, **dict.fromkeys([*own, *INSTALLED], "")}.items():
        program = tmp_path / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(script or f"#!/bin/bash\n{tools.get(program.name, '')}\n", encoding="utf-8")
        program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}{os.pathsep}{tmp_path}"}
    ran = subprocess.run(
        ["bash", ".ci/run"], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert subprocess.run(["pgrep", "-f", f"{tmp_path}/"], check=False, stdout=subprocess.DEVNULL).returncode == 1
