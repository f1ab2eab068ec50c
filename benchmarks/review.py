"""What a review adds to a diff: metrics' data over a million rows, and a page of 20,000 changed rows.

    python benchmarks/review.py [--rows 1000000] [--runs 3]

CPU seconds, the best of the runs. What metrics add is told in two: opening the data on both sides, for a function that
looks at no row, and parsing the rows of one that looks at all of them, which takes its own time beside that. What
`--history` adds is one more comparison for each earlier release that changed the table, up to fifty.
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
from gdata.pipeline.releasing.history import HistoryReader, past_of
from gdata.pipeline.sides import compare_sides
from gdata.releases.log import newest_entry, read_log_so_far
from gdata.releases.move import Move, move_channel
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable
from gdata.testing.bundles import build_output

CHEAP = """
from gdata.metrics import metric
@metric
def count(data):
    return len(data.ItemTable)
"""
WORTH = """
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


def with_history(place: Path, old: Path, new: Path, runs: int) -> tuple[float, int]:
    """What `--history` takes for each release that it looks into, and how many cells it finds changes of."""
    store = writable(open_store(place))
    for folder in (old, new, old):
        move_channel(store, Move("publish", "live", author="me"), open_output(folder), base=newest_entry(store, "live"))
    diff = compare(side("old", old), side("new", new), category="off")
    log, _ = read_log_so_far(store, "live")
    took, found = cpu(lambda: past_of(HistoryReader(store, log, ["server"]), diff), runs)
    return took / max(len(one) for one in found.values()), len(found)


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
        config = Config(
            place / "sheets.yaml", place, place, "", (), (Target("server"),), metrics=(place / "metrics.py",)
        )

        def with_metrics(text: str) -> float:
            (place / "metrics.py").write_text(text)
            sides = side("old", old), side("new", new)
            return cpu(lambda: compare_sides(config, *sides, "off", print), asked.runs)[0]

        plain, diff = cpu(lambda: compare(side("old", old), side("new", new), category="off"), asked.runs)
        opened, read = with_metrics(CHEAP) - plain, with_metrics(CHEAP + WORTH) - plain
        tables = [parsed(one.bundles["server"]) for one in (diff.old, diff.new)]
        function, _ = cpu(lambda: [sum(row.price for row in one) for one in tables], asked.runs)
        print(f"diff of {asked.rows:,} rows, 1,000 changed: {plain:.2f} s CPU")
        print(f"a metric that looks at no row adds {opened:.2f} s: {opened / plain:.0%} of the diff")
        print(f"one that looks at all {read - opened:.2f} s, of which its function {function:.2f} s")
        history, count = with_history(place / "store", old, new, asked.runs)
        print(f"the last changes of {count:,} cells add {history:.2f} s for each release before that changed the table")
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
