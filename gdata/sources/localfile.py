"""Read a local file's bytes, or say why that can't be done in words a planner can act on."""

from __future__ import annotations

from pathlib import Path

from gdata.errors import SourceError

MAX_BYTES = 512 << 20


def read_file(path: Path, name: str) -> bytes:
    """All bytes of `path`; `name` is what messages call it.

    Raises:
        SourceError: it isn't there, may not be read, is held open by another program, or is beyond 512 MiB.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(
                f"{name}: larger than {MAX_BYTES >> 20} MiB", hint="split it, or delete pictures and unused sheets"
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SourceError(f"{name}: the file is gone", hint="put it back, or mend its line in sheets.yaml") from error
    except PermissionError as error:
        raise SourceError(
            f"{name}: may not be read", hint="if it is open in Excel, close it there; else ask for the right to read it"
        ) from error
    except OSError as error:
        raise SourceError(f"{name}: can't be read: {error.strerror or error}", hint="check the disk") from error
