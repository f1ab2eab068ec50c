import io
import json
import random
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from gdata.errors import DamagedError, UnknownFormatError, UsageError
from gdata.sources.grid import Pulled, snapshot_digest
from gdata.sources.snapshot import read_snapshot, snapshot_bytes

AT = datetime(2025, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
PULLED = [
    Pulled(
        "items", "google", {"values.json": b'{"a": "\xea\xb0\x80"}' * 50, "empty": b""}, AT, location="1AbC", requests=2
    ),
    Pulled("quests", "workbook", {"quests.xlsx": b"PK\x03\x04\0\xff"}, AT, location="sheets/quests.xlsx"),
    Pulled("글", "csv", {"../이름.csv": b"PK\x03\x04\0\xff", "folder.json": b"[]"}, AT, encoding="cp949"),
]


def rewritten(change: dict[str, bytes]) -> bytes:
    """A snapshot in which members are replaced or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(snapshot_bytes(PULLED))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in {*old.namelist(), *change}:
            new.writestr(name, change[name] if name in change else old.read(name))
    return buffer.getvalue()


def index(**change: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(snapshot_bytes(PULLED))) as archive:
        found = json.loads(archive.read("snapshot.json"))
    found["pulled"][0] |= change
    return json.dumps(found).encode()


def test_what_was_pulled_comes_back_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "snapshot.zip").write_bytes(snapshot_bytes(PULLED))
    assert read_snapshot(tmp_path / "snapshot.zip") == PULLED
    assert read_snapshot(snapshot_bytes(PULLED)) == PULLED
    assert read_snapshot(snapshot_bytes([])) == []


@pytest.mark.parametrize("compress", [True, False])
def test_the_archive_is_as_zipfile_writes_it(compress: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdata.sources.snapshot.compressor", lambda level: zlib.compressobj(level, zlib.DEFLATED, -15))
    written = snapshot_bytes(PULLED, compress=compress)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as archive, zipfile.ZipFile(buffer, "w") as other:
        assert archive.testzip() is None
        for member in archive.infolist():
            info = zipfile.ZipInfo(member.filename)
            info.create_system = 3
            other.writestr(info, archive.read(member), member.compress_type, 1)
    assert written == buffer.getvalue()


def test_the_same_pulls_give_the_same_bytes() -> None:
    shuffled = [replace(PULLED[0], files=dict(reversed(PULLED[0].files.items()))), *PULLED[1:]]
    assert snapshot_bytes(PULLED) == snapshot_bytes(PULLED)
    assert snapshot_digest(shuffled) == snapshot_digest(PULLED)


def test_the_digest_knows_no_time_but_everything_else() -> None:
    later = replace(PULLED[0], pulled_at=AT + timedelta(days=1), requests=9)
    assert snapshot_digest([later, *PULLED[1:]]) == snapshot_digest(PULLED)
    for change in ({"encoding": "cp932"}, {"files": {"values.json": b"{}"}}, {"location": "x"}, {"spreadsheet": "x"}):
        assert snapshot_digest([replace(PULLED[0], **change), *PULLED[1:]]) != snapshot_digest(PULLED)
    assert snapshot_digest(PULLED[::-1]) != snapshot_digest(PULLED)


def test_times_keep_their_instant() -> None:
    seoul = AT.astimezone(timezone(timedelta(hours=9)))
    assert read_snapshot(snapshot_bytes([replace(PULLED[0], pulled_at=seoul)]))[0].pulled_at == AT


DAMAGED = [
    (b"", "not a snapshot"),
    (b"hello", "not a snapshot"),
    (rewritten({"snapshot.json": b"{"}), "not a snapshot"),
    (rewritten({"snapshot.json": b"[]"}), "not a snapshot"),
    (rewritten({"snapshot.json": b"[" * 100_000}), "not a snapshot"),
    (rewritten({"snapshot.json": b'{"format": 1, "pulled": [{}]}'}), "not a snapshot"),
    (rewritten({"snapshot.json": index(kind="ftp")}), "is no pull"),
    (rewritten({"snapshot.json": index(requests="2")}), "is no pull"),
    (rewritten({"snapshot.json": index(files={"a": "0" * 64})}), "not a snapshot"),
    (rewritten({"snapshot.json": index(location=5)}), "isn't a text"),
    (rewritten({"snapshot.json": index(pulled_at="noon")}), "not a snapshot"),
    (rewritten({f"blobs/{'0' * 64}": b"x"}), "aren't those it names"),
    (rewritten({"../evil": b"x"}), "aren't those it names"),
]


@pytest.mark.parametrize(("content", "message"), DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_no_snapshot_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DamagedError) as caught:
        read_snapshot(content)
    assert message in str(caught.value)
    assert "pull again" in caught.value.hint


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    (tmp_path / "snapshot.zip").write_bytes(rewritten({"snapshot.json": b'{"format": 2}'}))
    with pytest.raises(UnknownFormatError, match=r"snapshot\.zip: format 2 is newer than this gdata"):
        read_snapshot(tmp_path / "snapshot.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused() -> None:
    buffer = io.BytesIO(snapshot_bytes(PULLED))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("snapshot.json", b"{}")
    with pytest.raises(DamagedError, match="stands in it twice"):
        read_snapshot(buffer.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    content = bytearray(snapshot_bytes(PULLED))
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = b"\xf0\xff\xff\xff"
    with pytest.raises(DamagedError, match="unpacks to more"):
        read_snapshot(bytes(content))


def test_any_flipped_byte_is_refused_or_changes_nothing() -> None:
    good = snapshot_bytes(PULLED)
    source = random.Random(1)
    for place in source.sample(range(len(good)), min(400, len(good))):
        content = bytearray(good)
        content[place] ^= 1 << source.randrange(8)
        try:
            assert [one.files for one in read_snapshot(bytes(content))] == [one.files for one in PULLED]
        except DamagedError:
            continue


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no snapshot here") as caught:
        read_snapshot(tmp_path / "snapshot.zip")
    assert "gdata pull" in caught.value.hint
