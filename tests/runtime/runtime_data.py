"""A small game in many releases, each of which tells itself from the others in every row and table."""

from __future__ import annotations

from pathlib import Path

from gdata.bundles.reader import open_output
from gdata.releases.log import newest_entry
from gdata.releases.move import Move, move_channel
from gdata.releases.signatures import SigningKey
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable
from gdata.testing.bundles import build_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; }
message ItemTable { repeated Item rows = 1; }
message Quest { int32 id = 1 [(gdata.field).key = true]; int32 item_id = 2; }
message QuestTable { repeated Quest rows = 1; }
message Constants { int32 number = 1; }
"""
ITEMS = 20


def build(folder: Path, number: int, targets: tuple[str, ...] = ("server",)) -> Path:
    """Build the game's release `number`: every price and the constant say it; quests stay as they are."""
    tables = {
        "ItemTable": [{"id": one, "name": f"item {one}", "price": number} for one in range(1, ITEMS + 1)],
        "QuestTable": [{"id": 1, "item_id": 2}],
        "Constants": {"number": number},
    }
    return build_output(folder, PROTO, tables, targets=targets)


def release(
    store: Path,
    number: int,
    *,
    channel: str = "live",
    targets: tuple[str, ...] = ("server",),
    key: SigningKey | None = None,
) -> str:
    """Publish the game's release `number` to a store in a folder; returns its id."""
    output = build(store.parent / f"{store.name}-output", number, targets)
    opened = writable(open_store(store))
    base = newest_entry(opened, channel)
    moved = move_channel(opened, Move("publish", channel, author="test", key=key), open_output(output), base=base)
    return moved.entry.release
