"""Make a thing once, though several threads find it missing at the same time; safe over fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")

# One lock for all: what is made under it is made once in a process's life, and mostly holds the GIL anyway.
_making = threading.RLock()


def make_once(find: Callable[[], Made | None], make: Callable[[], Made]) -> Made:
    """What `find` finds; where it finds nothing, what `make` makes, in one thread at a time."""
    with _making:
        found = find()
        return make() if found is None else found


def _renew_lock() -> None:
    # A thread that held it doesn't live in the forked child, and would never release it there.
    global _making
    _making = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
