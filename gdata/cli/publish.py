"""`gdata publish`: release the build in output/ on a channel."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.completion import complete_channels
from gdata.cli.moves import carry_out, move_options, read_request
from gdata.cli.options import config_option, format_option, quiet_option, yes_option


@click.command("publish")
@click.option("--channel", shell_complete=complete_channels, help="The channel; else default_channel of sheets.yaml.")
@click.option(
    "--against", metavar="RELEASE", help="The release that was reviewed against: refuse if the channel moved on."
)
@move_options
@yes_option
@format_option("text", "json")
@quiet_option
@config_option
def command(
    channel: str | None,
    against: str | None,
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
    """Release the build in output/ on a channel: show what changes and the gate's word, ask, publish.

    \b
    Examples:
      gdata publish
      gdata publish --channel live --expect 3f9ac1d0 --message "Halloween prices"
      gdata publish --allow price-swing --reason "agreed with balance, ticket 812" --yes
    """
    from gdata.pipeline.move import plan_publish, publish_planned
    from gdata.pipeline.project import read_config
    from gdata.pipeline.sides import store_of
    from gdata.releases.store import writable

    config = read_config(config_path)
    store = writable(store_of(config))
    request = read_request(message, expect, allow, reason, key)
    planned = plan_publish(config, store, channel or config.default_channel, request, against=against)
    carry_out(
        planned,
        lambda: publish_planned(config, store, planned, request),
        verb="publish to",
        format_=format_,
        yes=yes,
        quiet=quiet,
    )
