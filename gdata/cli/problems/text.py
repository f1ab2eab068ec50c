"""Problems on a terminal: by sheet, floods folded, each cell a link, and no more than a screen unless asked.

A flood is one code in one column: its first few are told, and how many more there are; programs' formats for people
fold it too. What stands in a sheet is data: it is never markup, and no character of it acts on the terminal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from gdata.language import say, say_counted
from gdata.problems import MOST_RELATED, Cell, Problem, column_letters
from gdata.text import visible

_FILLED = re.compile(r"\{(\w+)\}")
"""What stands in a template for a word."""
_STYLES = {"error": "bold red", "warning": "yellow"}
_MOST_SHOWN = 5
_LONGEST_VALUE = 60
_LEAST_LINES = 12
_RESERVED_LINES = 5
"""For what is printed below: the summary, how to see the rest, the prompt."""
_PLAIN_FROM = 2_000
"""So many problems are written one a line: laid out, each takes a millisecond."""


def render_problems(console: Console, problems: Sequence[Problem], *, show_all: bool = False) -> None:
    """Print problems (in cell order) for people. `show_all`: every one of them; else floods are folded, and on a
    terminal no more is printed than it shows at once, errors first.
    """
    if not problems:
        return
    if show_all and len(problems) > _PLAIN_FROM:
        console.file.writelines(f"{plain_line(problem)}\n" for problem in problems)
    else:
        folded = [Folded(problem) for problem in problems] if show_all else fold(problems)
        page = _Page(console, folded)
        for line in page.fitting(None if show_all or not console.is_terminal else console.height):
            console.print(line)
        page.print_rest()
    console.print(Text(summary(problems), style="bold"))


def summary(problems: Sequence[Problem]) -> str:
    """How many errors and warnings in how many sheets, in one line."""
    errors, warnings = count_severities(problems)
    sheets = len({(problem.cell.spreadsheet, problem.cell.sheet) for problem in problems})
    found = _counted(errors, warnings)
    return say_counted("{found} in {count} sheet", "{found} in {count} sheets", sheets, found=found)


def plain_line(problem: Problem) -> str:
    """A problem in one line without colours: `items/Item!C14: error: price: must be greater than 0`."""
    place = "/".join(filter(None, (problem.cell.spreadsheet, str(problem.cell))))
    hint = f" -> {problem.hint}" if problem.hint else ""
    return visible(f"{place}: {problem.severity}: {full_message(problem)}{hint} [{problem.code}]")


class _Page:
    """What fits on the screen of all there is."""

    def __init__(self, console: Console, folded: Sequence[Folded]) -> None:
        self._console = console
        self._folded = folded
        self._cell_width = max(cell_len(cell_name(one.problem.cell)) for one in folded)
        self._shown: set[int] = set()

    def fitting(self, height: int | None) -> Iterator[Text | Table]:
        """The lines to print, errors before warnings where not all of them fit into `height`."""
        self._shown = set(range(len(self._folded))) if height is None else self._choose(height)
        kept = [one for index, one in enumerate(self._folded) if index in self._shown]
        counts = {sheet: list(group) for sheet, group in group_by_sheet(self._folded).items()}
        for sheet, group in group_by_sheet(kept).items():
            yield _heading(sheet, counts[sheet])
            hint = ""
            for one in group:
                yield self._block(one, hint)
                hint = one.problem.hint
            yield Text("")

    def print_rest(self) -> None:
        """Say what wasn't printed, and how to see it."""
        rest = [one for index, one in enumerate(self._folded) if index not in self._shown]
        folded_away = sum(one.more for one in self._folded)
        if rest:
            text = say("… and {found} more: --all shows all of them", found=count_text(rest))
            self._console.print(Text(text, style="dim"))
        elif folded_away:
            self._console.print(Text(say("--all shows those that were left out"), style="dim"))

    def _choose(self, height: int) -> set[int]:
        room = max(_LEAST_LINES, height - _RESERVED_LINES)
        chosen: set[int] = set()
        sheets: set[tuple[str, str]] = set()
        order = sorted(range(len(self._folded)), key=lambda index: self._folded[index].problem.severity != "error")
        for index in order:
            one = self._folded[index]
            sheet = (one.problem.cell.spreadsheet, one.problem.cell.sheet)
            room -= self._height(one) + (0 if sheet in sheets else 2)
            if room < 0 and chosen:
                break
            chosen.add(index)
            sheets.add(sheet)
        return chosen

    def _height(self, one: Folded) -> int:
        return len(self._console.render_lines(self._block(one), pad=False))

    def _block(self, one: Folded, told: str = "") -> Table:
        """A problem's lines; its hint isn't repeated where it was `told` right above."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(min_width=self._cell_width + 2, no_wrap=True)
        grid.add_column(min_width=len("warning"), no_wrap=True)
        grid.add_column(overflow="fold", ratio=1)
        problem = one.problem
        grid.add_row(
            Text.assemble("  ", (visible(cell_name(problem.cell)), _link(problem.url))),
            Text(problem.severity_word, style=_STYLES[problem.severity]),
            Text("\n").join(_lines(one, told)),
        )
        return grid


def _heading(sheet: tuple[str, str], group: Iterable[Folded]) -> Text:
    name = " / ".join(visible(part) for part in sheet if part)
    return Text.assemble((name, "bold"), "  ", (count_text(group), "dim"))


def _lines(one: Folded, told: str) -> Iterator[Text]:
    problem = one.problem
    title = f"  · {visible(problem.title)}" if problem.title else ""
    yield Text.assemble(visible(full_message(problem)), (title, "dim"), (f"  {visible(problem.code)}", "dim"))
    if problem.hint != told:
        yield Text(visible(problem.hint), style="green")
    if others := others_beside(problem):
        yield Text(visible(say("also {cells}", cells=others)), style="dim")
    if one.more:
        yield Text(more_like_it(one), style="bold")


def more_like_it(one: Folded) -> str:
    """How many problems like this one aren't shown, and where the last of them is."""
    count, last = f"{one.more:,}", one.last.a1 if one.last is not None else ""
    if last:
        return say("and {count} more like it, the last at {cell}", count=count, cell=last)
    return say("and {count} more like it", count=count)


