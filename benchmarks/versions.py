"""What versions cost: one target at three versions of the game beside the same target at one.

    python benchmarks/versions.py [--rows 20000] [--versioned 3] [--runs 5]

Ten tables of twelve columns; three of them (`--versioned`) have rows and a column that begin or end with a version.
Both builds are made from nothing, in turns, each in a process of its own; CPU seconds, the fewest of the runs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TABLES = 10
FIELDS = [f"value{number}" for number in range(9)]
ONE = '{server: {version: "1.5"}}'
THREE = '{live: {version: "1.4"}, staging: {version: "1.5"}, dev: {version: "1.6"}}'


def write_project(folder: Path, rows: int, versioned: int) -> None:
    """The sheets and schemas; `targets:` comes with each run."""
    (folder / "protos").mkdir()
    (folder / "sheets").mkdir()
    numbers = random.Random(1)
    for table in range(TABLES):
        fields = "".join(f"  int32 {name} = {number};\n" for number, name in enumerate(FIELDS, start=4))
        (folder / f"protos/t{table}.proto").write_text(
            'syntax = "proto3"; package game; import "gdata/options.proto";\n'
            f"message Row{table} {{\n  int32 id = 1 [(gdata.field).key = true];\n"
            f"  string name = 2;\n  double rate = 3;\n{fields}}}\n"
            f"message T{table}Table {{ repeated Row{table} rows = 1; }}\n"
        )
        more = ["value0@1.6+", "@since", "@until"] if table < versioned else []
        lines = [",".join(["id", "name", "rate", *FIELDS, *more])]
        for row in range(rows):
            bounds = [["", "", ""], ["7", "1.5", ""], ["", "1.6", ""], ["", "", "1.5"]]
            which = numbers.choices(bounds, [94, 2, 2, 2])[0] if more else []
            values = [str(numbers.randrange(100_000)) for _ in FIELDS]
            lines.append(",".join([str(row), f"name {row}", f"{row / 8}", *values, *which]))
        (folder / f"sheets/T{table}.csv").write_text("\n".join(lines) + "\n")


def seconds(folder: Path, targets: str) -> float:
    """CPU seconds of a build from nothing."""
    sheets = ", ".join(f"T{table}: game.T{table}Table" for table in range(TABLES))
    (folder / "sheets.yaml").write_text(
        f"version: 1\nspreadsheets: {{a: {{path: sheets, sheets: {{{sheets}}}}}}}\ntargets: {targets}\n"
    )
    for name in (".gdata", "output"):
        shutil.rmtree(folder / name, ignore_errors=True)
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "gdata", "build", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--versioned", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        write_project(Path(scratch), options.rows, options.versioned)
        pairs = [(seconds(Path(scratch), ONE), seconds(Path(scratch), THREE)) for _ in range(options.runs)]
    one, three = (min(times) for times in zip(*pairs, strict=True))
    print(f"one version {one:.2f} s, three {three:.2f} s of CPU: {three / one:.2f} times")


if __name__ == "__main__":
    main()
