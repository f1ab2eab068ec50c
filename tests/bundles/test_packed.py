"""Tables packed with zstd: the same values in fewer bytes, and nothing that isn't what the manifest says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import run_gdata
from hypothesis import given
from hypothesis import strategies as st

import gdata
from gdata.bundles.manifest import canonical_json, sha256
from gdata.bundles.packed import pack, unpack
from gdata.bundles.reader import open_bundle
from gdata.errors import DamagedError

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message ItemTable { repeated Item rows = 1; }
message EmptyTable { repeated Item rows = 1; }
"""
SHEETS = """
version: 1
spreadsheets:
  items: {path: sheets, sheets: {Item: game.ItemTable, Empty: game.EmptyTable}}
targets:
  server: {}
  phone: {compress: zstd}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    for name, text in {
        "sheets.yaml": SHEETS,
        "protos/game.proto": PROTO,
        "sheets/Item.csv": "id,name\n" + "".join(f"{number},a sword of steel\n" for number in range(500)),
        "sheets/Empty.csv": "id,name\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    run_gdata("build", "-q", cwd=folder)
    return folder


def test_a_packed_target_has_the_same_rows_in_fewer_bytes(project: Path) -> None:
    server, phone = (open_bundle(project / "output" / target).manifest for target in ("server", "phone"))
    assert (server.features, phone.features) == ((), ("zstd",))
    (part,) = phone.tables["ItemTable"].parts
    assert part.unpacked == server.tables["ItemTable"].parts[0].size > 5 * part.size
    assert phone.tables["ItemTable"].size == server.tables["ItemTable"].size
    assert part.file.endswith(".zst")
    data = gdata.load(project / "output", target="phone")
    assert [row.name for row in data.ItemTable] == ["a sword of steel"] * 500
    assert len(data.EmptyTable) == 0
    shown = run_gdata("show", "ItemTable", "499", "--target", "phone", "--format", "json", cwd=project).json
    assert shown[0]["name"] == "a sword of steel"


def test_it_is_built_again_diffed_published_and_fetched(project: Path, tmp_path: Path) -> None:
    before = (project / "output" / "phone" / "manifest.json").read_bytes()
    run_gdata("build", "-q", cwd=project)
    assert (project / "output" / "phone" / "manifest.json").read_bytes() == before
    run_gdata("publish", "-q", "--yes", "--channel", "live", cwd=project)
    run_gdata("diff", "live", "--exit-code", cwd=project)
    run_gdata("verify", "live", cwd=project)
    for _ in range(2):
        run_gdata("fetch", "live", "--target", "phone", "--into", tmp_path / "plain", "--plain-names", cwd=project)
    plain = tmp_path / "plain" / "ItemTable.binpb"
    assert plain.read_bytes() == open_bundle(project / "output" / "server").table("ItemTable")
    run_gdata("fetch", "live", "--target", "phone", "--into", tmp_path / "bundle", cwd=project)
    assert len(gdata.load(tmp_path / "bundle").ItemTable) == 500


@pytest.mark.parametrize("size", [0, 1, 1 << 40])
def test_a_size_that_the_file_does_not_have_is_refused(project: Path, tmp_path: Path, size: int) -> None:
    folder = shutil.copytree(project / "output" / "phone", tmp_path / "phone")
    _change_part(folder, unpacked=size)
    with pytest.raises(DamagedError, match="can't be unpacked to"):
        gdata.load(folder)


def test_a_file_that_is_not_packed_is_refused(project: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(project / "output" / "phone", tmp_path / "phone")
    (folder / "ItemTable-000000000000.zst").write_bytes(b"plain")
    _change_part(folder, file="ItemTable-000000000000.zst", sha256=sha256(b"plain"), size=5)
    with pytest.raises(DamagedError, match=r"ItemTable-000000000000\.zst: can't be unpacked"):
        gdata.load(folder)


def _change_part(folder: Path, **values: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["tables"]["ItemTable"]["parts"][0].update(values)
    content = {name: value for name, value in manifest.items() if name not in ("bundle", "build")}
    manifest["bundle"] = sha256(canonical_json(content))
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_no_other_packing_is_known(project: Path, tmp_path: Path) -> None:
    (tmp_path / "sheets.yaml").write_text(SHEETS.replace("compress: zstd", "compress: gzip"))
    assert "zstd" in run_gdata("check", cwd=tmp_path, code=2).err


@given(st.binary())
def test_what_was_packed_comes_out(content: bytes) -> None:
    assert unpack(pack(content), len(content), place="") == content


def test_the_same_table_has_the_same_bytes_on_every_machine() -> None:
    """Of libzstd 1.5.7, in zstandard 0.25; where this changes, ids of packed bundles change with the upgrade."""
    assert sha256(pack(b"a sword of steel" * 100))[:12] == "de61a72edd0a"
