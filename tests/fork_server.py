"""`gdata` in a process of its own without what starting Python and importing costs, for tests run hundreds of them.

This program imports all of gdata once and forks for each command: the child has its own working directory, environment,
streams and signals, is thrown away afterwards, and does nothing that the installed command doesn't. A request is JSON
with three file descriptors, the command's streams; the answer is its exit code.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from select import select

import gdata
import gdata_sheets

_LIBRARIES = (
    "cryptography.hazmat.primitives.asymmetric.ed25519 deepdiff fsspec.implementations.local google.auth jinja2 "
    "protovalidate python_calamine requests rich.console rich.table xlsxwriter yaml"
)
"""What commands import when they need it."""
_LONGEST_REQUEST = 1 << 20


def serve(requests: socket.socket) -> None:
    """Fork for each request, until who started this is gone and our standard input ends."""
    for module in pkgutil.walk_packages(gdata.__path__, "gdata."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _LIBRARIES.split():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    while sys.stdin not in select([requests, sys.stdin], [], [])[0]:
        connection, _ = requests.accept()
        with connection:
            if os.fork() == 0:
                requests.close()
                _be_the_command(connection)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _be_the_command(connection: socket.socket) -> None:
    """Run in place of a new process, and end as one."""
    content, streams, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 3)
    request = json.loads(content)
    for number, given in enumerate(streams):
        os.dup2(given, number)
        os.close(given)
    sys.stdin = sys.__stdin__ = _opened(0, "rb", sys.stdin)
    sys.stdout = sys.__stdout__ = _opened(1, "wb", sys.stdout)
    sys.stderr = sys.__stderr__ = _opened(2, "wb", sys.stderr)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv[:] = request["command"]
    signal.alarm(request["seconds"])  # which ends it without an exit code
    code = _exit_code()
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    connection.send(str(code).encode())
    os._exit(code)


def _opened(number: int, mode: str, before: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream as Python opens it at its start."""
    return io.TextIOWrapper(os.fdopen(number, mode), before.encoding, before.errors, line_buffering=number == 2)


def _exit_code() -> int:
    try:
        gdata_sheets.main()
    except SystemExit as left:
        if isinstance(left.code, str):
            print(left.code, file=sys.stderr)
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
