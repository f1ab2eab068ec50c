"""Make gdata one file that runs without Python, for the system that this runs on; then try it.

    pip install '.[build]' pyinstaller
    python standalone/make.py --name gdata

It comes out under dist/. Who keeps it next to the project's gdata.bat needs no Python.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
DATA_OF = ("gdata", "grpc_tools", "protovalidate", "tzdata")
"""Packages with files beside their code: catalogues, templates, the well-known .proto files."""
WHOLE = ("gdata", "grpc_tools", "protovalidate", "google.protobuf", "pypinyin")
"""Packages with modules that are imported by a name made while they run."""


def make(name: str) -> Path:
    """Build `dist/NAME`."""
    buf = shutil.which("buf", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    command = [sys.executable, "-m", "PyInstaller", "--onefile", "--noconfirm", "--clean", "--log-level=WARN"]
    command += [f"--name={name.removesuffix('.exe')}", "--copy-metadata=gdata-sheets", "--console"]
    command += [f"--collect-data={one}" for one in DATA_OF]
    command += [f"--collect-submodules={one}" for one in WHOLE]
    command += [f"--add-binary={buf}{os.pathsep}."] if buf else []
    command += ["--exclude-module=tkinter", str(HERE / "start.py")]
    subprocess.run(command, check=True)
    return Path("dist") / name


def try_out(program: Path) -> None:
    """Go the road with it: start a project, build, publish, change nothing, ask the gate."""
    command = str(program.absolute())
    with TemporaryDirectory() as folder:
        for arguments in (
            ["init", "game"],
            ["-C", "game", "build"],
            ["-C", "game", "publish", "--yes", "-q"],
            ["-C", "game", "diff"],
        ):
            subprocess.run([command, *arguments], cwd=folder, check=True)
    subprocess.run([command, "--version"], check=True)


def main() -> None:
    """Make it and try it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="gdata.exe" if sys.platform == "win32" else "gdata")
    program = make(parser.parse_args().name)
    print(f"{program}: {program.stat().st_size / 2**20:.0f} MiB")
    try_out(program)


if __name__ == "__main__":
    main()
