"""How a command tells the problems that it found: for people, programs, pull requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gdata.cli.console import error_console, print_json, write_result
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

            render_problems(error_console(), problems, show_all=show_all)
    elif format_ == "html":
        from gdata.cli.problems_html import as_html

        write_result(as_html(problems))
    else:
        from gdata.cli.problems_formats import as_github, as_markdown

        write_result(as_markdown(problems) if format_ == "markdown" else as_github(problems))
