"""gdata.load from folders: what it gives, and what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gdata
from gdata.errors import DamagedError, LookupFailed, UnknownFormatError, UsageError
from gdata.testing.bundles import Contents, build_bundle, build_output, write_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "google/protobuf/timestamp.proto";
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name = 2;
  int32 category = 3;
  google.protobuf.Timestamp since = 4;
}
message ItemTable { repeated Item rows = 1; }
message Text { string id = 1 [(gdata.field).key = true]; string ko = 2; }
message TextTable { map<string, Text> rows = 1; }
message Drop { int32 item_id = 1; }
message DropTable { repeated Drop rows = 1; }
message Constants { int32 max_level = 1; }
message release { int32 number = 1; }
"""
TABLES = {
    "ItemTable": [
        {"id": 1002, "name": "shield", "category": 3},
        {"id": 1001, "name": "sword", "category": 1, "since": {"seconds": 60}},
    ],
    "TextTable": {"b.name": {"id": "b.name", "ko": "방패"}, "a.name": {"id": "a.name", "ko": "검"}},
    "DropTable": [{"item_id": 1001}],
    "Constants": {"max_level": 60},
    "release": {"number": 7},
}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return build_output(tmp_path / "output", PROTO, TABLES, targets=("server",))


def test_rows_are_read_by_key_and_in_order(output: Path) -> None:
    data = gdata.load(output)
    assert data.ItemTable[1001].name == "sword"
    assert [item.id for item in data.ItemTable] == [1002, 1001]
    assert [item.id for item in data.ItemTable.where(category=3)] == [1002]
    assert data.ItemTable[1001].since.ToSeconds() == 60


def test_a_map_table_is_read_by_key_in_the_order_of_its_keys(output: Path) -> None:
    texts = gdata.load(output).TextTable
    assert texts["a.name"].ko == "검"
    assert [text.id for text in texts] == ["a.name", "b.name"]
    assert [text.id for text in texts.rows[:1]] == ["a.name"]
    assert "c.name" not in texts
    assert len(texts) == 2  # asking for a missing key didn't make it


def test_a_vertical_table_is_its_record(output: Path) -> None:
    assert gdata.load(output).Constants.max_level == 60


def test_a_table_with_a_name_of_ours_is_an_item(output: Path) -> None:
    data = gdata.load(output)
    assert data.release is None
    assert data["release"].number == 7
    assert "release" in data
    assert "Release" not in data


def test_what_is_loaded_says_what_it_is(output: Path) -> None:
    data = gdata.load(output)
    manifest = json.loads((output / "server" / "manifest.json").read_bytes())
    assert (data.target, data.build, data.release, data.stale) == ("server", manifest["build"], None, False)
    assert data.tables == tuple(sorted(TABLES))
    assert list(data) == sorted(TABLES)
    assert "ItemTable" in dir(data)
    for one in (data, data.snapshot()):
        assert len(dir(one)) == len(set(dir(one)))  # what an editor lists once
    assert repr(data) == f"<server of build {manifest['build'][:12]}: 5 tables>"


def test_a_misspelled_table_gets_the_nearest(output: Path) -> None:
    data = gdata.load(output)
    with pytest.raises(AttributeError, match=r"no table ItemTabel; did you mean ItemTable\?"):
        data.ItemTabel  # noqa: B018
    with pytest.raises(LookupFailed, match="no table Zzz; it has Constants, DropTable, "):
        data["Zzz"]
    assert not hasattr(data, "ItemTabel")
    assert getattr(data, "ItemTabel", None) is None


def test_a_bundles_own_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = build_bundle(tmp_path / "anything", PROTO, TABLES, target="client")
    assert gdata.load(folder).target == "client"
    assert gdata.load(str(folder), target="client").ItemTable[1001].name == "sword"
    with pytest.raises(DamagedError, match="holds the bundle of the target client, not of server"):
        gdata.load(folder, target="server")


def test_of_several_targets_one_is_named(tmp_path: Path) -> None:
    output = build_output(tmp_path / "output", PROTO, TABLES, targets=("server", "client"))
    assert gdata.load(output, target="client").target == "client"
    assert gdata.load(output / "client").target == "client"
    with pytest.raises(UsageError, match="holds several targets: client, server"):
        gdata.load(output)
    with pytest.raises(UsageError, match="has no target clinet") as caught:
        gdata.load(output, target="clinet")
    assert caught.value.hint == "did you mean client? it has client, server"


