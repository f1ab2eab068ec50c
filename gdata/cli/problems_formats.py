"""Problems for programs and pages: Markdown for a pull request, annotations for GitHub's runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gdata.cli.problems_folding import Folded, fold, group_by_sheet
from gdata.cli.problems_text import (
    cell_name,
    field_name,
    full_message,
    more_like_it,
    others_beside,
    summary,
    value_beside,
)
from gdata.diffs.renderers.markdown import MOST, code, literal
from gdata.language import say
from gdata.problems import Problem
from gdata.text import visible

_ROOM_FOR_REST = 200


def as_markdown(problems: Sequence[Problem], *, most: int = MOST) -> str:
    """The problems as Markdown for a comment, at most `most` signs; what doesn't fit is counted.

    Text from the sheets is escaped: it can't mention anybody, link anywhere or end a table.
    """
    if not problems:
        return say("**No problems** in the sheets.") + "\n"
    parts = [f"**{summary(problems)}**\n"]
    room = most - _length(parts[0]) - _ROOM_FOR_REST
    left = 0
    columns = say("| cell | | what is wrong | what to do |")
    for sheet, group in group_by_sheet(fold(problems)).items():
        head = f"\n#### {' / '.join(literal(part) for part in sheet if part)}\n\n{columns}\n|---|---|---|---|\n"
        for one in group:
            row = head + _row(one)
            if _length(row) > room:
                left += one.count
                continue
            parts.append(row)
            room -= _length(row)
            head = ""
    if left:
        parts.append("\n" + say("… and {count} more: run `gdata check --all`", count=f"{left:,}") + "\n")
    return "".join(parts)


def as_github(problems: Iterable[Problem], *, root: Path | None = None) -> str:
    """The problems as annotations for a run on GitHub, one line each; floods are folded.

    A spreadsheet that is a file is named relative to `root` (default: the current folder), so that GitHub ties
    the annotation to it.
    """
    return "".join(f"{_annotation(one, root or Path.cwd())}\n" for one in fold(problems))


def _row(one: Folded) -> str:
    problem = one.problem
    cell = _cell(problem)
    text = " — ".join(_texts(problem))
    more = f"<br>{literal(more_like_it(one))}" if one.more else ""
    kind = f"{problem.severity_word} {code(problem.code)}"
    return f"| {cell} | {kind} | {text}{more} | {literal(problem.hint)} |\n"


def _cell(problem: Problem) -> str:
    name = literal(cell_name(problem.cell))
    is_link = problem.url.startswith("https://") and problem.url.isprintable() and not set(problem.url) & set("()<> |")
    return f"[{name}]({problem.url})" if is_link else name


def _texts(problem: Problem) -> Iterator[str]:
    name = field_name(problem)
    field = f"{code(name)} " if name else ""
    yield field + literal(problem.message)
    if value := value_beside(problem):
        yield say("now {value}", value=code(value))
    if others := others_beside(problem):
        yield say("also {cells}", cells=literal(others))
    if problem.target:
        yield say("only in {target}", target=literal(problem.target))


def _annotation(one: Folded, root: Path) -> str:
    problem = one.problem
    place = "/".join(filter(None, (problem.cell.spreadsheet, str(problem.cell))))
    words = [f"{place}: {full_message(problem)}", problem.hint]
    if one.more:
        words.append(more_like_it(one))
    properties = {"file": _file(problem.url, root), "title": problem.code}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{problem.severity} {listed}::{_data(visible('. '.join(filter(None, words))))}"


def _file(url: str, root: Path) -> str:
    path = Path(url)
    return path.relative_to(root).as_posix() if path.is_absolute() and path.is_relative_to(root) else ""


def _data(text: str) -> str:
    """Text as GitHub's workflow commands take it: https://docs.github.com/actions, "workflow commands"."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def _length(text: str) -> int:
    """Signs as GitHub counts them, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
