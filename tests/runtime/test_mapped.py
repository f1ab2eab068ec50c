"""A large table stays in its files: what it gives is what parsing all of it gives, and nothing else is believed."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import gdata
from gdata.bundles import index
from gdata.bundles.index import index_name, read_index, write_indexes
from gdata.bundles.reader import open_bundle
from gdata.errors import DamagedError, LookupFailed, OutsideError
from gdata.releases.move import Move, move_channel
from gdata.releases.signatures import generate_key, load_signing_key
from gdata.releases.stores.cache import BlobCache
from gdata.releases.stores.folder import FolderStore
from gdata.runtime.mapped import MappedTable
from gdata.testing.bundles import build_bundle

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
enum Kind { KIND_NONE = 0; KIND_SWORD = 1; }
message Item { KEYS string name = 5; int32 price = 6; repeated int32 parts = 7; }
message ItemTable { repeated Item rows = 1; }
"""
KEY = "[(gdata.field).key = true];"
KEYS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "dense": (f"int32 a = 1 {KEY}", [(one,) for one in range(-3, 40)]),
    "rising": (f"int64 a = 1 {KEY}", [(one * one,) for one in range(40)]),
    "far apart": (f"int64 a = 1 {KEY}", [(-(1 << 63),), (0,), ((1 << 63) - 1,)]),
    "in no order": (f"uint32 a = 1 {KEY}", [(one * 7919 % 101,) for one in range(101)]),
    "beyond signed": (f"uint64 a = 1 {KEY}", [(5,), (1 << 63,), ((1 << 64) - 1,)]),
    "all beyond signed": (f"uint64 a = 1 {KEY}", [(1 << 63,), ((1 << 64) - 1,), ((1 << 63) + 5,)]),
    "texts": (f"string a = 1 {KEY}", [("sword",), ("활",), ("",), ("a" * 300,)]),
    "bools": (f"bool a = 1 {KEY}", [(True,), (False,)]),
    "enums": (f"Kind a = 1 {KEY}", [(1,), (0,)]),
    "several": (
        f"int32 a = 1 {KEY} string b = 2 {KEY} bool c = 3 {KEY}",
        [(n, f"{n % 3}", n % 2 == 0) for n in range(30)],
    ),
    "none": ("int32 a = 1;", [(3,), (1,), (3,)]),
}


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "FEWEST_ROWS", 1)


def make_bundle(folder: Path, fields: str, keys: list[tuple[Any, ...]]) -> Path:
    rows = [
        {**dict(zip("abc", key, strict=False)), "name": "name " * (at % 40), "price": at, "parts": range(at % 5)}
        for at, key in enumerate(keys)
    ]
    build_bundle(folder, PROTO.replace("KEYS", fields), {"ItemTable": rows})
    write_indexes(folder, open_bundle(folder).manifest)
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle", f"int32 a = 1 {KEY}", [(one,) for one in range(2000)])


def part_of(bundle: Path) -> Path:
    return next(bundle.glob("ItemTable-*.binpb"))


@pytest.mark.parametrize("kind", KEYS)
def test_it_gives_what_a_parsed_table_gives(tmp_path: Path, kind: str) -> None:
    fields, keys = KEYS[kind]
    folder = make_bundle(tmp_path, fields, keys)
    mapped, parsed = gdata.load(folder).ItemTable, gdata.load(folder, eager=True).ItemTable
    assert isinstance(mapped, MappedTable) or kind == "all beyond signed"
    assert not isinstance(parsed, MappedTable)
    assert list(map(plain, mapped)) == list(map(plain, parsed))
    assert len(mapped) == len(parsed)
    assert list(map(plain, mapped.rows[1:])) == list(map(plain, parsed.rows[1:]))
    assert plain(mapped.rows[-1]) == plain(parsed.rows[-1])
    assert list(map(plain, mapped.where(price=1))) == list(map(plain, parsed.where(price=1)))
    if kind == "none":
        with pytest.raises(LookupFailed, match="has no key"):
            mapped[3]
        return
    assert mapped.keys() == parsed.keys()
    others = [0, 1, 2, -1, 3.0, 2.5, 10**30, True, "sword", "x", None, b"x", (1, "1", False), (1, 2), (1, "1", 0)]
    for key in [*parsed.keys(), *others]:
        assert plain(mapped.get(key)) == plain(parsed.get(key)), key
        assert (key in mapped) is (key in parsed), key
    for wrong in ([1], {}, "nobody", -99):
        assert told(mapped, wrong) == told(parsed, wrong)


def plain(row: Any) -> bytes | None:
    return None if row is None else row.SerializeToString(deterministic=True)


def told(table: Any, key: Any) -> str:
    with pytest.raises(LookupFailed) as error:
        table[key]
    return str(error.value)


