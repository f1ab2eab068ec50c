"""A folder with sheets in it, and `gdata` run there as a program."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from command_line import run_gdata


def gdata(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run the command; what it printed on stdout."""
    return run_gdata(*arguments, cwd=folder, code=code).out


def write_sheet(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
