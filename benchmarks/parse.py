"""How long `gdata build` takes, whole process, beside the naive way in the same run.

    python benchmarks/parse.py                  20 tables × 10,000 rows × 12 columns, from .csv and from .xlsx
    python benchmarks/parse.py --large          and 1,000,000 rows in one table
    python benchmarks/parse.py --rounds 5       the best of five, in turn, so that a busy machine is busy for all

`cold` starts without a parse cache and without output, `unchanged` builds the same once more; in `quoted` every text
is in quotes. The .proto files are compiled beforehand for all. CPU time is that of all processes, memory that of the
largest one. A second table shows where the wall time of the last runs went, a third what one table costs inside.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parse_data import make_project

# An installed package has its bytecode: pip makes it.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
GDATA = [sys.executable, "-c", "from gdata.cli.main import main; main()"]


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    memory: float
    """MiB of the largest process."""
    stages: dict[str, float]
    """Seconds of wall time, as `gdata build` tells them; of other programs none."""

    def least(self, other: Cost) -> Cost:
        return Cost(min(self.wall, other.wall), min(self.cpu, other.cpu), max(self.memory, other.memory), self.stages)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tables", type=int, default=20)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--large", action="store_true", help="also 1,000,000 rows in one table")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="gdata-parse-") as name:
        folder = Path(name)
        for kind in ("csv", "quoted", "xlsx"):
            make_project(folder / kind, chosen.tables, chosen.rows, kind)
            run_gdata(folder / kind)
        runs: dict[str, Callable[[], Cost]] = {
            "naive, csv": lambda: measure([sys.executable, str(naive_way()), str(folder / "csv")], folder),
            "cold, csv": lambda: cold(folder / "csv"),
            "unchanged, csv": lambda: run_gdata(folder / "csv"),
            "cold, quoted csv": lambda: cold(folder / "quoted"),
            "cold, xlsx": lambda: cold(folder / "xlsx"),
            "unchanged, xlsx": lambda: run_gdata(folder / "xlsx"),
        }
        if chosen.large:
            make_project(folder / "large", 1, 1_000_000)
            run_gdata(folder / "large")
            runs["naive, 1 M rows"] = lambda: measure([sys.executable, str(naive_way()), str(folder / "large")], folder)
            runs["cold, 1 M rows"] = lambda: cold(folder / "large")
            runs["unchanged, 1 M rows"] = lambda: run_gdata(folder / "large")
        costs = best_of(runs, chosen.rounds)
        show(costs)
        show_stages(costs)
        show_table_profile(folder / "csv")


def naive_way() -> Path:
    return Path(__file__).with_name("parse_naive.py")


def cold(project: Path) -> Cost:
    for name in ("output", ".gdata/cache", ".gdata/builds"):
        shutil.rmtree(project / name, ignore_errors=True)
    return run_gdata(project)


def run_gdata(project: Path) -> Cost:
    return measure([*GDATA, "build", "--quiet", "--format", "json"], project)


def measure(command: list[str], folder: Path) -> Cost:
    """Run a program to its end; its times and memory, those of its own children included."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=folder, env=_ENVIRONMENT, stdout=output, stderr=subprocess.PIPE)
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        output.seek(0)
        printed = output.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed: {errors.decode(errors='replace')}")
    stages = json.loads(printed)["timings"] if printed else {}
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, stages)


def best_of(runs: dict[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    for _ in range(rounds):
        for name, run in runs.items():
            cost = run()
            costs[name] = cost.least(costs.get(name, cost))
    return costs


def show(costs: dict[str, Cost]) -> None:
    print(f"{'':<20}{'wall s':>8}{'CPU s':>8}{'MiB':>6}   of the naive wall, CPU time")
    for name, cost in costs.items():
        naive = costs["naive, 1 M rows" if "1 M" in name else "naive, csv"]
        ratios = f"{cost.wall / naive.wall:.2f}  {cost.cpu / naive.cpu:.2f}"
        print(f"{name:<20}{cost.wall:>8.2f}{cost.cpu:>8.2f}{cost.memory:>6.0f}   {ratios}")


def show_stages(costs: dict[str, Cost]) -> None:
    """Where the wall time of the last runs went: seconds of each stage, start-up and the diff's summary the rest."""
    names = ["pull", "parse", "check", "encode", "write"]
    print(f"\n{'':<20}" + "".join(f"{name:>8}" for name in [*names, "rest"]) + "   s")
    for name, cost in costs.items():
        if cost.stages:
            seconds = [cost.stages[stage] for stage in names]
            print(f"{name:<20}" + "".join(f"{one:>8.2f}" for one in [*seconds, cost.wall - sum(seconds)]))


def show_table_profile(project: Path, times: int = 20) -> None:
    """What parsing one table costs in one process, in the fastest of some runs: its steps, timed around their calls."""
    os.chdir(project)
    from gdata.checks.run import RowChecks
    from gdata.parsing import records
    from gdata.parsing.table import _SeenRows
    from gdata.pipeline.pull import pull_all
    from gdata.project import open_project, read_config
    from gdata.sources import csv
    from gdata.sources.textrows import TextBlock
    from gdata.tables import result
    from gdata.tables.parser import TableParser

    opened = open_project(read_config(project / "sheets.yaml"))
    pulled = {one.spreadsheet: one for one in pull_all(opened, opened.config.spreadsheets, lambda _: None)}
    parser = TableParser(opened)
    table = parser.input_of(next(iter(opened.plans.values())), pulled)
    spent: dict[str, float] = {}
    time_calls(csv, "_read_sheet", "text checked, in blocks", spent)
    time_calls(TextBlock, "columns", "text to cells", spent)
    time_calls(records, "convert_column", "cells to values", spent)
    time_calls(_SeenRows, "_made_rows", "values to rows", spent)
    time_calls(result, "to_parts", "rows to bytes, hashed", spent)
    time_calls(RowChecks, "check", "checks of rows", spent)
    time_calls(TableParser, "run", "to a table", spent)
    runs = []
    for _ in range(times):
        spent.clear()
        result.to_parts(parser.run(table))
        runs.append({"all": spent.pop("to a table") + spent["rows to bytes, hashed"], **spent})
    best = min(runs, key=lambda run: run["all"])
    total = best.pop("all")
    best["the rest"] = total - sum(best.values())
    print(f"\n{'one table, csv':<26}{'ms':>6}{'share':>8}")
    for step, seconds in best.items():
        print(f"{step:<26}{seconds * 1000:>6.1f}{seconds / total:>8.0%}")


def time_calls(owner: Any, name: str, label: str, spent: dict[str, float]) -> None:
    """Add the seconds of every call of a function to `spent`."""
    function = getattr(owner, name)

    def timed(*arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[label] = spent.get(label, 0.0) + time.perf_counter() - started

    setattr(owner, name, timed)


if __name__ == "__main__":
    main()
