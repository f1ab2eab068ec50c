"""Publish, promote, roll back: on a folder, with real bundles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from released_game import build, promote, publish, release, rollback, store_at

from gdata.bundles.manifest import canonical_json, sha256
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, RefusedError, UsageError
from gdata.releases.blobs import descriptors_of, snapshot_of
from gdata.releases.log import ChannelMoved, newest_entry, read_log
from gdata.releases.move import YANKED, Parts
from gdata.releases.reader import bundles_of, read_history
from gdata.releases.stores import read_identity
from gdata.releases.stores.cache import RecentFiles
from gdata.releases.stores.store import blob_name

NOON = datetime(2026, 11, 23, 9, 12, 45, tzinfo=UTC)


def test_a_published_build_is_read_back_by_channel_and_by_release(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    moved = release(store, bundles)
    for name in ("live", moved.entry.release):
        published = bundles_of(store, name)
        assert published.release == moved.entry.release
        assert published.build == bundles["server"].manifest.build
        for target, bundle in published.bundles.items():
            assert [bundle.read(one) for one in bundle.manifest.files] == [
                bundles[target].read(one) for one in bundles[target].manifest.files
            ]


def test_the_files_are_those_of_the_design(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    parts = Parts(b"protos", b"snapshot", {"tool": "gdata"}, {"rows_added": 2})
    release(store, bundles, parts=parts, message="first", time=NOON)
    build_id = bundles["server"].manifest.build
    record_path = tmp_path / f"releases/releases/20261123-091245-{build_id[:8]}.json"
    record = json.loads(record_path.read_bytes())
    assert record == {
        "features": [],
        "release": record_path.stem,
        "build": build_id,
        "targets": {
            name: {"manifest": sha256(bundle.manifest_bytes), "signature": None} for name, bundle in bundles.items()
        },
        "protos": sha256(b"protos"),
        "snapshot": sha256(b"snapshot"),
        "provenance": {"tool": "gdata", "store": read_identity(store)},
        "summary": {"rows_added": 2},
    }
    entry_path = tmp_path / "releases/channels/live/000001.json"
    entry = json.loads(entry_path.read_bytes())
    assert {name: value for name, value in entry.items() if name != "nonce"} == {
        "features": [],
        "number": 1,
        "prev": None,
        "action": "publish",
        "channel": "live",
        "release": record_path.stem,
        "record": sha256(record_path.read_bytes()),
        "base": None,
        "author": "ari",
        "time": "2026-11-23T09:12:45Z",
        "message": "first",
        "allowed": [],
        "signature": None,
    }
    assert entry_path.read_bytes() == canonical_json(entry)
    manifest = sha256(bundles["server"].manifest_bytes)
    assert (tmp_path / f"releases/blobs/{manifest[:2]}/{manifest}").read_bytes() == bundles["server"].manifest_bytes


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    first = release(store, build(tmp_path, 100)).traffic
    second = release(store, build(tmp_path, 200)).traffic
    assert first.files == first.total_files
    # One table and the two manifests changed; both targets share the table.
    assert (second.files, second.total_files) == (3, first.total_files)


def test_publishing_what_is_there_already_does_nothing(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    first = release(store, bundles)
    again = release(store, bundles)
    assert (again.changed, again.entry, again.traffic.files) == (False, first.entry, 0)


def test_publishing_again_mends_a_blob_that_was_lost(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    release(store, bundles)
    digest = bundles["server"].manifest.tables["ItemTable"].parts[0].sha256
    (tmp_path / f"releases/blobs/{digest[:2]}/{digest}").unlink()
    with pytest.raises(DamagedError, match=digest):
        bundles_of(store, "live").bundles["server"].verify()
    assert release(store, bundles).traffic.files == 1
    bundles_of(store, "live").bundles["server"].verify()


def test_a_channel_that_moved_since_is_refused_and_told_what_came_between(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    base = release(store, build(tmp_path, 100)).entry
    between = release(store, build(tmp_path, 200), author="bora", message="event shop").entry
    with pytest.raises(ChannelMoved, match=r"bora: publish .*\(event shop\)") as refused:
        publish(store, build(tmp_path, 300), "live", author="ari", base=base)
    assert refused.value.entries == (between,)
    assert newest_entry(store, "live") == between


def test_expecting_another_build_is_refused(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    reviewed = bundles["server"].manifest.build
    for wrong in ("f" * 12, reviewed[:7], ""):
        with pytest.raises(RefusedError, match="the one that was reviewed"):
            release(store, bundles, expect=wrong)
    with pytest.raises(RefusedError, match="protected"):
        release(store, bundles, protected=True)
    assert not (tmp_path / "releases/channels").exists()
    assert release(store, bundles, protected=True, expect=reviewed[:12]).changed


def test_promote_points_another_channel_at_the_same_release(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    staged = release(store, build(tmp_path, 100), "staging").entry
    moved = promote(store, staged, "live", author="bora", base=None)
    assert moved.entry.action == "promote"
    assert bundles_of(store, "live").release == staged.release
    assert not promote(store, staged, "live", base=moved.entry).changed


def test_rollback_leads_to_the_release_before_and_marks_the_other_bad(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    first = release(store, build(tmp_path, 100)).entry
    second = release(store, build(tmp_path, 200)).entry
    back = rollback(store, "live", author="bora", message="shop is empty", base=second).entry
    assert (back.release, back.base, back.action) == (first.release, second.release, "rollback")
    assert bundles_of(store, "live").release == first.release
    with pytest.raises(RefusedError, match=r"marked bad: bora rolled live back .*shop is empty"):
        release(store, build(tmp_path, 200))
    with pytest.raises(RefusedError, match="marked bad"):
        promote(store, release(store, build(tmp_path, 200), "dev").entry, "live", base=back)
    again = release(store, build(tmp_path, 200), allow=(YANKED,), reason="it was the server")
    assert again.changed
    assert [(line.entry.action, line.is_bad) for line in read_history(store, "live").lines] == [
        ("publish", False),
        ("rollback", False),
        ("publish", False),
        ("publish", False),
    ]


def test_rollbacks_in_a_row_lead_further_back_and_never_to_a_bad_release(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    one, two, three = (release(store, build(tmp_path, price)).entry for price in (100, 200, 300))
    back = rollback(store, "live", base=three).entry
    assert back.release == two.release
    back = rollback(store, "live", base=back).entry
    assert back.release == one.release
    with pytest.raises(UsageError, match="no earlier release"):
        rollback(store, "live", base=back)
    with pytest.raises(RefusedError, match="marked bad"):
        rollback(store, "live", base=back, to=three.release)


def test_rollback_refuses_a_release_that_is_not_whole(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    bundles = build(tmp_path, 100)
    release(store, bundles)
    second = release(store, build(tmp_path, 200)).entry
    digest = bundles["server"].manifest.tables["ItemTable"].parts[0].sha256
    (tmp_path / f"releases/blobs/{digest[:2]}/{digest}").unlink()
    with pytest.raises(DamagedError, match="missing or damaged"):
        rollback(store, "live", base=second)
    assert newest_entry(store, "live") == second


def test_what_a_store_in_a_bucket_lost_since_it_was_read_is_noticed(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    store.cache = RecentFiles()  # as a bucket has it
    first = release(store, build(tmp_path, 100), "dev").entry
    manifest = bundles_of(store, "dev").bundles["server"].manifest_bytes
    (tmp_path / "releases" / blob_name(sha256(manifest))).unlink()
    with pytest.raises(DamagedError, match=r"manifest\.json.*missing or damaged"):
        promote(store, first, "live", base=None)
    assert newest_entry(store, "live") is None


def test_history_is_newest_first_and_knows_what_changed(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100), message="first", parts=Parts(summary={"rows_added": 2}))
    release(store, build(tmp_path, 200), message="second", parts=Parts(summary={"rows_changed": 1}))
    history = read_history(store, "live", limit=1)
    (line,) = history.lines
    assert (history.total, line.is_current, line.summary) == (2, True, {"rows_changed": 1})
    assert line.as_json()["message"] == "second"
    json.dumps(line.as_json())


def test_snapshot_and_descriptors_come_back(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    whole = release(store, build(tmp_path, 100), parts=Parts(protos=b"p", snapshot=b"s")).entry.release
    assert (descriptors_of(store, whole), snapshot_of(store, whole)) == (b"p", b"s")
    bare = release(store, build(tmp_path, 200)).entry.release
    with pytest.raises(UsageError, match="can't be built again"):
        snapshot_of(store, bare)


def test_two_publishes_of_one_build_in_a_second_get_two_ids(tmp_path: Path) -> None:
    store, bundles = store_at(tmp_path), build(tmp_path, 100)
    one = release(store, bundles, "dev", time=NOON, parts=Parts(summary={"a": 1})).entry.release
    two = release(store, bundles, "live", time=NOON, parts=Parts(summary={"b": 1})).entry.release
    assert one != two
    assert one[-8:] == two[-8:]


@pytest.mark.parametrize(
    "name", ["", "..", ".hidden", "a/b", "a\\b", "NUL", "live.", "x" * 65, "라이브", "a b", "con.x"]
)
def test_a_channel_that_no_folder_can_be_named_after_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't be the name of a channel"):
        release(store_at(tmp_path), build(tmp_path, 100), name)
    assert not (tmp_path / "releases").exists()


def test_channels_that_differ_by_case_alone_are_refused(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100), "live")
    with pytest.raises(UsageError, match="there is a channel live"):
        publish(store, build(tmp_path, 200), "LIVE", base=None)


def test_an_unknown_channel_is_told_with_the_nearest(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100), "live")
    with pytest.raises(UsageError, match="channel lvie has no release") as error:
        bundles_of(store, "lvie")
    assert "did you mean live?" in error.value.hint
    assert bundles_of(store, "lvie", missing_ok=True).bundles == {}


def test_bundles_of_two_builds_are_refused(tmp_path: Path) -> None:
    one, two = build(tmp_path, 100), build(tmp_path, 200)
    with pytest.raises(UsageError, match="different builds"):
        release(store_at(tmp_path), {"server": one["server"], "client": two["client"]})
    with pytest.raises(UsageError, match="no build"):
        release(store_at(tmp_path), {})
    with pytest.raises(UsageError, match="the bundle of server"):
        release(store_at(tmp_path), {"web": one["server"]})


def test_a_damaged_bundle_is_not_published(tmp_path: Path) -> None:
    bundles = build(tmp_path, 100)
    broken: Bundle = replace(bundles["server"], fetch=lambda entry: b"?" * entry.size)
    with pytest.raises(DamagedError, match="damaged"):
        release(store_at(tmp_path), {**bundles, "server": broken})
    assert newest_entry(store_at(tmp_path), "live") is None


def test_text_that_is_no_unicode_is_kept_readable(tmp_path: Path) -> None:
    moved = release(store_at(tmp_path), build(tmp_path, 100), message="cut \udcff off", author="\ud800")
    assert moved.entry.message == "cut ? off"
    assert read_log(store_at(tmp_path), "live").newest == moved.entry
