"""gdata.load from a store of releases: channels, releases by id, signatures, and the cache for the store's bad days."""

from __future__ import annotations

import logging
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from runtime_data import build, release

import gdata
from gdata.bundles.manifest import sha256
from gdata.bundles.reader import open_bundle
from gdata.errors import DamagedError, SignatureError, StoreError, UsageError
from gdata.releases.signatures import MANIFEST_SIGNATURE, SigningKey, generate_key, load_signing_key


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "releases"


def make_key(folder: Path, name: str) -> tuple[SigningKey, Path]:
    files = generate_key(folder / name)
    key = load_signing_key(files.private)
    assert key is not None
    return key, files.public


def test_a_channel_is_loaded_and_followed(store: Path) -> None:
    first = release(store, 1)
    data = gdata.load(store, channel="live")
    assert (data.release, data.Constants.number, data.stale) == (first, 1, False)
    assert data.refresh() is False
    second = release(store, 2)
    assert data.refresh() is True
    assert (data.release, data.Constants.number) == (second, 2)
    assert repr(data) == f"<server of release {second}: 3 tables>"


def test_a_release_is_loaded_by_its_id_and_stays(store: Path) -> None:
    first = release(store, 1)
    release(store, 2)
    data = gdata.load(store, release=first)
    assert data.Constants.number == 1
    assert data.refresh() is False
    with pytest.raises(UsageError, match="there is no release 20010101-000000-00000000"):
        gdata.load(store, release="20010101-000000-00000000")


def test_of_several_targets_one_is_named(store: Path) -> None:
    release(store, 1, targets=("server", "client"))
    assert gdata.load(store, channel="live", target="client").target == "client"
    with pytest.raises(UsageError, match="has several targets: "):
        gdata.load(store, channel="live")
    with pytest.raises(UsageError, match="has no target japan"):
        gdata.load(store, channel="live", target="japan")


def test_a_channel_without_releases_and_a_missing_store_are_told(store: Path) -> None:
    with pytest.raises(StoreError, match="there is no such folder"):
        gdata.load(store, channel="live")
    release(store, 1)
    with pytest.raises(UsageError, match="channel lvie has no release") as error:
        gdata.load(store, channel="lvie")
    assert error.value.hint == "did you mean live? there are live"
    with pytest.raises(UsageError, match="has no target serve") as error:
        gdata.load(store, channel="live", target="serve")
    assert error.value.hint == "did you mean server? it has server"


def test_a_damaged_blob_is_refused_and_the_old_data_stays(store: Path) -> None:
    release(store, 1)
    data = gdata.load(store, channel="live")
    before = set(store.glob("blobs/*/*"))
    release(store, 2)
    changed = {path: path.read_bytes() for path in set(store.glob("blobs/*/*")) - before}
    for path, content in changed.items():
        path.write_bytes(content + b"!")
        with pytest.raises(DamagedError, match="is damaged"):
            data.refresh()
        with pytest.raises(DamagedError, match="is damaged"):
            gdata.load(store, channel="live")
        path.write_bytes(content)
    assert data.Constants.number == 1
    assert data.stale
    assert data.refresh()
    assert not data.stale


