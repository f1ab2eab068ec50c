"""`gdata promote`: release on one channel what another has."""

from __future__ import annotations

from typing import Any

import click

from gdata.cli.options import complete_channels
from gdata.cli.releasing.moves import move_options, run_move


@click.command("promote")
@click.argument("source", metavar="FROM", shell_complete=complete_channels)
@click.argument("channel", metavar="TO", shell_complete=complete_channels)
@move_options
def command(source: str, channel: str, **options: Any) -> None:
    """Release on the channel TO the very release that the channel FROM has, by the gate of TO.

    \b
    Examples:
      gdata promote staging live --expect 3f9ac1d0
    """
    run_move("promote", channel, source, **options)
