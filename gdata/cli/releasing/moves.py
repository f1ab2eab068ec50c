"""`gdata publish`, `promote` and `rollback`: one set of options to move a channel; show, ask, move, tell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gdata.cli.options import complete_channels, config_option, format_option, quiet_option, yes_option
from gdata.errors import UsageError
from gdata.language import say, say_counted, sentence

if TYPE_CHECKING:
    from gdata.pipeline.releasing.move import Plan
    from gdata.releases.move import Moved
    from gdata.releases.records import Action

Command = TypeVar("Command", bound=Callable[..., Any])


def _move_options(function: Command) -> Command:
    """The options of a command that moves a channel; they are the parameters of `_move`."""
    for option in reversed(
        [
            click.option("-m", "--message", default="", help="Why, for the log."),
            click.option("--expect", metavar="BUILD", help="Refuse anything but this build (8 digits do)."),
            click.option("--allow", multiple=True, metavar="RULE", help="Let this rule of the gate be broken."),
            click.option("--reason", default="", help="Why it may be broken; the log keeps it."),
            click.option("--key", metavar="FILE", help="Sign with this private key; else $GDATA_SIGNING_KEY."),
            click.option(
                "--notify",
                metavar="URL",
                help="Tell this webhook (Slack, Discord, others) what was released.",
            ),
            yes_option,
            click.option("--stat", is_flag=True, help="Show only the summary of each table."),
            click.option(
                "--limit", type=click.IntRange(min=0), default=10, show_default=True, help="Rows shown of each; 0: all."
            ),
            format_option("text", "json"),
            quiet_option,
            config_option,
        ]
    ):
        function = option(function)
    return function


@click.command("publish")
@click.option("--channel", shell_complete=complete_channels, help="The channel; else default_channel of sheets.yaml.")
@click.option(
    "--against", metavar="RELEASE", help="The release that was reviewed against: refuse if the channel moved on."
)
@click.option("--stale", is_flag=True, help="Publish the build though the last one failed, or a sheet changed since.")
@_move_options
def publish(channel: str | None, against: str | None, stale: bool, **options: Any) -> None:
    """Release the build in output/ on a channel: show what changes and the gate's word, ask, publish.

    \b
    Examples:
      gdata publish
      gdata publish --channel live --expect 3f9ac1d0 --message "Halloween prices"
      gdata publish --allow price-swing --reason "agreed with balance, ticket 812" --yes
    """
    _move("publish", channel, against=against, stale=stale, **options)


@click.command("promote")
@click.argument("source", metavar="FROM", shell_complete=complete_channels)
@click.argument("channel", metavar="TO", shell_complete=complete_channels)
@_move_options
def promote(source: str, channel: str, **options: Any) -> None:
    """Release on the channel TO the very release that the channel FROM has, by the gate of TO.

    \b
    Examples:
      gdata promote staging live --expect 3f9ac1d0
    """
    _move("promote", channel, source, **options)


@click.command("rollback")
@click.argument("release", required=False)
@click.option("--channel", shell_complete=complete_channels, help="The channel; else default_channel of sheets.yaml.")
@click.option("--against", metavar="RELEASE", help="The release that is wrong: refuse if the channel has another.")
@_move_options
def rollback(release: str | None, channel: str | None, against: str | None, **options: Any) -> None:
    """Put a channel back to RELEASE, or to the one before. The release it was at is marked bad.

    The gate is shown and not asked. Run again, a rollback does nothing: to go back further, name the release.
    `--allow yanked` goes back even to a release that is marked bad.

    \b
    Examples:
      gdata rollback --channel live --yes
      gdata rollback 20261123-091245-9f3ac1d0 --message "drop rates were 10 times too high"
    """
    _move("rollback", channel, release, against=against, **options)


def _move(
    action: Action,
    channel: str | None,
    origin: str | None = None,
    *,
    against: str | None = None,
    stale: bool = False,
    message: str,
    expect: str | None,
    allow: tuple[str, ...],
    reason: str,
    key: str | None,
    notify: str | None,
    yes: bool,
    stat: bool,
    limit: int,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Plan the move, show what would change, ask, move the channel and tell."""
    from gdata.cli.console import print_json, result_console
    from gdata.pipeline.releasing.move import carry_out, plan_move
    from gdata.pipeline.sides import store_of
    from gdata.project import read_config
    from gdata.releases.move import Move
    from gdata.releases.signatures import load_signing_key
    from gdata.releases.stores.store import writable

    if notify:
        from gdata.pipeline.releasing.notify import check_address

        check_address(notify)
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
    plan = plan_move(config, store, move, stale=stale)
    _show(plan, config.timezone, quiet=quiet or format_ == "json", stat=stat, limit=limit or None)
    if plan.is_needed:
        plan.check_gate()
        ask(_question(plan), yes=yes)
    moved = carry_out(config, store, plan)
    if notify and moved.changed:
        _notify(notify, plan, moved, config.timezone)
    if format_ == "json":
        print_json(_as_json(plan, moved))
    else:
        result_console().print(_told(plan, moved), soft_wrap=True)


