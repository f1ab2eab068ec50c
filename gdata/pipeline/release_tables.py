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
from gdata.config import Config, SheetEntry, Spreadsheet
from gdata.errors import DamagedError, UsageError
from gdata.language import say, sentence
from gdata.nearest import did_you_mean
from gdata.parsing.view import ParsedTable, Path, Tags, View
from gdata.problems import Cell
from gdata.project import Project
from gdata.releases.hotfixes import Base
from gdata.releases.reader import Published
from gdata.schema.plan import TablePlan


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
    bundles = {tags: _full_bundle(project.config, published, tags) for tags in project.tag_sets}
    tables = {}
    for name in sorted(names):
        plan = project.plans[name]
        place = _place_of(project.config, plan)
        views = [_view(plan, bundle, place) for bundle in bundles.values()]
        tables[name] = ParsedTable(plan, views, {tags: number for number, tags in enumerate(bundles)})
    channel = published.entry.channel if published.entry is not None else ""
    return BaseTables(Base(published.release, tuple(sorted(names)), channel), tables)


def _full_bundle(config: Config, published: Published, tags: Tags) -> Bundle:
    for target in config.targets:
        if target.tags == tags and not target.groups and target.name in published.bundles:
            return published.bundles[target.name]
    raise UsageError(
        sentence(
            "{name} has no target with all fields and the tags {tags}",
            name=published.name,
            tags=", ".join(tags) or "(none)",
        ),
        hint=sentence("only a target without `groups` can lend its tables: build all tables, or add such a target"),
    )


def _view(plan: TablePlan, bundle: Bundle, place: Cell) -> View:
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
    return View(plan, len(rows), locate).holding(message, rows)


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
