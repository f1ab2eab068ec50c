"""Builds that don't take every table from the sheets as they are now: hotfixes, and past releases made again.

A store is repaired so too, from all that this machine has: other stores, the last build, releases built again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gdata.bundles.manifest import sha256
from gdata.bundles.reader import open_output
from gdata.config import Config
from gdata.diffs.model import Side
from gdata.errors import DamagedError, GdataError, UsageError
from gdata.events import Listener
from gdata.language import say, sentence
from gdata.pipeline.build import BuildInput, Built, build
from gdata.pipeline.comparing.sides import store_of
from gdata.pipeline.kept.state import load_build
from gdata.pipeline.releasing.release_tables import check_named, tables_from
from gdata.pipeline.versions.channels import versions_of
from gdata.project import Project, plan_project
from gdata.releases.blobs import check_whole
from gdata.releases.hotfixes import base_of
from gdata.releases.keeping.repair import Copies, Repaired, readable_records, repair
from gdata.releases.pieces import cut
from gdata.releases.reader import bundles_of, descriptors_of, read_release, snapshot_of
from gdata.releases.records import Release, is_release_id
from gdata.releases.stores.place import open_store
from gdata.releases.stores.store import WritableStore, blob_name
from gdata.schema.schema import Schema
from gdata.sources.snapshot import read_snapshot


@dataclass(frozen=True)
class Rebuilt:
    """A past release built again: what came out, and the build that the release has."""

    built: Built
    release: str
    expected: str

    @property
    def is_same(self) -> bool:
        """Whether it came out byte for byte."""
        return self.built.build == self.expected


def build_tables(
    project: Project,
    names: Sequence[str],
    base: str | None,
    listener: Listener,
    *,
    offline: bool = False,
    strict: bool = False,
) -> Built:
    """Build the named tables from the sheets, and take all others from a channel's release (default channel's).

    Raises:
        UsageError: there is no such table, or the channel has no release.
    """
    named = check_named(project, names)
    published = bundles_of(store_of(project.config), base or project.config.default_channel, missing_ok=True)
    taken = tables_from(project, published, frozenset(project.plans) - named)
    return build(project, listener, offline=offline, strict=strict, source=BuildInput(base=taken))


def rebuild(config: Config, release: str, listener: Listener, *, strict: bool = False) -> Rebuilt:
    """Build a past release again, from its snapshot and its schemas, with today's sheets.yaml.

    Raises:
        UsageError: there is no such release, or it was published without its snapshot or schemas.
    """
    store = store_of(config)
    record = read_release(store, release if is_release_id(release) else bundles_of(store, release).release or release)
    targets = config.targets
    with suppress(DamagedError):  # A manifest that is lost is among what this may bring back.
        # Of which version each target was, today's sheets.yaml needn't say.
        versions = versions_of(Side(record.id, record.id, bundles_of(store, record.id).bundles))
        targets = tuple(replace(one, version=versions.get(one.name, one.version)) for one in targets)
    project = plan_project(replace(config, targets=targets), Schema(descriptors_of(store, record.id)))
    base = base_of(record)
    taken = None
    if base is not None:
        missing = set(base.tables) - project.plans.keys()
        if missing:
            raise UsageError(
                sentence("sheets.yaml has no table {missing} any more", missing=", ".join(sorted(missing)))
            )
        taken = tables_from(project, bundles_of(store, base.release), frozenset(base.tables))
    source = BuildInput(taken, read_snapshot(snapshot_of(store, record.id)))
    return Rebuilt(build(project, listener, strict=strict, source=source), record.id, record.build)


def repair_store(config: Config | None, store: WritableStore, places: Sequence[str], listener: Listener) -> Repaired:
    """Put back what is damaged or missing: from the trash, the stores at `places`, the last build, rebuilt releases.

    Raises:
        As `releases.repair.repair`.
    """
    copies = [Copies(place, open_store(place).find) for place in places]
    if config is not None:
        copies.append(Copies(say("the build in output/"), _at_first_use(lambda: _built(config))))
    repaired = repair(store, copies)
    if config is None or not repaired.faults:
        return repaired
    with TemporaryDirectory() as scratch:
        # Not over what was built, nor over what .gdata/ keeps of that.
        aside = replace(config, path=Path(scratch) / config.path.name, output=Path(scratch) / "output")
        copies = []
        for release in _not_whole(store):
            with suppress(GdataError):
                rebuild(aside, release.id, listener)
                copies.append(Copies(say("{id}, built again", id=release.id), dict(_built(aside)).get))
        again = repair(store, copies) if copies else repaired
    return replace(again, mended=(*repaired.mended, *again.mended)) if copies else repaired


def _at_first_use(read: Callable[[], Mapping[str, bytes]]) -> Callable[[str], bytes | None]:
    files = cache(read)
    return lambda name: files().get(name)


def _built(config: Config) -> dict[str, bytes]:
    """The files of the last build, and what it was made from, by the names that they have in a store."""
    return {blob_name(sha256(content)): content for content in _contents(config)}


def _contents(config: Config) -> Iterator[bytes]:
    with suppress(OSError):
        for target in os.scandir(config.output):
            if target.is_dir():
                yield from (Path(file).read_bytes() for file in os.scandir(target) if file.is_file())
    with suppress(GdataError):
        builds = {bundle.manifest.build for bundle in open_output(config.output).values()}
        for made_from in (load_build(config.state, build) for build in builds):
            if made_from.descriptors is not None:
                yield made_from.descriptors
            if made_from.snapshot is not None:
                yield from map(bytes, cut(made_from.snapshot).blobs.values())


def _not_whole(store: WritableStore) -> Iterator[Release]:
    """The releases of which servers miss a file."""
    for release in readable_records(store):
        try:
            check_whole(store, release)
        except DamagedError:
            yield release
