"""Whether time and memory of a build grow with the rows of one table, and no faster: 100,000, 1 M and 3 M rows of csv.

python benchmarks/growth.py            CPU, wall and memory, and each beside the first one's for as many rows
python benchmarks/growth.py --huge     10 M rows too: 1.2 GB of csv and 4 GB on the disk, 10 minutes

A build in which all is new, one that reads all and finds nothing new (`--verify`), and a publish. CPU is that of all
processes, memory the largest process's; of a new build there are as many processes as cores, alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from limits import TREE, Cost, anew, aside, run
from parse_data import make_project

COMMANDS = {
    "build": ["build", "--quiet"],
    "verify": ["build", "--quiet", "--verify"],
    "publish": ["publish", "--yes", "--quiet"],
}
PROGRAM = "import sys; from gdata.__main__ import main; sys.exit(main())"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000, 3_000_000])
    options.add_argument("--huge", action="store_true", help="also 10,000,000 rows")
    options.add_argument("--folder", type=Path, help="where projects are made: a disk with room")
    chosen = options.parse_args()
    first: dict[str, Cost] = {}
    print(
        f"{'':<8}{'rows':>12}{'CPU s':>8}{'wall s':>8}{'MiB':>6}   CPU and wall a row, and MiB, of those in the first"
    )
    for rows in [*chosen.rows, *([10_000_000] if chosen.huge else [])]:
        with tempfile.TemporaryDirectory(prefix="gdata-growth-", dir=chosen.folder) as folder:
            for name, cost in measure(Path(folder) / "game", rows).items():
                show(name, rows, cost, first.setdefault(name, cost), chosen.rows[0])


def measure(folder: Path, rows: int) -> dict[str, Cost]:
    """What each command costs."""
    aside(make_project, folder, 1, rows)
    commands = {name: [sys.executable, "-c", PROGRAM, *arguments] for name, arguments in COMMANDS.items()}
    variables = {"PYTHONPATH": str(TREE)}
    run(commands["build"], folder, variables)  # compiles the .proto files
    anew(folder)
    return {name: run(command, folder, variables) for name, command in commands.items()}


def show(name: str, rows: int, cost: Cost, first: Cost, first_rows: int) -> None:
    by_row = rows / first_rows
    print(
        f"{name:<8}{rows:>12,}{cost.cpu:>8.2f}{cost.wall:>8.2f}{cost.memory:>6.0f}   "
        f"{cost.cpu / first.cpu / by_row:.2f}  {cost.wall / first.wall / by_row:.2f}  {cost.memory / first.memory:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
