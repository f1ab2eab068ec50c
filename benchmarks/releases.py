"""What a release moves and how long it takes: publish, fetch, boot and roll back a large build and a 1 % change.

    python benchmarks/releases.py [--mib 100] [--tables 100] [--store s3://bucket/path]

Without --store it is a folder in a scratch directory. One table of the hundred changes, and its sheet in the
snapshot that goes with the release. Counted are the files that were written to the store, or fetched.
"""

from __future__ import annotations

import argparse
import io
import operator
import random
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from gdata.bundles.reader import Bundle, open_bundle, open_output
from gdata.releases.blobs import Traffic
from gdata.releases.fetch import fetch
from gdata.releases.keeping.verify import verify_store
from gdata.releases.log import newest_entry, read_log
from gdata.releases.move import Move, Moved, Parts, move_channel, rollback_target
from gdata.releases.reader import bundles_of
from gdata.releases.records import Entry
from gdata.releases.stores import open_store
from gdata.releases.stores.store import WritableStore, writable
from gdata.testing.bundles import Contents, write_output

_ROW_BYTES = 1024
_Result = TypeVar("_Result")


def timed(what: str, work: Callable[[], _Result], traffic: Callable[[_Result], Traffic] | None = None) -> _Result:
    started = time.perf_counter()
    result = work()
    line = f"{what:32}{time.perf_counter() - started:8.3f} s"
    if traffic is not None:
        moved = traffic(result)
        share = 100 * moved.bytes / moved.total_bytes
        line += f"  {moved.files:4} of {moved.total_files} files, {moved.bytes / 2**20:7.2f} MiB, {share:6.2f} %"
    print(line, flush=True)
    return result


def make_build(folder: Path, tables: int, mib: int, changed: int | None = None) -> Mapping[str, Bundle]:
    """A build of random texts, the same each time but for the table number `changed`."""
    names = [f"T{number}Table" for number in range(tables)]
    messages = "".join(f"message {name} {{ repeated Row rows = 1; }}" for name in names)
    proto = f'syntax = "proto3"; message Row {{ int32 id = 1; bytes text = 2; }} {messages}'
    rows = mib * 2**20 // tables // _ROW_BYTES
    contents = {}
    for number, name in enumerate(names):
        texts = random.Random(f"{number} {number == changed}")
        contents[name] = [{"id": row, "text": texts.randbytes(_ROW_BYTES)} for row in range(rows)]
    return open_output(write_output(folder, {"server": Contents(proto, contents)}))


def make_snapshot(sheets: int, mib: int, changed: int | None = None) -> bytes:
    """A third of the build's size, as much as compressed sheets are, a member a sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for sheet in range(sheets):
            content = random.Random(f"{sheet} {sheet == changed}").randbytes(mib * 2**20 // sheets // 3)
            archive.writestr(zipfile.ZipInfo(f"blobs/{sheet:064d}"), content)
    return buffer.getvalue()


def publish_next(store: WritableStore, bundles: Mapping[str, Bundle], snapshot: bytes) -> Moved:
    parts = Parts(snapshot=snapshot)
    move = Move("publish", "live", author="benchmark")
    return move_channel(store, move, bundles, base=newest_entry(store, "live"), parts=parts)


def roll_back(store: WritableStore, base: Entry) -> Moved:
    target = rollback_target(store, read_log(store, "live"))
    return move_channel(store, Move("rollback", "live"), target, base=base)


def load(store: WritableStore) -> list[bytes]:
    bundle = bundles_of(store, "live").bundles["server"]
    return store.in_parallel(bundle.read, bundle.manifest.files)


def measure(location: str, folder: Path, tables: int, mib: int) -> None:
    whole = make_build(folder / "whole", tables, mib)
    changed = make_build(folder / "changed", tables, mib, changed=tables // 2)
    snapshots = make_snapshot(tables, mib), make_snapshot(tables, mib, changed=tables // 2)
    store, into = writable(open_store(location)), folder / "into"
    told = operator.attrgetter("traffic")
    timed("publish, all of it new", lambda: publish_next(store, whole, snapshots[0]), told)
    timed("fetch, all of it new", lambda: fetch(store, "live", "server", into), told)
    moved = timed(
        "publish, one table changed", lambda: publish_next(store, changed, snapshots[1]), lambda moved: moved.traffic
    )
    timed("fetch, one table changed", lambda: fetch(store, "live", "server", into), told)
    timed("fetch, nothing new", lambda: fetch(store, "live", "server", into), told)
    timed("ask whether there is something new", lambda: newest_entry(store, "live", after=moved.entry))
    timed("read all of it, verified", lambda: load(store))
    timed("roll back", lambda: roll_back(store, moved.entry))
    timed("verify the store", lambda: verify_store(store))
    open_bundle(into).verify()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=100)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--store")
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measure(options.store or str(folder / "releases"), folder, options.tables, options.mib)


if __name__ == "__main__":
    main()
