"""Prune removes what no channel needs, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from released_game import build, release, rollback, store_at

from gdata.errors import DamagedError, UsageError
from gdata.releases.history import read_history
from gdata.releases.move import Parts
from gdata.releases.prune import prune
from gdata.releases.reader import bundles_of, newest_entry
from gdata.releases.verify import verify_store

TOMORROW = datetime.now(UTC) + timedelta(days=1, hours=1)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_is_younger_than_a_day_stays(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200, 300):
        release(store, build(tmp_path, price))
    before = names(tmp_path / "releases")
    pruned = prune(store, keep=1)
    assert not (pruned.releases or pruned.blobs)
    assert names(tmp_path / "releases") == before


def test_the_last_entries_of_every_channel_stay_whole(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200, 300, 400):
        release(store, build(tmp_path, price), parts=Parts(snapshot=str(price).encode()))
    release(store, build(tmp_path, 100), "dev")
    live = [line.entry.release for line in read_history(store, "live").lines]
    (tmp_path / "releases/channels/live/.0123456789abcdef.tmp").write_bytes(b"half")
    foreseen = prune(store, keep=2, now=TOMORROW, dry_run=True)
    before = names(tmp_path / "releases")
    pruned = prune(store, keep=2, now=TOMORROW)
    assert (foreseen.releases, foreseen.blobs, foreseen.bytes) == (pruned.releases, pruned.blobs, pruned.bytes)
    removed = before - names(tmp_path / "releases")
    assert removed == {*pruned.releases, *pruned.blobs, *pruned.leftovers}
    assert set(pruned.releases) == {f"releases/{one}.json" for one in live[2:]}
    report = verify_store(store)
    assert report.ok
    assert set(report.pruned) == set(live[2:])
    assert [line.release is None for line in read_history(store, "live").lines] == [False, False, True, True]
    with pytest.raises(UsageError, match="no release"):
        bundles_of(store, live[3])
    bundles_of(store, "dev").bundles["server"].verify()
    assert not prune(store, keep=2, now=TOMORROW).blobs


def test_a_release_that_was_rolled_back_to_stays(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    first = release(store, build(tmp_path, 100)).entry
    second = release(store, build(tmp_path, 200)).entry
    rollback(store, "live", base=second)
    assert prune(store, keep=1, now=TOMORROW).releases == (f"releases/{second.release}.json",)
    assert bundles_of(store, "live").release == first.release
    bundles_of(store, "live").bundles["server"].verify()


def test_nothing_is_removed_where_something_cannot_be_read(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200):
        release(store, build(tmp_path, price))
    newest = newest_entry(store, "live")
    assert newest is not None
    for name in ("channels/live/000001.json", "channels/live/000002.json", f"releases/{newest.release}.json"):
        path = tmp_path / "releases" / name
        held = path.read_bytes()
        for damage in (b"{", None):
            path.unlink() if damage is None else path.write_bytes(damage)
            if (name, damage) == ("channels/live/000002.json", None):
                path.write_bytes(held)
                continue  # a log that ends earlier can't be told from one that never was longer
            before = names(tmp_path / "releases")
            with pytest.raises(DamagedError):
                prune(store, keep=1, now=TOMORROW)
            assert names(tmp_path / "releases") == before
            path.write_bytes(held)


def test_at_least_one_entry_is_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        prune(store_at(tmp_path), keep=0)
    assert prune(store_at(tmp_path)).kept_releases == 0
