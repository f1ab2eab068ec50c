"""Run the installed `gdata` command in tests, as its users do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
