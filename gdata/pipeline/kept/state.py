"""`.gdata/`: what gdata keeps for itself beside sheets.yaml. It is safe to delete.

pull.zip                 the snapshot of the last pull
builds/<build>           what a build that stands in `output/` was made from
written                  the files in `output/` that this project wrote
outcomes                 why the last build failed, if it did
unfed                    the sheets and tables that it left alone
descriptors-….binpb      compiled .proto files
cache/                   what each table gave when it was parsed
lock                     held by the process that builds or publishes
seen-<sheets.yaml>       the state of all files that the last build went by, and what it said

Each of them carries its hash: what isn't whole any more counts as not there, and is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from gdata.errors import DamagedError, OutputError, OutsideError, UsageError
from gdata.events import Event, Listener
from gdata.files import is_sealed, project_lock, read_plain, reason_of, remove_abandoned, unseal, write_sealed
from gdata.language import sentence
from gdata.longbytes import Content, LongBytes, WatchedFile, first_line, part_of

if TYPE_CHECKING:
    from gdata.sources.grid import Pulled

PULL = "pull.zip"
LOCK = "lock"
WRITTEN = "written"
OUTCOMES = "outcomes"
UNFED = "unfed"
_BUILDS = "builds"
_FORMAT = 2
_BUILD_AGAIN = sentence("run `gdata build` again; what lies in `.gdata/` is safe to delete")


class BuildState:
    """What a build was made from, as its release will keep it. None: it isn't there any more."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_kept(self) -> bool:
        """Whether it is there.

        Raises:
            DamagedError: it isn't whole.
        """
        return self._parts is not None

    @cached_property
    def snapshot(self) -> LongBytes | None:
        """The snapshot of the sheets, packed as a release keeps it.

        Raises:
            DamagedError: it isn't whole.
        """
        return None if self._parts is None else self._parts.packed(self._path.parent)

    @property
    def descriptors(self) -> bytes | None:
        """The full descriptors of the .proto files.

        Raises:
            DamagedError: they aren't what the build wrote.
        """
        return None if self._head is None else self._head.descriptors

    @property
    def provenance(self) -> Mapping[str, Any] | None:
        """Where the data came from.

        Raises:
            DamagedError: it can't be read.
        """
        return None if self._head is None else self._head.provenance

    @property
    def digests(self) -> Mapping[str, Mapping[str, str]] | None:
        """The hex SHA-256 of each file that was read, by spreadsheet and name; None too where not all is from a pull.

        Raises:
            DamagedError: they can't be read.
        """
        if self._head is None or not self._head.is_plain:
            return None
        return {one["spreadsheet"]: one["files"] for one in self._head.pulled}

    @cached_property
    def _parts(self) -> _Parts | None:
        return self._read(_read_parts)

    @cached_property
    def _head(self) -> _Parts | None:
        """The same for who asks for no bytes of sheets."""
        return self._read(_read_head)

    def _read(self, read: Callable[..., _Parts | None]) -> _Parts | None:
        try:
            return read(self._path, *_stamp_of(self._path))
        except (ValueError, KeyError, TypeError) as error:  # Whole or not, it isn't what this version writes.
            raise DamagedError(sentence("{path}: damaged", path=self._path), hint=_BUILD_AGAIN) from error


@dataclass(frozen=True)
class _Parts:
    """What a build was made from: a line of JSON, then the descriptors, then the bytes of each file that was read.

    They aren't packed: that would take longer than parsing.
    """

    provenance: Mapping[str, Any]
    pulled: Sequence[Mapping[str, Any]]
    is_plain: bool
    descriptors: bytes
    blobs: Mapping[str, Content]

    def packed(self, folder: Path) -> LongBytes:
        """The snapshot as a release keeps it; it lies in a file without a name in `folder`."""
        from gdata.sources.snapshot import pack_snapshot

        return pack_snapshot(self.pulled, self.blobs, folder)

    def to_parts(self) -> list[bytes | LongBytes]:
        return [self.line, self.descriptors, *self.blobs.values()]

    @property
    def line(self) -> bytes:
        """With the hash of all but the files' bytes."""
        about: dict[str, Any] = {
            "provenance": self.provenance,
            "pulled": self.pulled,
            "is_plain": self.is_plain,
            "descriptors": len(self.descriptors),
            "blobs": [[digest, len(content)] for digest, content in self.blobs.items()],
        }
        content = json.dumps(about, ensure_ascii=True, sort_keys=True).encode() + self.descriptors
        about["sha256"] = hashlib.sha256(content).hexdigest()
        return json.dumps(about, ensure_ascii=True, sort_keys=True).encode() + b"\n"

    @classmethod
    def of(cls, content: Content) -> _Parts:
        line = first_line(content)
        about = json.loads(line)
        start = len(line) + about["descriptors"]
        descriptors, blobs = content[len(line) : start], {}
        for digest, size in about["blobs"]:
            blobs[digest] = part_of(content, start, start + size)
            start += size
        if start != len(content):
            raise ValueError("the sizes aren't those of the content")
        return cls(about["provenance"], about["pulled"], about["is_plain"], descriptors, blobs)


