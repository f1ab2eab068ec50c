"""Where the `gdata` command starts: before anything called gdata is imported, for another library has that name too.

`pip install gdata` brings Google's client of an API that is long gone, which Python 3 can't run; installed after this
one, it puts its own files in place of some of ours.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder  # pathlib and importlib.util would take as long as an unchanged build

_OURS = "From planners' Google Sheets"
_TOLD = """\
gdata: another library called gdata (Google's, for an API that is gone) was installed over this one
  → pip uninstall --yes gdata gdata-sheets
    pip install "gdata-sheets[build]"
"""


def main() -> None:
    """The console script."""
    found = PathFinder.find_spec("gdata")
    if found is None or found.origin is None or not _is_ours(found.origin):
        sys.stderr.write(_TOLD)
        sys.exit(2)
    from gdata.__main__ import main as run

    run()


def _is_ours(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - see above
        return _OURS in file.read(200)
