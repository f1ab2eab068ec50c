"""What tells an installed package from another version of it, without its metadata: reading that takes 25 ms."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def package_stamp(package: str) -> str:
    """A text that changes when the package is installed anew; "" where it isn't installed."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return ""
    return file_stamp(Path(found.origin))


def file_stamp(path: Path) -> str:
    """A text that changes when the file is written."""
    status = path.stat()
    return f"{path.name} {status.st_size} {status.st_mtime_ns}"
