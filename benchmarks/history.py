"""How long `gdata history` takes over many releases: `python benchmarks/history.py [RELEASES] [TABLES]`.

Each release changes one table of the game; the one that is asked for changes in every hundredth.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from gdata.bundles.reader import open_output
from gdata.pipeline.releasing.history import HistoryReader
from gdata.releases.log import newest_entry, read_log_so_far
from gdata.releases.move import Move, move_channel
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable
from gdata.testing.bundles import build_output

RELEASES, TABLES, ROWS = 1000, 50, 100


def protos(tables: int) -> str:
    messages = "".join(
        f"message T{n} {{ int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; }}\n"
        f"message T{n}Table {{ repeated T{n} rows = 1; }}\n"
        for n in range(tables)
    )
    return f'syntax = "proto3";\npackage game;\nimport "gdata/options.proto";\n{messages}'


def fill(place: Path, releases: int, tables: int) -> None:
    store = writable(open_store(place / "store"))
    text = protos(tables)
    first = [{"id": one, "name": f"row {one}", "price": 1} for one in range(1, ROWS)]
    rows = {f"T{n}Table": first for n in range(tables)}
    for number in range(releases):
        name = "T0Table" if number % 100 == 0 else f"T{1 + number % (tables - 1)}Table"
        rows[name] = [{**row, "price": number + 2} for row in rows[name]]
        bundles = open_output(build_output(place / "output", text, rows, targets=("server",)))
        move_channel(store, Move("publish", "live", author="test"), bundles, base=newest_entry(store, "live"))


def main() -> None:
    asked = list(map(int, sys.argv[1:3]))
    releases, tables = (*asked, *(RELEASES, TABLES)[len(asked) :])
    with TemporaryDirectory() as scratch:
        fill(Path(scratch), releases, tables)
        best = {"wall": 9e9, "cpu": 9e9}
        for _ in range(3):
            wall, cpu = time.perf_counter(), time.process_time()
            store = open_store(Path(scratch, "store"))
            log, _ = read_log_so_far(store, "live")
            found = [len(list(one.rows("7"))) for one in HistoryReader(store, log).changes("T0Table")]
            best = {
                "wall": min(best["wall"], time.perf_counter() - wall),
                "cpu": min(best["cpu"], time.process_time() - cpu),
            }
        took = f"{best['wall']:.2f} s ({best['cpu']:.2f} s CPU)"
        print(f"{releases} releases of {tables} tables, {len(found)} changes found: {took}")


if __name__ == "__main__":
    main()