def _stamp_of(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    # Earlier versions kept a folder of this name.
    return (status.st_size, status.st_mtime_ns, status.st_ino) if S_ISREG(status.st_mode) else ()


@lru_cache(maxsize=1)
def _read_parts(path: Path, *_stamp: int) -> _Parts | None:
    """The parts in a file, until somebody writes it: a publish asks six times, and all sheets are in there."""
    if not _stamp:
        return None
    with _reading(path):
        content = WatchedFile.all_of(path, str(path))
        if not is_sealed(path):
            raise ValueError("its bytes aren't those that were written")
        return _Parts.of(part_of(content, len(first_line(content)), len(content)))


@lru_cache(maxsize=1)
def _read_head(path: Path, *stamp: int) -> _Parts | None:
    """The same, where its line vouches for what stands there without the sheets' bytes: to hash these takes as long as
    to compare the tables.
    """
    if not stamp:
        return None
    with _reading(path):
        content = WatchedFile.all_of(path, str(path))
        sealed = part_of(content, len(first_line(content)), len(content))
        parts = _Parts.of(sealed)
        return parts if parts.line == first_line(sealed) else _read_parts(path, *stamp)


def save_pull(state: Path, pulled: Sequence[Pulled]) -> None:
    """Keep what came from elsewhere, so that `--offline` can build from it; local files are where they were."""
    # Commands that read what a build left ask this module too, and need to know nothing of sources.
    from gdata.sources.adapters import source_of
    from gdata.sources.grid import snapshot_digest
    from gdata.sources.snapshot import snapshot_bytes

    remote = [one for one in pulled if source_of(one).is_remote]
    if remote:
        key = snapshot_digest(remote)
        if not is_sealed(state / PULL, key):
            write_sealed(state / PULL, key, snapshot_bytes(remote, compress=False))


def load_pull(state: Path) -> list[Pulled]:
    """The last pull.

    Raises:
        UsageError: nothing was pulled yet.
        DamagedError: the file is damaged.
    """
    from gdata.sources.snapshot import read_snapshot

    content = _read(state / PULL)
    if content is None:
        raise UsageError(
            sentence("nothing was pulled yet, so --offline has nothing to build from"),
            hint=sentence("run `gdata pull` first"),
        )
    whole = unseal(content)
    if whole is None:
        raise DamagedError(
            sentence("{state}: damaged", state=state / PULL), hint=sentence("run `gdata pull`, which writes it anew")
        )
    return read_snapshot(bytes(whole))


def save_build(
    state: Path,
    build: str,
    pulled: Sequence[Pulled],
    descriptors: bytes,
    provenance: Callable[[], Mapping[str, Any]],
    *,
    is_plain: bool = True,
) -> None:
    """Keep what a build is made from, all in one file: the parts of two builds don't fit together.

    `is_plain`: all of it comes from this pull. Where the last build was the same, its provenance stays then.
    """
    from gdata.sources.grid import blobs_of, entry_of, snapshot_digest

    path = state / _BUILDS / build
    key = f"{_FORMAT} {snapshot_digest(pulled)} {hashlib.sha256(descriptors).hexdigest()}"
    if is_plain and is_sealed(path, key):
        return
    if path.is_dir():
        _remove_folder(path)
    parts = _Parts(provenance(), list(map(entry_of, pulled)), is_plain, descriptors, blobs_of(pulled))
    write_sealed(path, key if is_plain else f"{key} in part", *parts.to_parts())


def files_of_build(state: Path, build: str) -> list[Path]:
    """What a build leaves here for those that come after it: publish, diff, the next build."""
    return [state / PULL, state / _BUILDS / build, state / WRITTEN, state / OUTCOMES, state / UNFED]


def tidy(state: Path, builds: Collection[str]) -> None:
    """Remove what is kept of all other builds, and what processes that died have left."""
    with suppress(OSError):
        for path in (state / _BUILDS).iterdir():
            if path.is_dir():
                _remove_folder(path)
            elif len(path.name) == 64 and path.name not in builds:
                path.unlink(missing_ok=True)
    remove_abandoned([state, state / _BUILDS])


def _remove_folder(path: Path) -> None:
    """Remove what earlier versions kept as a folder."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)


def load_build(state: Path, build: str) -> BuildState:
    """What the build `build` was made from."""
    return BuildState(state / _BUILDS / build)


def _read(path: Path) -> bytes | None:
    with _reading(path):
        try:
            return read_plain(path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutsideError(
            sentence("{path}: can't be read: {why}", path=path, why=reason_of(error)),
            hint=sentence("delete it: `gdata build` makes it again"),
        ) from error


_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())


@contextmanager
def locked(state: Path, listener: Listener, *, writes: bool = True) -> Iterator[None]:
    """Hold the project for this process; whoever has it already is waited for, and named.

    Who holds it may do so again inside the block: a watcher builds, compares and publishes as one. Who writes no more
    than caches goes on where nothing can be written, the lock neither.
    """
    if state in _held.get():
        yield
        return

    def on_wait(sentence: str) -> None:
        listener(Event("pull", note=sentence))

    with ExitStack() as stack:
        try:
            stack.enter_context(project_lock(state / LOCK, on_wait=on_wait))
        except OutputError:
            if writes:
                raise
        token = _held.set(_held.get() | {state})
        try:
            yield
        finally:
            _held.reset(token)
