"""How long `gdata scaffold` takes for 100 and for 1,200 csv sheets, in CPU seconds, alone or beside another tree.

python benchmarks/scaffold.py                         # this tree
python benchmarks/scaffold.py --beside ../old-tree    # pairs, one after the other, and their ratio
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
COLUMNS = ["id", "name", "kind", "price", "rate", "is_open", "item_id", "reward1_id", "reward1_count", "reward2_id",
           "reward2_count", "tags"]  # fmt: skip


def write_sheets(folder: Path, count: int, rows: int) -> None:
    """Sheets of a game: ids of their own, references to one another, choices, lists, numbers."""
    dice = random.Random(7)
    folder.mkdir(parents=True)
    for number in range(count):
        other = dice.randrange(count) * 10_000
        # Numbered alike they would be parts of one table.
        letters = "".join(chr(ord("a") + number // 26**place % 26) for place in range(3))
        with (folder / f"{letters}_thing.csv").open("w", encoding="utf-8", newline="") as file:
            sheet = csv.writer(file)
            sheet.writerow(COLUMNS)
            for row in range(rows):
                sheet.writerow(
                    [
                        number * 10_000 + row, f"thing {row} of {number}", dice.choice(["main", "sub", "daily"]),
                        dice.randrange(90_000), round(dice.random(), 3), dice.choice(["TRUE", "FALSE"]),
                        other + dice.randrange(rows), other + dice.randrange(rows), dice.randrange(50),
                        other + dice.randrange(rows), dice.randrange(50), dice.choice(["a|b", "b", "a|c|d"]),
                    ]
                )  # fmt: skip


def measure(tree: Path, sheets: Path, into: Path) -> float:
    """CPU seconds of one run; the project is thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", "from gdata.cli.main import main; main()", "scaffold", str(sheets), "--quiet"],
        cwd=into, env={**_ENVIRONMENT, "PYTHONPATH": str(tree)}, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="another tree, measured in turn with this one")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1200])
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args()
    best: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory() as name:
        for tree in filter(None, (options.beside, HERE)):
            # The first run of a tree compiles its modules.
            into = Path(name) / "first" / tree.name
            write_sheets(into / "sheets", 1, 5)
            measure(tree.resolve(), into / "sheets", into)
        for size in options.sizes:
            write_sheets(Path(name) / str(size) / "sheets", size, options.rows)
            for turn in range(options.times):
                for tree in filter(None, (options.beside, HERE)):
                    into = Path(name) / str(size) / f"{tree.name}-{turn}"
                    into.mkdir()
                    took = measure(tree.resolve(), into.parent / "sheets", into)
                    best[str(tree), size] = min(best.get((str(tree), size), took), took)
            for tree in filter(None, (options.beside, HERE)):
                print(f"{size:>6,} sheets  {best[str(tree), size]:7.2f} s CPU  {tree}", flush=True)
            if options.beside:
                ratio = best[str(HERE), size] / best[str(options.beside), size]
                print(f"{size:>6,} sheets  {ratio:7.2f} ×", flush=True)
    first, last = options.sizes[0], options.sizes[-1]
    print(f"{last:,} sheets take {best[str(HERE), last] / best[str(HERE), first]:.1f} × as long as {first:,}")


if __name__ == "__main__":
    main()
