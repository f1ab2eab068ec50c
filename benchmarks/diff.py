"""How fast a diff is: a million rows of 12 columns, as the whole `gdata diff` command, to the end of its output.

    python benchmarks/diff.py [--rows 1000000] [--runs 3]

Three cases: 1,000 rows changed, one column changed in every row, nothing changed. The yardsticks are taken in the
same run, so that the ratios hold on any machine: reading and hashing the files of both bundles, and DeepDiff over
the same tables as dicts by key, with as many changes a row, measured on 20,000 rows and scaled.
Every figure is CPU time, so that a busy machine doesn't count, of a process of its own, the best of the runs; peak
memory is the worst.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
enum Kind { KIND_NONE = 0; KIND_SWORD = 1; KIND_BOW = 2; }
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name = 2; int64 price = 3; int64 sell = 4; Kind kind = 5; float rate = 6; double weight = 7; bool tradable = 8;
  string icon = 9; int32 level = 10; int32 stack = 11; string note = 12;
}
message ItemTable { repeated Item rows = 1; }
"""
Rows = list[dict[str, Any]]
_DEEPDIFF_ROWS = 20_000
_CHANGED_SHARE = 1_000


def make_rows(count: int) -> Rows:
    chance = random.Random(1)
    return [
        {
            "id": 100_000 + number,
            "name": f"전설의 검 {number}",
            "price": chance.randrange(1, 100_000),
            "sell": chance.randrange(1, 50_000),
            "kind": number % 3,
            "rate": round(chance.random(), 3),
            "weight": round(chance.random() * 10, 2),
            "tradable": bool(number % 2),
            "icon": f"icons/item_{number}.png",
            "level": number % 100,
            "stack": number % 999,
            "note": "x" * (number % 20),
        }
        for number in range(count)
    ]


def with_some_changed(rows: Rows) -> Rows:
    """One row in a thousand dearer by one, spread over the table."""
    return [{**row, "price": row["price"] + (number % _CHANGED_SHARE == 500)} for number, row in enumerate(rows)]


def with_a_column_changed(rows: Rows) -> Rows:
    return [{**row, "price": row["price"] * 10} for row in rows]


def write(folder: Path, rows: Rows) -> Path:
    from gdata.testing.bundles import build_output

    return build_output(folder, PROTO, {"ItemTable": rows}, targets=["server"])


def run(command: list[str]) -> tuple[float, float, str]:
    """CPU seconds, peak MiB and output of a process."""
    # Compiled modules are kept, as they are for everybody who runs a command twice.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as elsewhere:  # no sheets.yaml above it
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=elsewhere, env=environment
        )
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


def read_and_hash(*folders: Path) -> float:
    started = time.process_time()
    for folder in folders:
        for path in sorted(folder.rglob("*.binpb")):
            hashlib.sha256(path.read_bytes()).hexdigest()
    return time.process_time() - started


def prepare(scratch: Path, count: int) -> float:
    """Write the bundles; DeepDiff's seconds over a part of the rows, scaled to all of them."""
    from deepdiff import DeepDiff

    rows = make_rows(count)
    write(scratch / "old", rows)
    write(scratch / "same", rows)
    write(scratch / "some", with_some_changed(rows))
    write(scratch / "column", with_a_column_changed(rows))
    part = rows[:_DEEPDIFF_ROWS]
    old, new = ({row["id"]: row for row in some} for some in (part, with_some_changed(part)))
    started = time.process_time()
    DeepDiff(old, new)
    return (time.process_time() - started) * count / len(part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    command = [str(Path(sys.executable).with_name("gdata")), "diff"]
    with TemporaryDirectory() as scratch:
        # In another process: a child's peak memory starts with what its parent holds.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            deepdiff = other.submit(prepare, Path(scratch), arguments.rows).result()
        old, same, some, column = (Path(scratch, name) for name in ("old", "same", "some", "column"))
        print(f"{arguments.rows:,} rows × 12 columns, {sum(p.stat().st_size for p in old.rglob('*')) / 2**20:.0f} MiB")
        print(f"DeepDiff, scaled from {_DEEPDIFF_ROWS:,} rows: {deepdiff:.0f} s")
        for name, new in (
            ("1 row in 1,000 changed", some),
            ("a column changed in all rows", column),
            ("nothing", same),
        ):
            report(name, [*command, str(old), str(new)], (old, new), arguments.runs, deepdiff)


def report(name: str, command: list[str], folders: tuple[Path, Path], runs: int, deepdiff: float) -> None:
    """One line; the yardstick is taken in turn with the command, since the machine may be busy by turns."""
    found = [(read_and_hash(*folders), run(command)) for _ in range(runs)]
    yardstick = min(one for one, _ in found)
    seconds, memory = min(one[0] for _, one in found), max(one[1] for _, one in found)
    lines = len(found[0][1][2].splitlines())
    ratios = (
        f"{seconds / yardstick:5.1f} × reading and hashing ({yardstick:.2f} s)   DeepDiff / {deepdiff / seconds:,.0f}"
    )
    print(f"{name:30} {seconds:6.2f} s {memory:6.0f} MiB  {ratios}   {lines} lines")


if __name__ == "__main__":
    main()
