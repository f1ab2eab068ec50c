"""A folder with sheets in it, and `gdata` run there as a program."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def gdata(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run the command; what it printed on stdout."""
    return run_gdata(folder, *arguments, code=code).stdout


def run_gdata(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "-c", "from gdata.cli.main import main; main()", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


def write_sheet(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
