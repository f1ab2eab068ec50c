"""What whole-program tests share: a copy of the sample game, and the installed command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
GDATA = Path(sys.executable).with_name("gdata.exe" if sys.platform == "win32" else "gdata")


@dataclass(frozen=True)
class Ran:
    """One run of the command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)


def run_gdata(*arguments: object, cwd: Path, code: int | None = 0, **environment: str) -> Ran:
    """Run the installed `gdata` in `cwd`; with `code`, that must be its exit code."""
    assert GDATA.exists(), "install the project first: pip install -e '.[dev]'"
    ran = subprocess.run(
        [str(GDATA), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "120", **environment},
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    if code is not None:
        assert ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A copy of the sample game, nothing built yet."""
    folder = tmp_path / "game"
    folder.mkdir()
    for name in ("protos", "sheets", "checks"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "sheets.yaml", folder)
    return folder


@pytest.fixture
def edit_csv() -> Callable[..., None]:
    """Replace a text in a file, which must be there exactly once."""

    def edit(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8-sig")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit
