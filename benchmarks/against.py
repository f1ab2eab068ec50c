"""Builds of this tree beside those of another commit, in turn: CPU, wall and memory of the whole process.

    git worktree add ../base 1b5ee25
    python benchmarks/against.py ../base                    csv, quoted csv, xlsx and 116 Google sheets
    python benchmarks/against.py ../base --large            and a million rows in one table
    python benchmarks/against.py ../base --only csv --rounds 9

Compile the core first (`python hatch_build.py`); `off` is this tree with GDATA_CORE=0. CPU is that of all processes of
a build, memory that of the largest one. The bundles of all trees must be the same.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pull
from parse_data import make_project

TREE = Path(__file__).parent.parent
PROGRAM = "import sys; from gdata.cli.main import main; sys.exit(main())"


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float
    memory: float
    """MiB of the largest process."""
    build: str


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base", type=Path, help="the other tree")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--large", action="store_true", help="also 1,000,000 rows in one table")
    options.add_argument("--only", choices=["csv", "quoted", "xlsx", "google", "large"])
    chosen = options.parse_args()
    environments = {
        "base": {"PYTHONPATH": str(chosen.base.resolve())},
        "off": {"PYTHONPATH": str(TREE), "GDATA_CORE": "0"},
        "core": {"PYTHONPATH": str(TREE)},
    }
    names = [chosen.only] if chosen.only else ["csv", "quoted", "xlsx", "google", *(["large"] if chosen.large else [])]
    print(f"{'':<14}{'CPU s':>16}{'wall s':>16}{'MiB':>7}   of the base's CPU, wall, memory")
    with tempfile.TemporaryDirectory(prefix="gdata-against-") as folder:
        for name in names:
            with project(name, Path(folder) / name) as path:
                show(name, measure(path, environments, chosen.rounds))


@contextmanager
def project(name: str, folder: Path) -> Iterator[Path]:
    """A project of the kind `name`; Google's sheets are those of an emulator in another process."""
    if name != "google":
        make_project(folder, *((1, 1_000_000) if name == "large" else (20, 10_000)), "csv" if name == "large" else name)
        yield folder
        return
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=pull.serve, args=(theirs, 4000, 0.12), daemon=True)
    server.start()
    bench = pull.Bench(*ours.recv())
    ours.send("go")
    pull.pull_floor(bench)  # the emulator renders its answers once
    ours.send("measure")
    ours.recv()
    folder.mkdir()
    pull.make_project(folder, bench)
    yield folder
    server.terminate()


def measure(folder: Path, environments: dict[str, dict[str, str]], rounds: int) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in environments}
    for turn in range(rounds + 1):
        for name, environment in environments.items():
            cost = build(folder, environment)
            if turn:  # The first one compiles the .proto files, and Python's own.
                costs[name].append(cost)
    builds = {cost.build for one in costs.values() for cost in one}
    assert len(builds) == 1, f"the trees build different bundles: {builds}"
    return costs


def build(folder: Path, environment: dict[str, str]) -> Cost:
    """A build in which every sheet is new."""
    for kept in (folder / "output", *(folder / ".gdata").glob("*")):
        if not kept.name.startswith("descriptors-"):
            shutil.rmtree(kept) if kept.is_dir() else kept.unlink(missing_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", PROGRAM, "build", "--quiet", "--format", "json"]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=inherited | environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"a build of {folder.name} failed with {environment}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, json.loads(printed)["build"])


def show(workload: str, costs: dict[str, list[Cost]]) -> None:
    base = costs["base"]
    for name, own in costs.items():
        cpu, wall = [one.cpu for one in own], [one.wall for one in own]
        memory = max(one.memory for one in own)
        ratios = (
            min(cpu) / min(one.cpu for one in base),
            min(wall) / min(one.wall for one in base),
            memory / max(one.memory for one in base),
        )
        print(
            f"{workload} {name:<{13 - len(workload)}}{min(cpu):>8.2f}{statistics.median(cpu):>8.2f}"
            f"{min(wall):>8.2f}{statistics.median(wall):>8.2f}{memory:>7.0f}   "
            + "  ".join(f"{ratio:.2f}" for ratio in ratios)
        )


if __name__ == "__main__":
    main()
