"""Generate code in another language from a bundle's own schema, so that code and data always fit.

    python examples/codegen.py output/client --csharp_out=Assets/Scripts/GameData
    python examples/codegen.py output/server --cpp_out=src/gamedata
    python examples/codegen.py Assets/Data --csharp_out=Assets/Scripts/GameData      (a fetch with --plain-names)

What follows the folder goes to protoc as it is. It has to be on the PATH, in the version that goes with the other
language's protobuf library; so has the plugin of a language that it doesn't know itself (protoc-gen-go).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from gdata.bundles.reader import open_bundle
from gdata.errors import GdataError, UsageError


def generate(folder: Path, arguments: list[str]) -> int:
    """Run protoc over all files of the schema; its exit code. Output folders are made."""
    protoc = shutil.which("protoc")
    if protoc is None:
        raise UsageError("protoc isn't on the PATH", hint="get it from https://protobuf.dev/installation")
    plain = folder / "schema.binpb"
    schema = plain.read_bytes() if plain.exists() else open_bundle(folder).schema()
    for argument in arguments:
        option, _, place = argument.partition("_out=")
        if option.startswith("--"):
            Path(place).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "schema.binpb")
        path.write_bytes(schema)
        files = [file.name for file in FileDescriptorSet.FromString(schema).file]
        # protobuf's own types come with every protobuf library.
        own = [name for name in files if not name.startswith("google/protobuf/")]
        return subprocess.run([protoc, f"--descriptor_set_in={path}", *arguments, *own], check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(generate(Path(sys.argv[1]), sys.argv[2:]))
    except GdataError as error:
        sys.exit(f"{error}\n{error.hint}")
