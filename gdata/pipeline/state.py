"""`.gdata/`: what gdata keeps for itself beside sheets.yaml. It is safe to delete.

pull.zip                 the snapshot of the last pull
builds/<build>/          for the build in `output/`: snapshot.zip, descriptors.binpb, provenance.json
descriptors-….binpb      compiled .proto files
lock                     held by the process that builds or publishes
"""

from __future__ import annotations

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
        content = _read(self._folder / "snapshot.zip")
        return None if content is None else snapshot_bytes(read_snapshot(content))

    @cached_property
    def descriptors(self) -> bytes | None:
        """The full descriptors of the .proto files."""
        return _read(self._folder / "descriptors.binpb")

    @cached_property
    def provenance(self) -> Mapping[str, Any] | None:
        """Where the data came from.

        Raises:
            DamagedError: it can't be read.
        """
        content = _read(self._folder / "provenance.json")
        try:
            return json.loads(content) if content is not None else None
        except ValueError as error:
            place = self._folder / "provenance.json"
            raise DamagedError(f"{place}: damaged", hint="run `gdata build` again") from error


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
    known = _read(folder / "provenance.json")
    if is_new or known is None or not is_plain or b'"base"' in known:
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
    digest = snapshot_digest(pulled).encode()
    noted = path.with_suffix(".sha256")
    if path.exists() and _read(noted) == digest:
        return False
    write_atomically(path, snapshot_bytes(pulled, compress=False))
    write_atomically(noted, digest)
    return True


def _write(path: Path, content: bytes) -> None:
    if _read(path) != content:
        write_atomically(path, content)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutsideError(f"{path}: can't be read: {error.strerror or error}") from error


@contextmanager
def locked(state: Path, listener: Listener) -> Iterator[None]:
    """Hold the project for this process; whoever has it already is waited for, and named."""

    def on_wait(sentence: str) -> None:
        listener(Event("pull", note=sentence))

    with project_lock(state / LOCK, on_wait=on_wait):
        yield
