"""`gdata watch`: build after every edit, and show what it does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import base_option, complete_channels, config_option, format_option, tables_argument
from gdata.language import say, sentence
from gdata.text import masked

if TYPE_CHECKING:
    from gdata.events import Event
    from gdata.pipeline.watch import Round


@click.command("watch")
@tables_argument
@base_option
@click.option("--interval", type=click.FloatRange(min=0.1), metavar="SECONDS", help="Between two reads of Google.")
@click.option(
    "--publish",
    "channel",
    metavar="CHANNEL",
    shell_complete=complete_channels,
    help="Publish each good build to this channel.",
)
@format_option("text", "json")
@config_option
def command(
    tables: tuple[str, ...],
    base: str | None,
    interval: float | None,
    channel: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Build after every edit, and show its problems, or what it changes. Ctrl-C ends it.

    Files on this computer are seen as they are saved. Google is read every few seconds, as often as its quota
    allows. With TABLEs only their sheets are read. With --publish a game server that follows the channel has an
    edit seconds later; protected channels are refused. As JSON, each round is one object on one line.

    \b
    Examples:
      gdata watch
      gdata watch ItemTable --base live
      gdata watch --publish dev-balance --interval 5
    """
    from gdata.configfile import find_config
    from gdata.errors import UsageError
    from gdata.events import ignore
    from gdata.pipeline.watch import ProjectWatch, Wanted

    if base is not None and not tables:
        raise UsageError(
            sentence("--base needs the tables that come from the sheets"),
            hint=sentence("gdata watch TABLE --base CHANNEL"),
        )
    path = config_path.absolute() if config_path is not None else find_config(Path.cwd())
    listener = _show_note if format_ == "text" else ignore
    rounds = ProjectWatch(Wanted(path, tables, base, channel, interval), listener).rounds()
    try:
        _show(rounds, channel, format_)
    except KeyboardInterrupt:
        if format_ == "text":
            from gdata.cli.console import error_console

            error_console().print(say("\nno longer watching; the last good build is in output"))


def _show_note(event: Event) -> None:
    """Whom a build waits for; its progress is over before anybody reads it."""
    if event.note:
        from gdata.cli.console import error_console

        error_console().print(event.note, style="dim", soft_wrap=True)


def _show(rounds: Iterable[Round], channel: str | None, format_: str) -> None:
    import json
    import sys

    from gdata.cli.console import write_result

    for number, one in enumerate(rounds):
        if format_ == "json":
            write_result(json.dumps(_as_json(one), ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            _render(one, channel, is_first=number == 0)


def _as_json(one: Round) -> dict[str, Any]:
    checked = one.built.checked if one.built is not None else None
    return {
        "ok": one.error is None and checked is not None and checked.ok,
        "changed": list(one.changed),
        "build": one.built.build if one.built is not None else None,
        "problems": [problem.as_json() for problem in checked.problems] if checked is not None else [],
        "diff": one.diff.summary.as_json() if one.diff is not None else None,
        "error": str(one.error) if one.error is not None else None,
        "release": one.release or None,
        "seconds": round(one.seconds, 3),
        "interval": one.interval or None,
    }


def _render(one: Round, channel: str | None, *, is_first: bool) -> None:
    from datetime import datetime

    from gdata.cli.console import error_console, print_fault
    from gdata.cli.problems.text import render_problems

    console = error_console()
    what = ", ".join(masked(name) for name in one.changed[:4]) + (" …" if len(one.changed) > 4 else "")
    console.rule(f"{datetime.now():%H:%M:%S} {what or say('the sheets as they are')}", align="left")
    if one.built is not None:
        render_problems(console, one.built.checked.problems)
    if one.error is not None:
        print_fault(console, one.error, one.error.hint, "bold red")
    _render_diff(one, is_first=is_first)
    console.print(_outcome(one, channel), style="bold")
    if is_first and one.interval:
        console.print(
            say("Google is read every {interval} s: an edit is seen within that", interval=format(one.interval, "g")),
            style="dim",
        )


def _render_diff(one: Round, *, is_first: bool) -> None:
    from gdata.cli.console import error_console
    from gdata.diffs.renderers.text import render_text

    if one.diff is not None and one.diff.differs and one.diff.old.bundles:
        render_text(error_console(), one.diff, None, stat=is_first)


def _outcome(one: Round, channel: str | None) -> str:
    took = say("in {seconds} s", seconds=format(one.seconds, ".1f"))
    if one.built is None or one.built.build is None:
        return say("not built: the last good build stays ({took})", took=took)
    if one.release:
        return say(
            "published on {channel} as {release}, {took} from the change",
            channel=channel,
            release=one.release,
            took=took,
        )
    changed = one.diff is None or one.diff.differs
    return (
        say("built {build} {took}", build=one.built.build[:12], took=took)
        if changed
        else say("built {took}: no value changed", took=took)
    )
