"""Builds that don't take every table from the sheets as they are now: hotfixes, and past releases made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gdata.config import Config
from gdata.errors import UsageError
from gdata.events import Listener
from gdata.pipeline.build import Built, Source, build
from gdata.pipeline.release_tables import check_named, tables_from
from gdata.pipeline.sides import store_of
from gdata.project import Project, plan_project
from gdata.releases.hotfixes import base_of
from gdata.releases.reader import bundles_of, descriptors_of, read_release, snapshot_of
from gdata.releases.records import is_release_id
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
    return build(project, listener, offline=offline, strict=strict, source=Source(base=taken))


def rebuild(config: Config, release: str, listener: Listener, *, strict: bool = False) -> Rebuilt:
    """Build a past release again, from its snapshot and its schemas, with today's sheets.yaml.

    Raises:
        UsageError: there is no such release, or it was published without its snapshot or schemas.
    """
    store = store_of(config)
    record = read_release(store, release if is_release_id(release) else bundles_of(store, release).release or release)
    project = plan_project(config, Schema(descriptors_of(store, record.id)))
    base = base_of(record)
    taken = None
    if base is not None:
        missing = set(base.tables) - project.plans.keys()
        if missing:
            raise UsageError(f"sheets.yaml has no table {', '.join(sorted(missing))} any more")
        taken = tables_from(project, bundles_of(store, base.release), frozenset(base.tables))
    source = Source(taken, read_snapshot(snapshot_of(store, record.id)))
    return Rebuilt(build(project, listener, strict=strict, source=source), record.id, record.build)
