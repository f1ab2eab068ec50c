"""Any byte flipped in any file is refused, with the file's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from released_game import build, release, rollback, store_at

from gdata.errors import GdataError
from gdata.releases.keeping.prune import prune
from gdata.releases.keeping.verify import verify_folder, verify_release, verify_store
from gdata.releases.log import channel_names, newest_entry
from gdata.releases.move import Parts
from gdata.releases.reader import bundles_of
from gdata.releases.signatures import MANIFEST_SIGNATURE, SigningKey, generate_key, load_signing_key
from gdata.releases.stores.store import WritableStore


def signing_key(folder: Path) -> SigningKey:
    key = load_signing_key(generate_key(folder / "key.pem").private)
    assert key is not None
    return key


def fill(folder: Path, key: SigningKey | None) -> WritableStore:
    """Three releases in live, rolled back once, one of them in dev as well."""
    store = store_at(folder)
    parts = Parts(b"protos", b"snapshot", {"tool": "gdata 1.0"}, {"rows_changed": 1})
    for price in (100, 200, 300):
        release(store, build(folder, price), parts=parts, key=key, message=f"sword for {price}")
    release(store, build(folder, 300), "dev", parts=parts, key=key)
    newest = newest_entry(store, "live")
    assert newest is not None
    rollback(store, "live", author="bora", key=key, base=newest)
    return store


def flip(path: Path, at: float, bit: int) -> bytes:
    """Flip one bit of the file at a place from 0 to 1; gives back what the file held."""
    held = path.read_bytes()
    flipped = bytearray(held)
    flipped[int(at * (len(held) - 1))] ^= 1 << bit
    path.write_bytes(flipped)
    return held


def test_a_whole_store_has_no_fault(tmp_path: Path) -> None:
    store = fill(tmp_path, None)
    report = verify_store(store)
    assert report.ok
    assert not report.leftovers
    assert report.files == len([path for path in (tmp_path / "releases").rglob("*") if path.is_file()])


@pytest.mark.parametrize("signed", [False, True])
def test_any_flipped_bit_in_a_store_is_found_with_the_files_name(
    tmp_path_factory: pytest.TempPathFactory, signed: bool
) -> None:
    folder = tmp_path_factory.mktemp("store")
    store = fill(folder, signing_key(folder) if signed else None)
    root = folder / "releases"
    files = sorted(path for path in root.rglob("*") if path.is_file())

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(files), st.floats(0, 1), st.integers(0, 7))
    def check(path: Path, at: float, bit: int) -> None:
        held = flip(path, at, bit)
        try:
            faults = verify_store(store).faults
            name = path.relative_to(root).as_posix()
            assert any(name in fault.message for fault in faults), (name, faults)
        finally:
            path.write_bytes(held)

    check()
    assert verify_store(store).ok


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("signed", [False, True])
def test_every_flipped_bit_in_records_and_logs_is_found(tmp_path: Path, signed: bool) -> None:
    store = fill(tmp_path, signing_key(tmp_path) if signed else None)
    root = tmp_path / "releases"
    for path in sorted([*root.glob("releases/*"), *root.glob("channels/*/*")]):
        size = path.stat().st_size
        for place in range(size):
            held = flip(path, place / max(1, size - 1), place % 8)
            assert not verify_store(store).ok, (path, place)
            path.write_bytes(held)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), bit=st.integers(0, 7), which=st.integers(0, 100))
def test_what_a_reader_of_a_channel_reads_is_refused_with_the_files_name(
    tmp_path_factory: pytest.TempPathFactory, place: float, bit: int, which: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "channel"
    store = store_at(folder)
    if not folder.exists():
        release(store, build(folder, 100, targets=("server",)), message="first")
    root = folder / "releases"
    files = sorted(path for path in root.glob("*/**/*") if path.is_file())  # a reader needs no store.json
    path = files[which % len(files)]
    held = flip(path, place, bit)
    try:
        with pytest.raises(GdataError) as refused:
            bundles_of(store, "live").bundles["server"].verify()
        assert path.relative_to(root).as_posix() in str(refused.value)
    finally:
        path.write_bytes(held)


def test_a_missing_file_is_found_with_its_name(tmp_path: Path) -> None:
    store = fill(tmp_path, None)
    root = tmp_path / "releases"
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        held = path.read_bytes()
        path.unlink()
        report = verify_store(store)
        name = path.relative_to(root).as_posix()
        last_entry = name in ("channels/live/000004.json", "channels/dev/000001.json")
        pruned = name.startswith("releases/") and path.stem in report.pruned
        # The last entry of a log, once it is gone, was never there; a release that no channel is at was pruned.
        assert last_entry or pruned or any(name in fault.message for fault in report.faults), name
        path.write_bytes(held)


def test_verify_release_reads_what_one_release_needs(tmp_path: Path) -> None:
    store = fill(tmp_path, None)
    newest = newest_entry(store, "live")
    assert newest is not None
    assert verify_release(store, newest.release).ok
    bundle = bundles_of(store, "live").bundles["client"]
    digest = bundle.manifest.tables["ItemTable"].parts[0].sha256
    flip(tmp_path / f"releases/blobs/{digest[:2]}/{digest}", 0.5, 1)
    faults = verify_release(store, newest.release).faults
    assert {fault.file for fault in faults} == {f"blobs/{digest[:2]}/{digest}"}


def test_leftovers_of_a_publisher_that_died_are_no_fault(tmp_path: Path) -> None:
    store = fill(tmp_path, None)
    leftover = tmp_path / "releases/channels/live/.0123456789abcdef.tmp"
    leftover.write_bytes(b"half")
    report = verify_store(store)
    assert report.ok
    assert report.leftovers == ["channels/live/.0123456789abcdef.tmp"]


def test_strangers_in_the_store_are_left_alone(tmp_path: Path) -> None:
    store = fill(tmp_path, None)
    strangers = [".DS_Store", "blobs/.DS_Store", "blobs/3f/NOTES", "releases/README.md", "channels/.DS_Store",
                 "channels/README", "channels/live/draft.json", "channels/li ve/000001.json"]  # fmt: skip
    for name in strangers:
        path = tmp_path / "releases" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    assert verify_store(store).ok
    assert channel_names(store) == ["dev", "live"]
    prune(store, keep=1, now=datetime.now(UTC) + timedelta(days=2))
    assert all((tmp_path / "releases" / name).exists() for name in strangers)


def test_a_folder_and_an_output_folder_are_verified_file_by_file(tmp_path: Path) -> None:
    build(tmp_path, 100)
    output = tmp_path / "output-100"
    assert verify_folder(output).ok
    assert verify_folder(output / "server").files == 4
    for path in sorted((output / "server").iterdir()):
        held = flip(path, 0.5, 2)
        for folder in (output, output / "server"):
            (fault, *_) = verify_folder(folder).faults
            assert path.name in fault.message
        path.write_bytes(held)


def test_a_damaged_signature_file_is_found_without_a_key(tmp_path: Path) -> None:
    bundles = build(tmp_path, 100)
    folder = tmp_path / "output-100/server"
    signature = signing_key(tmp_path).sign(bundles["server"].manifest_bytes)
    (folder / MANIFEST_SIGNATURE).write_text(signature + "\n")
    assert verify_folder(folder).ok
    for at in range(len(signature)):
        held = flip(folder / MANIFEST_SIGNATURE, at / len(signature), at % 8)
        assert not verify_folder(folder).ok, at
        (folder / MANIFEST_SIGNATURE).write_bytes(held)
