"""What docs/clients.md says of libraries for which no code is generated, tried with the libraries themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, run_gdata
from toolchains import CLIENT, need, run

from gdata.testing.bundles import compile_protos

sys.path.insert(0, str(ROOT / "tests" / "docs"))
from doc_blocks import Block, parts_of

pytestmark = pytest.mark.clients
PHP = Path("/usr/share/php")
PROTOBUFJS = """
const pb = require("protobufjs");
const root = pb.parse(`syntax = "proto2"; package game;
  enum E { A = 0; B = 1; }
  message M { optional int64 big = 1; map<int64, string> m = 2; optional E e = 3; repeated E es = 4; }`).root;
const M = root.lookupType("game.M");
const m = M.decode(Uint8Array.from([8, 129, 128, 128, 128, 128, 128, 128, 16, 18, 5, 8, 7, 18, 1, 120, 24, 7, 32, 7, 32, 1]));
console.log([typeof m.big, m.big.toString(), Object.keys(m.m)[0].length, m.e, m.es.join()].join(" "));
"""  # noqa: E501
PROTO = """
syntax = "proto3";
package game;
message List { uint64 big = 1; }
"""
PHP_PROGRAM = """<?php
set_include_path("/usr/share/php" . PATH_SEPARATOR . __DIR__);
spl_autoload_register(function ($name) { include str_replace("\\\\", "/", $name) . ".php"; });
$list = new Game\\PBList();
$list->mergeFromString("\\x08\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x01");
echo $list->getBig(), "\\n";
"""


def test_protobufjs_hashes_keys_and_drops_what_closed_enums_do_not_declare(tmp_path: Path) -> None:
    need("node")
    modules = Path(os.environ.get("GDATA_NODE_MODULES", CLIENT / "node_modules"))
    if not (modules / "protobufjs").is_dir():
        pytest.skip("needs protobufjs in GDATA_NODE_MODULES")
    out = run(["node", "-e", PROTOBUFJS], tmp_path, NODE_PATH=str(modules))
    assert out == "object 9007199254740993 8 0 1\n"


def test_php_has_signs_and_words_of_its_own(tmp_path: Path) -> None:
    need("php", "protoc")
    if not (PHP / "Google" / "Protobuf").is_dir():
        pytest.skip("needs php-google-protobuf")
    (tmp_path / "schema.binpb").write_bytes(compile_protos(PROTO))
    run(["protoc", "--descriptor_set_in=schema.binpb", "--php_out=.", "game.proto"], tmp_path)
    (tmp_path / "run.php").write_text(PHP_PROGRAM)
    assert run(["php", "run.php"], tmp_path) == "-1\n"


def test_protoc_calls_files_of_other_scripts_by_nothing(tmp_path: Path) -> None:
    need("protoc")
    (tmp_path / "schema.binpb").write_bytes(compile_protos({"아이템.proto": PROTO}))
    for language, name in (("csharp", ".cs"), ("java", "game/.java")):
        run(["protoc", "--descriptor_set_in=schema.binpb", f"--{language}_out=.", "아이템.proto"], tmp_path)
        assert (tmp_path / name).exists()


def test_protoc_gen_go_and_mcs_make_way_for_names(tmp_path: Path) -> None:
    need("protoc")
    fields = "int32 system = 1; string descriptor = 2; int32 types = 3;"
    proto = f'syntax = "proto3"; package game; message System {{ {fields} }}'
    (tmp_path / "schema.binpb").write_bytes(compile_protos(proto))
    run(["protoc", "--descriptor_set_in=schema.binpb", "--csharp_out=.", "game.proto"], tmp_path)
    code = (tmp_path / "Game.cs").read_text(encoding="utf-8")
    assert all(f" {name}_ {{" in code for name in ("System", "Descriptor", "Types"))
    need("protoc-gen-go")
    options = ["--go_out=.", "--go_opt=Mgame.proto=x/game;game"]
    run(["protoc", "--descriptor_set_in=schema.binpb", *options, "game.proto"], tmp_path)
    code = (tmp_path / "x" / "game" / "game.pb.go").read_text(encoding="utf-8")
    assert "Descriptor_ " in code
    assert subprocess.run(["gofmt", "-l", "x"], cwd=tmp_path, check=False, capture_output=True).stdout == b""


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample game's client data, as docs/recipes/other-clients.md tells to fetch it."""
    folder = tmp_path_factory.mktemp("sample")
    for name in ("protos", "sheets", "checks", "metrics"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / "game" / name)
    shutil.copy(ROOT / "sheets.yaml", folder / "game")
    run_gdata("build", "-q", cwd=folder / "game")
    run_gdata("publish", "-q", "--yes", "--channel", "dev", cwd=folder / "game")
    call = ("fetch", "dev", "--target", "client", "--store", folder / "game" / "releases", "--into", "data")
    run_gdata(*call, "--plain-names", "--protos", "client-protos", cwd=folder)
    return folder


def block(language: str) -> str:
    """The recipe's code in a language."""
    page = ROOT / "docs" / "recipes" / "other-clients.md"
    (found,) = [part for part in parts_of(page) if isinstance(part, Block) and part.language == language]
    return found.code


def test_the_recipe_for_cocos_reads_the_sample(fetched: Path) -> None:
    need("node")
    modules = Path(os.environ.get("GDATA_NODE_MODULES", CLIENT / "node_modules"))
    if not (modules / "protobufjs").is_dir():
        pytest.skip("needs protobufjs in GDATA_NODE_MODULES")
    assert run(["node", "-e", block("js")], fetched, NODE_PATH=str(modules)).split()[1] == "1001"


def test_the_recipe_for_php_reads_the_sample(fetched: Path) -> None:
    need("php", "protoc")
    if not (PHP / "Google" / "Protobuf").is_dir():
        pytest.skip("needs php-google-protobuf")
    (fetched / "gamedata").mkdir()
    protos = [path.relative_to(fetched / "client-protos") for path in (fetched / "client-protos").rglob("*.proto")]
    run(["protoc", "-Iclient-protos", "--php_out=gamedata", *map(str, protos)], fetched)
    (fetched / "run.php").write_text(block("php"), encoding="utf-8")
    out = run(["php", "-d", "include_path=/usr/share/php:gamedata", "run.php"], fetched)
    assert out.split()[1] == "1001"
