"""What the data costs a server: time to load, lookups a second, memory of four forked workers, import time.

    python benchmarks/load.py [--rows 1000000] [--runs 5]

One table of 12 columns. Every figure comes from a process of its own; times are the best of the runs. Memory
needs Linux (/proc/self/smaps_rollup): private is what one worker has for itself after 100,000 random lookups,
the share (PSS) adds its quarter of what the four have in common.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name = 2;
  int32 price = 3;
  int32 sell_price = 4;
  int32 category = 5;
  int32 grade = 6;
  float rate = 7;
  double weight = 8;
  bool tradable = 9;
  string icon = 10;
  int64 exp = 11;
  int32 level = 12;
}
message ItemTable { repeated Item rows = 1; }
"""
LOOKUPS = 100_000
WORKERS = 4


def make_rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": 1000 + 3 * number,
            "name": f"item {number}",
            "price": number % 1000,
            "sell_price": number % 777,
            "category": number % 50,
            "grade": number % 7,
            "rate": (number % 8) / 8,
            "weight": number / 10,
            "tradable": number % 2 == 0,
            "icon": f"icons/{number % 300}.png",
            "exp": number * 10_000,
            "level": number % 99,
        }
        for number in range(count)
    ]


def write_data(folder: Path, count: int) -> None:
    from gdata.testing.bundles import build_bundle

    rows = make_rows(count)
    build_bundle(folder / "bundle", PROTO, {"ItemTable": rows})
    (folder / "items.json").write_text(json.dumps(rows))
    (folder / "items.pickle").write_bytes(pickle.dumps({row["id"]: row for row in rows}, pickle.HIGHEST_PROTOCOL))
    with sqlite3.connect(folder / "items.sqlite") as database:
        columns = ", ".join(f"{name}{' INTEGER PRIMARY KEY' if name == 'id' else ''}" for name in rows[0])
        database.execute(f"CREATE TABLE item ({columns})")
        database.executemany(
            f"INSERT INTO item VALUES ({', '.join('?' * len(rows[0]))})", (tuple(row.values()) for row in rows)
        )


# --- ways to hold the data: each takes the folder, and gives a function from key to price ---------------------


def open_gdata(folder: Path) -> Callable[[int], int]:
    import gdata

    items = gdata.load(folder / "bundle").ItemTable
    assert items[1000].level == 0
    return lambda key: items[key].price


def open_protobuf(folder: Path) -> Callable[[int], int]:
    """The yardstick: read, sha256, upb's ParseFromString, a dict by key."""
    from google.protobuf import descriptor_pool, message_factory
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    pool = descriptor_pool.DescriptorPool()
    for file in FileDescriptorSet.FromString(next((folder / "bundle").glob("schema-*")).read_bytes()).file:
        pool.Add(file)
    table: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName("game.ItemTable"))()
    content = next((folder / "bundle").glob("ItemTable-*")).read_bytes()
    assert len(hashlib.sha256(content).hexdigest()) == 64
    table.ParseFromString(content)
    items = {row.id: row for row in table.rows}
    assert items[1000].level == 0
    return lambda key: items[key].price


def open_json(folder: Path) -> Callable[[int], int]:
    items = {row["id"]: row for row in json.loads((folder / "items.json").read_bytes())}
    return lambda key: items[key]["price"]


def open_pickle(folder: Path) -> Callable[[int], int]:
    items = pickle.loads((folder / "items.pickle").read_bytes())
    return lambda key: items[key]["price"]


def open_sqlite(folder: Path) -> Callable[[int], int]:
    database: sqlite3.Connection | None = None

    def price(key: int) -> int:
        nonlocal database
        if database is None:  # connections don't survive a fork
            database = sqlite3.connect(f"file:{folder / 'items.sqlite'}?mode=ro", uri=True)
        return int(database.execute("SELECT price FROM item WHERE id = ?", (key,)).fetchone()[0])

    return price


HOLDERS = {
    "gdata": open_gdata,
    "protobuf + dict of rows": open_protobuf,
    "JSON, dict of dicts": open_json,
    "pickle, dict of dicts": open_pickle,
    "SQLite": open_sqlite,
}


# --- what is measured, each in a process of its own -----------------------------------------------------------


def measure_load(holder: str, folder: Path, _rows: int) -> dict[str, float]:
    if holder == "gdata":
        import gdata.runtime  # noqa: F401
    elif "protobuf" in holder:
        import google.protobuf.descriptor_pb2
        import google.protobuf.message_factory  # noqa: F401
    start = time.perf_counter()
    price = HOLDERS[holder](folder)
    price(1000)
    return {"seconds": time.perf_counter() - start}


