"""Problems as the tools of CI read them: SARIF for code scanning, JUnit's XML for reports of test runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from gdata.cli.problems_text import cell_name, full_message
from gdata.problems import Problem
from gdata.text import visible

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
