"""Run all checks over parsed tables, for each audience, and put the problems in order.

Where something is wrong, the last release is asked what it had, so that a message can tell of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.bundles.titles import text_columns
from gdata.checks.references.existing import fold_gone, title_field, without_gone
from gdata.checks.run import Checks
from gdata.checks.sums import OF_GROUPS, with_headers, without_groups_of
from gdata.checks.values import value_text
from gdata.config import Audience
from gdata.errors import GdataError
from gdata.events import Event, Listener
from gdata.language import current_language, sentence
from gdata.parsing.view import SWITCHED_OFF, HeaderTexts, View
from gdata.problems import Cell, Problem, has_errors, in_cell_order, level_of, with_severities
from gdata.project import Project
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.adapters import source_of
from gdata.tables import Parsed
from gdata.text import fold

if TYPE_CHECKING:
    from gdata.bundles.reader import Bundle


_TITLED = 200
"""Problems that are told with the titles of their rows."""
_A_MOMENT = timedelta(minutes=1)
"""A pull takes seconds: somebody may add a row to one spreadsheet after it was read, and refer to it in another."""


def check_all(project: Project, parsed: Parsed, listener: Listener, *, strict: bool = False) -> list[Problem]:
    """Every problem of the parsed tables, in cell order, with the severities that sheets.yaml gives them.

    Raises:
        SchemaError: a constraint or reference in a .proto makes no sense.
        ConfigError: a file of custom checks can't be loaded.
    """
    config = project.config
    checked = [name for name, table in parsed.tables.items() if table.is_checked]
    checks = Checks(
        project.schema,
        project.plans,
        files=config.checks,
        asset_root=config.asset_root,
        checked=checked,
        timezone=ZoneInfo(config.timezone),
    )
    views_by_audience = {audience: views_for(parsed, audience) for audience in project.audiences}

    def is_error(problem: Problem) -> bool:
        return level_of(problem, config.severity.codes, config.severity.tables) == "error"

    found: dict[Audience, list[Problem]] = {}
    for done, (audience, views) in enumerate(views_by_audience.items(), start=1):
        local = []
        for name, view in views.items():
            is_checked = parsed.tables[name].is_checked
            local += checks.check_files(view) if is_checked else checks.check_table(view)
        cells = [one for table in parsed.tables.values() for one in table.cell_problems.get(audience, ())]
        cells = checks.answer_titles(views, cells)
        local += _check_empty(parsed, audience, views)
        together = checks.check_together(views, [*parsed.problems, *cells, *local], audience.version)
        found[audience] = [*cells, *local, *together]
        listener(Event("check", "", done, len(views_by_audience)))
    every = {name: view for views in reversed(views_by_audience.values()) for name, view in views.items()}
    folded = fold_gone(_by_target(project, found), every, LiveTables(project), is_error)
    foreign = {(one.table, one.field) for one in parsed.problems if one.code == kinds.KEY_RANGE.code and is_error(one)}
    problems = [*parsed.problems, *without_groups_of(folded, foreign), *_check_nobody(project, parsed)]
    if views_by_audience:
        first = next(iter(views_by_audience.values()))
        problems += without_gone(_of_rows_off(checks, parsed, views_by_audience), problems, first)
        problems += checks.warn(first)
    if config.metrics and not has_errors(problems):  # Of wrong data a metric would only tell the same again.
        from gdata.pipeline.metrics import check_metrics

        by_target = {target.name: views_by_audience[target.audience] for target in config.targets}
        problems += check_metrics(config, by_target, lambda note: listener(Event("check", note=note)))
    problems = with_severities(problems, config.severity.codes, config.severity.tables, strict=strict)
    told = _with_headers(in_cell_order(problems, parsed.sheet_order), parsed)
    if views_by_audience:
        told = RowTitles(next(iter(views_by_audience.values())), parsed.sheet_order).added_to(told)
    return _with_moments(told, parsed)


def _of_rows_off(checks: Checks, parsed: Parsed, seen: Mapping[Audience, Mapping[str, View]]) -> list[Problem]:
    """What is wrong in rows that are switched off: warnings, told once for all targets."""
    off = {name: table.off for name, table in parsed.tables.items() if table.off is not None and table.off.row_count}
    if not off or not seen:
        return []
    found = [one for table in parsed.tables.values() for one in table.cell_problems.get(SWITCHED_OFF, ())]
    for name, view in off.items():
        if not parsed.tables[name].is_checked:
            found += checks.check_rows_off(view, [views[name] for views in seen.values()])
    return [*found, *checks.check_off(off, list(seen.values()))]


def views_for(parsed: Parsed, audience: Audience) -> Mapping[str, View]:
    """The tables as an audience sees them, without those that its version doesn't have."""
    return {name: table.view(audience) for name, table in parsed.tables.items() if audience in table.seen_by}