def test_a_bundle_in_the_folder_of_another_target_is_refused(tmp_path: Path) -> None:
    output = build_output(tmp_path / "output", PROTO, TABLES, targets=("server", "client"))
    shutil.rmtree(output / "server")
    (output / "client").rename(output / "server")
    for target in ("server", None):
        with pytest.raises(DamagedError, match="holds the bundle of the target client, not of server"):
            gdata.load(output, target=target)


@pytest.mark.parametrize("target", ["../other", "..", "a/b", ""])
def test_a_target_never_leads_out_of_the_folder(output: Path, target: str) -> None:
    build_bundle(output.parent / "other", PROTO, TABLES)
    with pytest.raises(UsageError, match="has no target"):
        gdata.load(output, target=target)


def test_a_missing_or_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder") as caught:
        gdata.load(tmp_path / "nowhere")
    assert "gdata build" in caught.value.hint
    with pytest.raises(UsageError, match="no bundle here"):
        gdata.load(tmp_path)


def test_a_folder_with_plain_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ItemTable.binpb").write_bytes(b"")
    with pytest.raises(UsageError, match="plain names") as caught:
        gdata.load(tmp_path)
    assert "without --plain-names" in caught.value.hint


def test_a_lost_manifest_is_told_and_nothing_of_plain_names(output: Path) -> None:
    (output / "server" / "manifest.json").unlink()
    with pytest.raises(DamagedError, match=r"server: manifest\.json is missing"):
        gdata.load(output / "server")


def test_each_file_is_verified_before_load_returns(output: Path) -> None:
    for path in sorted((output / "server").iterdir()):
        content = path.read_bytes()
        if not content:
            continue
        path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:] if len(content) > 1 else b"!")
        with pytest.raises(DamagedError):
            gdata.load(output)
        path.write_bytes(content + b"\n")
        if path.suffix == ".binpb":
            with pytest.raises(DamagedError):
                gdata.load(output)
        path.unlink()
        with pytest.raises((DamagedError, UsageError)):
            gdata.load(output)
        path.write_bytes(content)
    gdata.load(output, eager=True)


def test_a_table_file_of_another_build_is_refused(tmp_path: Path) -> None:
    old = build_bundle(tmp_path / "old", PROTO, TABLES)
    new = build_bundle(tmp_path / "new", PROTO, TABLES | {"Constants": {"max_level": 61}})
    path = next(new.glob("Constants-*"))
    path.write_bytes(next(old.glob("Constants-*")).read_bytes())
    with pytest.raises(DamagedError, match=r"Constants-[0-9a-f]{12}\.binpb is damaged"):
        gdata.load(new)


def test_a_manifest_of_a_newer_format_is_refused(output: Path) -> None:
    path = output / "server" / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for changed in ({"format": 2}, {"features": ["hologram"]}):
        path.write_text(json.dumps(manifest | changed))
        with pytest.raises(UnknownFormatError, match="newer than this gdata"):
            gdata.load(output)


def test_a_table_in_parts_is_read_as_one(tmp_path: Path) -> None:
    rows = [{"id": number, "category": number % 3} for number in range(10)]
    write_output(tmp_path, {"server": Contents(PROTO, {"ItemTable": rows}, parts=3)})
    data = gdata.load(tmp_path)
    assert [item.id for item in data.ItemTable] == list(range(10))
    assert len(list((tmp_path / "server").glob("ItemTable-*"))) == 3


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    build_bundle(tmp_path, PROTO, {"ItemTable": [], "TextTable": {}, "Constants": {}})
    data = gdata.load(tmp_path, eager=True)
    assert list(data.ItemTable) == list(data.TextTable) == []
    assert data.Constants.max_level == 0


def test_a_store_needs_a_channel_or_a_release(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    for place in (tmp_path, "s3://bucket/game"):
        with pytest.raises(UsageError, match="is a store of releases") as caught:
            gdata.load(place)
        assert 'channel="live"' in caught.value.hint
    with pytest.raises(UsageError, match="exclude each other"):
        gdata.load(tmp_path, channel="live", release="20261123-091245-9f3ac1d0")


def test_loading_a_folder_imports_nothing_heavy(output: Path) -> None:
    heavy = "click rich gspread google.auth fsspec cryptography yaml deepdiff protovalidate grpc_tools jinja2 requests"
    script = f"""
import sys, gdata
bare = set(sys.modules)
data = gdata.load({str(output)!r}, eager=True)
assert data.ItemTable[1001].name == "sword" and data.ItemTable.where(category=3)
print(",".join(name for name in "{heavy}".split() if name in sys.modules))
print(",".join(name for name in bare if name.startswith("google.protobuf") or name.startswith("gdata.r")))
print(gdata.__version__ != "", dir(gdata))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "", "True ['__version__', 'errors', 'load']"]
