"""Publish to an object store again and again, dying some requests later each time.

    python crash_publisher.py LOCATION STEP FIRST_OUTPUT SECOND_OUTPUT

Under LOCATION/N the first build is published whole, then the second by a process that kills itself before its
Nth request, for N = 0, STEP, 2 * STEP, … Prints the N at which the second gets through alive.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import s3fs  # noqa: F401  imported once, before the forks

from gdata.bundles.reader import open_output
from gdata.releases.log import newest_entry
from gdata.releases.move import Move, Parts, move_channel
from gdata.releases.stores.objects import ObjectStore


class MortalStore(ObjectStore):
    """An object store whose process dies before request number `last`."""

    def __init__(self, path: str, last: int) -> None:
        super().__init__("s3", path)
        self.left = last

    @property
    def _files(self) -> Any:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return super()._files


def run_publish(path: str, output: str, last: int) -> bool:
    """Publish in a process of its own; whether it lived."""
    child = os.fork()
    if child == 0:
        store = MortalStore(path, last)
        store.threads = 1
        base = newest_entry(store, "live")
        parts = Parts(b"protos", b"snapshot")
        move_channel(store, Move("publish", "live"), open_output(Path(output)), base=base, parts=parts)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def main(location: str, step: str, first: str, second: str) -> None:
    root = location.removeprefix("s3://")
    last = 0
    while True:
        assert run_publish(f"{root}/{last}", first, -1)
        if run_publish(f"{root}/{last}", second, last):
            break
        last += int(step)
    print(last)


if __name__ == "__main__":
    main(*sys.argv[1:])
