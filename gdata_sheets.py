"""Where the `gdata` command starts: before anything called gdata is imported, for another library has that name too.

`pip install gdata` brings Google's client of an API that is long gone, which Python 3 can't run; installed after this
one, it puts its own files in place of some of ours.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_OURS = "From planners' Google Sheets"
_TOLD = """\
gdata: another library called gdata (Google's, for an API that is gone) was installed over this one
  → pip uninstall --yes gdata gdata-sheets
    pip install "gdata-sheets[build]"
"""


def main() -> None:
    """The console script."""
    found = importlib.util.find_spec("gdata")
    if found is None or found.origin is None or _OURS not in Path(found.origin).read_text("utf-8", "replace")[:200]:
        sys.stderr.write(_TOLD)
        sys.exit(2)
    from gdata.__main__ import main as run

    run()
