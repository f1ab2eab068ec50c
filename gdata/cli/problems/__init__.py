"""How commands tell the problems that they found: on a terminal, on pages, to the tools of CI.

What a format needs is imported for that format alone.
"""

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
    elif format_ != "text":
        from gdata.cli.problems.pages import PAGES

        write_result(PAGES[format_](problems))
    elif problems:
        from gdata.cli.problems.text import render_problems

        render_problems(result_console(), problems, show_all=show_all)
