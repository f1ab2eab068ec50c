"""Floods of problems folded for people: the first few of one code in one column, and how many more there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gdata.problems import Cell, Problem

KEPT = 3
"""Problems of a flood that are shown."""

_COLUMNS = 50
"""From more columns of one sheet, problems of one code are one flood: nobody reads three of each."""

Flood = tuple[str, str, str, int, str]
"""What problems of one flood have in common: spreadsheet, sheet, code, column (0: any), severity."""


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
    floods = _floods_of(problems)
    sizes = Counter(floods)
    last = {flood: problem.cell for flood, problem in zip(floods, problems, strict=True)}
    seen: Counter[Flood] = Counter()
    shown = []
    for flood, problem in zip(floods, problems, strict=True):
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


def _floods_of(problems: Iterable[Problem]) -> list[Flood]:
    """The flood of each problem."""
    floods = [(one.cell.spreadsheet, one.cell.sheet, one.code, one.cell.column, one.severity) for one in problems]
    columns = Counter(flood[:3] for flood in set(floods))
    return [(*flood[:3], 0, flood[4]) if columns[flood[:3]] > _COLUMNS else flood for flood in floods]
