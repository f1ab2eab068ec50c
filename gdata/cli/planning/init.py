"""`gdata init`: a small working project to start from."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.language import say


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
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
        console.print(f"  {name}", markup=False, style="dim")
    before = "" if folder == Path() else f"cd {folder} && "
    console.print(say("next: {before}gdata build", before=before), markup=False, soft_wrap=True)
