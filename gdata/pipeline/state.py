"""`.gdata/`: what gdata keeps for itself beside sheets.yaml. It is safe to delete.

pull.zip                 the snapshot of the last pull
builds/<build>/          for the build in `output/`: snapshot.zip, descriptors.binpb, provenance.json
descriptors-….binpb      compiled .proto files
lock                     held by the process that builds or publishes
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from gdata.errors import DamagedError, OutsideError, UsageError
from gdata.files import project_lock, write_atomically
from gdata.pipeline.events import Event, Listener
from gdata.sources.grid import Pulled
from gdata.sources.snapshot import read_snapshot, snapshot_bytes, snapshot_digest

PULL = "pull.zip"
LOCK = "lock"
_BUILD_AGAIN = "run `gdata build` again; what lies in `.gdata/` is safe to delete"


class BuildState:
    """What a build was made from, as its release will keep it. None: it isn't there any more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def snapshot(self) -> bytes | None:
        """The snapshot of the sheets, packed as a release keeps it.

        Raises:
            DamagedError: it isn't whole.
        """
        place = self._folder / "snapshot.zip"
        content = _read(place)
        try:
            return None if content is None else snapshot_bytes(read_snapshot(content))
        except DamagedError as error:
            raise DamagedError(f"{place}: damaged", hint=_BUILD_AGAIN) from error

    @cached_property
    def descriptors(self) -> bytes | None:
        """The full descriptors of the .proto files.

        Raises:
            DamagedError: they aren't what the build wrote.
        """
        place = self._folder / "descriptors.binpb"
        content, noted = _read(place), _read(place.with_suffix(".sha256"))
        if content is None or noted is None:
            return None
        if _sha256(content) != noted:
            raise DamagedError(f"{place}: damaged", hint=_BUILD_AGAIN)
        return content

    @cached_property
    def provenance(self) -> Mapping[str, Any] | None:
        """Where the data came from.

        Raises:
            DamagedError: it can't be read.
        """
        place = self._folder / "provenance.json"
        content = _read(place)
        if content is None:
            return None
        provenance = _provenance(content)
        if provenance is None:
            raise DamagedError(f"{place}: damaged", hint=_BUILD_AGAIN)
        return provenance


def save_pull(state: Path, pulled: Sequence[Pulled]) -> None:
    """Keep what came from Google, so that `--offline` can build from it; local files are where they were."""
    from_google = [one for one in pulled if one.kind == "google"]
    if from_google:
        _write_if_changed(state / PULL, from_google)


def load_pull(state: Path) -> list[Pulled]:
    """The last pull.

    Raises:
        UsageError: nothing was pulled yet.
        DamagedError: the file is damaged.
    """
    try:
        return read_snapshot(state / PULL)
    except UsageError as error:
        raise UsageError("nothing was pulled yet, so --offline has nothing to build from", hint=error.hint) from error
    except DamagedError as error:
        raise DamagedError(str(error), hint="delete the file and run `gdata pull`") from error


def save_build(
    state: Path,
    build: str,
    pulled: Sequence[Pulled],
    descriptors: bytes,
    provenance: Callable[[], Mapping[str, Any]],
    *,
    is_plain: bool = True,
) -> None:
    """Keep what the build in `output/` was made from; what was kept for the build before goes.

    `is_plain`: all of it comes from this pull. Where the last build was the same, its provenance stays then.
    """
    folder = state / "builds" / build
    is_new = _write_if_changed(folder / "snapshot.zip", pulled)
    _write(folder / "descriptors.binpb", descriptors)
    _write(folder / "descriptors.sha256", _sha256(descriptors))
    known = _provenance(_read(folder / "provenance.json") or b"")
    if is_new or known is None or not is_plain or "base" in known:
        content = json.dumps(provenance(), ensure_ascii=False, indent=1, sort_keys=True).encode()
        _write(folder / "provenance.json", content)
    for other in folder.parent.iterdir():
        if other.name != build:
            shutil.rmtree(other, ignore_errors=True)


def load_build(state: Path, build: str) -> BuildState:
    """What the build `build` was made from; each part is read when it is asked for."""
    return BuildState(state / "builds" / build)


def _write_if_changed(path: Path, pulled: Sequence[Pulled]) -> bool:
    """Write a snapshot if it isn't there; whether it was written. Most builds pull what the last one did.

    It isn't packed: that would take longer than parsing.
    """
    digest = snapshot_digest(pulled)
    noted = path.with_suffix(".sha256")
    if path.is_file() and _read(noted) == _note(digest, path.stat().st_size):
        return False
    content = snapshot_bytes(pulled, compress=False)
    write_atomically(path, content)
    write_atomically(noted, _note(digest, len(content)))
    return True


def _note(digest: str, size: int) -> bytes:
    """What stands beside a snapshot; with the size, so that one cut off is written anew."""
    return f"{digest} {size}".encode()


def _provenance(content: bytes) -> dict[str, Any] | None:
    """What provenance.json says; None where it says nothing."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _write(path: Path, content: bytes) -> None:
    if _read(path) != content:
        write_atomically(path, content)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutsideError(
            f"{path}: can't be read: {error.strerror or error}", hint="delete it: `gdata build` makes it again"
        ) from error


@contextmanager
def locked(state: Path, listener: Listener) -> Iterator[None]:
    """Hold the project for this process; whoever has it already is waited for, and named."""

    def on_wait(sentence: str) -> None:
        listener(Event("pull", note=sentence))

    with project_lock(state / LOCK, on_wait=on_wait):
        yield
