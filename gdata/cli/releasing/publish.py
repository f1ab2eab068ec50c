"""`gdata publish`: release the build in output/ on a channel."""

from __future__ import annotations

from typing import Any

import click

from gdata.cli.options import complete_channels
from gdata.cli.releasing.moves import move_options, run_move


@click.command("publish")
@click.option("--channel", shell_complete=complete_channels, help="The channel; else default_channel of sheets.yaml.")
@click.option(
    "--against", metavar="RELEASE", help="The release that was reviewed against: refuse if the channel moved on."
)
@click.option("--stale", is_flag=True, help="Publish the build though the last one failed, or a sheet changed since.")
@move_options
def command(channel: str | None, against: str | None, stale: bool, **options: Any) -> None:
    """Release the build in output/ on a channel: show what changes and the gate's word, ask, publish.

    \b
    Examples:
      gdata publish
      gdata publish --channel live --expect 3f9ac1d0 --message "Halloween prices"
      gdata publish --allow price-swing --reason "agreed with balance, ticket 812" --yes
    """
    run_move("publish", channel, against=against, stale=stale, **options)
