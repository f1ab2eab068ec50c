"""`gdata check`: every mistake in the sheets, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from gdata.cli.options import (
    all_option,
    at_option,
    config_option,
    for_option,
    format_option,
    offline_option,
    quiet_option,
    strict_option,
    tables_argument,
)
from gdata.errors import UsageError
from gdata.language import say, sentence
from gdata.text import did_you_mean

if TYPE_CHECKING:
    from gdata.codegen.trips import ClientName
    from gdata.pipeline.build import Checked
    from gdata.project import Project

_EVERY = "every"


@click.command("check")
@tables_argument
@at_option("The version of the game to check; `every`: each that anything names, and where a problem holds.")
@for_option
@offline_option
@strict_option
@click.option(
    "--clients", metavar="A,B,…", default="", help="Also name what clients in these languages call or read otherwise."
)
@all_option
@format_option("text", "json", "markdown", "github", "html", "sarif", "junit")
@quiet_option
@config_option
@click.pass_context
def command(
    context: click.Context,
    tables: tuple[str, ...],
    at: str | None,
    channel: str | None,
    offline: bool,
    strict: bool,
    clients: str,
    show_all: bool,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Find every mistake in the sheets, with its cell and what to write instead. Writes nothing.

    With TABLEs it tells those of their sheets alone.

    \b
    Examples:
      gdata check
      gdata check ItemTable
      gdata check --at every
      gdata check --strict --format json
      gdata check --lang ko --open
      gdata check --clients csharp,lua
      gdata check --format html --output problems.html
      gdata check --format sarif --output gdata.sarif
    """
    from gdata.cli.console import ProgressLine
    from gdata.cli.problems import report_problems
    from gdata.pipeline.releasing.channels import config_at
    from gdata.project import open_project, read_config
    from gdata.sources.adapters import get_ready

    names = _clients_called(clients)
    is_every = at == _EVERY and channel is None
    config = config_at(read_config(config_path), None if is_every else at, channel)
    if not offline:
        get_ready(config)
    from gdata.pipeline.build import check
    from gdata.pipeline.versions import check_every

    project = open_project(config)
    with ProgressLine(quiet=quiet or format_ == "json") as listener:
        checked = (check_every if is_every else check)(project, listener, offline=offline, strict=strict)
    checked = _of_tables(project, checked, tables)
    trips = _trips(project, names)
    report_problems(checked.problems, format_, lambda: _as_json(checked) | trips, show_all=show_all)
    if format_ != "json":
        _tell(trips)
    if format_ == "text" and not checked.problems and not quiet:
        click.echo(say("No problems"))
    context.exit(0 if checked.ok else 1)


def _of_tables(project: Project, checked: Checked, names: tuple[str, ...]) -> Checked:
    """What was found in the sheets that feed these tables; without names all of it."""
    if not names:
        return checked
    wanted = {project.plans[_table_called(name, project)].message for name in names}
    entries = [(one.name, entry) for one in project.config.spreadsheets for entry in one.sheets]
    feeding = [(name, entry.title) for name, entry in entries if wanted & set(entry.tables)]
    problems = [
        one
        for one in checked.problems
        if any(one.cell.spreadsheet == name and fnmatchcase(one.cell.sheet, title) for name, title in feeding)
    ]
    return replace(checked, problems=problems)


def _table_called(name: str, project: Project) -> str:
    """The table's name; `item` is ItemTable."""
    folded = {known.casefold(): known for known in project.plans}
    found = folded.get(name.casefold()) or folded.get(f"{name}table".casefold())
    if found is None:
        near = did_you_mean(name, project.plans) or did_you_mean(
            name, [one.removesuffix("Table") for one in project.plans]
        )
        raise UsageError(
            sentence("there is no table {name}", name=name), hint=near or sentence("`gdata show` lists them")
        )
    return found


def _clients_called(text: str) -> list[ClientName]:
    if not text:
        return []
    from gdata.codegen.trips import CLIENTS

    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in CLIENTS:
            known = did_you_mean(name, CLIENTS) or sentence("there are {names}", names=", ".join(CLIENTS))
            raise UsageError(sentence("--clients: nothing is known of {name}", name=name), hint=known)
    return cast("list[ClientName]", names)


def _trips(project: Project, clients: list[ClientName]) -> dict[str, Any]:
    """What the clients do otherwise, as JSON tells it; nothing where none was named."""
    if not clients:
        return {}
    from gdata.codegen.trips import trips_of

    found = trips_of(project.plans.values(), clients)
    told = [
        {
            "client": one.client,
            "name": one.name,
            "place": project.schema.places.of(one.name),
            "message": str(one.message),
        }
        for one in found
    ]
    return {"clients": told}


def _tell(trips: dict[str, Any]) -> None:
    """One line for what several names have in common, at the first of them."""
    from gdata.cli.console import error_console

    alike: dict[tuple[str, str], list[dict[str, str]]] = {}
    for one in trips.get("clients", ()):
        alike.setdefault((one["client"], one["message"]), []).append(one)
    for (client, message), found in alike.items():
        name, place = found[0]["name"], found[0]["place"]
        more = say(" and {count} more", count=len(found) - 1) if len(found) > 1 else ""
        words = say("{client}: {name}{more}: {message}", client=client, name=name, more=more, message=message)
        error_console().print(f"{place}: {words}" if place != name else words, soft_wrap=True)


def _as_json(checked: Checked) -> dict[str, Any]:
    timings = checked.timings.as_json()
    return {
        "ok": checked.ok,
        "problems": checked.problems,
        "timings": {name: timings[name] for name in ("pull", "parse", "check", "total")},
    }
