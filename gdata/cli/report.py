"""How a command tells the problems that it found: for people, programs, pull requests."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from gdata.cli.console import error_console, print_json
from gdata.problems import Problem


def report_problems(problems: Sequence[Problem], format_: str, values: Mapping[str, Any], *, show_all: bool) -> None:
    """Print `problems`; as JSON the whole of `values`, in which they are already."""
    if format_ == "json":
        print_json(values)
    elif format_ == "text":
        from gdata.cli.problems_text import render_problems

        render_problems(error_console(), problems, show_all=show_all)
    else:
        from gdata.cli.problems_formats import as_github, as_markdown

        sys.stdout.write(as_markdown(problems) if format_ == "markdown" else as_github(problems))
