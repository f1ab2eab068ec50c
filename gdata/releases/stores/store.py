"""A release store: a few kinds of named files in a folder, in S3 or GCS, or behind a web server.

    blobs/3f/3f9a…                            any file, under its SHA-256; never changed
    releases/20261123-091245-9f3ac1d0.json    a release's record; never changed
    channels/live/000042.json                 an entry of a channel's log; never changed
    channels/live/bad-9f3ac1d0.json           says that the log has a rollback from such a build
    store.json                                the store's identity; never changed
    trash/20261127-023000/…                   what was taken out of the store then, under its name

Names are made here and nowhere else, and each is checked before it becomes a path or a URL.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from gdata import files
from gdata.bundles.manifest import sha256
from gdata.errors import DamagedError, UsageError
from gdata.language import sentence
from gdata.longbytes import Content
from gdata.releases.stores.cache import BlobCache, RecentFiles

BLOBS, RELEASES, CHANNELS, TRASH = "blobs", "releases", "channels", "trash"
IDENTITY = "store.json"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OWN = re.compile(
    r"blobs/([0-9a-f]{2})/\1[0-9a-f]{62}"
    r"|releases/\d{8}-\d{6}-[0-9a-f]{8}\.json"
    r"|channels/[A-Za-z0-9][A-Za-z0-9._-]*/((?!0+\.)(\d{6}|[1-9]\d{6,})|bad-[0-9a-f]{8})\.json"
)
_NUMBERED = re.compile(r"channels/[^/]+/(\d{6}|[1-9]\d{6,}|(?P<wrong>\d+))\.json", re.ASCII)
# The second form is a password with a slash in it, which makes no address; a port is a number.
_USER = re.compile(r"(?<=://)(?:(?P<user>[^/@:]*:)?[^/]*@|(?P<name>[^/@:]*:)(?!\d+/)[^@]*@)")
_SMALL = 1 << 20
_LIMITS = {BLOBS: 1 << 30, TRASH: 1 << 30, RELEASES: 16 << 20}
_FOLDERS = (BLOBS, RELEASES, CHANNELS, TRASH)
_SECONDS, _BYTES_A_SECOND = 60, 64 << 10

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def blob_name(digest: str) -> str:
    """Where the blob with this hex SHA-256 lies."""
    return f"{BLOBS}/{digest[:2]}/{digest}"


def release_name(release: str) -> str:
    """Where the record of a release lies."""
    return f"{RELEASES}/{release}.json"


def entry_name(channel: str, number: int) -> str:
    """Where an entry of a channel's log lies."""
    return f"{CHANNELS}/{channel}/{number:06d}.json"


def mark_name(channel: str, build: str) -> str:
    """Where a channel keeps the mark that it was rolled back from a build: so nobody reads the whole log for that."""
    return f"{CHANNELS}/{channel}/bad-{build[:8]}.json"


def entry_number(name: str) -> int:
    """The number of the entry that lies under `name`; 0 where it isn't an entry's.

    Raises:
        DamagedError: it is numbered as gdata numbers no entry.
    """
    found = _NUMBERED.fullmatch(name)
    if found is None:
        return 0
    number = int(found[1])
    if found["wrong"] or not number:
        raise DamagedError(
            sentence("{name} can't be the name of an entry: they are 000001.json, 000002.json, …", name=name),
            hint=sentence("move the file away: gdata didn't write it under this name"),
        )
    return number


def is_own(name: str) -> bool:
    """Whether a name is that of a blob, a record or an entry; strangers are left alone."""
    return _OWN.fullmatch(name) is not None


def is_temporary(name: str) -> bool:
    """Whether a file is what a publisher that died left half-written."""
    return files.is_temporary(name.rpartition("/")[2])


def checked(name: str) -> str:
    """`name` itself, if it can only be a file inside the store.

    Raises:
        DamagedError: it would lead out of the store, or to a file that isn't one of its own.
    """
    if name == IDENTITY:
        return name
    first, *others = name.split("/")
    inner, last = others[:-1], others[-1] if others else ""
    safe = first in _FOLDERS and all(_SAFE.fullmatch(part) for part in inner)
    if not safe or not (_SAFE.fullmatch(last) or files.is_temporary(last)):
        raise DamagedError(sentence("{name} can't be the name of a file in a release store", name=repr(name)))
    return name


def limit_of(name: str) -> int:
    """The most bytes that a file of this kind may have: nobody's memory is to be filled by whoever owns the store."""
    return _LIMITS.get(name.partition("/")[0], _SMALL)


def check_size(place: str, size: int, at_most: int) -> None:
    """Raise DamagedError where the file at `place` is larger than it may be."""
    if size > at_most:
        raise DamagedError(
            sentence(
                "{place} is damaged: it is larger than the {at_most} bytes that it may have",
                place=place,
                at_most=format(at_most, ","),
            ),
            hint=sentence("restore the file from a backup; if you didn't change it, somebody else wrote to the store"),
        )


def check_creatable(place: str, name: str, content: bytes) -> None:
    """Raise UsageError where a file that only one may create is larger than readers take of its kind.

    Up to there it is written in one request: storages honour the condition for that, several not for a file in parts.
    """
    if len(content) > limit_of(name):
        raise UsageError(
            sentence(
                "{place}: {name} would have {count} bytes, and readers take {limit_of} at most",
                place=place,
                name=name,
                count=format(len(content), ","),
                limit_of=format(limit_of(name), ","),
            ),
            hint=sentence("shorten --message and --reason"),
        )


