"""Run the installed `gdata` command in tests, as its users do."""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from secrets import randbelow
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from forked import SECONDS, run_forked

ROOT = Path(__file__).parent.parent
GDATA = Path(sys.executable).with_name("gdata.exe" if sys.platform == "win32" else "gdata")
_HERE = Path(__file__).parent
_AT_START = dict(os.environ)
_SEEDS = [_AT_START["PYTHONHASHSEED"]] if "PYTHONHASHSEED" in _AT_START else [str(randbelow(1 << 32)) for _ in range(2)]
"""Commands run in turn with each: texts stand in a set or a dict's keys in another order, and no result may tell."""
_turns = cycle(_SEEDS)


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
    command = [str(GDATA), *map(str, arguments)]
    ran = _run(command, cwd, {**os.environ, "COLUMNS": "120", **environment})
    assert "Traceback" not in ran.err, ran.err
    if code is not None:
        assert ran.code == code, f"exit {ran.code}\n{ran.out}\n{ran.err}"
    return ran


def quick_gdata(folder: Path) -> None:
    """Put a `gdata` for shells into a folder, which starts as run_gdata does."""
    script = f'#!/bin/sh\nexec "{sys.executable}" -IS "{_HERE / "forked.py"}" "{_fork_server(_SEEDS[0])}" "$@"\n'
    program = folder / "gdata"
    program.write_text(script if sys.platform == "linux" else f'#!/bin/sh\nexec "{GDATA}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)


def _run(command: list[str], cwd: Path, environment: dict[str, str]) -> Ran:
    if sys.platform == "linux" and _at_start(environment) == _at_start(_AT_START):
        return _run_forked(command, cwd, environment)
    ran = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python reads before it runs anything."""
    names = re.compile("PYTHON|LC_|LANG$|LD_")
    return {name: value for name, value in environment.items() if names.match(name)}


def _run_forked(command: list[str], cwd: Path, environment: dict[str, str]) -> Ran:
    seed = next(_turns)
    print(f"PYTHONHASHSEED={seed} {shlex.join(command)}")  # which pytest shows where a test fails
    with Path(os.devnull).open("rb") as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
        streams = [stdin.fileno(), stdout.fileno(), stderr.fileno()]
        code = run_forked(_fork_server(seed), command, str(cwd), environment, streams)
        out, err = _text(stdout), _text(stderr)
    assert code is not None, f"{command} ended without an exit code\n{out}\n{err}"
    return Ran(code, out, err)


def _text(stream: IO[bytes]) -> str:
    """All that was written to it, with line ends as subprocess gives them."""
    stream.seek(0)
    return io.TextIOWrapper(stream, "utf-8").read()


@functools.cache
def _fork_server(seed: str) -> str:
    """Where the server of this process with a hash seed listens, which ends with it."""
    folder = TemporaryDirectory(prefix="gdata-forks-")
    address = str(Path(folder.name, "socket"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(address)
        listening.listen()
        command = [sys.executable, str(_HERE / "fork_server.py"), str(listening.fileno())]
        server = subprocess.Popen(
            command,
            pass_fds=[listening.fileno()],
            env=_AT_START | {"PYTHONHASHSEED": seed},
            cwd=ROOT,
            stdin=subprocess.PIPE,
        )

    def end() -> None:
        server.communicate(timeout=SECONDS)
        folder.cleanup()

    atexit.register(end)
    return address
