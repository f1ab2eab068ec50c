"""The kinds of stores keep the same promises; what they refuse is said in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from released_game import build, release, rollback, store_at

from gdata.bundles.manifest import sha256
from gdata.errors import DamagedError, StoreError, UnknownFormatError, UsageError
from gdata.releases.fetch import fetch
from gdata.releases.keeping.prune import prune
from gdata.releases.keeping.verify import verify_store
from gdata.releases.log import newest_entry
from gdata.releases.reader import bundles_of, read_release
from gdata.releases.stores import ensure_identity, open_store, read_identity
from gdata.releases.stores.store import WritableStore, blob_name, checked, writable

RECORD = "releases/20261123-091245-9f3ac1d0.json"
HOSTILE = [
    "", "/", "..", "../x", "blobs/../../x", "blobs//x", "/etc/passwd", "channels/./x", "releases/.hidden", "x/y",
    "channels/live/../../../x", "channels\\live", "blobs/C:x", "releases/a\x00b", "releases/\n", "releases/한글",
    "releases",
]  # fmt: skip


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> WritableStore:
    if request.param == "folder":
        return store_at(tmp_path)
    return writable(open_store(request.getfixturevalue("s3_location")))


def test_what_was_put_is_found(store: WritableStore) -> None:
    name = blob_name("ab" * 32)
    assert (store.find(name), store.size_of(name)) == (None, None)
    for content in (b"one", b"", b"x" * 100_000):
        store.put(name, content)
        assert (store.find(name), store.size_of(name)) == (content, len(content))
    store.remove(name)
    store.remove(name)
    assert store.find(name) is None


def test_what_was_moved_is_found_under_its_new_name_alone(store: WritableStore) -> None:
    name, to = blob_name("ab" * 32), f"trash/20261127-023000/{blob_name('ab' * 32)}"
    for content in (b"one", b"", b"x" * 100_000):
        store.put(name, content)
        store.move(name, to)
        store.settle([name])
        assert (store.find(name), store.find(to)) == (None, content)
    store.move(name, to)
    assert store.find(to) == content
    assert [file.name for file in store.files("trash")] == store.names("trash") == [to]
    store.remove(to)
    assert store.names("trash") == []


def test_only_the_first_creates(store: WritableStore) -> None:
    assert store.create(RECORD, b"first")
    assert not store.create(RECORD, b"second")
    assert store.find(RECORD) == b"first"
    assert store.create(RECORD, b"first")  # an answer that was lost: it is ours
    assert store.keeps_first(RECORD, b"first")


def test_one_of_many_creates(store: WritableStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: store.create(RECORD, b"%d" % number), range(8)))
    assert won.count(True) == 1
    assert store.find(RECORD) == b"%d" % won.index(True)


def test_files_are_listed_with_size_and_time(store: WritableStore) -> None:
    assert store.files("channels/live") == []
    for number in (2, 1, 10):
        store.create(f"channels/live/{number:06d}.json", b"x" * number)
    store.create("channels/live-2/000001.json", b"other")
    files = store.files("channels/live")
    assert [file.name for file in files] == [f"channels/live/{number:06d}.json" for number in (1, 2, 10)]
    assert [file.size for file in files] == [1, 2, 10]
    assert all(abs(time.time() - file.modified.timestamp()) < 60 for file in files)
    assert len(store.files("channels")) == 4


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leads_out_of_the_store(store: WritableStore, name: str, tmp_path: Path) -> None:
    for work in (store.find, store.size_of, store.remove, checked):
        with pytest.raises(DamagedError, match="can't be the name"):
            work(name)
    for write in (store.put, store.create):
        with pytest.raises(DamagedError, match="can't be the name"):
            write(name, b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_whole_life_on_any_store(store: WritableStore, tmp_path: Path) -> None:
    release(store, build(tmp_path, 100))
    second = release(store, build(tmp_path, 200))
    assert (second.traffic.files, second.traffic.total_files) == (3, 5)
    assert fetch(store, "live", "server", tmp_path / "into").traffic.files == 3
    bundles_of(store, "live").bundles["client"].verify()
    back = rollback(store, "live", base=second.entry).entry
    assert newest_entry(store, "live", after=second.entry) == back
    assert newest_entry(store, "live", after=back) is None
    assert verify_store(store).ok


@pytest.mark.parametrize(
    "location", ["ftp://host/x", "s3://", "gs:///", "memory://x", "https://", "https:///path", "https://host/x?token=1"]
)
def test_places_that_can_hold_no_store_are_refused(location: str) -> None:
    with pytest.raises(UsageError):
        open_store(location)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "releases").write_text("a file stands here")
    for work in (newest_entry, lambda store, _: release(store, build(tmp_path, 100))):
        with pytest.raises(StoreError, match="releases") as error:
            work(store_at(tmp_path), "live")
        assert "a file stands where a folder is needed" in error.value.hint


@pytest.mark.parametrize("name", ["0000001", "000000", "1"])
def test_an_entry_that_is_numbered_as_none_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    store = store_at(tmp_path)
    release(store, build(tmp_path, 100))
    (tmp_path / f"releases/channels/live/{name}.json").write_bytes(b"{}")
    for work in (lambda: newest_entry(store, "live"), lambda: prune(store)):
        with pytest.raises(DamagedError, match=f"channels/live/{name}.json can't be the name"):
            work()
    assert any(fault.file == f"channels/live/{name}.json" for fault in verify_store(store).faults)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        bundles_of(open_store(tmp_path / "nowhere"), "live")
    assert "not mounted" in error.value.hint


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_disk_that_takes_no_more_leaves_the_channel_where_it_was(tmp_path: Path) -> None:
    import resource

    store, second = store_at(tmp_path), build(tmp_path, 200)
    first = release(store, build(tmp_path, 100)).entry
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
        try:
            release(store, second)
        except StoreError as error:
            os._exit(0 if "File too large" in str(error) else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert newest_entry(store, "live") == first
    report = verify_store(store)
    assert report.ok
    assert not report.leftovers


def test_reading_a_folder_imports_nothing_heavy(tmp_path: Path) -> None:
    release(store_at(tmp_path), build(tmp_path, 100))
    program = (
        "import sys; from gdata.releases.reader import bundles_of; from gdata.releases.stores import open_store; "
        f"bundles_of(open_store({str(tmp_path / 'releases')!r}), 'live').bundles['server'].verify(); "
        "print([name for name in ('fsspec', 'cryptography', 'asyncio', 'urllib.request') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_blob_with_other_bytes_is_named(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    digest = sha256(b"right")
    store.put(blob_name(digest), b"wrong")
    with pytest.raises(DamagedError, match=digest):
        store.get_blob(digest)


def test_a_store_gets_an_identity_that_a_lost_file_does_not_change(store: WritableStore, tmp_path: Path) -> None:
    moved = release(store, build(tmp_path, 100))
    identity = read_identity(store)
    assert identity is not None
    assert read_release(store, moved.entry.release).provenance["store"] == identity
    for price, content in ((200, None), (300, b"{"), (400, b'{"features":[],"id":"ABC"}')):
        store.remove("store.json")
        if content is not None:
            store.put("store.json", content)
            with pytest.raises(DamagedError, match="is damaged"):
                read_identity(store)
        release(store, build(tmp_path, price))
        assert read_identity(store) == identity
    store.put("store.json", b'{"features":["new"],"id":"ABC"}')
    with pytest.raises(UnknownFormatError, match="newer gdata"):
        release(store, build(tmp_path, 500))


def test_of_two_that_give_a_store_its_identity_the_first_counts(store: WritableStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: ensure_identity(store), range(8)))
    assert made == {read_identity(store)}
