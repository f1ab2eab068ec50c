"""Write a build so that a reader, or a crash at any instant, sees the old bundle or the new one.

Files carry their hash in their name and are written first; putting manifest.json in place is the one commit
point. At last goes what neither the new nor the previous manifest names, if a manifest of this project named it once:
the project keeps a record of what it wrote, and whatever isn't in there belongs to somebody else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdata.bundles.encode import EncodedBundle
from gdata.bundles.index import write_indexes
from gdata.bundles.manifest import MANIFEST, Manifest, is_file_name
from gdata.errors import DamagedError
from gdata.files import (
    is_temporary,
    plain,
    read_plain,
    read_sealed,
    write_atomically,
    write_files,
    write_sealed,
    writing,
)
from gdata.longbytes import Content, blocks_of

_RECORD = "written"


@dataclass(frozen=True)
class Written:
    """What a build did to the output folder."""

    others: tuple[Path, ...]
    """Folders with bundles of targets that the project doesn't have, and that it didn't write; they stay."""
    builds: frozenset[str]
    """The ids of other builds that stand in folders that this project writes."""


def write_build(output: Path, bundles: Sequence[EncodedBundle], record: Path) -> Written:
    """Write the bundles of a build under `output`, a folder a target, and remove those of targets that are gone.

    `record` is the file that remembers what this project wrote; without it nothing but the last build's is known.

    Raises:
        OutputError: disk full, no permission; every bundle is whole, old or new.
    """
    owned = _Owned(record, output)
    contents = {bundle.manifest.target: bundle.manifest.to_bytes() for bundle in bundles}
    previous = {
        one.manifest.target: one.manifest
        if _holds(output / one.manifest.target / MANIFEST, contents[one.manifest.target])
        else _read_manifest(output / one.manifest.target)
        for one in bundles
    }
    for bundle in bundles:
        old = previous[bundle.manifest.target]
        owned.add(bundle.manifest.target, [*bundle.files, *(old.names if old is not None else ())])
    owned.save()
    # All files of all targets before the first manifest: the instant between two builds stays short.
    for bundle in bundles:
        _write_files(output / bundle.manifest.target, bundle)
    for bundle in bundles:
        write_indexes(output / bundle.manifest.target, bundle.manifest)
    for bundle in bundles:
        _commit(output / bundle.manifest.target, contents[bundle.manifest.target])
    for bundle in bundles:
        needed = [bundle.manifest, previous[bundle.manifest.target]]
        owned.remove_files(bundle.manifest.target, {name for one in needed if one is not None for name in one.names})
    targets = {bundle.manifest.target for bundle in bundles}
    for target in owned.targets - targets:
        owned.remove_target(target)
    owned.save()
    folders = (path.parent for path in sorted(output.glob(f"*/{MANIFEST}")) if path.parent.name not in targets)
    others = [folder for folder in folders if _read_manifest(folder) is not None]
    return Written(tuple(others), owned.builds(written={output / target for target in targets}))


def _write_files(folder: Path, bundle: EncodedBundle) -> None:
    write_files(folder, {name: content for name, content in bundle.files.items() if not _holds(folder / name, content)})


def _commit(folder: Path, content: bytes) -> None:
    if not _holds(folder / MANIFEST, content):
        with writing(folder):
            # The signature of the manifest that goes.
            (folder / f"{MANIFEST}.sig").unlink(missing_ok=True)
        write_atomically(folder / MANIFEST, content)


def _holds(path: Path, content: Content) -> bool:
    try:
        with open(path, "rb", opener=plain) as file:
            is_as_long = os.fstat(file.fileno()).st_size == len(content)
            return is_as_long and all(file.read(len(block)) == block for block in blocks_of(content))
    except OSError:
        return False


def _read_manifest(folder: Path) -> Manifest | None:
    try:
        return Manifest.from_bytes(read_plain(folder / MANIFEST))
    except (OSError, DamagedError):
        return None


class _Owned:
    """The names of files that this project wrote, by target; the record has those of other output folders too."""

    def __init__(self, record: Path, output: Path) -> None:
        self._record = record
        self._output = output
        self._project = record.parent.parent.absolute()
        try:
            # A project that is moved or copied as a whole takes its output and record along.
            self._place = output.absolute().relative_to(self._project).as_posix()
            self._writer = ""
        except ValueError:
            # A copy of the project would share this folder with its model: the files in it aren't the copy's.
            self._place = output.absolute().as_posix()
            self._writer = self._project.as_posix()
        self._saved = _load(record)
        known = self._saved.get(self._place, {"targets": {}})
        self._names = {target: set(names) for target, names in self._targets(known)}

    @property
    def targets(self) -> set[str]:
        """The targets whose folders this project wrote."""
        return set(self._names)

    def add(self, target: str, names: Iterable[str]) -> None:
        """From now on these files of a target are this project's."""
        self._names.setdefault(target, set()).update(names)

    def save(self) -> None:
        """Put the record on the disk, where it says something else."""
        names = {target: sorted(files) for target, files in sorted(self._names.items())}
        outputs = {**self._saved, self._place: {"writer": self._writer, "targets": names}}
        if outputs != self._saved:
            self._saved = outputs
            write_sealed(self._record, _RECORD, json.dumps(outputs, sort_keys=True).encode())

    def remove_files(self, target: str, needed: set[str]) -> None:
        """Remove the target's files but those that are needed."""
        folder, names = self._output / target, self._names[target]
        stems = {_stem(name) for name in names}
        kept = {_stem(name) for name in needed}
        with writing(folder):
            for path in list(folder.iterdir()):
                is_old = is_file_name(path.name) and _stem(path.name) in stems - kept
                if is_old or is_temporary(path.name):
                    # A server on Windows may hold an old file open: the next build removes it.
                    with suppress(PermissionError, FileNotFoundError, IsADirectoryError):
                        path.unlink()
            self._names[target] = {name for name in names if (folder / name).exists()}

    def remove_target(self, target: str) -> None:
        """Remove the folder of a target that is gone, unless it holds what somebody else put there."""
        folder = self._output / target
        manifest = _read_manifest(folder)
        if not self._names[target].issuperset(manifest.names if manifest is not None else ()):
            del self._names[target]  # Another project has a target of this name by now.
            return
        if folder.is_dir():
            with writing(folder):
                # First, whatever happens to the rest: half a bundle would be a damaged one.
                (folder / MANIFEST).unlink(missing_ok=True)
                (folder / f"{MANIFEST}.sig").unlink(missing_ok=True)
            self.remove_files(target, set())
            with suppress(OSError):
                folder.rmdir()
        if not folder.exists() or not self._names[target]:
            del self._names[target]

    def builds(self, written: set[Path]) -> frozenset[str]:
        """The ids of builds that stand where the record knows of an output folder, but for those just written."""
        folders = {self._output / target for target in self._names}
        for place, known in self._saved.items():
            folders |= {self._project / place / target for target, _ in self._targets(known)}
        manifests = map(_read_manifest, folders - written)
        return frozenset(manifest.build for manifest in manifests if manifest is not None)

    def _targets(self, known: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
        if known.get("writer") not in ("", self._project.as_posix()):
            return []
        return [(target, names) for target, names in known["targets"].items() if Path(target).name == target]


def _load(record: Path) -> dict[str, dict[str, Any]]:
    """What the record says; one that is damaged says nothing."""
    content = read_sealed(record, _RECORD)
    outputs: dict[str, dict[str, Any]] = json.loads(bytes(content)) if content is not None else {}
    return outputs


def _stem(name: str) -> str:
    """Table and hash: beside `ItemTable-3f9ac1d04b7e.binpb` may lie what was made of it."""
    return name.rpartition(".")[0]
