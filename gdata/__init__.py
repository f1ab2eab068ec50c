"""From planners' Google Sheets to the game server's memory.

A server needs `load` alone, and importing it costs nothing that a server doesn't use:

    data = gdata.load("output/server")
    data.ItemTable[1001].name
"""

from __future__ import annotations

from gdata import errors

TYPE_CHECKING = False  # importing typing takes 10 ms
if TYPE_CHECKING:
    from typing import Any

    from gdata.runtime import load

    __version__: str

__all__ = ["errors", "load"]


def __getattr__(name: str) -> Any:
    if name == "load":
        from gdata.runtime import load

        return load
    if name == "__version__":
        from importlib.metadata import version

        return version("gdata-sheets")
    raise AttributeError(f"module 'gdata' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
