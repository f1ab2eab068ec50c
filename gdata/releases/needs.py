"""Which blobs a release needs, and whether they are there."""

from __future__ import annotations

from gdata.errors import DamagedError
from gdata.releases.pieces import pieces_of
from gdata.releases.reader import read_bundle
from gdata.releases.records import Release
from gdata.releases.store import Store, WritableStore, blob_name


def blobs_of(store: Store, release: Release) -> frozenset[str]:
    """Every blob that a release needs."""
    blobs = {one.manifest for one in release.targets.values()}
    if release.protos:
        blobs.add(release.protos)
    if release.snapshot:
        blobs.add(release.snapshot)
        listed = pieces_of(store.get_blob(release.snapshot), f"{store.place}: {blob_name(release.snapshot)}")
        blobs.update(listed or ())
    for target in release.targets:
        blobs.update(entry.sha256 for entry in read_bundle(store, release, target).manifest.files)
    return frozenset(blobs)


def check_whole(store: WritableStore, release: Release) -> None:
    """Raise DamagedError if a file of the release is missing: nobody is to be pointed at it."""
    for target in release.targets:
        bundle = read_bundle(store, release, target)
        files = bundle.manifest.files
        sizes = store.in_parallel(lambda entry: store.size_of(blob_name(entry.sha256)), files)
        for entry, size in zip(files, sizes, strict=True):
            if size != entry.size:
                raise DamagedError(
                    f"{bundle.place}: {blob_name(entry.sha256)} ({entry.file}) is missing or cut off",
                    hint="choose another release, or restore the file from a backup",
                )
