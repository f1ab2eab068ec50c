"""Strict reading of records and entries: their own bytes or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from released_game import build

from gdata.bundles.manifest import Manifest, canonical_json
from gdata.errors import DamagedError, UnknownFormatError
from gdata.releases.records import Allowance, Entry, Release, ReleasedTarget

SHA = "9f3ac1d0" + "0" * 56
ID = "20261123-091245-9f3ac1d0"
RELEASE = Release(ID, SHA, {"server": ReleasedTarget(SHA)}, summary={"rows_added": 1})
ENTRY = Entry(1, None, "publish", "live", ID, SHA, None, "ari", datetime(2026, 11, 23, tzinfo=UTC)).sealed()


@given(
    author=st.text(st.characters(exclude_categories=["Cs"])),
    message=st.text(st.characters(exclude_categories=["Cs"])),
    number=st.integers(1, 10**7),
    time=st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1)),
    allowed=st.lists(
        st.builds(Allowance, st.sampled_from(["schema", "yanked"]), st.sampled_from(["", "왜"])), max_size=2
    ),
)
def test_an_entry_reads_back_as_it_was_written(
    author: str, message: str, number: int, time: datetime, allowed: list[Allowance]
) -> None:
    at = time.replace(tzinfo=UTC, microsecond=0)
    entry = replace(ENTRY, author=author, message=message, number=number, time=at, allowed=tuple(allowed)).sealed()
    assert Entry.from_bytes(entry.to_bytes(), place="entry") == entry


def test_a_release_reads_back_as_it_was_written() -> None:
    assert Release.from_bytes(RELEASE.to_bytes(), place="release") == RELEASE


def test_two_entries_alike_have_nonces_of_their_own() -> None:
    assert ENTRY.sealed().nonce != ENTRY.sealed().nonce


@pytest.mark.parametrize("record", [RELEASE, ENTRY])
def test_a_record_with_an_unknown_feature_asks_for_a_newer_gdata(record: Release | Entry) -> None:
    raw = json.loads(record.to_bytes()) | {"features": ["deltas"], "more": 1}
    with pytest.raises(UnknownFormatError, match="deltas"):
        type(record).from_bytes(canonical_json(raw), place="here")


@pytest.mark.parametrize("record", [RELEASE, ENTRY])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"{}", b'"text"', b"[" * 100_000, b"\xff\xfe", b'{"features": 1}'],
)
def test_what_is_no_record_is_damaged(record: Release | Entry, content: bytes) -> None:
    with pytest.raises(DamagedError, match="here is damaged"):
        type(record).from_bytes(content, place="here")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("release", "../../etc/passwd"), ("release", "20269999-991245-9f3ac1d0"),
        ("release", "20261123-091245-00000000"),
        ("build", SHA.upper()), ("build", SHA[:-1]), ("targets", []), ("targets", {"server": {"manifest": "x"}}),
        ("protos", ""), ("protos", "../x"), ("provenance", []), ("summary", None), ("extra", 1),
    ],
)  # fmt: skip
def test_a_release_with_a_wrong_value_is_damaged(name: str, value: object) -> None:
    with pytest.raises(DamagedError, match="here is damaged"):
        Release.from_bytes(canonical_json(json.loads(RELEASE.to_bytes()) | {name: value}), place="here")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", 0), ("number", -1), ("number", True), ("number", 1.0), ("number", "1"), ("prev", ""),
        ("prev", "x" * 64),
        ("action", "delete"), ("channel", "../live"), ("release", "live"), ("record", None), ("base", "x"),
        ("time", "yesterday"), ("time", None), ("time", "2026-11-23T09:12:45+09:00"), ("message", None),
        ("allowed", [{"name": "x"}]), ("allowed", {}), ("nonce", ""), ("nonce", "0" * 64), ("signature", 1),
        ("extra", 1),
    ],
)  # fmt: skip
def test_an_entry_with_a_wrong_value_is_damaged(name: str, value: object) -> None:
    with pytest.raises(DamagedError, match="here is damaged"):
        Entry.from_bytes(canonical_json(json.loads(ENTRY.to_bytes()) | {name: value}), place="here")


def test_other_bytes_of_the_same_json_are_damaged() -> None:
    raw = json.loads(ENTRY.to_bytes())
    for content in (json.dumps(raw).encode(), ENTRY.to_bytes() + b"\n", b'{"author":"eve",' + ENTRY.to_bytes()[1:]):
        with pytest.raises(DamagedError, match="here is damaged"):
            Entry.from_bytes(content, place="here")


ODD: list[Any] = ["\ud800", None, 1, -1, 1.5, [], {}, "../x", "a..b", "", {"\ud800": 1}, 10**30, "x" * 3000, [None]]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a JSON value each part of it stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


@pytest.mark.parametrize("read", [Release.from_bytes, Entry.from_bytes, Manifest.from_bytes])
def test_whatever_stands_in_place_of_a_value_it_is_damaged_by_name(tmp_path: Path, read: Callable[..., Any]) -> None:
    manifest = build(tmp_path, 100)["server"].manifest
    written = {Release: RELEASE, Entry: ENTRY, Manifest: manifest}[read.__self__].to_bytes()  # type: ignore[attr-defined]
    for path in places(json.loads(written)):
        for odd in ODD:
            content = json.loads(written)
            *outer, last = path
            if (holder := reduce(getitem, outer, content))[last] == odd:
                continue
            holder[last] = odd
            for text in (json.dumps(content), json.dumps(content, ensure_ascii=False)):
                with pytest.raises(DamagedError, match="the file"):
                    read(text.encode("utf-8", "surrogatepass"), place="the file")