def test_with_a_cache_a_server_boots_while_the_store_is_down(
    store: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = release(store, 1)
    cache = tmp_path / "cache"
    gdata.load(store, channel="live", cache=cache)
    store.rename(tmp_path / "away")
    with caplog.at_level(logging.WARNING, "gdata"):
        data = gdata.load(store, channel="live", cache=cache)
    assert (data.release, data.Constants.number, data.stale) == (first, 1, True)
    assert f"starting with {first} from the cache" in caplog.text
    with pytest.raises(StoreError):
        data.refresh()
    assert data.stale
    (tmp_path / "away").rename(store)
    assert data.refresh() is False
    assert not data.stale
    release(store, 2)
    assert data.refresh() is True
    store.rename(tmp_path / "away")
    assert gdata.load(store, channel="live", cache=cache).Constants.number == 2


def test_the_cache_of_another_channel_or_target_is_not_taken(store: Path, tmp_path: Path) -> None:
    release(store, 1, targets=("server", "client"))
    release(store, 2, channel="dev", targets=("server", "client"))
    cache = tmp_path / "cache"
    gdata.load(store, channel="live", target="server", cache=cache)
    shutil.rmtree(store)
    for channel, target in (("dev", "server"), ("live", "client")):
        with pytest.raises(StoreError):
            gdata.load(store, channel=channel, target=target, cache=cache)
    assert gdata.load(store, channel="live", target="server", cache=cache).stale


def test_a_cache_that_lost_a_file_or_is_damaged_does_not_boot(store: Path, tmp_path: Path) -> None:
    release(store, 1)
    cache = tmp_path / "cache"
    gdata.load(store, channel="live", cache=cache)
    store.rename(tmp_path / "away")
    for path in sorted(path for path in cache.rglob("*") if path.is_file() and not path.name.startswith("seen")):
        content = path.read_bytes()
        path.write_bytes(b"{}" + content[2:])
        with pytest.raises((StoreError, DamagedError)):
            gdata.load(store, channel="live", cache=cache)
        path.unlink()
        with pytest.raises((StoreError, DamagedError)):
            gdata.load(store, channel="live", cache=cache)
        path.write_bytes(content)
    assert gdata.load(store, channel="live", cache=cache).stale


def test_a_refresh_mends_what_the_cache_has_lost(store: Path, tmp_path: Path) -> None:
    release(store, 1)
    cache = tmp_path / "cache"
    data = gdata.load(store, channel="live", cache=cache)
    shutil.rmtree(cache / "blobs")
    release(store, 2)
    data.refresh()
    shutil.rmtree(store)
    assert gdata.load(store, channel="live", cache=cache).Constants.number == 2


def test_with_a_public_key_only_what_it_signed_is_read(store: Path, tmp_path: Path) -> None:
    key, public = make_key(tmp_path, "ours.pem")
    _, foreign_public = make_key(tmp_path, "theirs.pem")
    cache = tmp_path / "cache"
    release(store, 1, key=key)
    data = gdata.load(store, channel="live", public_key=public, cache=cache)
    assert gdata.load(store, channel="live", public_key=public.read_text()).Constants.number == 1
    with pytest.raises(SignatureError):
        gdata.load(store, channel="live", public_key=foreign_public)
    release(store, 2)
    with pytest.raises(SignatureError, match="isn't signed"):
        data.refresh()
    assert data.Constants.number == 1
    shutil.rmtree(store)
    assert gdata.load(store, channel="live", public_key=public, cache=cache).stale
    with pytest.raises(StoreError):
        gdata.load(store, channel="live", public_key=foreign_public, cache=cache)


def test_with_a_public_key_a_folder_needs_its_signature(tmp_path: Path) -> None:
    key, public = make_key(tmp_path, "key.pem")
    output = build(tmp_path / "output", 1, targets=("server", "client"))
    with pytest.raises(SignatureError, match="isn't signed"):
        gdata.load(output, target="server", public_key=public)
    for target in ("server", "client"):
        manifest = open_bundle(output / target).manifest_bytes
        (output / target / MANIFEST_SIGNATURE).write_text(key.sign(manifest) + "\n")
    assert gdata.load(output, target="server", public_key=public).Constants.number == 1
    shutil.copytree(output / "client", output / "server", dirs_exist_ok=True)
    with pytest.raises(DamagedError, match="of the target client, not of server"):
        gdata.load(output, target="server", public_key=public)


def test_a_folder_takes_no_cache(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cache= is for stores"):
        gdata.load(build(tmp_path, 1), cache=tmp_path / "cache")


def test_a_store_behind_a_web_server_is_read_and_cached(store: Path, tmp_path: Path) -> None:
    release(store, 1)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(store))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        cache = tmp_path / "cache"
        data = gdata.load(place, channel="live", cache=cache, eager=True)
        release(store, 2)
        assert data.refresh()
        assert data.Constants.number == 2
        server.shutdown()
    assert gdata.load(place, channel="live", cache=cache).Constants.number == 2


def test_the_cache_holds_every_file_under_its_hash(store: Path, tmp_path: Path) -> None:
    release(store, 1)
    cache = tmp_path / "cache"
    gdata.load(store, channel="live", cache=cache)
    assert all(path.name == sha256(path.read_bytes()) for path in cache.glob("blobs/*/*"))
