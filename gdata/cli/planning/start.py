"""`gdata init`, `login` and `doctor`: what comes before the first build — a project, a login, a look at each step."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import config_option, format_option
from gdata.language import say

if TYPE_CHECKING:
    from gdata.sources.source import DoctorStep

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a small working project into DIR (default: here): two sheets, schemas, a gate, channels, a CI recipe.

    Its comments explain themselves. Nothing that is there is overwritten. For sheets that you have already, use
    `gdata scaffold`.

    \b
    Examples:
      gdata init my-game
      gdata init
    """
    from gdata.cli.console import result_console
    from gdata.scaffold.starting import start_project

    console = result_console()
    for name in start_project(folder):
        console.print(f"  {name}", style="dim")
    before = "" if folder == Path() else f"cd {folder} && "
    console.print(say("next: {before}gdata build", before=before), soft_wrap=True)


@click.command("login")
@click.option("--no-browser", is_flag=True, help="Only print the address; open it yourself, on this computer.")
@click.option("--forget", is_flag=True, help="Forget the login that is kept here.")
@config_option
def login(no_browser: bool, forget: bool, config_path: Path | None) -> None:
    """Log in to Google in the browser, with the team's own OAuth client (google.oauth_client in sheets.yaml).

    The login is kept in your own config folder, for you alone; it can only read spreadsheets.

    \b
    Examples:
      gdata login
      gdata login --forget
    """
    from gdata.cli.console import error_console, result_console
    from gdata.project import read_config
    from gdata.sources.google.credentials import log_in, log_out

    console = result_console()
    if forget:
        console.print(say("the login is forgotten") if log_out() else say("there was no login"))
        return

    def tell(url: str) -> None:
        error_console().print(say("open this address in a browser on this computer:\n{url}", url=url), soft_wrap=True)

    path = log_in(read_config(config_path).google, on_url=tell, open_browser=not no_browser)
    console.print(say("logged in; the login is kept in {path}", path=path), soft_wrap=True)


@click.command("doctor")
@format_option("text", "json")
@config_option
@click.pass_context
def doctor(context: click.Context, format_: str, config_path: Path | None) -> None:
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