def seconds_for(at_most: int) -> float:
    """How long reading a file of so many bytes may take, all tries together: one that is slower hangs."""
    return _SECONDS + at_most / _BYTES_A_SECOND


def shown(location: str) -> str:
    """A store's URL as messages may show it: the password in it, or what may be one, is `***`."""
    return _USER.sub(lambda match: f"{match['user'] or match['name'] or ''}***@", location)


@dataclass(frozen=True)
class StoredFile:
    """A file of the store: its name, its size in bytes, when it was last written."""

    name: str
    size: int
    modified: datetime


class Store(ABC):
    """A place to read releases from: a file is asked for by its name.

    All operations raise StoreError where the place can't be reached or read.
    """

    threads = 1
    """How many operations at once make sense."""

    def __init__(self, place: str) -> None:
        self.place = place
        """The folder or URL, for messages; never holds a password."""
        self.cache: BlobCache | RecentFiles | None = None
        """What keeps files that were read."""

    @abstractmethod
    def find(self, name: str, at_most: int | None = None) -> bytes | None:
        """The bytes of a file; None where there is none.

        Raises:
            DamagedError: it has more bytes than `at_most`, without which a file of its kind may have `limit_of(name)`.
        """

    def why_empty(self) -> str:
        """A word on why nothing may be found here, for hints; may be empty."""
        return ""

    def get(self, name: str, at_most: int | None = None) -> bytes:
        """The bytes of a file that must be there.

        Raises:
            DamagedError: it isn't, or has more bytes than `at_most`.
        """
        content = self.find(name, at_most)
        if content is None:
            raise DamagedError(
                sentence("{place}: {name} is missing", place=self.place, name=name),
                hint=self.why_empty()
                or sentence(
                    "`gdata repair` brings it back where there is a copy; `gdata verify` tells what else is missing"
                ),
            )
        return content

    def get_blob(self, digest: str, at_most: int | None = None) -> bytes:
        """The bytes of a blob, verified; from the cache where that has it. `at_most` is its size, where that is known.

        Raises:
            DamagedError: it is missing, or its bytes aren't those of its name.
        """
        cached = self.cache.find(digest) if self.cache else None
        if cached is not None:
            return cached
        content = self.get(blob_name(digest), at_most)
        if sha256(content) != digest:
            raise DamagedError(
                sentence(
                    "{place}: {blob_name} is damaged: its bytes aren't those of its name",
                    place=self.place,
                    blob_name=blob_name(digest),
                ),
                hint=sentence(
                    "`gdata repair` brings it back where there is a copy; else restore the file from a backup"
                ),
            )
        if self.cache:
            self.cache.keep(digest, content)
        return content

    def path_of_blob(self, digest: str) -> Path | None:  # noqa: ARG002 - of a store that is far away
        """Where a blob lies, not verified; None: not on this machine."""
        return None

    def in_parallel(self, work: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
        """`work` done on each item, as many at once as the place likes; results in the items' order."""
        todo = list(items)
        if self.threads == 1 or len(todo) < 2:
            return [work(item) for item in todo]
        with ThreadPoolExecutor(min(self.threads, len(todo))) as pool:
            return list(pool.map(work, todo))


class WritableStore(Store):
    """A place to publish to as well: its files can be listed, written and removed."""

    @abstractmethod
    def size_of(self, name: str) -> int | None:
        """The size of a file in bytes; None where there is none."""

    def has_blob(self, digest: str, size: int) -> bool:
        """Whether a blob is there, whole: told by its size, and where reading is cheap by its bytes."""
        return self.size_of(blob_name(digest)) == size

    @abstractmethod
    def put(self, name: str, content: Content) -> None:
        """Write a file whole or not at all, over what is there."""

    def is_stored(self, name: str, content: Content) -> bool | None:
        """Whether a file has these bytes; None where there is none."""
        found = self.find(name, len(content))
        return None if found is None else found == bytes(content)

    @abstractmethod
    def create(self, name: str, content: bytes) -> bool:
        """Write a file that isn't there yet; False, with nothing changed, where another one is.

        Exactly one of several that create the same name at once gets True. One that wrote these very bytes
        earlier, and didn't hear of its success, gets True as well.
        """

    @abstractmethod
    def keeps_first(self, name: str, content: bytes) -> bool:
        """Whether the place refuses to create again what this process has created as `name`."""

    @abstractmethod
    def files(self, folder: str) -> list[StoredFile]:
        """Every file under a folder of the store, leftovers included, sorted by name; [] where there is none."""

    def names(self, folder: str) -> list[str]:
        """The names of the files under a folder of the store alone, in any order."""
        return [file.name for file in self.files(folder)]

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; one that isn't there is no error."""

    def move(self, name: str, to: str) -> None:
        """Give a file another name, over what is there; one that isn't there is no error."""
        content = self.find(name)
        if content is not None:
            self.put(to, content)
            self.remove(name)

    def settle(self, names: Iterable[str]) -> None:
        """Make sure that files that were removed or moved away stay so after a power cut."""


def writable(store: Store) -> WritableStore:
    """The store itself, if it can be written.

    Raises:
        UsageError: it is behind a web server.
    """
    if not isinstance(store, WritableStore):
        raise UsageError(
            sentence("{place}: a store behind a web server can only be read", place=store.place),
            hint=sentence("name the folder or bucket that the web server serves"),
        )
    return store