@given(st.sets(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60), st.randoms())
@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_integers_are_found(tmp_path: Path, keys: set[int], chance: random.Random) -> None:
    order = sorted(keys)
    chance.shuffle(order)
    folder = make_bundle(tmp_path / str(chance.random()), f"int64 a = 1 {KEY}", [(key,) for key in order])
    items = gdata.load(folder).ItemTable
    assert [items[key].price for key in order] == list(range(len(order)))
    assert all((key + 1 in items) is (key + 1 in keys) for key in keys)


def test_texts_of_one_hash_are_told_apart(tmp_path: Path) -> None:
    assert index._hash("plumless") == index._hash("buckeroo"), "they are known to meet"
    items = gdata.load(make_bundle(tmp_path, f"string a = 1 {KEY}", [("plumless",), ("buckeroo",)])).ItemTable
    assert (items["plumless"].price, items["buckeroo"].price) == (0, 1)


def damages(content: bytes) -> Iterator[bytes]:
    for at in [*range(80), *range(80, len(content), 997), len(content) - 1]:
        yield content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    yield content[:-1]
    yield content + b"\0"
    yield b""


def test_a_damaged_index_counts_as_none(bundle: Path) -> None:
    (part,) = open_bundle(bundle).manifest.tables["ItemTable"].parts
    path = bundle / index_name(part.file)
    whole = path.read_bytes()
    assert read_index(whole, part) is not None
    assert all(read_index(damaged, part) is None for damaged in damages(whole))
    path.write_bytes(whole[:500])
    items = gdata.load(bundle).ItemTable
    assert not isinstance(items, MappedTable)
    assert items[1500].price == 1500
    write_indexes(bundle, open_bundle(bundle).manifest)


def test_an_index_of_other_bytes_counts_as_none(bundle: Path, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "other", f"int32 a = 1 {KEY}", [(one + 7,) for one in range(2000)])
    path = bundle / index_name(part_of(bundle).name)
    path.write_bytes((other / index_name(part_of(other).name)).read_bytes())
    items = gdata.load(bundle).ItemTable
    assert not isinstance(items, MappedTable)
    assert items[3].price == 3


