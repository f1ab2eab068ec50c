"""A small game's builds, for tests of releases: version N sells its sword for N."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gdata.bundles.reader import Bundle, open_output
from gdata.releases.place import open_store
from gdata.releases.publish import Move, Moved, Parts, publish
from gdata.releases.reader import newest_entry
from gdata.releases.store import WritableStore, writable
from gdata.testing.bundles import build_output

PROTO = """
    syntax = "proto3";
    package game;
    message Item { int32 id = 1; string name = 2; int32 price = 3; }
    message ItemTable { repeated Item rows = 1; }
    message Text { string key = 1; string ko = 2; }
    message TextTable { repeated Text rows = 1; }
"""
NO_PARTS = Parts()
TEXTS = [{"key": f"text.{number}", "ko": f"문장 {number}"} for number in range(50)]


def items(price: int) -> list[dict[str, object]]:
    return [{"id": 1, "name": "sword", "price": price}, {"id": 2, "name": "potion", "price": 5}]


def build(folder: Path, price: int, *, targets: tuple[str, ...] = ("server", "client")) -> Mapping[str, Bundle]:
    """The bundles of the game in which a sword costs `price`."""
    tables = {"ItemTable": items(price), "TextTable": TEXTS}
    keys = {"ItemTable": ("id",), "TextTable": ("key",)}
    return open_output(build_output(folder / f"output-{price}", PROTO, tables, targets=targets, keys=keys))


def store_at(folder: Path) -> WritableStore:
    return writable(open_store(folder / "releases"))


def release(
    store: WritableStore,
    bundles: Mapping[str, Bundle],
    channel: str = "live",
    *,
    parts: Parts = NO_PARTS,
    **move: object,
) -> Moved:
    """Publish to where the channel stands now."""
    settings = Move(**{"author": "ari", **move})  # type: ignore[arg-type]
    return publish(store, bundles, channel, settings, base=newest_entry(store, channel), parts=parts)
