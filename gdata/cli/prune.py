"""`gdata prune`: remove from the store what no channel needs any more."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.options import config_option, format_option, open_place, store_option


@click.command("prune")
@click.option(
    "--keep", type=click.IntRange(min=1), default=20, show_default=True, help="Newest entries of each channel to keep."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@store_option
@format_option("text", "json")
@config_option
def command(keep: int, dry_run: bool, location: str | None, format_: str, config_path: Path | None) -> None:
    """Remove releases and blobs that the newest entries of no channel need. What is younger than a day stays.

    \b
    Examples:
      gdata prune --dry-run
      gdata prune --keep 20
    """
    from gdata.cli.console import print_json, result_console
    from gdata.releases.prune import prune
    from gdata.releases.store import writable

    pruned = prune(writable(open_place(config_path, location)), keep=keep, dry_run=dry_run)
    if format_ == "json":
        print_json(
            {
                "ok": True,
                "dry_run": pruned.dry_run,
                "releases": list(pruned.releases),
                "blobs": list(pruned.blobs),
                "leftovers": list(pruned.leftovers),
                "bytes": pruned.bytes,
                "kept_releases": pruned.kept_releases,
            }
        )
        return
    verb = "would remove" if dry_run else "removed"
    result_console().print(
        f"{verb} {len(pruned.releases)} releases, {len(pruned.blobs)} blobs and {len(pruned.leftovers)} leftovers "
        f"({pruned.bytes:,} bytes); {pruned.kept_releases} releases stay",
        markup=False,
    )
