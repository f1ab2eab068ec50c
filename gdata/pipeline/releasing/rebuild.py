"""Builds that don't take every table from the sheets as they are now: hotfixes, and past releases made again.

A hotfix carries one table, not half-finished others: their rows come from the release's bytes, through the bundle of a
target that sees every field; so they are the very rows that are live, and all tables are checked together. A store is
repaired so too, from all that this machine has: other stores, the last build, releases built again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.manifest import sha256
from gdata.bundles.reader import Bundle, open_output
from gdata.config import Audience, Config, SheetEntry, Spreadsheet
from gdata.diffs.model import REMOVED, Origins, Side
from gdata.errors import DamagedError, GdataError, UsageError
from gdata.events import Listener
from gdata.language import say, sentence
from gdata.parsing.view import ParsedTable, View, key_text
from gdata.pipeline.build import BaseTables, BuildInput, Built, build
from gdata.pipeline.kept.state import load_build
from gdata.pipeline.origins import left_in, origins_in
from gdata.pipeline.releasing.channels import version_words, versions_of
from gdata.pipeline.sides import store_of
from gdata.problems import Cell
from gdata.project import Project, plan_project
from gdata.releases.blobs import check_whole, cut, descriptors_of, snapshot_of
from gdata.releases.hotfixes import Base, base_of
from gdata.releases.keeping.repair import Copies, Repaired, readable_records, repair
from gdata.releases.reader import Published, bundles_of, read_release
from gdata.releases.records import Release, is_release_id
from gdata.releases.stores import open_store
from gdata.releases.stores.store import WritableStore, blob_name
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.sources.snapshot import read_snapshot
from gdata.text import did_you_mean
from gdata.versions import Version


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


def check_named(project: Project, named: Iterable[str]) -> frozenset[str]:
    """The short names of tables on the command line.

    Raises:
        UsageError: the project has no such table.
    """
    folded = {name.casefold(): name for name in project.plans}
    found = set()
    for name in named:
        known = folded.get(name.casefold()) or folded.get(f"{name}table".casefold())
        if known is None:
            near = did_you_mean(name, project.plans)
            raise UsageError(
                sentence("there is no table {name}", name=name), hint=near + say("`gdata show` lists the tables")
            )
        found.add(known)
    return frozenset(found)


def tables_from(project: Project, published: Published, names: frozenset[str]) -> BaseTables:
    """The tables `names` as a release has them.

    Raises:
        UsageError: the release lacks a table, or has no target that sees all of it.
        DamagedError: its bytes aren't what the manifest says.
    """
    if published.release is None:
        raise UsageError(
            sentence("{name} has no release to take tables from", name=published.name),
            hint=sentence("build all tables: `gdata build`"),
        )
    bundles = {one: _full_bundle(project.config, published, one) for one in project.audiences}
    origins = origins_in(published.provenance)
    tables = {}
    for name in sorted(names):
        plan = project.plans[name]
        place = _place_of(project.config, plan)
        having = [one for one in bundles if plan.span.has(one.version)]
        views = [_view(plan, one.version, bundles[one], place, origins) for one in having]
        tables[name] = ParsedTable(plan, views, {one: number for number, one in enumerate(having)})
    channel = published.entry.channel if published.entry is not None else ""
    left = {name: count for name, count in left_in(origins).items() if name in names}
    return BaseTables(Base(published.release, tuple(sorted(names)), channel), tables, left)


def _full_bundle(config: Config, published: Published, audience: Audience) -> Bundle:
    for target in config.targets:
        if target.audience == audience and not target.groups and target.name in published.bundles:
            bundle = published.bundles[target.name]
            _check_version(published, bundle, audience)
            return bundle
    raise UsageError(
        sentence(
            "{name} has no target with all fields and the tags {tags}",
            name=published.name,
            tags=", ".join(audience.tags) or "(none)",
        ),
        hint=sentence("only a target without `groups` can lend its tables: build all tables, or add such a target"),
    )


def _check_version(published: Published, bundle: Bundle, audience: Audience) -> None:
    has = Version.read(bundle.manifest.version)
    if has != audience.version:
        raise UsageError(
            sentence(
                "{target} has {found} in {release}, and this build is to have {wanted}",
                target=bundle.manifest.target,
                found=version_words(has),
                release=published.name,
                wanted=version_words(audience.version),
            ),
            hint=sentence("give `--at {version}`", version=has)
            if has is not None
            else sentence("leave out --at and --for, or build all tables"),
        )


def _view(plan: TablePlan, version: Version | None, bundle: Bundle, place: Cell, origins: Origins) -> View:
    if plan.name not in bundle.manifest.tables:
        raise UsageError(
            sentence("{place} has no table {name}", place=bundle.place, name=plan.name),
            hint=sentence("name it as well, so that it comes from the sheets: {name}", name=plan.name),
        )
    try:
        message = GetMessageClass(plan.descriptor).FromString(bundle.table(plan.name))
    except DecodeError as error:
        raise DamagedError(
            sentence(
                "{place}: {name} can't be read by the present schema ({error})",
                place=bundle.place,
                name=plan.name,
                error=error,
            )
        ) from error

    def locate(_index: int, _path: object) -> Cell:
        return place

    rows = plan.rows_of(message)
    known = origins.get(bundle.manifest.target, {}).get(plan.name, {})
    found = ((index, known.get(key_text(plan, row))) for index, row in enumerate(rows)) if known else ()
    overlaid = {index: one for index, one in found if one is not None}
    removed = {key: sheets[REMOVED] for key, sheets in known.items() if REMOVED in sheets}
    view = View(plan.at(version), len(rows), locate, version=version, overlaid=overlaid, removed=removed)
    return view.holding(message, rows)


def _place_of(config: Config, plan: TablePlan) -> Cell:
    """A table from a release has no cells: its sheet is the nearest thing to send somebody to."""
    entries: list[tuple[Spreadsheet, SheetEntry]] = [
        (spreadsheet, entry)
        for spreadsheet in config.spreadsheets
        for entry in spreadsheet.sheets
        if plan.message in entry.tables
    ]
    spreadsheet, entry = entries[0]
    return Cell(spreadsheet.name, entry.title)
