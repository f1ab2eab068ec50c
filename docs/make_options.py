"""Write gdata/options_pb2.py, which code generated from users' .proto files imports, from options.proto.

    python docs/make_options.py

protoc's own output refuses every protobuf that is older than protoc. What it does works with all from 6.33 on, so the
check is left out: a server's protobuf is the server's choice.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
MADE = ROOT / "gdata" / "options_pb2.py"


def content() -> str:
    """The text of the module."""
    with TemporaryDirectory() as folder:
        protoc = [sys.executable, "-m", "grpc_tools.protoc", "-I", "gdata/protos", f"--python_out={folder}"]
        subprocess.run([*protoc, "gdata/options.proto"], cwd=ROOT, check=True)
        text = (Path(folder) / "gdata" / "options_pb2.py").read_text(encoding="utf-8")
    text = re.sub(r"^_runtime_version\.Validate.*?^\)\n", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(
        r"^(from google.protobuf import runtime_version|# Protobuf Python Version).*\n", "", text, flags=re.MULTILINE
    )


if __name__ == "__main__":
    MADE.write_text(content(), encoding="utf-8")
