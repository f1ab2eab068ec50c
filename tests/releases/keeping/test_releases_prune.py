"""Prune removes what no channel needs, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from released_game import build, release, rollback, store_at

from gdata.errors import DamagedError, RefusedError, StoreError, UsageError
from gdata.releases.keeping.prune import GRACE, Pruned, plan_prune, prune
from gdata.releases.keeping.verify import verify_store
from gdata.releases.log import newest_entry
from gdata.releases.move import Parts
from gdata.releases.reader import bundles_of, read_history, read_release
from gdata.releases.stores.folder import FolderStore
from gdata.releases.stores.store import WritableStore, blob_name, release_name

TOMORROW = datetime.now(UTC) + timedelta(days=1, hours=1)


def going(pruned: Pruned) -> list[str]:
    return [file.name for file in pruned.files]


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_is_younger_than_a_day_stays(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200, 300):
        release(store, build(tmp_path, price))
    before = names(tmp_path / "releases")
    assert not going(prune(store, keep=1))
    assert names(tmp_path / "releases") == before


def test_the_last_entries_of_every_channel_stay_whole(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200, 300, 400):
        release(store, build(tmp_path, price), parts=Parts(snapshot=str(price).encode()))
    release(store, build(tmp_path, 100), "dev")
    live = [line.entry.release for line in read_history(store, "live").lines]
    (tmp_path / "releases/channels/live/.0123456789abcdef.tmp").write_bytes(b"half")
    foreseen = plan_prune(store, keep=2, now=TOMORROW)
    before = names(tmp_path / "releases")
    pruned = prune(store, keep=2, now=TOMORROW)
    assert going(foreseen) == going(pruned)
    after = names(tmp_path / "releases")
    trash = f"trash/{TOMORROW:%Y%m%d-%H%M%S}/"
    assert before - after == set(going(pruned))
    assert after - before == {trash + file.name for file in (*pruned.releases, *pruned.blobs)}
    assert [file.name for file in pruned.releases] == sorted(map(release_name, live[2:]))
    report = verify_store(store)
    assert report.ok
    assert set(report.pruned) == set(live[2:])
    assert [line.release is None for line in read_history(store, "live").lines] == [False, False, True, True]
    with pytest.raises(UsageError, match="no release"):
        bundles_of(store, live[3])
    bundles_of(store, "dev").bundles["server"].verify()
    assert not going(prune(store, keep=2, now=TOMORROW))


def test_a_release_that_was_rolled_back_to_stays(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    first = release(store, build(tmp_path, 100)).entry
    second = release(store, build(tmp_path, 200)).entry
    rollback(store, "live", base=second)
    assert [file.name for file in prune(store, keep=1, now=TOMORROW).releases] == [release_name(second.release)]
    assert bundles_of(store, "live").release == first.release
    bundles_of(store, "live").bundles["server"].verify()


def test_the_trash_is_emptied_after_two_weeks_and_gives_back_what_is_needed_again(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200):
        release(store, build(tmp_path, price))
    taken = {*going(prune(store, keep=1, now=TOMORROW))}
    assert not prune(store, keep=1, now=TOMORROW + GRACE - timedelta(minutes=1)).expired
    # The log that needed it comes back (from a backup, say): prune brings the rest back, however late.
    release(store, build(tmp_path, 100))
    lost = blob_name(build(tmp_path, 100)["server"].manifest.tables["ItemTable"].parts[0].sha256)
    assert lost in taken
    (tmp_path / "releases" / lost).unlink()
    pruned = prune(store, keep=1, now=TOMORROW + GRACE)
    assert pruned.back == (lost,)
    assert verify_store(store).ok
    assert len(pruned.expired) == len(taken) - 1
    prune(store, keep=1, now=TOMORROW + GRACE)
    assert not (tmp_path / f"releases/trash/{TOMORROW:%Y%m%d-%H%M%S}").exists()


def test_nothing_is_removed_where_something_cannot_be_read(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price in (100, 200):
        release(store, build(tmp_path, price))
    newest = newest_entry(store, "live")
    assert newest is not None
    for name in ("channels/live/000001.json", "channels/live/000002.json", release_name(newest.release)):
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


def two_channels(folder: Path) -> WritableStore:
    store = store_at(folder)
    for price in (100, 200):
        release(store, build(folder, price))
    release(store, build(folder, 300), "dev")
    return store


@pytest.mark.parametrize("lost", ["channels", "channels/live"])
def test_a_channel_that_is_missing_costs_no_release(tmp_path: Path, lost: str) -> None:
    store = two_channels(tmp_path)
    (tmp_path / "releases" / lost).rename(tmp_path / "elsewhere")
    before = names(tmp_path / "releases")
    assert len(verify_store(store).unnamed) == (3 if lost == "channels" else 2)
    if lost == "channels":
        with pytest.raises(RefusedError, match="3 releases and no channel"):
            prune(store, now=TOMORROW)
    else:
        pruned = prune(store, keep=1, now=TOMORROW)
        assert (going(pruned), len(pruned.unnamed)) == ([], 2)
        assert len(plan_prune(store, keep=1, unnamed=True, now=TOMORROW).releases) == 2
    assert names(tmp_path / "releases") == before


@pytest.mark.parametrize("folder", ["channels", "channels/live", "releases", "blobs", "blobs/??"])
def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, folder: str) -> None:
    store = two_channels(tmp_path)
    unreadable = min((tmp_path / "releases").glob(folder))
    held = unreadable.rename(tmp_path / "held")
    unreadable.symlink_to(unreadable)  # which root can't list either
    for work in (prune, verify_store):
        with pytest.raises(StoreError, match="symbolic links"):
            work(store)
    unreadable.unlink()
    held.rename(unreadable)
    if os.geteuid() != 0:
        unreadable.chmod(0)
        for work in (prune, verify_store):
            with pytest.raises(StoreError, match="Permission denied"):
                work(store)
        unreadable.chmod(0o755)


def test_a_record_that_no_entry_vouches_for_says_nothing(tmp_path: Path) -> None:
    store = two_channels(tmp_path)
    newest = newest_entry(store, "live")
    assert newest is not None
    path = tmp_path / "releases" / release_name(newest.release)
    # Whole by itself, but not the one that was published: it would let one target's blobs go.
    record = read_release(store, newest.release)
    path.write_bytes(replace(record, targets={"server": record.targets["server"]}).to_bytes())
    before = names(tmp_path / "releases")
    with pytest.raises(DamagedError, match=newest.release):
        prune(store, keep=1, now=TOMORROW)
    assert names(tmp_path / "releases") == before


def test_no_store_is_told_from_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no release store"):
        prune(store_at(tmp_path))
    (tmp_path / "releases").mkdir()
    assert prune(store_at(tmp_path)).kept_releases == 0


def test_at_least_one_entry_is_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        prune(store_at(tmp_path), keep=0)


class SlowRemoves(FolderStore):
    """A folder far away: between the choice of a file and its removal passes time, in which `meanwhile` happens."""

    def __init__(self, folder: Path, meanwhile: Callable[[str], None]) -> None:
        super().__init__(folder)
        self._meanwhile = meanwhile

    def move(self, name: str, to: str) -> None:
        self._meanwhile(name)
        super().move(name, to)
        self._meanwhile(f"after {name}")


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("how", ["publish", "rollback"])
def test_what_is_needed_again_at_any_instant_of_a_prune_is_there_afterwards(
    tmp_path: Path, steps: int, how: str
) -> None:
    store = store_at(tmp_path)
    first, second = build(tmp_path, 100), build(tmp_path, 200)
    release(store, first)
    release(store, first, "dev")
    release(store, second)
    release(store, second, "dev")
    passed = []

    def meanwhile(name: str) -> None:
        passed.append(name)
        if len(passed) != steps + 1:
            return
        if how == "publish":
            release(store, first)
        else:
            base = newest_entry(store, "live")
            assert base is not None
            rollback(store, "live", base=base)

    try:
        prune(SlowRemoves(tmp_path / "releases", meanwhile), keep=1, now=TOMORROW)
    except (UsageError, DamagedError):
        pytest.fail("prune was stopped by a publish")
    live = bundles_of(store, "live")
    assert live.build == (first if len(passed) > steps else second)["server"].manifest.build
    for bundle in live.bundles.values():
        bundle.verify()
    assert verify_store(store).ok


class PrunedBeforeTheEntry(FolderStore):
    """A store in which a whole prune runs at the last moment before a channel moves."""

    def create(self, name: str, content: bytes) -> bool:
        if name.startswith("channels/"):
            prune(FolderStore(self.folder), keep=1, now=TOMORROW)
        return super().create(name, content)


@pytest.mark.parametrize("how", ["publish", "rollback"])
def test_who_moves_a_channel_looks_again_whether_a_prune_took_its_files(tmp_path: Path, how: str) -> None:
    store = store_at(tmp_path)
    first, second = build(tmp_path, 100), build(tmp_path, 200)
    release(store, first)
    base = release(store, second).entry
    beside = PrunedBeforeTheEntry(tmp_path / "releases")
    if how == "publish":
        release(beside, first)
    else:
        rollback(beside, "live", base=base)
    for bundle in bundles_of(store, "live").bundles.values():
        bundle.verify()
    assert verify_store(store).ok
