"""Read a bundle, trusting nothing: every byte that comes out was hashed and compared first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gdata.bundles.manifest import MANIFEST, FileEntry, Manifest, Part
from gdata.bundles.placed import PlacedRows, place_rows
from gdata.errors import DamagedError, OutsideError, UsageError
from gdata.files import read_plain, reason_of
from gdata.language import sentence
from gdata.longbytes import Content, LongBytes, WatchedFile, digest_of

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
    find: Callable[[FileEntry], Path | None] | None = None
    """Where a file lies, whatever it is called there; None: nowhere on this machine."""
    held: dict[str, tuple[Content, PlacedRows | None]] | None = field(default=None, repr=False, compare=False)
    """The tables that were read already, and where their rows stand; None: none is kept."""

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
        content = self._file(entry)
        if content is None:
            return self.read(entry)
        return self._verified(entry, content, digest_of(content))

    def _file(self, entry: FileEntry) -> Content | None:
        """A large file that lies on this machine, not yet verified."""
        path = self._path_of(entry) if entry.size >= _LONG_BYTES else None
        if path is None or not path.is_file():
            return None
        try:
            return WatchedFile.all_of(path, str(path))
        except OSError as error:
            raise OutsideError(sentence("{place}: {why}", place=path, why=reason_of(error))) from error

    def _verified(self, entry: FileEntry, content: Content, digest: str) -> Content:
        if len(content) != entry.size or digest != entry.sha256:
            return self.read(entry)  # which says what is wrong
        return content

    def _path_of(self, entry: FileEntry) -> Path | None:
        if self.folder is not None:
            return self.folder / entry.file
        return None if self.find is None else self.find(entry)

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
        return bytes(self.table_content(name))

    def table_content(self, name: str) -> Content:
        """The same; that of a large table stays in its file, where that lies on this machine as it is."""
        if self.held and name in self.held:
            return self.held[name][0]
        return self._joined(self.manifest.tables[name].parts)

    def placed(self, name: str, number: int) -> tuple[Content, PlacedRows | None]:
        """The same, and where its rows stand, which are its field `number` (0: it has none)."""
        if self.held and name in self.held:
            return self.held[name]
        found = self._placed(self.manifest.tables[name].parts, number)
        content = found[0]
        if self.held is not None:
            held = list(self.held.values())  # at once: several threads read tables
            in_memory = (len(one) for one, _ in held if not isinstance(one, LongBytes))
            if isinstance(content, LongBytes) or sum(in_memory) + len(content) <= HELD_MOST:
                self.held[name] = found
        return found

    def _placed(self, parts: Sequence[Part], number: int) -> tuple[Content, PlacedRows | None]:
        file = self._file(parts[0]) if len(parts) == 1 and parts[0].unpacked is None else None
        if file is not None and number:
            digest = hashlib.sha256()  # in one go with the search for rows
            rows = place_rows(file, number, digest)
            if rows is not None:
                content = self._verified(parts[0], file, digest.hexdigest())
                return content, rows if content is file else place_rows(content, number)
        content = self._joined(parts)
        return content, place_rows(content, number) if number else None

    def _joined(self, parts: Sequence[Part]) -> Content:
        if len(parts) == 1:
            return self._part(parts[0])
        joined = LongBytes.joined(map(self._part, parts))
        return joined if len(joined) >= _LONG_BYTES else bytes(joined)

    def _part(self, part: Part) -> Content:
        return self.read_part(part) if part.unpacked is not None else self.content(part)

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
        content = read_plain(folder / MANIFEST)
    except FileNotFoundError as error:
        raise UsageError(
            sentence("{folder}: no bundle here ({file} is missing)", folder=folder, file=MANIFEST),
            hint=sentence("run `gdata build` first"),
        ) from error
    except OSError as error:
        raise OutsideError(sentence("{place}: {why}", place=folder / MANIFEST, why=reason_of(error))) from error

    def fetch(entry: FileEntry) -> bytes:
        try:
            return read_plain(folder / entry.file)
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
