"""What publish, promote and rollback are on the command line: one set of options; show, ask, move, tell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gdata.cli.options import config_option, format_option, quiet_option, yes_option
from gdata.errors import UsageError

if TYPE_CHECKING:
    from gdata.pipeline.move import Plan
    from gdata.releases.move import Moved
    from gdata.releases.records import Action

Command = TypeVar("Command", bound=Callable[..., Any])
_QUESTIONS = {"publish": "publish to {channel}?", "promote": "promote {origin} to {channel}?"}


def move_options(function: Command) -> Command:
    """The options of a command that moves a channel; they are the parameters of `run_move`."""
    for option in reversed(
        [
            click.option("-m", "--message", default="", help="Why, for the log."),
            click.option("--expect", metavar="BUILD", help="Refuse anything but this build (8 digits do)."),
            click.option("--allow", multiple=True, metavar="RULE", help="Let this rule of the gate be broken."),
            click.option("--reason", default="", help="Why it may be broken; the log keeps it."),
            click.option("--key", metavar="FILE", help="Sign with this private key; else $GDATA_SIGNING_KEY."),
            yes_option,
            format_option("text", "json"),
            quiet_option,
            config_option,
        ]
    ):
        function = option(function)
    return function


def run_move(
    action: Action,
    channel: str | None,
    origin: str | None = None,
    *,
    against: str | None = None,
    message: str,
    expect: str | None,
    allow: tuple[str, ...],
    reason: str,
    key: str | None,
    yes: bool,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Plan the move, show what would change, ask, move the channel and tell."""
    from gdata.cli.console import print_json, result_console
    from gdata.pipeline.move import carry_out, plan_move
    from gdata.pipeline.sides import store_of
    from gdata.project import read_config
    from gdata.releases.move import Move
    from gdata.releases.signatures import load_signing_key
    from gdata.releases.store import writable

    config = read_config(config_path)
    store = writable(store_of(config))
    move = Move(
        action,
        channel or config.default_channel,
        origin,
        message=message,
        expect=expect,
        against=against,
        allow=allow,
        reason=reason,
        key=load_signing_key(key),
    )
    plan = plan_move(config, store, move)
    if plan.is_needed:
        _show(plan, quiet=quiet or format_ == "json")
        plan.check_gate()
        ask(_QUESTIONS.get(action, "roll back {channel}?").format(channel=move.channel, origin=origin), yes=yes)
    moved = carry_out(config, store, plan)
    if format_ == "json":
        print_json(_as_json(plan, moved))
    elif moved.changed:
        result_console().print(f"{move.channel} is now at {_place(moved)}", markup=False)
    else:
        result_console().print(f"nothing to publish: {move.channel} has {moved.entry.release} already", markup=False)


def ask(question: str, *, yes: bool) -> None:
    """Go on if somebody says so, here or by `--yes`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to be asked", hint="add --yes if it is to happen without a question")
    click.confirm(question, abort=True, err=True)


def _show(plan: Plan, *, quiet: bool) -> None:
    from gdata.cli.console import error_console
    from gdata.diffs.renderers.text import render_text

    console = error_console()
    for note in plan.notes:
        console.print(f"warning: {note}", style="yellow", markup=False)
    if not quiet:
        render_text(console, plan.diff, plan.verdict)


def _place(moved: Moved) -> str:
    return f"{moved.entry.release} (entry {moved.entry.number})"


def _as_json(plan: Plan, moved: Moved) -> dict[str, Any]:
    entry = moved.entry
    return {
        "ok": True,
        "changed": moved.changed,
        "channel": entry.channel,
        "number": entry.number,
        "release": entry.release,
        "build": plan.diff.new.build,
        "summary": plan.diff.summary.as_json(),
        "uploaded": {"files": moved.traffic.files, "bytes": moved.traffic.bytes},
    }
