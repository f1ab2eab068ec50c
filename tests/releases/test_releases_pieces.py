"""A snapshot is uploaded in pieces, and only the changed ones."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from released_game import build, release, store_at

from gdata.errors import DamagedError
from gdata.longbytes import Spool
from gdata.releases.blobs import cut, pieces_of, read_pieces, snapshot_of
from gdata.releases.keeping.prune import prune
from gdata.releases.keeping.verify import verify_release, verify_store
from gdata.releases.move import Parts
from gdata.releases.reader import read_release
from gdata.releases.stores.store import blob_name


def snapshot(changed: int | None = None, sheets: int = 100) -> bytes:
    """A zip archive as a pull's snapshot is: a member a sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in range(sheets):
            content = random.Random(f"{sheet} {sheet == changed}").randbytes(2000)
            archive.writestr(zipfile.ZipInfo(f"blobs/{sheet:064d}"), content)
    return buffer.getvalue()


CONTENTS = {
    "empty": b"",
    "small": b"PK",
    "archive": snapshot(),
    "cut-off archive": snapshot()[:-7],
    "like a list": b'{"pieces":[]}',
    "all boundaries": b"PK\x03\x04" * 17_000,
    "no boundary": b"x" * 100_000,
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_cut_is_put_together_again(tmp_path: Path, name: str) -> None:
    store, content = store_at(tmp_path), CONTENTS[name]
    pieces = cut(content)
    for digest, piece in pieces.blobs.items():
        store.put(blob_name(digest), piece)
    assert read_pieces(store, pieces.digest) == content


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("block", [3, 4, 4096])
def test_what_lies_in_a_file_is_cut_where_what_is_in_memory_is(
    name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gdata.releases.blobs._MOST_BYTES", 30_000)
    content = CONTENTS[name][:80_000]
    pieces = cut(content)
    *parts, _ = map(len, pieces.blobs.values())
    assert max(parts, default=0) <= max(30_000, 1 << 16)
    monkeypatch.setattr("gdata.longbytes.BLOCK_BYTES", block)
    long = cut(Spool().add(content))
    assert (long.digest, {one: bytes(piece) for one, piece in long.blobs.items()}) == (pieces.digest, pieces.blobs)


def test_one_changed_sheet_moves_a_fraction_of_the_snapshot(tmp_path: Path) -> None:
    store, held = store_at(tmp_path), snapshot()
    release(store, build(tmp_path, 100), parts=Parts(snapshot=held))
    moved = release(store, build(tmp_path, 200), parts=Parts(snapshot=snapshot(changed=50)))
    # The changed sheet, the archive's directory, the list; and of the game a table and two manifests.
    assert moved.traffic.files == 3 + 3
    assert moved.traffic.bytes < len(held) / 8
    assert snapshot_of(store, moved.entry.release) == snapshot(changed=50)


def test_verify_and_prune_know_the_pieces(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    first = release(store, build(tmp_path, 100), parts=Parts(snapshot=snapshot())).entry.release
    second = release(store, build(tmp_path, 200), parts=Parts(snapshot=snapshot(changed=50))).entry.release
    assert verify_store(store).ok
    assert verify_release(store, second).ok
    digests = [read_release(store, name).snapshot for name in (first, second)]
    old, new = (set(pieces_of(store.get_blob(digest or ""), "") or ()) for digest in digests)
    pruned = prune(store, keep=1, now=datetime.now(UTC) + timedelta(days=2))
    assert {file.name.rpartition("/")[2] for file in pruned.blobs} >= old - new
    assert snapshot_of(store, second) == snapshot(changed=50)
    lost = blob_name(sorted(new)[0])
    store.remove(lost)
    for report in (verify_store(store), verify_release(store, second)):
        assert any(lost in fault.message for fault in report.faults)
    with pytest.raises(DamagedError, match=lost):
        snapshot_of(store, second)


@pytest.mark.parametrize("content", [b'{"pieces":[', b'{"pieces":[1]}', b'{"pieces":["../x"]}', b'{"pieces":[[]]}'])
def test_a_list_that_is_none_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedError, match="here is damaged"):
        pieces_of(content, "here")
