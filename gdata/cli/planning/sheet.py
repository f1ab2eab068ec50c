"""`gdata sheet`: a workbook of tables, from the schema and a build."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import complete_tables, config_option
from gdata.errors import UsageError
from gdata.language import say, sentence

if TYPE_CHECKING:
    from gdata.config import Config
    from gdata.diffs.model import Side


@click.command("sheet")
@click.argument("tables", nargs=-1, required=True, metavar="TABLE…", shell_complete=complete_tables)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE.xlsx",
    help="The workbook to write.",
)
@click.option(
    "--from", "place", metavar="PLACE", help="The rows of a folder, release or channel; else those of the last build."
)
@click.option("--target", help="Whose rows; else those of a target that sees everything.")
@click.option("--empty", is_flag=True, help="No rows: the header alone, to start a table.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@config_option
def command(
    tables: tuple[str, ...],
    file: Path,
    place: str | None,
    target: str | None,
    empty: bool,
    force: bool,
    config_path: Path | None,
) -> None:
    """Write a workbook from the schema and a build, which builds the same rows again.

    Headers are the planners' words, each with a comment of what the column is; choices and references have dropdowns.
    It starts a new table from its message, brings a lost sheet back from a release, or hands live data to somebody in
    Excel. What sheets.yaml has to say of it is printed.

    \b
    Examples:
      gdata sheet ItemTable --output items.xlsx
      gdata sheet ItemTable SkillTable --from live --output live.xlsx
      gdata sheet game.PetTable --empty --output pets.xlsx
    """
    from gdata.cli.console import write_result
    from gdata.files import write_output
    from gdata.pipeline.sheet import make_workbook, source_of, yaml_lines

    if file.suffix.lower() != ".xlsx":
        raise UsageError(
            sentence("{file} is no .xlsx file", file=file.name),
            hint=sentence("write --output {stem}.xlsx", stem=file.stem),
        )
    if file.exists() and not force:
        raise UsageError(
            sentence("{file} is there already", file=file), hint=sentence("choose another name, or add --force")
        )
    config, side = _open(config_path, place)
    made = make_workbook(source_of(config, side, target, with_rows=not empty), tables)
    write_output(file, made.content)
    for note in made.notes:
        sys.stderr.write(f"{note}\n")
    rows = sum(one.rows for one in made.sheets)
    told = say("{file}: sheets {sheets}, rows {rows}; for sheets.yaml:", file=file, sheets=len(made.sheets), rows=rows)
    sys.stderr.write(f"{told}\n")
    write_result("\n".join(yaml_lines(made, file, config)) + "\n")


def _open(config_path: Path | None, place: str | None) -> tuple[Config | None, Side | None]:
    """The project and where rows come from; without a build yet, none do."""
    from gdata.cli.options import open_reading
    from gdata.project import read_config

    if place is not None:
        return open_reading(config_path, place)
    from gdata.pipeline.sides import output_side

    config = read_config(config_path)
    try:
        return config, output_side(config)
    except UsageError:
        return config, None
