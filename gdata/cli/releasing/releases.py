"""`gdata releases`: a channel's history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import complete_channels, config_option, format_option, open_place, store_option
from gdata.diffs.words.presentation import age
from gdata.language import say

if TYPE_CHECKING:
    from gdata.releases.history import History, HistoryLine


@click.command("releases")
@click.option("--channel", shell_complete=complete_channels, help="One channel; else all of them.")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Newest entries only.")
@store_option
@format_option("text", "json")
@config_option
@click.pass_context
def command(
    context: click.Context,
    channel: str | None,
    limit: int,
    location: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Show who released what, when and why, newest first.

    \b
    Examples:
      gdata releases
      gdata releases --channel live --limit 5 --format json
    """
    from gdata.cli.console import error_console, print_json
    from gdata.pipeline.comparing.sides import check_channel
    from gdata.project import read_config
    from gdata.releases.history import read_history
    from gdata.releases.reader import channel_names
    from gdata.releases.stores.store import writable
    from gdata.text import visible

    store = open_place(config_path, location)
    if channel is not None and location is None:
        check_channel(read_config(config_path), store, channel)
    names = [channel] if channel else channel_names(writable(store))
    histories = [read_history(store, name, limit=limit) for name in names]
    if format_ == "json":
        print_json({"channels": {one.channel: [line.as_json() for line in one.lines] for one in histories}})
    else:
        _render(histories, store.place)
    faults = [fault for one in histories for fault in one.faults]
    for fault in faults:
        error_console().print(visible(fault), style="red", markup=False, soft_wrap=True)
    if faults:
        error_console().print(
            say("  → `gdata repair` brings back what there is a copy of"), markup=False, soft_wrap=True
        )
    context.exit(1 if faults else 0)


def _render(histories: list[History], place: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from gdata.cli.console import result_console
    from gdata.text import visible

    console = result_console()
    if not any(one.lines for one in histories):
        console.print(say("{place}: nothing was released yet", place=place), markup=False)
    for history in histories:
        if not history.lines:
            continue
        table = Table(title=Text(history.channel, style="bold"), title_justify="left", box=None, padding=(0, 2, 0, 0))
        # What is typed again or compared stays in one piece: ids, times, numbers.
        for heading in ("", "#", say("when"), say("release"), say("what")):
            table.add_column(heading, no_wrap=True, overflow="fold")
        for heading in (say("who"), say("changed"), say("why")):
            table.add_column(heading, overflow="fold", no_wrap=heading == say("changed"))
        for line in history.lines:
            table.add_row(*(Text(visible(cell)) for cell in _cells(line)))
        console.print(table)
        if history.total > len(history.lines):
            console.print(
                say(
                    "… {older} older entries: --limit {all}",
                    older=history.total - len(history.lines),
                    all=history.total,
                )
            )
        console.print()


def _cells(line: HistoryLine) -> tuple[str, ...]:
    from gdata.releases.records import ACTIONS

    mark = "●" if line.is_current else "✗" if line.is_bad else ""
    summary = line.summary
    changed = ""
    if summary:
        changed = f"+{summary.get('rows_added', 0)} −{summary.get('rows_removed', 0)} ~{summary.get('rows_changed', 0)}"
    entry = line.entry
    why = "; ".join(
        filter(
            None,
            [
                entry.message,
                *(say("allowed {name}: {reason}", name=one.name, reason=one.reason) for one in entry.allowed),
            ],
        )
    )
    return (
        mark,
        str(entry.number),
        f"{entry.time.astimezone():%m-%d %H:%M}  {age(entry.time)}",
        entry.release,
        str(ACTIONS[entry.action]),
        entry.author,
        changed,
        why,
    )
