"""Whether time and memory of a build grow with the rows of one table, and no faster: 100,000, 1 M and 3 M rows of csv.

python benchmarks/growth.py            CPU, wall and memory, and each for a million rows
python benchmarks/growth.py --huge     10 M rows too (1.2 GB of csv, 20 minutes)
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from against import TREE, build
from parse_data import make_project


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000, 3_000_000])
    chosen = options.parse_args()
    print(f"{'rows':>12}{'CPU s':>8}{'wall s':>8}{'MiB':>7}   CPU s and MiB a million rows")
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory(prefix="gdata-growth-") as folder:
            make_project(Path(folder) / "game", 1, rows)
            environment = {"PYTHONPATH": str(TREE)}
            build(Path(folder) / "game", environment)  # compiles the .proto files
            cost = build(Path(folder) / "game", environment)
        millions = rows / 1_000_000
        print(
            f"{rows:>12,}{cost.cpu:>8.2f}{cost.wall:>8.2f}{cost.memory:>7.0f}   "
            f"{cost.cpu / millions:.2f}  {cost.memory / millions:.0f}"
        )


if __name__ == "__main__":
    main()
