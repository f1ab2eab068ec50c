"""Which store and which log a server read: what it says when another is in their place, and how it heals."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from runtime_data import release

import gdata
from gdata.bundles.manifest import canonical_json
from gdata.errors import DamagedError, StoreError, UsageError
from gdata.releases.log import append, newest_entry, read_entry
from gdata.releases.signatures import generate_key, load_signing_key
from gdata.releases.stores import make_identity, open_store
from gdata.releases.stores.cache import BlobCache, needed_blobs
from gdata.releases.stores.store import writable


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "releases"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def identify(store: Path, letter: str) -> None:
    """Give a store the identity made of one letter, as another project's publish would have."""
    (store / "store.json").write_bytes(canonical_json({"features": [], "id": make_identity(letter * 24)}))


def swap(store: Path, other: Path) -> None:
    """Put one store where the other is, and the other where that one was."""
    aside = store.parent / "aside"
    store.rename(aside)
    other.rename(store)
    aside.rename(other)


def damage(store: Path, before: set[Path]) -> dict[Path, bytes]:
    """Damage every file that the last release brought; returns what was there."""
    found = {path: path.read_bytes() for path in set(store.glob("blobs/*/*")) - before}
    for path, content in found.items():
        path.write_bytes(content[:-1])
    return found


def test_a_server_starts_with_the_last_good_release_where_the_newest_is_damaged(
    store: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = release(store, 1)
    gdata.load(store, channel="live", cache=cache)
    before = set(store.glob("blobs/*/*"))
    second = release(store, 2)
    damaged = damage(store, before)
    with caplog.at_level(logging.ERROR, "gdata"):
        data = gdata.load(store, channel="live", cache=cache)
    assert (data.release, data.Constants.number, data.stale) == (first, 1, True)
    assert f"starting with {first} from the cache" in caplog.text
    assert "is damaged" in data.health().reason
    with pytest.raises(DamagedError):
        gdata.load(store, channel="live")
    with pytest.raises(DamagedError):
        data.refresh()
    for path, content in damaged.items():
        path.write_bytes(content)
    assert data.refresh()
    assert (data.release, data.Constants.number, data.stale) == (second, 2, False)


@pytest.mark.parametrize("what", ["record", "entry", "all records"])
def test_every_damage_of_the_newest_release_leaves_the_cached_one(store: Path, cache: Path, what: str) -> None:
    release(store, 1)
    gdata.load(store, channel="live", cache=cache)
    second = release(store, 2)
    if what == "entry":
        (store / "channels/live/000002.json").write_bytes(b"{")
    elif what == "record":
        (store / f"releases/{second}.json").unlink()
    else:
        shutil.rmtree(store / "releases")
    data = gdata.load(store, channel="live", cache=cache)
    assert (data.Constants.number, data.stale) == (1, True)


def test_health_says_why_and_since_when(store: Path) -> None:
    first = release(store, 1)
    data = gdata.load(store, channel="live")
    health = data.health()
    assert (health.release, health.target, health.entry, health.stale, health.reason) == (first, "server", 1, False, "")
    assert health.checked is not None
    store.rename(store.parent / "away")
    for _ in range(2):
        with pytest.raises(StoreError):
            data.refresh()
    told = data.health()
    assert told.stale
    assert "no such folder" in told.reason
    assert told.since is not None
    assert told.since >= health.checked
    assert told.checked == health.checked
    with pytest.raises(StoreError):
        data.refresh()
    assert data.health().since == told.since  # of the first failure, not of the last
    (store.parent / "away").rename(store)
    data.refresh()
    as_json = data.health().as_json()
    assert (as_json["stale"], as_json["since"], as_json["build"]) == (False, None, data.build)
    assert as_json["checked"].endswith("+00:00")


def test_a_refresh_that_hangs_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release(store, 1)
    data = gdata.load(store, channel="live")
    data._freshness.begin()
    assert not data.stale
    begun = datetime.now(UTC) - timedelta(minutes=5)
    monkeypatch.setattr(data._freshness, "_begun", begun)
    assert data.health().since == begun
    assert "hangs" in data.health().reason
    assert data.refresh() is False
    assert not data.stale


def test_a_newest_entry_older_than_max_age_is_told_and_stops_nothing(store: Path, cache: Path) -> None:
    release(store, 1)
    assert not gdata.load(store, channel="live", max_age=3600).stale
    data = gdata.load(store, channel="live", cache=cache, max_age=timedelta(microseconds=1))
    assert data.stale
    assert "live's newest entry, 1, was written" in data.health().reason
    release(store, 2)
    assert data.refresh()
    store.rename(store.parent / "away")
    assert gdata.load(store, channel="live", cache=cache, max_age=1e-6).Constants.number == 2
    for wrong in (0, -5):
        with pytest.raises(UsageError, match="above 0"):
            gdata.load(store, channel="live", max_age=wrong)
    with pytest.raises(UsageError, match="max_age= is for channels"):
        gdata.load(store, release="20261123-091245-9f3ac1d0", max_age=1)


def test_a_log_that_went_back_is_told_by_a_running_server_which_heals_by_itself(store: Path, tmp_path: Path) -> None:
    release(store, 1)
    shutil.copytree(store, tmp_path / "old")
    release(store, 2)
    data = gdata.load(store, channel="live")
    swap(store, tmp_path / "old")
    with pytest.raises(DamagedError, match="ends at entry 1, but entry 2 was there before"):
        data.refresh()
    release(store, 3)  # the fleet would be split under one number
    with pytest.raises(DamagedError, match="has another entry 2"):
        data.refresh()
    release(store, 4)
    with pytest.raises(DamagedError, match="doesn't go on from entry 2"):
        data.refresh()
    assert (data.Constants.number, data.stale) == (2, True)
    swap(store, tmp_path / "old")
    assert data.refresh() is False
    assert not data.stale
    release(store, 5)
    assert data.refresh()
    assert data.Constants.number == 5


def test_a_start_refuses_a_log_that_the_cache_has_seen_go_further(store: Path, tmp_path: Path, cache: Path) -> None:
    release(store, 1)
    shutil.copytree(store, tmp_path / "old")
    release(store, 2)
    gdata.load(store, channel="live", cache=cache)
    swap(store, tmp_path / "old")
    data = gdata.load(store, channel="live", cache=cache)
    assert (data.Constants.number, data.stale) == (2, True)
    assert "ends at entry 1, but entry 2" in data.health().reason
    swap(store, tmp_path / "old")
    assert data.refresh() is False
    assert not data.stale


def test_another_store_is_told_by_name(store: Path, tmp_path: Path) -> None:
    release(store, 1)
    other = tmp_path / "other"
    for number in (7, 8, 9):
        release(other, number)
    identify(store, "a")
    identify(other, "b")
    data = gdata.load(store, channel="live")
    swap(store, other)
    with pytest.raises(DamagedError, match="another store is here now: its identity is bbbbbbbbbbbb, and was aaaa"):
        data.refresh()
    assert (data.Constants.number, data.stale) == (1, True)
    swap(store, other)
    assert data.refresh() is False


def test_two_games_share_a_cache_and_never_their_data(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for game, number in (("a", 1), ("b", 2)):
        release(tmp_path / game / "releases", number)
    monkeypatch.chdir(tmp_path / "a")
    gdata.load("releases", channel="live", cache=cache)
    monkeypatch.chdir(tmp_path / "b")
    Path("releases").rename("away")
    with pytest.raises(StoreError):
        gdata.load("releases", channel="live", cache=cache)
    Path("away").rename("releases")
    gdata.load("releases", channel="live", cache=cache)
    shutil.rmtree("releases")
    assert gdata.load("releases", channel="live", cache=cache).Constants.number == 2


def test_two_stores_at_one_place_are_told_apart_by_their_identity(
    store: Path, tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "other"
    release(store, 1)
    release(other, 2)
    identify(store, "a")
    identify(other, "b")
    gdata.load(store, channel="live", cache=cache)
    swap(store, other)
    with caplog.at_level(logging.WARNING, "gdata"):
        assert gdata.load(store, channel="live", cache=cache).Constants.number == 2
    assert "another store is here now" in caplog.text
    shutil.rmtree(store / "blobs")
    assert gdata.load(store, channel="live", cache=cache).Constants.number == 2  # of this store, which says who it is
    shutil.rmtree(store)
    with caplog.at_level(logging.WARNING, "gdata"), pytest.raises(StoreError):
        gdata.load(store, channel="live", cache=cache)
    assert "holds releases of 2 stores" in caplog.text


def test_with_a_public_key_another_store_is_refused_at_the_start_too(store: Path, tmp_path: Path, cache: Path) -> None:
    files = generate_key(tmp_path / "key.pem")
    key, other = load_signing_key(files.private), tmp_path / "other"
    release(store, 1, key=key)
    release(other, 2, key=key)
    identify(store, "a")
    identify(other, "b")
    gdata.load(store, channel="live", cache=cache, public_key=files.public)
    swap(store, other)
    data = gdata.load(store, channel="live", cache=cache, public_key=files.public)
    assert (data.Constants.number, data.stale) == (1, True)
    assert "another store is here now" in data.health().reason


def test_a_release_by_its_id_starts_from_the_cache_whichever_store_it_came_from(store: Path, cache: Path) -> None:
    first = release(store, 1)
    (store / "store.json").unlink()
    gdata.load(store, release=first, cache=cache)
    identify(store, "a")
    data = gdata.load(store, release=first, cache=cache)
    assert not data.stale
    (store / f"releases/{first}.json").unlink()
    (store / "store.json").unlink()
    assert "there is no release" in gdata.load(store, release=first, cache=cache).health().reason
    with pytest.raises(UsageError, match="there is no release"):
        gdata.load(store, release=first)
    shutil.rmtree(store)
    data = gdata.load(store, release=first, cache=cache)
    assert (data.Constants.number, data.stale) == (1, True)


def test_an_entry_that_a_reader_without_a_key_saw_is_not_taken_for_signed(
    store: Path, tmp_path: Path, cache: Path
) -> None:
    files = generate_key(tmp_path / "key.pem")
    key = load_signing_key(files.private)
    first = release(store, 1, key=key)
    gdata.load(store, channel="live", cache=cache, public_key=files.public)
    release(store, 2, key=key)
    opened = writable(open_store(store))
    base, signed = newest_entry(opened, "live"), read_entry(opened, "live", 1)
    assert base is not None
    assert signed.release == first
    forged = replace(signed, number=3, prev=base.sha256, action="rollback", base=base.release, signature=None)
    append(opened, forged, base)
    gdata.load(store, channel="live", cache=cache)
    data = gdata.load(store, channel="live", cache=cache, public_key=files.public)
    assert data.stale
    assert "isn't signed" in data.health().reason


def test_a_store_that_gets_its_identity_later_keeps_its_cache(store: Path, cache: Path) -> None:
    release(store, 1)
    (store / "store.json").unlink(missing_ok=True)
    data = gdata.load(store, channel="live", cache=cache)
    identify(store, "a")
    release(store, 2)
    assert data.refresh()
    assert [path.name for path in cache.glob("places/*/*")] == [make_identity("a" * 24)]
    release(store, 3)
    (store / "store.json").unlink()  # half a restore
    assert gdata.load(store, channel="live", cache=cache).Constants.number == 3
    (store / "store.json").write_bytes(b"{")
    assert gdata.load(store, channel="live", cache=cache).Constants.number == 3
    shutil.rmtree(store)
    assert gdata.load(store, channel="live", cache=cache).Constants.number == 3


def test_the_cache_is_tidied_while_a_server_runs_and_never_loses_what_a_start_needs(
    store: Path, tmp_path: Path
) -> None:
    blobs = BlobCache(tmp_path / "cache", most_bytes=1)
    release(store, 1)
    data = gdata.load(store, channel="live", cache=blobs.folder)
    needed = needed_blobs(blobs)
    assert needed == {path.name for path in blobs.folder.glob("blobs/*/*")}
    left_over = blobs.folder / "blobs" / "00" / ".0123456789abcdef.tmp"
    left_over.parent.mkdir(exist_ok=True)
    left_over.write_bytes(b"half")
    os.utime(left_over, (0, 0))
    release(store, 2)
    data._place.cache._tidied -= 3600  # type: ignore[attr-defined]  # an hour passes
    assert data.refresh()
    assert not left_over.exists()
    blobs.tidy(needed_blobs(blobs))
    assert {path.name for path in blobs.folder.glob("blobs/*/*")} == needed_blobs(blobs)
    shutil.rmtree(store)
    assert gdata.load(store, channel="live", cache=blobs.folder).Constants.number == 2
    for path in blobs.folder.glob("places/*/*/loaded-*.json"):
        os.utime(path, (0, 0))
    blobs.tidy(needed_blobs(blobs))
    assert not [path for path in blobs.folder.rglob("*") if path.is_file() and not path.name.startswith("seen")]
