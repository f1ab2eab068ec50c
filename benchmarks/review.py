"""What a review adds to a diff: metrics' data over a million rows, and a page of 20,000 changed rows.

    python benchmarks/review.py [--rows 1000000] [--runs 3]

CPU seconds, the best of the runs. A metric's own share is what its function takes on data that is parsed already; the
rest, reading and parsing the table on both sides, is what gdata adds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from diff import PROTO, make_rows, with_a_column_changed, with_some_changed

from gdata.bundles.reader import Bundle, open_output
from gdata.config import Config, Target
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Side
from gdata.diffs.renderers.html import to_html
from gdata.diffs.tables.schemas import class_of, open_schema
from gdata.pipeline.comparing.sides import compare_sides
from gdata.testing.bundles import build_output

METRIC = """
from gdata.metrics import metric
@metric
def cheap(data):
    return len(data.ItemTable)
@metric
def worth(data):
    return sum(one.price for one in data.ItemTable)
"""


def cpu(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    best, given = 9e9, None
    for _ in range(runs):
        started = time.process_time()
        given = work()
        best = min(best, time.process_time() - started)
    return best, given


def side(name: str, folder: Path) -> Side:
    return Side(name, None, open_output(folder))


def parsed(bundle: Bundle) -> Any:
    return class_of(open_schema(bundle).messages["game.ItemTable"]).FromString(bundle.table("ItemTable")).rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--page", type=Path, help="keep the page here, to open it")
    asked = parser.parse_args()
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        rows = make_rows(asked.rows)
        old = build_output(place / "old", PROTO, {"ItemTable": rows}, targets=("server",))
        new = build_output(place / "new", PROTO, {"ItemTable": with_some_changed(rows)}, targets=("server",))
        (place / "metrics.py").write_text(METRIC)
        config = Config(
            place / "sheets.yaml", place, place, "", (), (Target("server"),), metrics=(place / "metrics.py",)
        )
        plain, diff = cpu(lambda: compare(side("old", old), side("new", new), category="off"), asked.runs)
        both, _ = cpu(lambda: compare_sides(config, side("old", old), side("new", new), "off", print), asked.runs)
        metrics = both - plain
        tables = [parsed(one.bundles["server"]) for one in (diff.old, diff.new)]
        function, _ = cpu(lambda: [sum(row.price for row in one) for one in tables], asked.runs)
        added = metrics - function
        print(f"diff of {asked.rows:,} rows, 1,000 changed: {plain:.2f} s CPU")
        print(f"two metrics over the table: {metrics:.2f} s, of which the functions {function:.2f} s")
        print(f"gdata adds {added:.2f} s: {added / plain:.0%} of the diff")
        few = rows[:20_000]
        old = build_output(place / "old20", PROTO, {"ItemTable": few}, targets=("server",))
        new = build_output(place / "new20", PROTO, {"ItemTable": with_a_column_changed(few)}, targets=("server",))
        diff = compare(side("old", old), side("new", new), category="off")
        took, page = cpu(lambda: to_html(replace(diff), GateVerdict(True)), 1)
        print(f"a page of 20,000 changed rows: {took:.2f} s to make, {len(page) / 1e6:.1f} MB")
        if asked.page is not None:
            asked.page.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
