"""`gdata check`: every mistake in the sheets, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import config_option, format_option, language_option, quiet_option

if TYPE_CHECKING:
    from gdata.pipeline.build import Checked


@click.command("check")
@click.option("--offline", is_flag=True, help="Use the last pull for spreadsheets in Google.")
@click.option("--strict", is_flag=True, help="Make every warning an error.")
@click.option("--all", "show_all", is_flag=True, help="Show every problem, not just a screenful.")
@format_option("text", "json", "markdown", "github", "html")
@language_option
@quiet_option
@config_option
@click.pass_context
def command(
    context: click.Context,
    offline: bool,
    strict: bool,
    show_all: bool,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Find every mistake in the sheets, with its cell and what to write instead. Writes nothing.

    \b
    Examples:
      gdata check
      gdata check --strict --format json
      gdata check --lang ko --format html > problems.html
    """
    from gdata.cli.console import ProgressLine
    from gdata.cli.report import report_problems
    from gdata.pipeline.build import check
    from gdata.project import open_project, read_config

    project = open_project(read_config(config_path))
    with ProgressLine(quiet=quiet or format_ == "json") as listener:
        checked = check(project, listener, offline=offline, strict=strict)
    report_problems(checked.problems, format_, lambda: _as_json(checked), show_all=show_all)
    context.exit(0 if checked.ok else 1)


def _as_json(checked: Checked) -> dict[str, Any]:
    timings = checked.timings.as_json()
    return {
        "ok": checked.ok,
        "problems": checked.problems,
        "timings": {name: timings[name] for name in ("pull", "parse", "check", "total")},
    }
