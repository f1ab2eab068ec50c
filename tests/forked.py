"""Ask fork_server.py to run a command; also a program by itself, in the place of `gdata` in shells."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence

SECONDS = 120
"""After which a command is ended, without an exit code."""


def run_forked(
    server: str, command: Sequence[str], cwd: str, environment: Mapping[str, str], streams: Sequence[int]
) -> int | None:
    """Run the command in a fork of the server; its exit code, or None where it ended without one."""
    request = {"command": command, "cwd": cwd, "environment": dict(environment), "seconds": SECONDS}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(server)
        socket.send_fds(connection, [json.dumps(request).encode()], streams)
        code = connection.recv(16)
    return int(code) if code else None


if __name__ == "__main__":
    here = os.getcwd()  # noqa: PTH109 - importing pathlib takes as long as all the rest
    code = run_forked(sys.argv[1], ["gdata", *sys.argv[2:]], here, os.environ, [0, 1, 2])
    sys.exit("gdata ended without an exit code" if code is None else code)
