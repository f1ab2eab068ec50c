"""Where a server's data comes from: a bundle's folder, or a channel or release of a store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gdata.bundles.index import index_name
from gdata.bundles.manifest import MANIFEST, RELEASE, FileEntry, Part
from gdata.bundles.reader import Bundle, open_bundle
from gdata.errors import DamagedError, UsageError
from gdata.files import read_plain
from gdata.language import sentence
from gdata.text import did_you_mean

if TYPE_CHECKING:
    from gdata.releases.records import Entry
    from gdata.releases.signatures import PublicKeys

_HASHED = re.compile(r".+-[0-9a-f]{12}\.binpb")
"""A bundle's file, which its manifest names."""


@dataclass(frozen=True)
class PartFiles:
    """Where a part of a table lies, and its index."""

    part: Path
    index: Path
    is_own: bool = False
    """The index is this reader's own, who makes it where there is none; another's is beside the part or isn't."""


FindFiles = Callable[[Bundle, Part], PartFiles | None]


@dataclass(frozen=True)
class Found:
    """What a place holds now. `release` is its id, `entry` the channel's log entry, where there is one."""

    bundle: Bundle
    release: str | None = None
    entry: Entry | None = None
    signature: str | None = None
    """Of the manifest, where the release has one."""
    store: str | None = None
    """The identity of the store, where that has one."""
    is_cached: bool = False
    """It comes from the local cache, for what the store has can't be read."""
    threads: int = 1
    """How many files at once it is well to read."""

    def read(self, entries: Iterable[FileEntry]) -> dict[str, bytes]:
        """Files of the bundle by their names, verified.

        Raises:
            DamagedError: one is missing or damaged.
        """
        distinct = list({entry.file: entry for entry in entries}.values())
        if self.threads == 1:
            return {entry.file: self.bundle.read(entry) for entry in distinct}
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.threads) as pool:
            return dict(zip((entry.file for entry in distinct), pool.map(self.bundle.read, distinct), strict=True))

    def has_same_data(self, other: Found) -> bool:
        """Whether both are the same release of the same bundle."""
        return (self.release, self.bundle.manifest_bytes) == (other.release, other.bundle.manifest_bytes)


class Place(Protocol):
    """Where a server's data comes from. Its methods may be called again in a forked child."""

    def files_of(self, bundle: Bundle, part: Part) -> PartFiles | None:
        """The files of a part that a table may stay in; None where it is to be read into memory.

        Raises:
            OutsideError: it can't be read.
            DamagedError: it isn't what the manifest says.
        """

    def find(self, last: Found | None) -> Found | None:
        """What is there now; None if that is still `last`. Nothing but the manifest has been read of it.

        Raises:
            UsageError: there is nothing of the kind.
            OutsideError: it can't be reached.
            DamagedError: it isn't what it says it is.
        """

    def remembered(self) -> Found | None:
        """What was kept last, to start with where what is there now can't be read; None where nothing was.

        Raises:
            DamagedError: it can't be used.
        """

    def keep(self, found: Found, last: Found | None) -> None:
        """Take note that `found` was read whole, what `last` had of it excepted, and is in use."""


class FolderPlace:
    """A bundle's folder, or an output folder with one folder a target, as `gdata build` writes it."""

    def __init__(self, folder: Path, target: str | None = None, public_key: PublicKeys | None = None) -> None:
        self.folder = folder
        self.target = target
        self.public_key = public_key

    def files_of(self, bundle: Bundle, part: Part) -> PartFiles | None:
        """Those in the folder; where something needs a signature none, for nobody signs an index."""
        if self.public_key is not None or bundle.folder is None:
            return None
        return PartFiles(bundle.folder / part.file, bundle.folder / index_name(part.file))

    def find(self, last: Found | None) -> Found | None:
        """The bundle that is there now; None if that is still `last`."""
        folder = self._bundle_folder()
        bundle = open_bundle(folder)
        # Nobody signs its name, so where something needs a signature none is told.
        release = _release_of(folder, bundle) if self.public_key is None else None
        if last is not None and (bundle.manifest_bytes, release) == (last.bundle.manifest_bytes, last.release):
            return None
        found = bundle.manifest.target
        # In an output folder the folder's name says the target; a bundle's own folder may have any name.
        expected = self.target or (found if folder == self.folder else folder.name)
        if found != expected:
            raise DamagedError(
                sentence(
                    "{folder}: holds the bundle of the target {target}, not of {expected}",
                    folder=folder,
                    target=found,
                    expected=expected,
                ),
                hint=sentence("give the folder of the right target, or delete it and run `gdata build`"),
            )
        if self.public_key is not None:
            from gdata.releases.signatures import check_folder_signature

            check_folder_signature(folder, bundle.manifest_bytes, self.public_key)
        return Found(bundle, release)

    def remembered(self) -> Found | None:
        """Nothing: a folder is its own memory."""
        return None

    def keep(self, found: Found, last: Found | None) -> None:
        """Nothing to do: a folder is its own memory."""

    def _bundle_folder(self) -> Path:
        if (self.folder / MANIFEST).exists():
            return self.folder
        targets = sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST}"))
        if self.target is not None and self.target in targets:
            return self.folder / self.target
        if self.target is None and len(targets) == 1:
            return self.folder / targets[0]
        raise self._no_bundle(targets)

    def _no_bundle(self, targets: list[str]) -> UsageError | DamagedError:
        names = ", ".join(targets)
        if targets and self.target is None:
            return UsageError(
                sentence("{folder}: holds several targets: {names}", folder=self.folder, names=names),
                hint=sentence('say which: target="{target}"', target=targets[0]),
            )
        if targets:
            near = did_you_mean(str(self.target), targets)
            return UsageError(
                sentence("{folder}: has no target {target}", folder=self.folder, target=self.target),
                hint=sentence("{near}it has {names}", near=near, names=names),
            )
        if not self.folder.is_dir():
            return UsageError(
                sentence("{folder}: there is no such folder", folder=self.folder),
                hint=sentence("run `gdata build` or `gdata fetch` first"),
            )
        files = [one.name for one in self.folder.glob("*.binpb")]
        if any(map(_HASHED.fullmatch, files)):
            return DamagedError(
                sentence("{folder}: {file} is missing", folder=self.folder, file=MANIFEST),
                hint=sentence("build or fetch the bundle again"),
            )
        if files:
            return UsageError(
                sentence(
                    "{folder}: holds tables under plain names, without a manifest to verify them by", folder=self.folder
                ),
                hint=sentence("fetch it without --plain-names; those files are for other programs"),
            )
        return UsageError(
            sentence("{folder}: no bundle here ({file} is missing)", folder=self.folder, file=MANIFEST),
            hint=sentence("run `gdata build` or `gdata fetch` first"),
        )


def _release_of(folder: Path, bundle: Bundle) -> str | None:
    """Which release `gdata fetch` says that the bundle in a folder is; None where it was built there."""
    try:
        named = json.loads(read_plain(folder / RELEASE))
        is_its = (named["bundle"], named["build"]) == (bundle.manifest.bundle, bundle.manifest.build)
        return str(named["release"]) if is_its else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
