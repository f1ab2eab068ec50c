"""`gdata rollback`: put a channel back to an earlier release."""

from __future__ import annotations

from typing import Any

import click

from gdata.cli.options import complete_channels
from gdata.cli.releasing.moves import move_options, run_move


@click.command("rollback")
@click.argument("release", required=False)
@click.option("--channel", shell_complete=complete_channels, help="The channel; else default_channel of sheets.yaml.")
@click.option("--against", metavar="RELEASE", help="The release that is wrong: refuse if the channel has another.")
@move_options
def command(release: str | None, channel: str | None, against: str | None, **options: Any) -> None:
    """Put a channel back to RELEASE, or to the one before. The release it was at is marked bad.

    The gate is shown and not asked. Run again, a rollback does nothing: to go back further, name the release.
    `--allow yanked` goes back even to a release that is marked bad.

    \b
    Examples:
      gdata rollback --channel live --yes
      gdata rollback 20261123-091245-9f3ac1d0 --message "drop rates were 10 times too high"
    """
    run_move("rollback", channel, release, against=against, **options)
