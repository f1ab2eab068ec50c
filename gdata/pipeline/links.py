"""Links from problems to their cells: a planner clicks and stands in the very cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from gdata.config import Spreadsheet
from gdata.pipeline.project import Project
from gdata.problems import Cell, Problem

_LINK = "https://docs.google.com/spreadsheets/d/{id}/edit"


def with_links(
    project: Project,
    problems: Iterable[Problem],
    gids: Mapping[tuple[str, str], int],
    *,
    may_ask: bool,
) -> list[Problem]:
    """The problems with their `url`; `gids` are the known ids of sheets, others are asked for if `may_ask`."""
    problems = list(problems)
    spreadsheets = {one.name: one for one in project.config.spreadsheets}
    known = dict(gids)
    unknown = {
        problem.cell.spreadsheet
        for problem in problems
        if (one := spreadsheets.get(problem.cell.spreadsheet)) is not None
        and one.id
        and (problem.cell.spreadsheet, problem.cell.sheet) not in known
    }
    if unknown and may_ask:
        from gdata.sources.google.pull import fetch_sheet_ids

        found = fetch_sheet_ids([spreadsheets[name] for name in sorted(unknown)], project.config.google)
        known |= {(name, title): gid for name, titles in found.items() for title, gid in titles.items()}
    return [
        replace(problem, url=_url(spreadsheets.get(problem.cell.spreadsheet), problem.cell, known))
        for problem in problems
    ]


@lru_cache(maxsize=1_000)
def _file(path: Path, sheet: str) -> str:
    # Asked once a sheet: asking the file system for each of 300,000 problems takes seconds.
    return str(path / f"{sheet}.csv" if path.is_dir() else path)


def _url(spreadsheet: Spreadsheet | None, cell: Cell, gids: Mapping[tuple[str, str], int]) -> str:
    if spreadsheet is None:
        return ""
    if spreadsheet.path is not None:
        return _file(spreadsheet.path, cell.sheet)
    link = _LINK.format(id=spreadsheet.id)
    gid = gids.get((cell.spreadsheet, cell.sheet))
    if gid is None:
        return link
    return f"{link}#gid={gid}&range={cell.a1}" if cell.a1 else f"{link}#gid={gid}"
