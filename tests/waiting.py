"""Wait for what is to come about, however slow the machine is, and find ports that stay free."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from gdata.longbytes import TICK

LONGEST = 120.0
"""Seconds after which what is waited for won't come: a bound for a machine that is busy with other things."""
_PORTS = range(20_000, 32_000)
"""Below those that systems give to connections: one of these, free now, is taken by nobody who doesn't ask for it."""


def until(condition: Callable[[], object], otherwise: Callable[[], object] = lambda: "it didn't come about") -> None:
    """Wait until it holds; `otherwise` says what was there instead. An assertion in `condition` ends the wait."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)


def settle() -> None:
    """Let what was written a moment ago be older than what reads it next: younger, its times say nothing to a build."""
    time.sleep(1.5 * TICK / 1e9)


def free_ports(number: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < number:
            port = random.SystemRandom().choice(_PORTS)
            one = held.enter_context(socket.socket())
            with suppress(OSError):
                one.bind(("127.0.0.1", port))
                found.append(port)
    return found
