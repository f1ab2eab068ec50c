"""`gdata doctor`: what works, and what to do about what doesn't."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import config_option, format_option

if TYPE_CHECKING:
    from gdata.sources.source import DoctorStep

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@click.command("doctor")
@format_option("text", "json")
@config_option
@click.pass_context
def command(context: click.Context, format_: str, config_path: Path | None) -> None:
    """Try each step that a build needs: config, schemas, login, each spreadsheet's access and time zone, the store.

    \b
    Examples:
      gdata doctor
    """
    from gdata.cli.console import print_json
    from gdata.pipeline.doctor import examine
    from gdata.project import read_config

    steps = []
    for step in examine(read_config(config_path)):
        steps.append(step)
        if format_ == "text":
            _show(step)
    ok = all(step.state != "error" for step in steps)
    if format_ == "json":
        print_json({"ok": ok, "steps": [asdict(step) | {"name": step.name.english} for step in steps]})
    context.exit(0 if ok else 3)


def _show(step: DoctorStep) -> None:
    from rich.text import Text

    from gdata.cli.console import result_console

    mark, style = _MARKS[step.state]
    console = result_console()
    console.print(Text.assemble((mark, style), " ", (str(step.name), "bold"), f"  {step.message}"), soft_wrap=True)
    if step.hint:
        console.print(Text(f"  → {step.hint}"), soft_wrap=True)
