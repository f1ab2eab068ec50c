"""The `gdata` that shells of tests start tells how a command ended, as the installed one does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import quick_gdata


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is the installed one")
@pytest.mark.parametrize(("ends", "code"), [("pass", 0), ("nothing", 2), ("os.kill(os.getpid(), 9)", 1)])
def test_how_a_command_ended_is_told(tmp_path: Path, game: Path, ends: str, code: int) -> None:
    with (game / "checks" / "economy.py").open("a", encoding="utf-8") as checks:
        checks.write(f"import os\n{ends}\n")
    quick_gdata(tmp_path)
    ran = subprocess.run([tmp_path / "gdata", "check", "-q"], cwd=game, capture_output=True, check=False)
    assert ran.returncode == code, ran.stderr
