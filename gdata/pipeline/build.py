"""`gdata check` and `gdata build`: all stages in their order, and how long each took.

The last one gives each problem the link that opens its cell: a planner clicks and stands in it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdata.bundles.encode import encode_build
from gdata.bundles.manifest import Manifest
from gdata.bundles.writer import write_build
from gdata.errors import OutputError
from gdata.events import Event, Listener
from gdata.installed import own_version
from gdata.language import counted, say
from gdata.parsing.view import RowsLeftOut, View
from gdata.pipeline.check import check_all, views_for
from gdata.pipeline.kept.notes import note_built, note_failure, note_unfed, noting_failure
from gdata.pipeline.kept.state import WRITTEN, locked, save_build, save_pull, tidy
from gdata.pipeline.origins import origins_as_json
from gdata.pipeline.pull import pull_all
from gdata.problems import Problem, has_errors
from gdata.project import Project
from gdata.sources.adapters import by_source, source_of
from gdata.sources.grid import Pulled
from gdata.tables import Parsed, parse_all

if TYPE_CHECKING:
    from gdata.parsing.view import ParsedTable
    from gdata.releases.hotfixes import Base


STAGES = ("pull", "parse", "check", "encode", "write")


@dataclass
class Timings:
    """Seconds that each stage took; the pull is what was waited for, as parsing goes on meanwhile."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    started: float = field(default_factory=time.perf_counter)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count the time of the block to `stage`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - started

    def as_json(self) -> dict[str, float]:
        """The timings in the shape of the JSON output."""
        total = time.perf_counter() - self.started
        return {**{name: round(seconds, 4) for name, seconds in self.seconds.items()}, "total": round(total, 4)}


@dataclass(frozen=True)
class BaseTables:
    """The tables that come from a release, and what the provenance says of it."""

    base: Base
    tables: Mapping[str, ParsedTable]
    origins_left: Mapping[str, int] = field(default_factory=dict)
    """Of how many of their rows that overlays changed the release doesn't say which values."""


