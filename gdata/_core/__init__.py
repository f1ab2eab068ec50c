"""What is compiled: rows of cells to rows on the wire, without a Python object for each of them.

The Python beside it is the truth, and does all that isn't plainly right; where this isn't there (no compiler was, when
gdata was installed) or is switched off (`GDATA_CORE=0`), it does everything, with the same bytes and problems.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

_VERSION = 12
"""Of the calls: what was built of other sources isn't taken."""

SEED = int.from_bytes(os.urandom(8), "little")
"""Of the hash tables: nobody can write a sheet in which all cells meet in one place."""

MOST_FIELDS = 16
"""That can be looked at in one go."""


def core() -> Any:
    """The compiled module; None where there is none, or `GDATA_CORE=0` says not to use it."""
    return None if os.environ.get("GDATA_CORE") == "0" else _native()


@cache
def _native() -> Any:
    try:
        native = import_module("gdata._core.native")
    except ImportError:
        return None
    return native if native.VERSION == _VERSION else None