def full_message(problem: Problem) -> str:
    """Field and message, with the value where the message doesn't have it, and the target where only one has it."""
    value = value_beside(problem)
    now = say(" (now {value})", value=value) if value else ""
    target = say(" (only in {target})", target=problem.target) if problem.target else ""
    versions = say(" (in {versions})", versions=problem.versions) if problem.versions else ""
    return f"{field_before(problem)}{problem.message}{now}{target}{versions}"


def field_before(problem: Problem) -> str:
    """Header, field and a colon, of these what the message doesn't name: `판매 종료 (end_at): `."""
    name = field_name(problem)
    return f"{name}: " if name else ""


def field_name(problem: Problem) -> str:
    """The sheet's own header and the field, each where the message doesn't name it: `판매 종료 (end_at)`."""
    if problem.header and not _is_named(problem.header, problem):
        return problem.header if _is_named(problem.field, problem) else f"{problem.header} ({problem.field})"
    return "" if problem.header or _is_named(problem.field, problem) else problem.field


def _is_named(name: str, problem: Problem) -> bool:
    # What a message itself is made of names no column: a header 키 isn't the word for a key. Nor does the cell's text,
    # but where it is a header, nor a cell's address. Korean has no blank between a word and its particle, so only
    # letters and digits of names end a name.
    own = {"field": problem.field, "value": problem.value or "" if problem.code.startswith("header.") else ""}
    words = own | {name: str(word) for name, word in problem.words}
    told = (words.get(one, "") for one in _FILLED.findall(problem.kind.message))
    named = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_!])")
    return any(map(named.search, told))


def value_beside(problem: Problem) -> str:
    """The value, where the message doesn't have it; a rule's own message may have the same number by chance."""
    value = problem.value or ""
    if value in problem.message and "{text}" not in problem.kind.message:
        return ""
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"


def others_beside(problem: Problem) -> str:
    """The first of the further cells, those that the hint names left out: `Item!C2, Item!C9 and 12 more`."""
    names = [name for name in map(str, problem.related) if name not in problem.hint]
    more = len(names) - _MOST_SHOWN
    shown = ", ".join(names[:_MOST_SHOWN])
    if len(problem.related) >= MOST_RELATED:
        return say("{cells} and more", cells=shown)
    return say("{cells} and {count} more", cells=shown, count=more) if more > 0 else shown


def cell_name(cell: Cell) -> str:
    """The cell as it is shown: `C14`; a whole row, column or sheet by that word."""
    if cell.row and cell.column:
        return cell.a1
    if cell.row:
        return say("row {number}", number=cell.row)
    return say("column {letters}", letters=column_letters(cell.column)) if cell.column else say("sheet")


def _link(url: str) -> Style:
    if not url.isprintable():
        return Style()
    if url.startswith(("https://", "http://")):
        return Style(link=url, bold=True)
    return Style(link=Path(url).as_uri(), bold=True) if url and Path(url).is_absolute() else Style(bold=True)


def count_text(folded: Iterable[Folded]) -> str:
    """How many errors and warnings there are, those folded away too: `3 errors, 1 warning`."""
    return _counted(*_count(folded))


def _count(folded: Iterable[Folded]) -> tuple[int, int]:
    errors = warnings = 0
    for one in folded:
        if one.problem.severity == "error":
            errors += one.count
        else:
            warnings += one.count
    return errors, warnings


def _counted(errors: int, warnings: int) -> str:
    parts = []
    if errors:
        parts.append(say_counted("{count} error", "{count} errors", errors))
    if warnings:
        parts.append(say_counted("{count} warning", "{count} warnings", warnings))
    return ", ".join(parts)


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
