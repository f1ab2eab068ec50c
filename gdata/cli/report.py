"""How a command tells the problems that it found. What a format needs is imported for that format alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gdata.cli.console import print_json, result_console, write_result
from gdata.problems import Problem


def report_problems(
    problems: Sequence[Problem], format_: str, as_json: Callable[[], dict[str, Any]], *, show_all: bool
) -> None:
    """Print `problems`; as JSON the command's whole result, in which they are."""
    if format_ == "json":
        print_json(as_json())
    elif format_ == "text":
        if problems:
            from gdata.cli.problems_text import render_problems

            render_problems(result_console(), problems, show_all=show_all)
    elif format_ == "html":
        from gdata.cli.problems_pages import as_html

        write_result(as_html(problems))
    elif format_ in ("sarif", "junit"):
        from gdata.cli.problems_ci import as_junit, as_sarif

        write_result(as_sarif(problems) if format_ == "sarif" else as_junit(problems))
    else:
        from gdata.cli.problems_pages import as_github, as_markdown

        write_result(as_markdown(problems) if format_ == "markdown" else as_github(problems))
