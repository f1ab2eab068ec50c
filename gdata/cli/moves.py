"""What publish, promote and rollback have in common on the command line: show, ask, move, tell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from gdata.cli.console import error_console, print_json, result_console
from gdata.errors import UsageError
from gdata.pipeline.move import Planned, Request
from gdata.releases.publish import Moved
from gdata.releases.signatures import load_signing_key

Command = TypeVar("Command", bound=Callable[..., Any])


def move_options(function: Command) -> Command:
    """The options of a command that moves a channel."""
    for option in reversed(
        [
            click.option("-m", "--message", default="", help="Why, for the log."),
            click.option("--expect", metavar="BUILD", help="Refuse anything but this build (8 digits do)."),
            click.option("--allow", multiple=True, metavar="RULE", help="Let this rule of the gate be broken."),
            click.option("--reason", default="", help="Why it may be broken; the log keeps it."),
            click.option("--key", metavar="FILE", help="Sign with this private key; else $GDATA_SIGNING_KEY."),
        ]
    ):
        function = option(function)
    return function


def read_request(message: str, expect: str | None, allow: tuple[str, ...], reason: str, key: str | None) -> Request:
    """The options as one value."""
    return Request(message, expect, allow, reason, load_signing_key(key))


def carry_out(planned: Planned, move: Callable[[], Moved], *, verb: str, format_: str, yes: bool, quiet: bool) -> None:
    """Show what would change, ask, move the channel and tell."""
    if planned.is_needed:
        _show(planned, quiet=quiet or format_ == "json")
        planned.check_gate()
        _ask(f"{verb} {planned.channel}?", yes=yes)
    moved = move()
    if format_ == "json":
        print_json(_as_json(planned, moved))
        return
    entry = moved.entry
    if not moved.changed:
        result_console().print(f"nothing to publish: {planned.channel} has {entry.release} already", markup=False)
        return
    result_console().print(f"{planned.channel} is now at {entry.release} (entry {entry.number})", markup=False)


def _show(planned: Planned, *, quiet: bool) -> None:
    from gdata.diffs.render_text import render_text

    console = error_console()
    for note in planned.notes:
        console.print(f"warning: {note}", style="yellow", markup=False)
    if not quiet:
        render_text(console, planned.diff, planned.verdict)


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to be asked", hint="add --yes if it is to happen without a question")
    click.confirm(question, abort=True, err=True)


def _as_json(planned: Planned, moved: Moved) -> dict[str, Any]:
    entry = moved.entry
    return {
        "ok": True,
        "changed": moved.changed,
        "channel": entry.channel,
        "number": entry.number,
        "release": entry.release,
        "build": planned.diff.new.build,
        "summary": planned.diff.summary.as_json(),
        "uploaded": {"files": moved.traffic.files, "bytes": moved.traffic.bytes},
    }
