"""How a driver is made of generated code; where its language's toolchain isn't installed, the test says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

DRIVERS = Path(__file__).parent / "drivers"
GO_LIBRARIES = Path("/usr/share/gocode")


def need(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} on the PATH")


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def python(code: Path) -> list[str]:
    shutil.copy(DRIVERS / "driver.py", code)
    return [sys.executable, str(code / "driver.py")]


def go(code: Path) -> list[str]:
    """Go 1.18 or later; its libraries as Debian has them, or by the Go proxy."""
    need("go", "protoc-gen-go")
    root = code.parent / "gopath"
    package = root / "src" / "example.com" / "game" / "gamedata"
    shutil.copytree(code, package)
    driver = root / "src" / "driver"
    driver.mkdir()
    shutil.copy(DRIVERS / "driver.go", driver / "main.go")
    if not (GO_LIBRARIES / "src" / "google.golang.org" / "protobuf").is_dir():
        pytest.skip("needs golang-google-protobuf-dev")
    paths = f"{root}:{GO_LIBRARIES}"
    run(["go", "vet", "example.com/game/gamedata"], root, GO111MODULE="off", GOPATH=paths, GOFLAGS="")
    run(["go", "build", "-o", root / "run", "driver"], root, GO111MODULE="off", GOPATH=paths, GOFLAGS="")
    return [str(root / "run")]


MAKERS: Mapping[str, Callable[[Path], list[str]]] = {"go": go, "python": python}
"""Of each language: from the folder with its generated code to the command that answers."""