def test_a_damaged_part_is_refused_at_once(bundle: Path) -> None:
    content = bytearray(part_of(bundle).read_bytes())
    content[len(content) // 2] ^= 1
    part_of(bundle).write_bytes(content)
    with pytest.raises(DamagedError, match="aren't those the manifest names"):
        gdata.load(bundle)


def test_a_part_that_is_written_to_later_is_told(bundle: Path) -> None:
    """Nobody may do so: its name says what is in it. But nobody is to get wrong numbers, or no server any more."""
    items = gdata.load(bundle).ItemTable
    path = part_of(bundle)
    whole = path.read_bytes()
    assert items[1999].price == 1999
    with path.open("r+b") as file:
        file.seek(-3, 2)
        file.write(b"\7")
    assert items[5].price == 5
    with pytest.raises(DamagedError, match=f"{path.name} was changed after it was verified"):
        items.rows[1999]
    with path.open("r+b") as file:
        file.truncate(len(whole) // 2)
    assert items[6].price == 6
    for broken in (lambda: items[1500], lambda: list(items), lambda: items.where(price=7)):
        with pytest.raises(DamagedError, match="changed after it was verified"):
            broken()


def test_a_disk_that_fails_is_told(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    items = gdata.load(bundle).ItemTable
    monkeypatch.setattr("os.pread", fail, raising=False)
    for ask in (lambda: items[5], lambda: list(items)):
        with pytest.raises(OutsideError, match=r"ItemTable-.*\.binpb: can't be read: Input/output error"):
            ask()


def test_files_that_are_removed_stay_for_who_has_them(bundle: Path) -> None:
    items = gdata.load(bundle).ItemTable
    part_of(bundle).unlink()
    assert items[1234].price == 1234


def test_with_a_key_to_verify_by_nothing_unsigned_is_believed(bundle: Path) -> None:
    files = generate_key(bundle.parent / "key.pem")
    key = load_signing_key(files.private)
    assert key is not None
    (bundle / "manifest.json.sig").write_text(key.sign((bundle / "manifest.json").read_bytes()) + "\n")
    assert not isinstance(gdata.load(bundle, public_key=files.public).ItemTable, MappedTable)


def test_a_refresh_keeps_what_is_the_same(bundle: Path) -> None:
    data = gdata.load(bundle)
    before = data.ItemTable
    assert not data.refresh()
    assert data.ItemTable is before
    make_bundle(bundle, f"int32 a = 1 {KEY}", [(one,) for one in range(3000)])
    assert data.refresh()
    assert data.ItemTable[2999].price == 2999
    assert before[1999].price == 1999


def test_rows_that_are_watched_are_all_in_memory(bundle: Path) -> None:
    assert not isinstance(gdata.load(bundle, check_shared=True).ItemTable, MappedTable)


def test_a_build_and_a_fetch_keep_an_index_beside_each_part(game: Path, tmp_path: Path) -> None:
    def pairs(folder: Path) -> set[str]:
        stems = {path.stem for path in folder.glob("*.binpb") if not path.name.startswith("schema")}
        return stems ^ {path.stem for path in folder.glob("*.index")}

    run = "import sys, gdata.bundles.index as i; i.FEWEST_ROWS = 1; from gdata.cli.main import run; sys.exit(run({}))"
    build = [sys.executable, "-c", run.format(["build", "--quiet"])]
    subprocess.run(build, cwd=game, check=True)
    keyed = {
        table for table, entry in open_bundle(game / "output/server").manifest.tables.items() if entry.kind == "rows"
    }
    assert {name.partition("-")[0] for name in pairs(game / "output/server")}.isdisjoint(keyed)
    for path in (game / "output/server").glob("*.index"):
        path.write_bytes(b"")
    subprocess.run([*build], cwd=game, check=True)
    assert all(path.stat().st_size for path in (game / "output/server").glob("*.index"))
    fetch = ["fetch", "dev", "--target", "server", "--into", str(tmp_path / "into")]
    for command in (["publish", "--yes", "--channel", "dev"], fetch, fetch):
        subprocess.run([sys.executable, "-c", run.format(command)], cwd=game, check=True)
    assert {name.partition("-")[0] for name in pairs(tmp_path / "into")}.isdisjoint(keyed)
    assert list((tmp_path / "into").glob("*.index"))


@pytest.fixture
def store(bundle: Path, tmp_path: Path) -> Path:
    """A store with the bundle as a release, and in `tmp_path` the key that signed it."""
    key = load_signing_key(generate_key(tmp_path / "key.pem").private)
    move = Move("publish", "live", key=key)
    move_channel(FolderStore(tmp_path / "store"), move, {"server": open_bundle(bundle)}, base=None)
    return tmp_path / "store"


@pytest.mark.parametrize("key", [None, "key.pem.pub"])
def test_a_store_s_tables_stay_in_the_cache(store: Path, tmp_path: Path, key: str | None) -> None:
    public_key = tmp_path / key if key is not None else None
    cache = tmp_path / "cache"
    for _ in range(2):  # made, and found
        items = gdata.load(store, channel="live", cache=cache, public_key=public_key).ItemTable
        assert isinstance(items, MappedTable)
        assert items[1500].price == 1500
    (made,) = cache.glob("blobs/*/*.index")
    whole = made.read_bytes()
    made.write_bytes(whole[:-1])
    store.rename(tmp_path / "away")  # what the cache has is enough
    items = gdata.load(store, channel="live", cache=cache, public_key=public_key).ItemTable
    assert isinstance(items, MappedTable)
    assert items[1500].price == 1500
    assert made.read_bytes() == whole
    blob = made.with_suffix("")
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises((DamagedError, OutsideError)):
        gdata.load(store, channel="live", cache=cache, public_key=public_key)


@pytest.mark.parametrize("has_index", [True, False])
def test_what_is_damaged_in_the_cache_is_fetched_again(store: Path, tmp_path: Path, has_index: bool) -> None:
    gdata.load(store, channel="live", cache=tmp_path / "cache")
    (made,) = (tmp_path / "cache").glob("blobs/*/*.index")
    blob = made.with_suffix("")
    whole = blob.read_bytes()
    blob.write_bytes(whole.replace(b"name name", b"game name", 1))
    if not has_index:
        made.unlink()
    items = gdata.load(store, channel="live", cache=tmp_path / "cache").ItemTable
    assert not any("game" in item.name for item in items)
    assert blob.read_bytes() == whole
    items = gdata.load(store, channel="live", cache=tmp_path / "cache").ItemTable
    assert isinstance(items, MappedTable)
    assert not any("game" in item.name for item in items)


def test_an_index_goes_with_its_blob(store: Path, tmp_path: Path) -> None:
    gdata.load(store, channel="live", cache=tmp_path / "cache")
    (made,) = (tmp_path / "cache").glob("blobs/*/*.index")
    cache = BlobCache(tmp_path / "cache", most_bytes=0)
    cache.tidy({made.stem})
    assert made.exists()
    assert made.with_suffix("").exists()
    cache.tidy(())
    assert not made.exists()
    assert not made.with_suffix("").exists()


def test_without_a_cache_a_store_s_tables_are_in_memory(store: Path) -> None:
    items = gdata.load(store, channel="live").ItemTable
    assert not isinstance(items, MappedTable)
    assert items[1500].price == 1500
