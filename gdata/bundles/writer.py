"""Write a build so that a reader, or a crash at any instant, sees the old bundle or the new one.

Files carry their hash in their name and are written first; putting manifest.json in place is the one commit
point; what neither the new nor the previous manifest names is removed at last.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from gdata.bundles.encode import EncodedBundle
from gdata.bundles.manifest import MANIFEST, Manifest
from gdata.errors import DamagedError
from gdata.files import write_atomically, write_files, writing

_REMOVED = ".removed"
"""Ends the names of folders that are being removed."""


def write_build(output: Path, bundles: Sequence[EncodedBundle]) -> None:
    """Write the bundles of a build under `output`, a folder a target; other targets' bundles there are removed.

    Raises:
        OutputError: disk full, no permission; every bundle is whole, old or new.
    """
    previous = {bundle.manifest.target: _read_manifest(output / bundle.manifest.target) for bundle in bundles}
    # All files of all targets before the first manifest: the instant between two builds stays short.
    for bundle in bundles:
        _write_files(output / bundle.manifest.target, bundle)
    for bundle in bundles:
        content = bundle.manifest.to_bytes()
        folder = output / bundle.manifest.target
        if not _holds(folder / MANIFEST, content):
            with writing(folder):
                # The signature of the manifest that goes.
                (folder / f"{MANIFEST}.sig").unlink(missing_ok=True)
            write_atomically(folder / MANIFEST, content)
    for bundle in bundles:
        _remove_leftovers(output / bundle.manifest.target, [bundle.manifest, previous[bundle.manifest.target]])
    _remove_other_targets(output, {bundle.manifest.target for bundle in bundles})


def _write_files(folder: Path, bundle: EncodedBundle) -> None:
    write_files(folder, {name: content for name, content in bundle.files.items() if not _holds(folder / name, content)})


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _read_manifest(folder: Path) -> Manifest | None:
    try:
        return Manifest.from_bytes((folder / MANIFEST).read_bytes())
    except (OSError, DamagedError):
        return None


def _remove_leftovers(folder: Path, manifests: Iterable[Manifest | None]) -> None:
    named = {entry.file for manifest in manifests if manifest is not None for entry in manifest.files}
    with writing(folder):
        for path in folder.iterdir():
            is_ours = path.suffix in (".binpb", ".json", ".txtpb", ".tmp") and path.name != MANIFEST
            if path.is_file() and is_ours and path.name not in named:
                # A server on Windows may hold an old file open: the next build removes it.
                with suppress(PermissionError, FileNotFoundError):
                    path.unlink()


def _remove_other_targets(output: Path, targets: set[str]) -> None:
    _finish_removals(output)
    for manifest in output.glob(f"*/{MANIFEST}"):
        folder = manifest.parent
        if folder.name not in targets and not folder.name.startswith(".") and _read_manifest(folder) is not None:
            with writing(folder):
                # At once, whatever happens to the rest: half a bundle would be a damaged one.
                folder.replace(output / f".{folder.name}{_REMOVED}")
    _finish_removals(output)


def _finish_removals(output: Path) -> None:
    for leftover in output.glob(f".*{_REMOVED}"):
        shutil.rmtree(leftover, ignore_errors=True)
