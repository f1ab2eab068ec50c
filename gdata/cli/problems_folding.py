"""Floods of problems folded for people: the first few of one code in one column, and how many more there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gdata.problems import Cell, Problem

KEPT = 3
"""Problems of a flood that are shown."""

Flood = tuple[str, str, str, int, str]
"""What problems of one flood have in common: spreadsheet, sheet, code, column, severity."""


@dataclass(frozen=True)
class Folded:
    """A problem to show, and how many like it aren't shown; `last` is the cell of the last of those."""

    problem: Problem
    more: int = 0
    last: Cell | None = None

    @property
    def count(self) -> int:
        """How many problems it stands for."""
        return 1 + self.more


def fold(problems: Iterable[Problem], kept: int = KEPT) -> list[Folded]:
    """The problems in their order; of those with one code in one column only the first `kept`.

    One problem alone is never folded away: it would take the line that says so.
    """
    problems = list(problems)
    sizes = Counter(map(_flood_of, problems))
    last = {_flood_of(problem): problem.cell for problem in problems}
    seen: Counter[Flood] = Counter()
    shown = []
    for problem in problems:
        flood = _flood_of(problem)
        seen[flood] += 1
        if sizes[flood] <= kept + 1 or seen[flood] < kept:
            shown.append(Folded(problem))
        elif seen[flood] == kept:
            shown.append(Folded(problem, sizes[flood] - kept, last[flood]))
    return shown


def group_by_sheet(folded: Iterable[Folded]) -> dict[tuple[str, str], list[Folded]]:
    """By spreadsheet and sheet, in the order in which they come."""
    groups: dict[tuple[str, str], list[Folded]] = {}
    for one in folded:
        groups.setdefault((one.problem.cell.spreadsheet, one.problem.cell.sheet), []).append(one)
    return groups


def count_severities(problems: Iterable[Problem]) -> tuple[int, int]:
    """How many errors and how many warnings there are."""
    severities = [problem.severity for problem in problems]
    return severities.count("error"), severities.count("warning")


def _flood_of(problem: Problem) -> Flood:
    cell = problem.cell
    return (cell.spreadsheet, cell.sheet, problem.code, cell.column, problem.severity)