def ask(question: str, *, yes: bool) -> None:
    """Go on if somebody says so, here or by `--yes`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            sentence("nobody is here to be asked"), hint=sentence("add --yes if it is to happen without a question")
        )
    click.confirm(question, abort=True, err=True)


def _question(plan: Plan) -> str:
    move = plan.move
    if move.action == "publish":
        return say("publish to {channel}?", channel=move.channel)
    if move.action == "promote":
        return say("promote {origin} to {channel}?", origin=move.origin, channel=move.channel)
    was = plan.base.release if plan.base is not None and not plan.aside else say("what isn't known any more")
    return say("roll {channel} back from {was} to {release}?", channel=move.channel, was=was, release=plan.new.release)


def _show(plan: Plan, timezone: str, *, quiet: bool, stat: bool, limit: int | None) -> None:
    from gdata.cli.console import error_console, warn
    from gdata.diffs.presentation import presentation_of
    from gdata.diffs.renderers.text import render_text

    warn(plan.notes)
    if plan.is_needed and plan.diff is not None and not quiet:
        words = presentation_of(plan.diff.new.sources or plan.diff.old.sources, timezone)
        render_text(error_console(), plan.diff, plan.verdict, presentation=words, stat=stat, limit=limit)


def _notify(url: str, plan: Plan, moved: Moved, timezone: str) -> None:
    from gdata.cli.console import warn
    from gdata.diffs.presentation import presentation_of
    from gdata.pipeline.releasing.notify import message_for, post

    diff = plan.diff
    words = presentation_of((diff.new.sources or diff.old.sources) if diff is not None else None, timezone)
    why = f"{moved.entry.author}: {moved.entry.message}" if moved.entry.message else moved.entry.author
    title = " · ".join(filter(None, (_told(plan, moved), why)))
    failed = post(url, message_for(url, diff, plan.verdict, words, title))
    if failed:
        warn([failed])


def _told(plan: Plan, moved: Moved) -> str:
    entry = moved.entry
    place = say("{release} (entry {number})", release=entry.release, number=entry.number)
    if moved.changed and entry.action == "rollback":
        return say(
            "{channel} is now at {place}, rolled back from {base}", channel=entry.channel, place=place, base=entry.base
        )
    if moved.changed:
        return say("{channel} is now at {place}", channel=entry.channel, place=place)
    if moved.traffic.files:
        return say_counted(
            "{channel} has {place} already; {count} file of it was damaged, and is whole again",
            "{channel} has {place} already; {count} files of it were damaged, and are whole again",
            moved.traffic.files,
            channel=entry.channel,
            place=place,
        )
    if plan.move.action == "rollback":
        return say("nothing to do: {channel} is at {place}", channel=entry.channel, place=place)
    return say("nothing to publish: {channel} has {release} already", channel=entry.channel, release=entry.release)


def _as_json(plan: Plan, moved: Moved) -> dict[str, Any]:
    entry = moved.entry
    return {
        "ok": True,
        "changed": moved.changed,
        "channel": entry.channel,
        "number": entry.number,
        "release": entry.release,
        "build": plan.new.build,
        "notes": list(plan.notes),
        "summary": plan.summary.as_json(),
        "uploaded": {"files": moved.traffic.files, "bytes": moved.traffic.bytes},
    }
