"""A small game's builds, for tests of releases: version N sells its sword for N."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gdata.bundles.reader import Bundle, open_output
from gdata.releases.log import newest_entry, read_log
from gdata.releases.move import Move, Moved, Parts, move_channel, rollback_target
from gdata.releases.reader import read_release
from gdata.releases.records import Entry
from gdata.releases.stores import open_store
from gdata.releases.stores.store import WritableStore, writable
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


def publish(
    store: WritableStore,
    bundles: Mapping[str, Bundle],
    channel: str,
    *,
    base: Entry | None,
    parts: Parts = NO_PARTS,
    **move: Any,
) -> Moved:
    return move_channel(store, Move("publish", channel, **{"author": "ari", **move}), bundles, base=base, parts=parts)


def release(
    store: WritableStore,
    bundles: Mapping[str, Bundle],
    channel: str = "live",
    *,
    parts: Parts = NO_PARTS,
    **move: Any,
) -> Moved:
    """Publish to where the channel stands now."""
    return publish(store, bundles, channel, base=newest_entry(store, channel), parts=parts, **move)


def promote(store: WritableStore, entry: Entry, channel: str, *, base: Entry | None, **move: Any) -> Moved:
    """Point a channel at what `entry` of another one points at."""
    to = read_release(store, entry.release, entry)
    return move_channel(store, Move("promote", channel, entry.channel, **move), to, base=base)


def rollback(store: WritableStore, channel: str, *, base: Entry, to: str | None = None, **move: Any) -> Moved:
    target = rollback_target(store, read_log(store, channel), to)
    return move_channel(store, Move("rollback", channel, to, **move), target, base=base)
