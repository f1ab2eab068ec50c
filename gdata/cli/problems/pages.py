"""Problems for pull requests, the tools of CI, and people far away.

There are Markdown, annotations for GitHub's runs, SARIF, JUnit's XML, and one self-contained page that looks as the
diff's does: to attach, to mail, to open by a double-click. There is no script in it, and the content security policy
lets nothing load or run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from gdata.cli.problems.text import (
    Folded,
    cell_name,
    count_text,
    field_name,
    fold,
    full_message,
    group_by_sheet,
    more_like_it,
    others_beside,
    summary,
    value_beside,
)
from gdata.diffs.renderers.markdown import MOST, code, literal
from gdata.language import current_language, say
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
    if problem.title:
        yield literal(problem.title)
    if others := others_beside(problem):
        yield say("also {cells}", cells=literal(others))
    if problem.target:
        yield say("only in {target}", target=literal(problem.target))
    if problem.versions:
        yield say("in {versions}", versions=literal(str(problem.versions)))


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


MOST = 20_000
"""Problems in the page; more would make it too big to open."""
_KEPT = 100
"""Problems of a flood that are shown: a page has more room than a screen."""


def as_html(problems: Sequence[Problem], *, most: int = MOST) -> str:
    """The problems as an HTML document, at most `most` of them; the rest is counted."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("gdata.cli.problems", "page"), autoescape=True)
    style = (files("gdata.diffs.renderers") / "page" / "diff.css").read_text("utf-8")
    style += (files("gdata.cli.problems") / "page" / "problems.css").read_text("utf-8")
    folded = fold(problems, _KEPT)
    left = sum(one.count for one in folded[most:])
    return environment.get_template("problems.html.j2").render(
        title=summary(problems) if problems else say("No problems"),
        language=current_language(),
        words=_words(),
        sheets=[_sheet(sheet, group) for sheet, group in group_by_sheet(folded[:most]).items()],
        left=say("… and {count} more: run `gdata check --all`", count=f"{left:,}") if left else "",
        style=style,
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _words() -> dict[str, str]:
    return {
        "sheets": say("Sheets"),
        "cell": say("Cell"),
        "wrong": say("What is wrong"),
        "todo": say("What to do"),
        "none": say("No problems"),
    }


def _sheet(sheet: tuple[str, str], group: Iterable[Folded]) -> dict[str, Any]:
    group = list(group)
    return {
        "name": " / ".join(visible(part) for part in sheet if part),
        "count": f"{sum(one.count for one in group):,}",
        "found": count_text(group),
        "rows": [_page_row(one) for one in group],
    }


def _page_row(one: Folded) -> dict[str, str]:
    problem = one.problem
    others = others_beside(problem)
    return {
        "severity": problem.severity,
        "level": problem.severity_word,
        "cell": visible(cell_name(problem.cell)),
        # A path of this machine is of no use to whoever the page is sent to.
        "url": problem.url if problem.url.startswith("https://") and problem.url.isprintable() else "",
        "text": visible(full_message(problem)),
        "code": visible(problem.code),
        "hint": visible(problem.hint),
        "others": visible(say("also {cells}", cells=others)) if others else "",
        "more": more_like_it(one) if one.more else "",
    }


SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(problems: Sequence[Problem], *, root: Path | None = None) -> str:
    """The problems as SARIF 2.1.0; a spreadsheet that is a file is named relative to `root` (default: here)."""
    folder = root or Path.cwd()
    codes = list(dict.fromkeys(problem.code for problem in problems))
    about = {problem.code: problem.kind.about or problem.kind.message for problem in problems}
    driver = {
        "name": "gdata",
        "rules": [{"id": one, "shortDescription": {"text": about[one]}} for one in codes],
    }
    results = [_result(one, codes.index(one.code), folder) for one in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _result(problem: Problem, rule: int, root: Path) -> dict[str, Any]:
    place = "/".join(filter(None, (problem.cell.spreadsheet, str(problem.cell))))
    text = ". ".join(filter(None, (f"{place}: {full_message(problem)}", problem.hint)))
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": visible(place), "kind": "cell"}]}
    if uri := _uri(problem, root):
        # Code scanning shows nothing that has no line; a sheet's row is the nearest there is.
        region = {"startLine": max(1, problem.cell.row)}
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": region}
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": visible(text)},
        "locations": [location],
    }


def _uri(problem: Problem, root: Path) -> str:
    if problem.url.startswith("https://"):
        return problem.url
    path = Path(problem.url)
    return path.relative_to(root).as_posix() if path.is_absolute() and path.is_relative_to(root) else ""


def as_junit(problems: Sequence[Problem]) -> str:
    """The problems as JUnit's XML: a test case each, which failed where the problem is an error; without any, one that
    passed."""
    errors = sum(problem.severity == "error" for problem in problems)
    counts = {"name": "gdata check", "tests": str(len(problems) or 1), "failures": str(errors), "errors": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", counts)
    if not problems:
        ElementTree.SubElement(suite, "testcase", {"classname": "gdata", "name": "no problems"})
    for problem in problems:
        cell = problem.cell
        names = {
            "classname": visible(".".join(filter(None, (cell.spreadsheet, cell.sheet)))),
            "name": visible(f"{cell_name(cell)} {problem.code}"),
        }
        case = ElementTree.SubElement(suite, "testcase", names)
        message, hint = visible(full_message(problem)), visible(problem.hint)
        if problem.severity == "error":
            failure = ElementTree.SubElement(case, "failure", {"message": message, "type": problem.code})
            failure.text = "\n".join(filter(None, (message, hint, visible(problem.url))))
        else:
            ElementTree.SubElement(case, "system-out").text = "\n".join(filter(None, (message, hint)))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, "unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


PAGES: dict[str, Callable[[Sequence[Problem]], str]] = {
    "markdown": as_markdown,
    "github": as_github,
    "html": as_html,
    "sarif": as_sarif,
    "junit": as_junit,
}
"""What writes each format."""
