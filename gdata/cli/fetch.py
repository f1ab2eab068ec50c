"""`gdata fetch`: bring a release's bundle into a folder."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.options import complete_channels, config_option, format_option, open_place, store_option
from gdata.language import say


@click.command("fetch")
@click.argument("channel", metavar="CHANNEL|RELEASE", shell_complete=complete_channels)
@click.option("--target", required=True, help="Which target's bundle.")
@click.option("--into", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder.")
@click.option("--plain-names", is_flag=True, help="Name files after their tables, for engines: ItemTable.binpb.")
@click.option("--public-key", metavar="FILE", help="Refuse what this key didn't sign.")
@store_option
@format_option("text", "json")
@config_option
def command(
    channel: str,
    target: str,
    into: Path,
    plain_names: bool,
    public_key: str | None,
    location: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Make a folder hold the bundle of a channel's release: verified, whole or not at all, only what is missing.

    \b
    Examples:
      gdata fetch live --target server --into /srv/gamedata
      gdata fetch live --target client --into Assets/Data --plain-names
      gdata fetch live --target server --into data --store https://cdn.example.com/game
    """
    from gdata.cli.console import print_json, result_console
    from gdata.releases.fetch import fetch
    from gdata.releases.signatures import load_public_keys

    key = load_public_keys(public_key) if public_key else None
    fetched = fetch(open_place(config_path, location), channel, target, into, plain_names=plain_names, public_key=key)
    if format_ == "json":
        print_json(
            {
                "ok": True,
                "changed": fetched.changed,
                "release": fetched.release,
                "build": fetched.build,
                "target": fetched.target,
                "folder": str(fetched.folder),
                "moved": {"files": fetched.traffic.files, "bytes": fetched.traffic.bytes},
            }
        )
        return
    moved = (
        say("{files} files, {bytes} bytes", files=fetched.traffic.files, bytes=format(fetched.traffic.bytes, ","))
        if fetched.changed
        else say("nothing new")
    )
    result_console().print(
        say("{into}: {target} of {release} ({moved})", into=into, target=target, release=fetched.release, moved=moved),
        markup=False,
    )
