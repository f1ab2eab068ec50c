"""gdata/options_pb2.py is what protoc makes of options.proto: code generated from users' .proto files imports it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from command_line import ROOT

MADE = ROOT / "gdata" / "options_pb2.py"
COMMAND = ("-m", "grpc_tools.protoc", "-I", "gdata/protos")


def descriptors(file: Path) -> str:
    """The line with the descriptors; others tell which protoc it was."""
    (line,) = [line for line in file.read_text("utf-8").splitlines() if "AddSerializedFile" in line]
    return line


def test_it_is_current(tmp_path: Path) -> None:
    subprocess.run([sys.executable, *COMMAND, f"--python_out={tmp_path}", "gdata/options.proto"], cwd=ROOT, check=True)
    current = descriptors(MADE) == descriptors(tmp_path / "gdata" / "options_pb2.py")
    assert current, f"run python {' '.join(COMMAND)} --python_out=. gdata/options.proto"