def _check_nobody(project: Project, parsed: Parsed) -> Iterator[Problem]:
    """A warning for every version that begins in a sheet and that no target or channel has reached."""
    reached = project.config.versions
    if None in reached:
        return
    for table in parsed.tables.values():
        for one in table.bounds:
            if one.word != "until" and not any(version >= one.version for version in reached if version is not None):
                yield kinds.VERSION_NOBODY.at(one.cell, table=table.plan.name, version=one.version)


def _check_empty(parsed: Parsed, audience: Audience, views: Mapping[str, View]) -> Iterator[Problem]:
    """A warning for every table of which an audience's version has no row, though there are some."""
    for name, view in views.items():
        table = parsed.tables[name]
        rows = [one for one in table.bounds if one.word != "+"]
        if view.plan.kind != "record" and not view.row_count and rows:
            version = audience.version or sentence("the newest")
            cell = rows[0].cell
            yield kinds.VERSION_EMPTY.at(Cell(cell.spreadsheet, cell.sheet), table=name, version=version)


def _with_headers(problems: Iterable[Problem], parsed: Parsed) -> list[Problem]:
    """The problems with the header above (or before) their cells, where it isn't just the field's name."""
    headers = {place: texts for table in parsed.tables.values() for place, texts in table.headers.items()}
    found = []
    for problem in problems:
        place = problem.cell.spreadsheet, problem.cell.sheet
        table = parsed.tables.get(problem.table)
        texts = (table.headers.get(place) if table is not None else None) or headers.get(place)
        header = texts.of(problem.cell) if texts is not None and problem.cell.row and problem.cell.column else ""
        is_told = header in ("", problem.value) or not problem.field or fold(header) == fold(problem.field)
        one = problem if is_told else replace(problem, header=header)
        if texts is not None and table is not None and problem.kind in OF_GROUPS:
            one = with_headers(one, one.header, partial(_header_of, texts, table.plan.row))
        found.append(one)
    return found


def _header_of(texts: HeaderTexts, row: MessagePlan, name: str) -> str:
    """What a sheet calls a field; "" where no header is it by itself."""
    way = row.way(name)
    known = {fold(name), *(map(fold, way[-1].columns) if way else ())}
    return next((text for text in texts.texts if fold(text) in known), "")


