"""`gdata scaffold`: from sheets that exist to .proto files and the lines of sheets.yaml."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import config_option, format_option, quiet_option, yes_option
from gdata.errors import ChangedError, UsageError
from gdata.language import say, say_counted, sentence

if TYPE_CHECKING:
    from gdata.config import Config, Spreadsheet
    from gdata.problems import Problem
    from gdata.scaffold.propose import FileChange, ProjectPlace, Proposal
    from gdata.scaffold.sheets.spreadsheets import ReadAll


@click.command("scaffold")
@click.argument("spreadsheets", nargs=-1, metavar="SPREADSHEET…")
@click.option("--package", help="Package of new .proto files; else the project's own, else game.")
@click.option("--skip", multiple=True, metavar="TITLE", help="Leave these sheets out; a glob like 'Old *' will do.")
@click.option(
    "--tool",
    type=click.Choice(["auto", "luban", "tableau", "tabtoy", "supercell"]),
    default="auto",
    show_default=True,
    help="The tool that the sheets were made for, whose definitions are read too.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would be written.")
@yes_option
@format_option("text", "json")
@quiet_option
@config_option
@click.pass_context
def command(
    context: click.Context,
    spreadsheets: tuple[str, ...],
    package: str | None,
    skip: tuple[str, ...],
    tool: str,
    dry_run: bool,
    yes: bool,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Read sheets that exist, and write the .proto files and the lines of sheets.yaml for them.

    SPREADSHEET is the id or address of one in Google, a workbook, a folder of .csv files, or a folder of these;
    without any, those of sheets.yaml are read again. Types, keys, references and lists are guessed from all values,
    and marked as guesses. In a project that exists, fields and tables are added; no number changes.

    \b
    Examples:
      gdata scaffold sheets/
      gdata scaffold items.xlsx quests.xlsx --package game
      gdata scaffold https://docs.google.com/spreadsheets/d/1AbC/edit --dry-run
    """
    from gdata.cli.console import ProgressLine, print_json
    from gdata.cli.programming.scaffold_report import as_json, render
    from gdata.pipeline.adopt import propose_and_try
    from gdata.scaffold.known import read_known
    from gdata.scaffold.sheets.spreadsheets import find_spreadsheets

    path = _config_path(config_path)
    config = _read_begun(path)
    found = find_spreadsheets(spreadsheets, path.parent, config)
    known = read_known(config, config.protos if config is not None else path.parent / "protos")
    place = _place(path, config, package or known.package or "game")
    read = _read(found, config, quiet=quiet or format_ == "json")
    with ProgressLine(quiet=quiet or format_ == "json") as listener:
        proposal = propose_and_try(known, read, place, listener, skip=skip, tool=tool)
    if format_ == "text":
        render(proposal, path.parent, quiet=quiet, with_diffs=dry_run)
    problems = None
    if proposal.changes and not dry_run:
        _ask(proposal, yes=yes, format_=format_)
        _write(proposal)
        problems = proposal.problems
    if format_ == "json":
        print_json(as_json(proposal, path.parent, problems, list(map(str, read.failed))))
    else:
        _tell(proposal, read, problems)
    context.exit(3 if read.failed else 0)


def _config_path(given: Path | None) -> Path:
    """The project's sheets.yaml, or where it is to be."""
    from gdata.configfile import CONFIG_NAME, find_config

    if given is not None:
        return given.absolute()
    try:
        return find_config(Path.cwd())
    except UsageError:
        return Path.cwd() / CONFIG_NAME


def _read_begun(path: Path) -> Config | None:
    from gdata.configfile import load_config

    return load_config(path, os.environ, is_begun=True) if path.exists() else None


def _place(path: Path, config: Config | None, package: str) -> ProjectPlace:
    from gdata.scaffold.propose import ProjectPlace, check_package

    return ProjectPlace(path, config.protos if config is not None else path.parent / "protos", check_package(package))


def _read(found: Sequence[Spreadsheet], config: Config | None, *, quiet: bool) -> ReadAll:
    from gdata.cli.console import error_console
    from gdata.config import GoogleSettings
    from gdata.scaffold.sheets.spreadsheets import read_all

    console = error_console()

    def on_read(name: str, sheets: int) -> None:
        if not quiet:
            console.print(
                say_counted("read {name}: {count} sheet", "read {name}: {count} sheets", sheets, name=name), style="dim"
            )

    return read_all(found, config.google if config is not None else GoogleSettings(), on_read)


def _ask(proposal: Proposal, *, yes: bool, format_: str) -> None:
    """New files are written without a word; for a change to one that somebody wrote there is a question."""
    import sys

    from gdata.cli.programming.scaffold_report import render_diff

    changed = [change for change in proposal.changes if change.old is not None]
    if not changed or yes:
        return
    if format_ == "text":
        render_diff(changed)
    if not sys.stdin.isatty():
        raise UsageError(
            sentence("nobody is here to be asked whether these files may be added to"),
            hint=sentence("add --yes, or --dry-run to look"),
        )
    click.confirm(say("add this?"), abort=True, err=True)


def _write(proposal: Proposal) -> None:
    """Write every file; if one can't be, everything is as it was.

    Raises:
        ChangedError: somebody wrote one since it was read: while the sheets were, or the question waited.
    """
    from gdata.files import write_atomically, write_files

    for change in proposal.changes:
        _check_unchanged(change)
    files: dict[tuple[bool, Path], dict[str, bytes]] = {}
    for change in proposal.changes:
        place = change.path.suffix != ".proto", change.path.parent
        files.setdefault(place, {})[change.path.name] = change.new.encode()
    try:
        for place in sorted(files):  # sheets.yaml is the last.
            write_files(place[1], files[place])
    except BaseException:
        for change in proposal.changes:
            if change.old is not None:
                write_atomically(change.path, change.old.encode())
            else:
                change.path.unlink(missing_ok=True)
        raise


def _check_unchanged(change: FileChange) -> None:
    now = change.path.read_bytes() if change.path.exists() else None
    if now != (change.old.encode() if change.old is not None else None):
        raise ChangedError(
            sentence("{place}: changed since it was read, so nothing was written", place=change.path),
            hint=sentence("run it again when nobody writes the file any more"),
        )


def _tell(proposal: Proposal, read: ReadAll, problems: Sequence[Problem] | None) -> None:
    from gdata.cli.console import error_console, print_fault
    from gdata.cli.problems import report_problems

    console = error_console()
    if problems:
        report_problems(problems, "text", dict, show_all=False)
    elif problems is not None:
        console.print(say("these sheets build without a problem: run `gdata build`"), style="green")
    elif proposal.changes:
        console.print(say("next: gdata build"))
    for error in read.failed:
        print_fault(console, say("not read: {error}", error=error), error.hint, "bold red")
