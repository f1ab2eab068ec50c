"""Findings about the data: what is wrong, at which cell, and what to write instead.

A `Problem` is a value, not an exception. What can be found is listed once, as `Kind`s, in `gdata.kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from gdata.language import Sentence, fillings, say

MOST_RELATED = 100
"""Of more cells that take part in a problem the first are in `related`."""

Severity = Literal["error", "warning"]
"""What a problem does to a build: an error stops it, a warning is shown."""


@cache
def column_letters(column: int) -> str:
    """The spreadsheet's name of a column: 1 → "A", 27 → "AA"."""
    letters = ""
    while column:
        column, remainder = divmod(column - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A place in a spreadsheet. Rows and columns count from 1; 0 means all of them (a whole sheet, row, column)."""

    spreadsheet: str
    sheet: str = ""
    row: int = 0
    column: int = 0

    @property
    def a1(self) -> str:
        """The cell as spreadsheets write it: `C14`, `C:C` for a column, `14:14` for a row, "" for the sheet."""
        if self.row and self.column:
            return f"{column_letters(self.column)}{self.row}"
        if self.column:
            return f"{column_letters(self.column)}:{column_letters(self.column)}"
        return f"{self.row}:{self.row}" if self.row else ""

    def __str__(self) -> str:
        return f"{self.sheet}!{self.a1}" if self.a1 else self.sheet


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its stable code and its words.

    `message` and `hint` are templates over the words given to `at`. A code that ends in `.*` is completed by the
    problem (`constraint.int64.gt`, `check.sells_below_price`).
    """

    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    about: str = ""
    once_a_column: bool = False
    """Whether the first cell of a column stands for all of them."""

    def at(
        self,
        cell: Cell,
        *,
        table: str = "",
        field: str = "",
        value: str | None = None,
        related: Iterable[Cell] = (),
        code: str = "",
        **words: Any,
    ) -> Problem:
        """The problem of this kind at `cell`; `words` fill the templates, `code` completes a `.*`.

        Of the words, `before` and `after` are sentences that the hint begins and ends with, where they aren't "".
        """
        return Problem(
            kind=self,
            code=code or self.code,
            severity=self.severity,
            cell=cell,
            table=table,
            field=field,
            value=value,
            related=tuple(related),
            words=fillings(words),
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about the data, at one cell; `related` are further cells that take part in it."""

    kind: Kind
    code: str
    severity: Severity
    cell: Cell
    table: str = ""
    field: str = ""
    value: str | None = None
    related: tuple[Cell, ...] = ()
    words: tuple[tuple[str, str | Sentence], ...] = ()
    target: str = ""
    url: str = ""
    header: str = ""
    """What the sheet calls the field, where that is something else."""
    title: str = ""
    """What people call the row, where it has a title."""
    versions: str | Sentence = ""
    """In which versions of those that were checked it holds, where that isn't all: "1.5 and later"."""

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        return str(Sentence(self.kind.message, self._words()))

    @property
    def hint(self) -> str:
        """What to do about it; may be empty."""
        words = dict(self.words)
        hint = ""
        for part in (words.get("before", ""), Sentence(self.kind.hint, self._words()), words.get("after", "")):
            text = str(part)
            if hint and text:
                hint += f"{'' if hint[-1] in '.?!' else '.'} {text[0].upper()}{text[1:]}"
            else:
                hint += text
        return hint

    @property
    def severity_word(self) -> str:
        """The severity for people."""
        return say("error") if self.severity == "error" else say("warning")

    def _words(self) -> tuple[tuple[str, str | Sentence], ...]:
        return ("field", self.field), ("value", self.value or ""), ("table", self.table), *self.words

    def as_json(self) -> dict[str, Any]:
        """The problem in the shape of the JSON output."""
        return {
            "severity": self.severity,
            "code": self.code,
            "spreadsheet": self.cell.spreadsheet,
            "sheet": self.cell.sheet,
            "cell": self.cell.a1,
            "table": self.table,
            "field": self.field,
            "header": self.header,
            "title": self.title,
            "value": self.value,
            "message": self.message,
            "hint": self.hint,
            "related": [str(cell) for cell in self.related],
            "target": self.target,
            "versions": str(self.versions),
            "url": self.url,
        }


def in_cell_order(problems: Iterable[Problem], sheet_order: Mapping[tuple[str, str], int]) -> list[Problem]:
    """Problems grouped by sheet, in the order of sheets.yaml, each sheet's by row and column, equal ones once.

    `sheet_order` maps (spreadsheet, sheet) to its position; sheets that it doesn't know come last.
    """
    last = len(sheet_order)

    def position(problem: Problem) -> tuple[int, Cell, str, str, str]:
        cell = problem.cell
        return (
            sheet_order.get((cell.spreadsheet, cell.sheet), last),
            cell,
            problem.field,
            problem.code,
            problem.target,
        )

    return sorted(dict.fromkeys(problems), key=position)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of them stops a build."""
    return any(problem.severity == "error" for problem in problems)


def level_of(problem: Problem, codes: Mapping[str, str], tables: Mapping[str, Mapping[str, str]]) -> str:
    """How grave `severity:` of sheets.yaml says a problem is: error, warning or off."""
    return tables.get(problem.table, {}).get(problem.code) or codes.get(problem.code) or problem.severity


def with_severities(
    problems: Iterable[Problem],
    codes: Mapping[str, str],
    tables: Mapping[str, Mapping[str, str]],
    *,
    strict: bool = False,
) -> list[Problem]:
    """Raise, lower or drop problems as `severity:` of sheets.yaml says; a table's own rule beats the general one.

    `strict` then makes every warning an error. Levels are error, warning and off.
    """
    kept = []
    for problem in problems:
        level = level_of(problem, codes, tables)
        if level == "off":
            continue
        severity: Severity = "error" if level == "error" or strict else "warning"
        kept.append(problem if severity == problem.severity else replace(problem, severity=severity))
    return kept