@dataclass(frozen=True)
class BuildInput:
    """Where a build's tables come from: some from a release, and the sheets from a snapshot instead of a pull."""

    base: BaseTables | None = None
    pulled: Sequence[Pulled] | None = None
    is_now: bool = False
    """What was pulled are the sheets as they are now, not as a release has them."""

    @property
    def is_plain(self) -> bool:
        """Whether all tables come from the sheets as they are now."""
        return self.base is None and (self.pulled is None or self.is_now)


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: the problems, and what was read."""

    problems: list[Problem]
    parsed: Parsed
    timings: Timings

    @property
    def ok(self) -> bool:
        """Whether there is no error among the problems."""
        return not has_errors(self.problems)

    @property
    def requests(self) -> int:
        """How many reads the pull took of sources that count them."""
        return sum(pulled.requests for pulled in self.parsed.pulled)

    @property
    def left_out(self) -> dict[tuple[str, str], RowsLeftOut]:
        """By spreadsheet and sheet, the rows that nobody reads.

        Of several tables the one that leaves out most counts; those side by side on a sheet leave out their own rows.
        """
        areas: dict[tuple[tuple[str, str], str], RowsLeftOut] = {}
        for table in self.parsed.tables.values():
            for place, one in table.left_out.items():
                known = areas.get((place, one.area), RowsLeftOut())
                most = RowsLeftOut(max(known.notes, one.notes), max(known.unticked, one.unticked))
                areas[place, one.area] = most
        found: dict[tuple[str, str], RowsLeftOut] = {}
        for (place, _), one in areas.items():
            known = found.get(place, RowsLeftOut())
            found[place] = RowsLeftOut(known.notes + one.notes, known.unticked + one.unticked)
        return {place: one for place, one in found.items() if one.notes or one.unticked}

    def left_out_as_json(self) -> dict[str, dict[str, dict[str, int]]]:
        """The same in the shape of the JSON output."""
        sheets: dict[str, dict[str, dict[str, int]]] = {}
        for (spreadsheet, sheet), one in self.left_out.items():
            sheets.setdefault(spreadsheet, {})[sheet] = {"notes": one.notes, "unticked": one.unticked}
        return sheets


@dataclass(frozen=True)
class Built:
    """The outcome of a build: without errors, the manifests of all targets."""

    checked: Checked
    manifests: Mapping[str, Manifest] = field(default_factory=dict)

    @property
    def build(self) -> str | None:
        """The id of the build; None where there were errors."""
        return next((manifest.build for manifest in self.manifests.values()), None)


def check(project: Project, listener: Listener, *, offline: bool = False, strict: bool = False) -> Checked:
    """Pull, parse and check; nothing under `output/` changes, and nothing else has to be written."""
    with locked(project.state, listener, writes=False):
        return _check(project, listener, offline=offline, strict=strict, writes=False)


def check_from(project: Project, listener: Listener, source: BuildInput) -> Checked:
    """Parse and check what was pulled already."""
    with locked(project.state, listener, writes=False):
        return _check(project, listener, offline=False, strict=False, source=source)


def build(
    project: Project,
    listener: Listener,
    *,
    offline: bool = False,
    strict: bool = False,
    source: BuildInput | None = None,
) -> Built:
    """Pull, parse, check, encode and write. With an error among the problems nothing under `output/` changes.

    `source` says where the tables come from, if not all of them from the sheets as they are now.
    """
    is_plain = source is None or source.is_plain
    with locked(project.state, listener), noting_failure(project.config):
        checked = _check(project, listener, offline=offline, strict=strict, source=source)
        if not checked.ok:
            errors = sum(problem.severity == "error" for problem in checked.problems)
            note_failure(project.config, counted("{count} error", "{count} errors", errors))
            return Built(checked)
        with checked.timings.of("encode"):
            targets = {
                target.name: (target, views_for(checked.parsed, target.audience)) for target in project.config.targets
            }
            bundles = encode_build(project.schema, targets, project.state)
            listener(Event("encode", "", len(bundles), len(bundles)))
        with checked.timings.of("write"):
            built = Built(checked, {bundle.manifest.target: bundle.manifest for bundle in bundles})
            # Before the bundles: a publish then finds what the build was made from, whenever this process dies.
            pulled = checked.parsed.pulled
            save_build(
                project.state,
                built.build or "",
                pulled,
                project.schema.descriptors,
                lambda: _provenance(pulled, source, {name: views for name, (_, views) in targets.items()}),
                is_plain=is_plain,
            )
            written = write_build(project.config.output, bundles, project.state / WRITTEN)
            # Not before: were it not committed, the build that still stands there would have lost its part.
            tidy(project.state, {*written.builds, built.build or ""})
            note_built(project, built.build or "", is_plain=is_plain)
            if is_plain and (unfed := note_unfed(project, checked.parsed)):
                listener(Event("write", note=unfed))
            for folder in written.others:
                listener(Event("write", note=_not_ours(folder)))
            listener(Event("write", "", len(bundles), len(bundles)))
        return built


def _not_ours(folder: Path) -> str:
    return say(
        "{folder} isn't of this project, as far as it knows, and stays: delete it if nobody needs it", folder=folder
    )


def _check(
    project: Project,
    listener: Listener,
    *,
    offline: bool,
    strict: bool,
    source: BuildInput | None = None,
    writes: bool = True,
) -> Checked:
    timings = Timings()
    base = source.base if source is not None else None
    from_sheets = project
    if base is not None:
        from_sheets = project.only(frozenset(project.plans) - frozenset(base.tables))
    pulls: Iterator[Pulled]
    if source is not None and source.pulled is not None:
        pulls = iter(source.pulled)
    else:
        pulls = pull_all(from_sheets, from_sheets.config.spreadsheets, listener, offline=offline)
    with timings.of("parse"):
        parsed = parse_all(from_sheets, pulls, listener)
    timings.seconds["pull"] = parsed.waited
    timings.seconds["parse"] -= parsed.waited
    if source is None:
        with nullcontext() if writes else suppress(OutputError):
            save_pull(project.state, parsed.pulled)
    if base is not None:
        # A sheet of two tables may have fed one that was to come from the base.
        parsed.problems = [problem for problem in parsed.problems if problem.table not in base.tables]
        parsed.tables = {name: base.tables.get(name) or parsed.tables[name] for name in project.plans}
    with timings.of("check"):
        problems = check_all(project, parsed, listener, strict=strict)
    return Checked(with_links(project, problems, parsed.gids, may_ask=not offline), parsed, timings)


def _provenance(
    pulled: list[Pulled], source: BuildInput | None, targets: Mapping[str, Mapping[str, View]]
) -> dict[str, Any]:
    """Where the data came from; it lies in `.gdata/` and in the release's record, never in a bundle."""
    from_base = source.base if source is not None else None
    base = {"base": from_base.base.as_json()} if from_base is not None else {}
    overlaid = origins_as_json(targets, from_base.origins_left if from_base is not None else {})
    return {
        **base,
        **({"overlaid": overlaid} if overlaid else {}),
        "tool": f"gdata {own_version()}",
        "spreadsheets": {
            one.spreadsheet: {
                "kind": one.kind,
                "location": one.location,
                "pulled_at": one.pulled_at.isoformat(timespec="seconds"),
            }
            for one in pulled
        },
    }


def with_links(
    project: Project,
    problems: Iterable[Problem],
    known_ids: Mapping[tuple[str, str], int],
    *,
    may_ask: bool,
) -> list[Problem]:
    """The problems with their `url`; `known_ids` are of sheets, others are asked for if `may_ask`."""
    problems = list(problems)
    spreadsheets = {one.name: (one, source_of(one)) for one in project.config.spreadsheets}
    places = {(problem.cell.spreadsheet, problem.cell.sheet) for problem in problems}
    unknown = {name for name, _ in places - known_ids.keys() if name in spreadsheets}
    ids = dict(known_ids)
    if may_ask:
        for source, asked in by_source(spreadsheets[name][0] for name in sorted(unknown)):
            found = source.sheet_ids(asked, project.config)
            ids |= {(name, title): number for name, titles in found.items() for title, number in titles.items()}

    def link(problem: Problem) -> str:
        cell = problem.cell
        if cell.spreadsheet not in spreadsheets:
            return ""
        spreadsheet, source = spreadsheets[cell.spreadsheet]
        return source.link(spreadsheet, cell, ids.get((cell.spreadsheet, cell.sheet)))

    return [replace(problem, url=link(problem)) for problem in problems]
