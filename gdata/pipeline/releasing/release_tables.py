"""Tables that a build takes from a release instead of the sheets: a hotfix carries one table, not half-finished others.

The rows come from the release's bytes, through the bundle of a target that sees every field; so they are the
very rows that are live, and all tables, new and taken over, are checked together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from gdata.bundles.reader import Bundle
from gdata.config import Audience, Config, SheetEntry, Spreadsheet
from gdata.diffs.model import REMOVED, Origins
from gdata.errors import DamagedError, UsageError
from gdata.language import say, sentence
from gdata.parsing.view import ParsedTable, Path, View, key_text
from gdata.pipeline.comparing.origins import origins_in
from gdata.pipeline.versions.named import version_words
from gdata.problems import Cell
from gdata.project import Project
from gdata.releases.hotfixes import Base
from gdata.releases.reader import Published
from gdata.schema.plan import TablePlan
from gdata.text import did_you_mean
from gdata.versions import Version


@dataclass(frozen=True)
class BaseTables:
    """The tables that come from a release, and what the provenance says of it."""

    base: Base
    tables: Mapping[str, ParsedTable]


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


def only_tables(project: Project, named: frozenset[str]) -> Project:
    """The project with only those sheets that feed the named tables."""
    messages = {project.plans[name].message for name in named}

    def keep(entry: SheetEntry) -> bool:
        return not messages.isdisjoint(entry.tables)

    spreadsheets = [
        replace(spreadsheet, sheets=tuple(filter(keep, spreadsheet.sheets)))
        for spreadsheet in project.config.spreadsheets
        if any(map(keep, spreadsheet.sheets))
    ]
    return replace(project, config=replace(project.config, spreadsheets=tuple(spreadsheets)))


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
    return BaseTables(Base(published.release, tuple(sorted(names)), channel), tables)


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

    def locate(_index: int, _path: Path) -> Cell:
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
