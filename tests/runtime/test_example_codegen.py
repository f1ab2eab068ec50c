"""examples/codegen.py hands a bundle's own schema to protoc, whole or fetched under plain names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gdata.bundles.reader import open_bundle
from gdata.testing.bundles import build_bundle

CODEGEN = Path(__file__).parents[2] / "examples" / "codegen.py"
PROTOS = {
    "game/item.proto": """
        syntax = "proto3";
        package game;
        option csharp_namespace = "Game.Data";
        import "google/protobuf/timestamp.proto";
        message Item { int32 id = 1; google.protobuf.Timestamp since = 2; }
        message ItemTable { repeated Item rows = 1; }
    """
}


def generate(*arguments: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PATH": path} if path is not None else {})
    command = [sys.executable, CODEGEN, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)


@pytest.mark.skipif(shutil.which("protoc") is None, reason="protoc isn't on the PATH")
def test_code_is_generated_from_the_bundles_schema(tmp_path: Path) -> None:
    bundle = build_bundle(tmp_path / "client", PROTOS, {"ItemTable": []})
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "schema.binpb").write_bytes(open_bundle(bundle).schema())
    for number, folder in enumerate((bundle, plain)):
        out = tmp_path / f"generated{number}"
        done = generate(folder, f"--csharp_out={out}", f"--cpp_out={out}")
        assert (done.returncode, done.stderr) == (0, "")
        names = [path.relative_to(out).as_posix() for path in sorted(out.rglob("*")) if path.is_file()]
        assert names == ["Item.cs", "game/item.pb.cc", "game/item.pb.h"]
        assert "namespace Game.Data" in (out / "Item.cs").read_text()


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    assert "python examples/codegen.py output/client" in generate().stderr
    assert "protoc isn't on the PATH" in generate(tmp_path, f"--cpp_out={tmp_path}", path=str(tmp_path)).stderr
    if shutil.which("protoc"):
        assert "no bundle here" in generate(tmp_path, f"--cpp_out={tmp_path}").stderr
