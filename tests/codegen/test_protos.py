"""`gdata fetch --protos`: .proto text that every client takes, and that reads the same bytes to the same values."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run_gdata
from conformance_cases import Cases
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.reader import open_bundle
from gdata.codegen.protos import proto_texts
from gdata.proto.descriptors import pool_of
from gdata.testing.bundles import compile_protos

OLD = """
syntax = "proto2";
package game;
enum Kind { KIND_A = 1; KIND_B = 2; }
message Need { required int32 id = 1; optional string name = 2 [default = "a\\"b"]; optional Kind kind = 3 [default = KIND_B]; repeated group Part = 4 { optional int32 x = 1; } }
"""  # noqa: E501
PLAIN = """
syntax = "proto2";
package game;
enum Kind { KIND_A = 0; KIND_B = 2; }
message Item { optional int32 id = 1; repeated Kind kinds = 2; }
"""
EDITION = """
edition = "2023";
package game;
import "other.proto";
option features.field_presence = IMPLICIT;
message Row { int32 id = 1; int32 set = 2 [features.field_presence = EXPLICIT]; Closed closed = 3 [features.field_presence = EXPLICIT]; oneof one { int32 a = 4; string b = 5; } }
"""  # noqa: E501
OTHER = 'edition = "2023"; package game; enum Closed { option features.enum_type = CLOSED; CLOSED_ONE = 1; }'


@pytest.fixture(scope="module", autouse=True)
def published(cases: Cases) -> None:
    run_gdata("publish", "-q", "--yes", "--channel", "live", cwd=cases.project)


def compiled(folder: Path, *names: str) -> FileDescriptorSet:
    """What protoc, with nothing of ours to import, makes of the texts."""
    out = folder / "out.binpb"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--descriptor_set_out={out}"]
    done = subprocess.run([*command, "--include_imports", *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return FileDescriptorSet.FromString(out.read_bytes())


@pytest.mark.parametrize("plain", [False, True])
def test_the_texts_read_the_same_values(cases: Cases, tmp_path: Path, plain: bool) -> None:
    names = ["--plain-names"] if plain else []
    call = ("fetch", "live", "--target", "client", "--into", "data", "--protos", "protos", *names)
    for _ in range(2):
        run_gdata(*call, "--store", cases.project / "releases", cwd=tmp_path)
    folder = tmp_path / "protos"
    text = (folder / "game" / "tables.proto").read_text(encoding="utf-8")
    assert 'syntax = "proto3";' in text and "gdata" not in text.partition("\n")[2] and "option " not in text
    pool = pool_of(compiled(folder, "game/tables.proto", "game/shared.proto"))
    for name in ("ItemTable", "ScalarTable", "FlagTable"):
        table = GetMessageClass(pool.FindMessageTypeByName(f"game.{name}"))()
        table.ParseFromString(open_bundle(cases.good).table(name))
        options = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
        rows = [MessageToDict(row, **options) for row in table.rows]
        assert json.loads(json.dumps(rows)) == cases.shown[name]


def test_a_schema_of_the_projects_own_is_never_replaced(cases: Cases) -> None:
    own = (cases.project / "protos" / "game" / "tables.proto").read_bytes()
    call = ("fetch", "live", "--target", "client", "--into", "fetched", "--protos", "protos")
    done = run_gdata(*call, cwd=cases.project, code=2)
    assert "is a .proto file of your own" in done.err
    assert (cases.project / "protos" / "game" / "tables.proto").read_bytes() == own


def test_what_proto3_cannot_say_is_proto2_and_told(tmp_path: Path) -> None:
    protos = {"need.proto": OLD.replace("Kind", "Sort").replace("KIND", "SORT"), "plain.proto": PLAIN}
    protos |= {"row.proto": EDITION, "other.proto": OTHER}
    made = proto_texts(compile_protos(protos))
    assert {name: text.splitlines()[1] for name, text in made.texts.items()} == {
        "need.proto": 'syntax = "proto2";',
        "other.proto": 'syntax = "proto2";',
        "plain.proto": 'syntax = "proto3";',
        "row.proto": 'syntax = "proto2";',
    }
    assert sorted(map(str, made.notes)) == [
        "need.proto is proto2: the first value of game.Sort isn't 0",
        "other.proto is proto2: the first value of game.Closed isn't 0",
        "row.proto is proto2: it uses other.proto",
    ]
    for name, text in made.texts.items():
        (tmp_path / name).write_text(text)
    pool = pool_of(compiled(tmp_path, *made.texts))
    need = pool.FindMessageTypeByName("game.Need")
    assert need.fields_by_name["name"].default_value == 'a"b'
    assert need.fields_by_name["kind"].default_value == 2
    assert need.fields_by_name["id"].is_required
    assert [field.has_presence for field in pool.FindMessageTypeByName("game.Item").fields] == [True, False]


def test_a_client_is_told_which_files_it_lacks(cases: Cases, tmp_path: Path) -> None:
    store = cases.project / "releases"
    call = ("fetch", "live", "--target", "client", "--store", store)
    run_gdata(*call, "--into", tmp_path / "old", cwd=tmp_path)
    manifest = tmp_path / "old" / "manifest.json"
    same = run_gdata(*call, "--from-manifest", manifest, "--format", "json", cwd=tmp_path).json
    assert (same["files"], same["removed"], same["moved"]) == ([], [], {"files": 0, "bytes": 0})
    told = run_gdata(*call, "--from-manifest", cases.next / "manifest.json", "--format", "json", cwd=tmp_path).json
    assert [entry["file"].partition("-")[0] for entry in told["files"]] == ["ItemTable"]
    assert [name.partition("-")[0] for name in told["removed"]] == ["ItemTable"]
    assert told["whole"]["files"] == 10 and told["moved"]["files"] == 1
    text = run_gdata(*call, "--from-manifest", cases.next / "manifest.json", cwd=tmp_path)
    assert text.out == told["files"][0]["file"] + "\n"
    assert "1 of 10 files" in text.err


def test_what_cannot_be_told_is_refused(cases: Cases, tmp_path: Path) -> None:
    store = cases.project / "releases"
    call = ("fetch", "live", "--target", "client", "--store", store)
    assert "--into is missing" in run_gdata(*call, cwd=tmp_path, code=2).err
    other = cases.project / "output" / "other" / "manifest.json"
    assert "target other" in run_gdata(*call, "--from-manifest", other, cwd=tmp_path, code=2).err
    assert "writes nothing" in run_gdata(*call, "--from-manifest", other, "--into", "x", cwd=tmp_path, code=2).err
    (tmp_path / "bad.json").write_text("{")
    assert "manifest" in run_gdata(*call, "--from-manifest", tmp_path / "bad.json", cwd=tmp_path, code=1).err


def test_a_fetched_bundle_says_which_release_it_is(cases: Cases, tmp_path: Path) -> None:
    store = cases.project / "releases"
    run_gdata("fetch", "live", "--target", "client", "--store", store, "--into", "data", cwd=tmp_path)
    named = json.loads((tmp_path / "data" / "release.json").read_bytes())
    assert named["bundle"] == open_bundle(tmp_path / "data").manifest.bundle
    assert (store / "releases" / f"{named['release']}.json").exists()
