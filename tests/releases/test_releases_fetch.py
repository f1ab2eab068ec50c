"""Fetch into a folder: verified, only what is missing, the old bundle or the new at any time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from released_game import build, release, store_at

import gdata
from gdata.bundles.reader import open_bundle, open_output
from gdata.errors import DamagedError, SignatureError, UsageError
from gdata.releases.fetch import PLAIN_LIST, fetch
from gdata.releases.log import newest_entry
from gdata.releases.signatures import generate_key, load_public_keys
from gdata.releases.stores import open_store
from gdata.testing.bundles import Contents, write_output


def test_a_fetched_folder_is_the_bundle_that_was_published(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    release(store, bundles)
    fetched = fetch(store, "live", "server", tmp_path / "into")
    held = open_bundle(tmp_path / "into")
    held.verify()
    assert held.manifest == bundles["server"].manifest
    assert fetched.changed
    assert fetched.traffic.files == fetched.traffic.total_files == 3


def test_data_of_a_fetched_folder_names_its_release(tmp_path: Path) -> None:
    store, into = store_at(tmp_path), tmp_path / "into"
    first = release(store, build(tmp_path, 100)).entry.release
    fetch(store, "live", "server", into)
    data = gdata.load(into)
    assert data.release == first
    second = release(store, build(tmp_path, 120)).entry.release
    fetch(store, "live", "server", into)
    assert data.refresh() and data.release == second != first
    # A name that isn't of the manifest beside it, or can't be read, is none.
    for content in (json.dumps({"bundle": "0" * 64, "build": data.build, "release": first}), "[", "[]", "3"):
        (into / "release.json").write_text(content, encoding="utf-8")
        assert gdata.load(into).release is None


def test_only_what_is_missing_is_fetched_and_what_is_useless_removed(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    for price, expected in ((100, 3), (200, 1), (300, 1)):
        release(store, build(tmp_path, price))
        fetched = fetch(store, "live", "server", tmp_path / "into")
        assert fetched.traffic.files == expected
    # The previous bundle's files stay for readers under way, the one's before it don't.
    assert len(list((tmp_path / "into").glob("ItemTable-*"))) == 2
    again = fetch(store, "live", "server", tmp_path / "into")
    assert (again.changed, again.traffic.files) == (False, 0)


def test_a_damaged_local_file_is_fetched_again(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    fetch(store, "live", "server", tmp_path / "into")
    (path,) = (tmp_path / "into").glob("ItemTable-*")
    path.write_bytes(b"x")
    assert fetch(store, "live", "server", tmp_path / "into").traffic.files == 1
    open_bundle(tmp_path / "into").verify()


def test_damage_in_the_store_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    fetch(store, "live", "server", tmp_path / "into")
    before = open_bundle(tmp_path / "into").manifest
    bundles = build(tmp_path, 200)
    release(store, bundles)
    digest = bundles["server"].manifest.tables["ItemTable"].parts[0].sha256
    (tmp_path / f"releases/blobs/{digest[:2]}/{digest}").write_bytes(b"x")
    with pytest.raises(DamagedError, match=digest):
        fetch(store, "live", "server", tmp_path / "into")
    held = open_bundle(tmp_path / "into")
    held.verify()
    assert held.manifest == before


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    (tmp_path / "into").mkdir()
    (tmp_path / "into/notes.txt").write_text("mine")
    (tmp_path / "into/.0123456789abcdef.tmp").write_text("half")
    fetch(store, "live", "server", tmp_path / "into")
    assert (tmp_path / "into/notes.txt").exists()
    assert not (tmp_path / "into/.0123456789abcdef.tmp").exists()


def test_plain_names_join_parts_and_drop_what_is_gone(tmp_path: Path) -> None:
    proto = "syntax = 'proto3'; message Row { int32 id = 1; } message A { repeated Row rows = 1; } " + (
        "message B { repeated Row rows = 1; }"
    )
    rows = [{"id": number} for number in range(10)]
    store = store_at(tmp_path)
    tables = {"A": rows, "B": rows}
    release(store, open_output(write_output(tmp_path / "one", {"server": Contents(proto, tables, parts=3)})))
    fetch(store, "live", "server", tmp_path / "into", plain_names=True)
    whole = (tmp_path / "into/A.binpb").read_bytes()
    assert whole == open_output(tmp_path / "one")["server"].table("A")
    assert {path.name for path in (tmp_path / "into").glob("*.binpb")} == {"A.binpb", "B.binpb", "schema.binpb"}
    assert not fetch(store, "live", "server", tmp_path / "into", plain_names=True).changed
    with pytest.raises(UsageError, match="no bundle here"):
        open_bundle(tmp_path / "into")
    release(store, open_output(write_output(tmp_path / "two", {"server": Contents(proto, {"A": rows[1:]})})))
    fetched = fetch(store, "live", "server", tmp_path / "into", plain_names=True)
    assert {path.name for path in (tmp_path / "into").glob("*.binpb")} == {"A.binpb", "schema.binpb"}
    assert json.loads((tmp_path / "into" / PLAIN_LIST).read_bytes())["release"] == fetched.release


def test_a_hostile_list_removes_nothing_outside(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    (tmp_path / "into").mkdir()
    (tmp_path / "precious.txt").write_text("mine")
    listed = {"bundle": "", "target": "server", "files": {"../precious.txt": "", "/etc/hostname": ""}}
    (tmp_path / "into" / PLAIN_LIST).write_text(json.dumps(listed))
    fetch(store, "live", "server", tmp_path / "into", plain_names=True)
    assert (tmp_path / "precious.txt").exists()


def test_what_the_folder_holds_is_never_mixed(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    fetch(store, "live", "server", tmp_path / "bundle")
    fetch(store, "live", "server", tmp_path / "plain", plain_names=True)
    for target, into, plain in (
        ("server", "plain", False), ("server", "bundle", True), ("client", "bundle", False), ("client", "plain", True)
    ):  # fmt: skip
        with pytest.raises(UsageError, match="holds"):
            fetch(store, "live", target, tmp_path / into, plain_names=plain)


def test_an_unknown_target_is_told_which_there_are(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    with pytest.raises(UsageError, match="no target web") as error:
        fetch(store, "live", "web", tmp_path / "into")
    assert "server" in error.value.hint
    with pytest.raises(UsageError, match="there is no release 20200101-000000-01234567"):
        fetch(store, "20200101-000000-01234567", "server", tmp_path / "into")


@pytest.mark.parametrize("plain_names", [False, True])
def test_a_folder_does_not_go_back_with_a_log_that_did(tmp_path: Path, plain_names: bool) -> None:
    store, into = store_at(tmp_path), tmp_path / "into"
    release(store, build(tmp_path, 100))
    shutil.copytree(tmp_path / "releases", tmp_path / "old")
    release(store, build(tmp_path, 200))
    held = fetch(store, "live", "server", into, plain_names=plain_names)
    before = {path.name: path.read_bytes() for path in into.iterdir()}
    old = open_store(tmp_path / "old")
    with pytest.raises(DamagedError, match="ends at entry 1, but entry 2 was there before") as error:
        fetch(old, "live", "server", into, plain_names=plain_names)
    assert "empty folder" in error.value.hint
    assert {path.name: path.read_bytes() for path in into.iterdir()} == before
    assert not fetch(store, "live", "server", into, plain_names=plain_names).changed
    assert fetch(old, "live", "server", tmp_path / "other", plain_names=plain_names).release != held.release
    first = newest_entry(old, "live")
    assert first is not None
    assert fetch(store, first.release, "server", into, plain_names=plain_names).changed  # a release that is named
    release(store, build(tmp_path, 300))
    assert fetch(store, "live", "server", into, plain_names=plain_names).changed


def test_what_was_fetched_without_a_key_is_not_taken_for_signed(tmp_path: Path) -> None:
    files = generate_key(tmp_path / "key.pem")
    store, into, key = store_at(tmp_path), tmp_path / "into", load_public_keys(files.public)
    release(store, build(tmp_path, 100))
    fetch(store, "live", "server", into)
    with pytest.raises(SignatureError, match="isn't signed"):
        fetch(store, "live", "server", into, public_key=key)
