"""`gdata promote`: release on one channel what another has."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.completion import complete_channels
from gdata.cli.moves import carry_out, move_options, read_request
from gdata.cli.options import config_option, format_option, quiet_option, yes_option


@click.command("promote")
@click.argument("source", metavar="FROM", shell_complete=complete_channels)
@click.argument("channel", metavar="TO", shell_complete=complete_channels)
@move_options
@yes_option
@format_option("text", "json")
@quiet_option
@config_option
def command(
    source: str,
    channel: str,
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
    """Release on the channel TO the very release that the channel FROM has, by the gate of TO.

    \b
    Examples:
      gdata promote staging live --expect 3f9ac1d0
    """
    from gdata.pipeline.move import plan_promote, promote_planned
    from gdata.pipeline.project import read_config
    from gdata.pipeline.sides import store_of
    from gdata.releases.store import writable

    config = read_config(config_path)
    store = writable(store_of(config))
    request = read_request(message, expect, allow, reason, key)
    planned = plan_promote(config, store, source, channel, request)
    carry_out(
        planned,
        lambda: promote_planned(config, store, source, planned, request),
        verb=f"promote {source} to",
        format_=format_,
        yes=yes,
        quiet=quiet,
    )
