"""`gdata releases`: a channel's history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import complete_channels, config_option, format_option, newest_option, open_place, store_option
from gdata.diffs.presentation import age
from gdata.language import say, say_counted

if TYPE_CHECKING:
    from gdata.releases.reader import History, HistoryLine


_IN_ONE_PIECE = 5
"""Of an entry's cells, those up to what was done."""


@click.command("releases")
@click.option("--channel", shell_complete=complete_channels, help="One channel; else all of them.")
@newest_option("Newest entries only.")
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
    from gdata.pipeline.sides import check_channel
    from gdata.project import read_config
    from gdata.releases.log import channel_names
    from gdata.releases.reader import read_history
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
        error_console().print(visible(fault), style="red", soft_wrap=True)
    if faults:
        error_console().print(say("  → `gdata repair` brings back what there is a copy of"), soft_wrap=True)
    context.exit(1 if faults else 0)


def _render(histories: list[History], place: str) -> None:
    from rich.cells import cell_len, set_cell_size
    from rich.padding import Padding
    from rich.text import Text

    from gdata.cli.console import result_console
    from gdata.text import visible

    console = result_console()
    if not any(one.lines for one in histories):
        console.print(say("{place}: nothing was released yet", place=place))
    for history in histories:
        if not history.lines:
            continue
        console.print(Text(history.channel, style="bold"))
        headings = ("", "#", say("when"), say("release"), say("what"), say("who"), say("changed"), say("why"))
        lines = [tuple(visible(cell) for cell in _cells(line)) for line in history.lines]
        sizes = [max(map(cell_len, column)) for column in zip(headings, *lines, strict=True)]
        # What is typed again or compared stays in one piece: ids, times, numbers. The rest takes a line of its own
        # where there is no room beside them.
        is_wide = sum(sizes) + 2 * len(sizes) <= console.width
        if is_wide:
            lines.insert(0, headings)
        for cells in lines:
            ahead = len(cells) if is_wide else _IN_ONE_PIECE
            padded = (set_cell_size(cell, size) for cell, size in zip(cells[:ahead], sizes, strict=False))
            console.print(Text("  ".join(padded).rstrip()), soft_wrap=True)
            if rest := " · ".join(filter(None, cells[ahead:])):
                console.print(Padding(Text(rest, style="dim"), (0, 0, 0, sizes[0] + 2)))
        if history.total > len(history.lines):
            console.print(
                say_counted(
                    "… {count} older entry: --limit {all}",
                    "… {count} older entries: --limit {all}",
                    history.total - len(history.lines),
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
