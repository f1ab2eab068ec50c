"""Read a bundle, trusting nothing: every byte that comes out was hashed and compared first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from gdata.bundles.manifest import MANIFEST, FileEntry, Manifest, Part
from gdata.errors import DamagedError, OutsideError, UsageError
from gdata.files import reason_of
from gdata.language import sentence
from gdata.longbytes import Content, WatchedFile, digest_of

HELD_MOST = 512 << 20
"""Bytes of tables that one bundle keeps."""


@dataclass(frozen=True)
class Bundle:
    """A bundle wherever it lies: its manifest, and a way to get the bytes of a file in it."""

    manifest: Manifest
    manifest_bytes: bytes
    place: str
    """Where it was read, for messages: a folder, or a release and target."""
    fetch: Callable[[FileEntry], bytes]
    """The bytes of a file, not yet verified."""
    folder: Path | None = None
    """Where its files lie under their names, if they do."""
    held: dict[str, bytes] | None = field(default=None, repr=False, compare=False)
    """The tables that were read already; None: none is kept."""

    def holding(self) -> Bundle:
        """The same, keeping the tables that it reads (up to `HELD_MOST` bytes) for who reads them after."""
        return replace(self, held={})

    def let_go(self) -> None:
        """Keep no table any longer."""
        if self.held:
            self.held.clear()

    def read(self, entry: FileEntry) -> bytes:
        """The bytes of one of the manifest's files, verified.

        Raises:
            DamagedError: the file is missing, or its bytes aren't those of the manifest.
        """
        content = self.fetch(entry)
        if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
            raise damaged_file(self.place, entry.file)
        return content

    def content(self, entry: FileEntry) -> Content:
        """The same; those of a large file stay in it, where it lies in a folder.

        Raises:
            DamagedError: the file is missing, or its bytes aren't those of the manifest.
            ChangedError: (while it is read) the file isn't the one any more that was verified.
        """
        path = self.folder / entry.file if self.folder is not None else None
        if path is None or entry.size < _LONG_BYTES or not path.is_file():
            return self.read(entry)
        try:
            content = WatchedFile.all_of(path, str(path))
        except OSError as error:
            raise OutsideError(sentence("{place}: {why}", place=path, why=reason_of(error))) from error
        if len(content) != entry.size or digest_of(content) != entry.sha256:
            raise damaged_file(self.place, entry.file)
        return content

    def read_part(self, part: Part) -> bytes:
        """The bytes that one of a table's files holds, verified, and unpacked where they are packed.

        Raises:
            DamagedError: the file is missing, or its bytes aren't those of the manifest.
        """
        return unpacked(part, self.read(part), self.place)

    def schema(self) -> bytes:
        """The serialized FileDescriptorSet of what the tables reach, verified."""
        return self.read(self.manifest.schema)

    def table(self, name: str) -> bytes:
        """The serialized message of the table `name`, verified."""
        if self.held and name in self.held:
            return self.held[name]
        content = self._joined(self.manifest.tables[name].parts)
        if self.held is not None and sum(map(len, self.held.values())) + len(content) <= HELD_MOST:
            self.held[name] = content
        return content

    def _joined(self, parts: Sequence[Part]) -> bytes:
        if len(parts) == 1:
            return self.read_part(parts[0])
        table = BytesIO()  # It gives its bytes away, so that no more than one part is in memory twice.
        for part in parts:
            table.write(self.read_part(part))
        return table.getvalue()

    def verify(self) -> None:
        """Read every file once; raises DamagedError at the first that isn't what the manifest says."""
        for entry in self.manifest.files:
            self.content(entry)


_LONG_BYTES = 4 << 20
"""From this much on a file isn't read into memory only to be copied."""


def damaged_file(place: str, name: str) -> DamagedError:
    """The error for a file of a bundle whose bytes are others."""
    return DamagedError(
        sentence("{place}: {file} is damaged: its bytes aren't those the manifest names", place=place, file=name),
        hint=sentence("build or fetch the bundle again"),
    )


def unpacked(part: Part, content: bytes, place: str) -> bytes:
    """What the verified bytes of a table's file hold."""
    if part.unpacked is None:
        return content
    from gdata.bundles.packed import unpack

    return unpack(content, part.unpacked, place=f"{place}: {part.file}")


def open_bundle(folder: Path) -> Bundle:
    """The bundle in `folder` (one that holds manifest.json).

    Raises:
        UsageError: there is no manifest in it.
        DamagedError: the manifest is damaged; of an unknown format, UnknownFormatError.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            sentence("{folder}: no bundle here ({file} is missing)", folder=folder, file=MANIFEST),
            hint=sentence("run `gdata build` first"),
        ) from error
    except OSError as error:
        raise OutsideError(sentence("{place}: {why}", place=folder / MANIFEST, why=reason_of(error))) from error

    def fetch(entry: FileEntry) -> bytes:
        try:
            return (folder / entry.file).read_bytes()
        except FileNotFoundError as error:
            raise DamagedError(
                sentence("{folder}: {file} is missing", folder=folder, file=entry.file),
                hint=sentence("build or fetch the bundle again"),
            ) from error
        except OSError as error:
            raise OutsideError(sentence("{place}: {why}", place=folder / entry.file, why=reason_of(error))) from error

    return Bundle(Manifest.from_bytes(content, place=str(folder / MANIFEST)), content, str(folder), fetch, folder)


def open_output(folder: Path, targets: Collection[str] | None = None) -> dict[str, Bundle]:
    """The bundles of all targets under an output folder, or of these, by target; empty where nothing was built.

    Raises:
        DamagedError: one is damaged, lies in the folder of another target, or comes from another build.
    """
    found = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    bundles = {path.name: open_bundle(path) for path in found if targets is None or path.name in targets}
    for name, bundle in bundles.items():
        if bundle.manifest.target != name:
            raise DamagedError(
                sentence(
                    "{folder}: holds the bundle of the target {target}",
                    folder=folder / name,
                    target=bundle.manifest.target,
                ),
                hint=sentence("delete the folder and run `gdata build`"),
            )
    if len({bundle.manifest.build for bundle in bundles.values()}) > 1:
        builds = ", ".join(f"{name}: {bundle.manifest.build[:12]}" for name, bundle in bundles.items())
        raise DamagedError(
            sentence("{folder}: its targets come from different builds ({builds})", folder=folder, builds=builds),
            hint=sentence("run `gdata build`"),
        )
    return bundles