def measure_lookups(holder: str, folder: Path, rows: int) -> dict[str, float]:
    price = HOLDERS[holder](folder)
    chance = random.Random(1)
    spread = [1000 + 3 * chance.randrange(rows) for _ in range(LOOKUPS)]
    hot = [key for key in spread[:100] for _ in range(LOOKUPS // 100)]
    return {"spread": _per_second(price, spread), "hot": _per_second(price, hot)}


def _per_second(price: Callable[[int], int], keys: list[int]) -> float:
    start = time.perf_counter()
    for key in keys:
        price(key)
    return len(keys) / (time.perf_counter() - start)


def measure_memory(holder: str, folder: Path, rows: int) -> dict[str, float]:
    import gc

    price = HOLDERS[holder](folder)
    gc.collect()
    gc.freeze()
    chance = random.Random(2)
    keys = [1000 + 3 * chance.randrange(rows) for _ in range(LOOKUPS)]
    ready, asked, told, done = os.pipe(), os.pipe(), os.pipe(), os.pipe()
    children = []
    for _ in range(WORKERS):
        child = os.fork()
        if child == 0:
            for key in keys:
                price(key)
            os.write(ready[1], b".")
            os.read(asked[0], 1)
            os.write(told[1], json.dumps(_memory()).encode().ljust(200))
            os.read(done[0], 1)  # all live until the last has been asked, or the shares would shift
            os._exit(0)
        children.append(child)
    for _ in children:
        os.read(ready[0], 1)
    found = []
    for _ in children:
        os.write(asked[1], b".")
        found.append(json.loads(os.read(told[0], 200)))
    os.write(done[1], b"." * WORKERS)
    for child in children:
        os.waitpid(child, 0)
    return {name: sum(one[name] for one in found) / WORKERS for name in found[0]}


def _memory() -> dict[str, float]:
    lines = (line.split(":") for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    sizes = {name: int(value.split()[0]) / 1024 for name, value in lines}
    private = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return {"rss": sizes["Rss"], "pss": sizes["Pss"], "private": private}


MEASURES = {"load": measure_load, "lookups": measure_lookups, "memory": measure_memory}


def in_a_process(measure: str, holder: str, folder: Path, rows: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--rows", str(rows), "--one", measure, holder, str(folder)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def import_milliseconds() -> float:
    script = "import time; start = time.perf_counter(); import gdata; print(1000 * (time.perf_counter() - start))"
    return float(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)


def report(folder: Path, rows: int, runs: int) -> None:
    def best(measure: str, holder: str, figure: str, pick: Callable[..., float] = min) -> float:
        return pick(in_a_process(measure, holder, folder, rows)[figure] for _ in range(runs))

    loads = {holder: best("load", holder, "seconds") for holder in HOLDERS}
    ratio = loads["gdata"] / loads["protobuf + dict of rows"]
    print(f"import gdata: {min(import_milliseconds() for _ in range(runs)):.0f} ms")
    print(f"{rows:,} rows x 12 columns; gdata loads in {ratio:.2f} x the time of protobuf + dict of rows\n")
    print(
        f"{'':26}{'load +':>10}{'lookups/s':>12}{'lookups/s':>12}{'MiB/worker':>12}{'MiB/worker':>12}{'MiB/worker':>12}"
    )
    print(f"{'':26}{'lookup, s':>10}{'hot':>12}{'spread':>12}{'private':>12}{'share':>12}{'RSS':>12}")
    for holder in HOLDERS:
        hot = best("lookups", holder, "hot", max)
        spread = best("lookups", holder, "spread", max)
        memory = in_a_process("memory", holder, folder, rows)
        print(
            f"{holder:26}{loads[holder]:>10.3f}{hot:>12,.0f}{spread:>12,.0f}"
            f"{memory['private']:>12.0f}{memory['pss']:>12.0f}{memory['rss']:>12.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", nargs=3, metavar=("MEASURE", "HOLDER", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure, holder, folder = options.one
        print(json.dumps(MEASURES[measure](holder, Path(folder), options.rows)))
        return
    with TemporaryDirectory() as scratch:
        write_data(Path(scratch), options.rows)
        report(Path(scratch), options.rows, options.runs)


if __name__ == "__main__":
    main()
