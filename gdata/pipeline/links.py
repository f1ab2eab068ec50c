"""Links from problems to their cells: a planner clicks and stands in the very cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gdata.problems import Problem
from gdata.project import Project
from gdata.sources.adapters import by_source, source_of


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
