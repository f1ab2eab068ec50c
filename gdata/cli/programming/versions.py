"""`gdata versions`: the versions of the game that stand in the sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import config_option, format_option, offline_option, quiet_option
from gdata.language import say, say_counted
from gdata.text import visible

if TYPE_CHECKING:
    from gdata.pipeline.versions import Change, ListedVersion

_CELLS = 8


@click.command("versions")
@offline_option
@format_option("text", "json")
@quiet_option
@config_option
def command(offline: bool, format_: str, quiet: bool, config_path: Path | None) -> None:
    """List the versions of the game: who has each, what begins and ends with it, and what nobody needs any more.

    \b
    Examples:
      gdata versions
      gdata versions --format json
    """
    from gdata.cli.console import ProgressLine, print_json, write_result
    from gdata.pipeline.build import check
    from gdata.pipeline.versions import list_versions, not_needed
    from gdata.project import open_project, read_config

    project = open_project(read_config(config_path))
    with ProgressLine(quiet=quiet or format_ == "json") as listener:
        parsed = check(project, listener, offline=offline).parsed
    versions = list_versions(project, parsed)
    ended = not_needed(project, versions)
    if format_ == "json":
        print_json({"versions": [one.as_json() for one in versions], "ended": [one.as_json() for one in ended]})
    else:
        write_result("".join(f"{line}\n" for line in _lines(versions, ended)))


def _lines(versions: Iterable[ListedVersion], ended: Iterable[Change]) -> Iterator[str]:
    listed = list(versions)
    if not listed:
        yield say("no version of the game is named: rows get one by @since and @until, targets by `version:`")
    for one in listed:
        who = ", ".join([*one.targets, *one.channels])
        yield f"{one.version}  ({visible(who) if who else say('nobody has it')})"
        yield from (f"  + {_told(change)}" for change in one.begins)
        yield from (f"  - {_told(change)}" for change in one.ends)
    lines = [f"  {_told(change)}" for change in ended]
    if lines:
        yield say("nobody needs any more:")
        yield from lines


def _told(change: Change) -> str:
    if change.what == "rows":
        rows = say_counted("{count} row", "{count} rows", len(change.cells))
        shown = ", ".join(map(str, change.cells[:_CELLS])) + ("…" if len(change.cells) > _CELLS else "")
        return visible(f"{change.name}: {rows} ({shown})")
    words = {
        "column": say("column"),
        "overlay": say("overlay"),
        "table": say("table"),
        "field": say("field"),
        "value": say("value"),
    }
    place = f" ({', '.join(map(str, change.cells))})" if change.cells else ""
    return visible(f"{words[change.what]} {change.name}{place}")
