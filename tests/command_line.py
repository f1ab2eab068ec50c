"""Run the installed `gdata` command in tests, as its users do."""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

ROOT = Path(__file__).parent.parent
GDATA = Path(sys.executable).with_name("gdata.exe" if sys.platform == "win32" else "gdata")
_SECONDS = 120
_AT_START = dict(os.environ)


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


def _run(command: list[str], cwd: Path, environment: dict[str, str]) -> Ran:
    if sys.platform == "linux" and _at_start(environment) == _at_start(_AT_START):
        return _forks().run(command, cwd, environment)
    ran = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What Python reads before it runs anything."""
    names = re.compile("PYTHON|LC_|LANG$|LD_")
    return {name: value for name, value in environment.items() if names.match(name)}


class _Forks:
    """The other side of fork_server.py."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), str(theirs.fileno())]
            self._server = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=_AT_START, cwd=ROOT, stdin=subprocess.DEVNULL
            )

    def run(self, command: list[str], cwd: Path, environment: dict[str, str]) -> Ran:
        request = {"command": command, "cwd": str(cwd), "environment": environment, "seconds": _SECONDS}
        with Path(os.devnull).open("rb") as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            answer, theirs = os.pipe()
            with open(answer, "rb") as code:  # noqa: PTH123 - a file that is open already
                streams = [stdin.fileno(), stdout.fileno(), stderr.fileno(), theirs]
                socket.send_fds(self._requests, [json.dumps(request).encode()], streams)
                os.close(theirs)
                ended = code.read()
            out, err = (_text(stream) for stream in (stdout, stderr))
        assert ended, f"{command} ended without an exit code\n{out}\n{err}"
        return Ran(int(ended), out, err)

    def close(self) -> None:
        self._requests.close()
        self._server.wait(_SECONDS)


def _text(stream: IO[bytes]) -> str:
    """All that was written to it, with line ends as subprocess gives them."""
    stream.seek(0)
    return io.TextIOWrapper(stream, "utf-8").read()


@functools.cache
def _forks() -> _Forks:
    forks = _Forks()
    atexit.register(forks.close)
    return forks
