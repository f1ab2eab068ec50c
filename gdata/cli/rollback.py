"""`gdata rollback`: put a channel back to an earlier release."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.completion import complete_channels
from gdata.cli.moves import carry_out, read_request
from gdata.cli.options import config_option, format_option, quiet_option, yes_option


@click.command("rollback")
@click.argument("release", required=False)
@click.option("--channel", shell_complete=complete_channels, help="The channel; else default_channel of sheets.yaml.")
@click.option("-m", "--message", default="", help="Why, for the log.")
@click.option("--allow", multiple=True, metavar="yanked", help="Go back even to a release that is marked bad.")
@click.option("--reason", default="", help="Why; the log keeps it.")
@click.option("--key", metavar="FILE", help="Sign with this private key; else $GDATA_SIGNING_KEY.")
@yes_option
@format_option("text", "json")
@quiet_option
@config_option
def command(
    release: str | None,
    channel: str | None,
    message: str,
    allow: tuple[str, ...],
    reason: str,
    key: str | None,
    yes: bool,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Put a channel back to RELEASE, or to the one before. The release it was at is marked bad.

    \b
    Examples:
      gdata rollback --channel live --yes
      gdata rollback 20261123-091245-9f3ac1d0 --message "drop rates were 10 times too high"
    """
    from gdata.pipeline.move import plan_rollback, rollback_planned
    from gdata.pipeline.project import read_config
    from gdata.pipeline.sides import store_of
    from gdata.releases.store import writable

    config = read_config(config_path)
    store = writable(store_of(config))
    request = read_request(message, None, allow, reason, key)
    planned = plan_rollback(config, store, channel or config.default_channel, release, request)
    carry_out(
        planned,
        lambda: rollback_planned(config, store, planned, request),
        verb="roll back",
        format_=format_,
        yes=yes,
        quiet=quiet,
    )