class RowTitles:
    """What people call the rows that problems are about, found by their cells."""

    def __init__(self, views: Mapping[str, View], order: Mapping[tuple[str, str], int]) -> None:
        self._views = views
        self._order = order

    def added_to(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems, the first of them with the titles of their rows: of more, nobody reads each."""
        first = [replace(one, title=self.of(one)) if one.cell.row else one for one in problems[:_TITLED]]
        return [*first, *problems[_TITLED:]]

    def of(self, problem: Problem) -> str:
        """The title of the row that a problem is about; "" where it has none, or isn't known."""
        view = self._views.get(problem.table)
        field = title_field(view.plan) if view is not None else None
        if view is None or field is None or not view.rows or view.plan.kind == "record":
            return ""
        wanted = self._place(problem.cell)
        index = bisect_left(range(len(view.rows)), wanted, key=lambda at: self._place(view.locate(at, ())))
        if index == len(view.rows) or self._place(view.locate(index, ())) != wanted:
            return ""
        title = str(getattr(view.rows[index], field.name))
        return "" if problem.field == field.name else self._text(field, title)

    def _place(self, cell: Cell) -> tuple[int, int]:
        return self._order.get((cell.spreadsheet, cell.sheet), len(self._order)), cell.row

    def _text(self, field: FieldPlan, title: str) -> str:
        """The title through a table of texts, in the language in use."""
        view = self._views.get(field.refs[0].table) if len(field.refs) == 1 else None
        if view is None or len(view.plan.key) != 1:
            return title
        key = view.plan.key[0].name
        row = next((one for one in view.rows if getattr(one, key) == title), None)
        columns = text_columns(view.plan.row.descriptor, [key], current_language())
        return next(filter(None, (getattr(row, column) for column in columns)), title) if row is not None else title


def _with_moments(problems: list[Problem], parsed: Parsed) -> list[Problem]:
    """The problems, where a missing row of another spreadsheet may have been added while they were being read."""
    now = datetime.now(UTC)
    read = {one.spreadsheet for one in parsed.pulled if source_of(one).is_remote and now - one.pulled_at < _A_MOMENT}
    if not read:
        return problems
    homes = {name: {place[0] for place in table.headers} for name, table in parsed.tables.items()}
    after = sentence("the spreadsheets were read seconds apart: if the row was added just now, build again")
    found = []
    for problem in problems:
        words = dict(problem.words)
        if problem.code == "reference.missing":
            others = {home for name in str(words["target"]).split(" / ") for home in homes.get(name, ())}
            if read & (others - {problem.cell.spreadsheet}):
                problem = replace(problem, words=(*problem.words, ("after", after)))
        found.append(problem)
    return found


def _by_target(project: Project, found: Mapping[Audience, Iterable[Problem]]) -> list[Problem]:
    """Problems that every target has once, those that only one has with its name.

    Targets may see other rows, and so be given other hints: the first one's is told.
    """
    seen_by: dict[Problem, list[str]] = {}
    known: dict[tuple[object, ...], Problem] = {}
    for target in project.config.targets:
        for problem in dict.fromkeys(found[target.audience]):
            same = problem.code, problem.cell, problem.field, problem.value, problem.message
            names = seen_by.setdefault(known.setdefault(same, problem), [])
            if target.name not in names:
                names.append(target.name)
    every = len(project.config.targets)
    return [
        replace(problem, target=targets[0]) if len(targets) == 1 < every else problem
        for problem, targets in seen_by.items()
    ]


class LiveTables:
    """The tables of the default channel's release. A store that can't be read has none: it is only asked for words."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, Mapping[str, str]] = {}

    def __call__(self, table: str) -> Mapping[str, str]:
        """The keys of a table as texts, in its order, with what each row is called."""
        if table not in self._known:
            self._known[table] = self._read(table)
        return self._known[table]

    def _read(self, table: str) -> Mapping[str, str]:
        from google.protobuf.message import DecodeError
        from google.protobuf.message_factory import GetMessageClass

        plan = self._project.plans[table]
        bundle = next((one for one in self._bundles if table in one.manifest.tables), None)
        if bundle is None or len(plan.key) != 1:
            return {}
        try:
            message = GetMessageClass(plan.descriptor).FromString(bundle.table(table))
        except (GdataError, DecodeError):
            return {}
        key, title = plan.key[0].name, title_field(plan)
        return {
            value_text(row, (key,)) or "": getattr(row, title.name) if title is not None else ""
            for row in plan.rows_of(message)
        }

    @cached_property
    def _bundles(self) -> list[Bundle]:
        from gdata.pipeline.sides import store_of
        from gdata.releases.reader import bundles_of

        config = self._project.config
        try:
            published = bundles_of(store_of(config), config.default_channel, missing_ok=True)
        except GdataError:
            return []
        # A target without groups has every field.
        full = {target.name for target in config.targets if not target.groups}
        return sorted(published.bundles.values(), key=lambda one: one.manifest.target not in full)
