"""Laws of loading: what was encoded is what is loaded, and a bundle with any byte changed is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_data import build

import gdata
from gdata.errors import DamagedError
from gdata.testing.bundles import build_bundle

PROTO = """
syntax = "proto3";
package game;
message Row { int64 id = 1; string name = 2; repeated float rates = 3; bytes raw = 4; optional bool sold = 5; }
message RowTable { repeated Row rows = 1; }
message MapTable { map<string, Row> rows = 1; }
"""
ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(-(2**63), 2**63 - 1), "name": st.text(max_size=8)},
        optional={
            "rates": st.lists(st.floats(width=32, allow_nan=False), max_size=3),
            "raw": st.binary(max_size=8),
            "sold": st.booleans(),
        },
    ),
    max_size=12,
    unique_by=lambda row: row["id"],
)


@settings(max_examples=60)
@given(rows=ROWS)
def test_what_was_encoded_is_what_is_loaded(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    by_name = {row["name"]: row for row in rows}
    tables = {"RowTable": rows, "MapTable": by_name}
    folder = build_bundle(
        tmp_path_factory.mktemp("law"), PROTO, tables, keys={"RowTable": ("id",), "MapTable": ("name",)}
    )
    data = gdata.load(folder)
    assert [row.id for row in data.RowTable] == [row["id"] for row in rows]
    assert [row.name for row in data.MapTable] == sorted(by_name)
    for row in rows:
        loaded = data.RowTable[row["id"]]
        assert (loaded.name, loaded.raw, list(loaded.rates)) == (row["name"], row.get("raw", b""), row.get("rates", []))
        assert loaded.HasField("sold") is ("sold" in row)
        assert loaded in data.RowTable.where(name=row["name"], sold=row.get("sold"))
        assert data.MapTable[row["name"]].id == by_name[row["name"]]["id"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("damage"), 1) / "server"


@settings(max_examples=300)
@given(file=st.integers(0, 99), place=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_bundle_with_any_bit_flipped_is_refused(bundle: Path, file: int, place: int, bit: int) -> None:
    paths = sorted(bundle.iterdir())
    path = paths[file % len(paths)]
    content = path.read_bytes()
    at = place % len(content)
    path.write_bytes(content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :])
    try:
        loaded = gdata.load(bundle)
    except DamagedError:
        return
    finally:
        path.write_bytes(content)
    # The build's id is a hash over all targets' bundles, so one bundle by itself can't prove it; a signature can.
    assert path.name == "manifest.json"
    assert loaded.build != gdata.load(bundle).build


@settings(max_examples=60)
@given(file=st.integers(0, 99), keep=st.integers(0, 10**9))
def test_a_bundle_with_a_file_cut_short_is_refused(bundle: Path, file: int, keep: int) -> None:
    paths = sorted(bundle.iterdir())
    path = paths[file % len(paths)]
    content = path.read_bytes()
    path.write_bytes(content[: keep % (len(content) - 1)])  # all but the manifest's last line feed means something
    try:
        with pytest.raises(DamagedError):
            gdata.load(bundle)
    finally:
        path.write_bytes(content)
