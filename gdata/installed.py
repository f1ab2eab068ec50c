"""What is installed: the part of gdata that a command needs, and what tells a package from another version of it.

The base is what a server needs; `gdata-sheets[build]` has all the rest.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from gdata.errors import UsageError
from gdata.language import sentence

_BUILD = frozenset(
    "buf_bin click cryptography deepdiff fsspec google.auth google.oauth2 google_auth_oauthlib grpc grpc_tools gspread "
    "isal jinja2 protovalidate pypinyin python_calamine requests rich truststore xlsxwriter yaml zstandard".split()
)
_OTHER_PARTS = {"s3fs": "s3", "gcsfs": "gcs", "zstandard": "zstd"}


def missing_part(error: ModuleNotFoundError) -> UsageError | None:
    """The error that names the part to install; None where what is missing is of no part."""
    name = error.name or ""
    part = _OTHER_PARTS.get(name) or ("build" if any(f"{name}.".startswith(f"{one}.") for one in _BUILD) else None)
    if part is None:
        return None
    return UsageError(
        sentence("this needs a part of gdata that isn't installed ({module})", module=name),
        hint=sentence("pip install 'gdata-sheets[{part}]'", part=part),
    )


def require(module: str, part: str) -> None:
    """Raise UsageError with the line that installs `part`, where `module` of it isn't there."""
    if importlib.util.find_spec(module) is None:
        raise UsageError(
            sentence("this needs a part of gdata that isn't installed ({module})", module=module),
            hint=sentence("pip install 'gdata-sheets[{part}]'", part=part),
        )


def package_stamp(package: str) -> str:
    """A text that changes when the package is installed anew, without its metadata, which takes 25 ms to read; "" where
    it isn't installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return ""
    path = Path(found.origin)
    return file_stamp(path if path.exists() else Path(sys.executable))  # of gdata as one file, that is all packages


def own_version() -> str:
    """The version of gdata that is installed, by its folder's name: `importlib.metadata` takes 15 ms to import."""
    for folder in sys.path:
        for found in Path(folder).glob("gdata_sheets-*.dist-info"):
            return found.name.removesuffix(".dist-info").partition("-")[2]
    from importlib.metadata import version

    return version("gdata-sheets")


def file_stamp(path: Path) -> str:
    """A text that changes when the file is written."""
    status = path.stat()
    return f"{path.name} {status.st_size} {status.st_mtime_ns}"
