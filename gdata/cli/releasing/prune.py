"""`gdata prune`: take out of the store what no channel needs any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import config_option, format_option, open_place, store_option, yes_option
from gdata.cli.releasing.moves import ask
from gdata.language import say

if TYPE_CHECKING:
    from gdata.releases.keeping.prune import Pruned


@click.command("prune")
@click.option(
    "--keep", type=click.IntRange(min=1), default=20, show_default=True, help="Newest entries of each channel to keep."
)
@click.option("--unnamed", is_flag=True, help="Releases that no channel's log names go as well.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@yes_option
@store_option
@format_option("text", "json")
@config_option
def command(
    keep: int,
    unnamed: bool,
    dry_run: bool,
    yes: bool,
    location: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Take out releases and blobs that the newest entries of no channel need, and say before what goes.

    It goes to the store's trash, from which `gdata repair` brings back what is needed, and is removed there after two
    weeks, by a later prune. What is younger than a day stays.

    \b
    Examples:
      gdata prune --dry-run
      gdata prune --keep 50 --yes
    """
    from gdata.cli.console import error_console, print_json, result_console
    from gdata.releases.keeping.prune import plan_prune, prune
    from gdata.releases.stores.store import writable

    store = writable(open_place(config_path, location))
    pruned = plan_prune(store, keep=keep, unnamed=unnamed)
    if not dry_run and (pruned.files or pruned.missing):
        if not yes:
            error_console().print(_told(pruned, "would"), markup=False, soft_wrap=True)
        ask(say("take this out of {place}?", place=store.place), yes=yes)
        pruned = prune(store, keep=keep, unnamed=unnamed, shown=pruned)
    if format_ == "json":
        print_json(_as_json(pruned, dry_run))
    else:
        result_console().print(_told(pruned, "would" if dry_run else "did"), markup=False, soft_wrap=True)


def _told(pruned: Pruned, tense: str) -> str:
    would = say("would go") if tense == "would" else say("went")
    lines = [
        say(
            "{releases} releases and {blobs} blobs {go} to the trash ({bytes} bytes), "
            "for two weeks; {kept} releases stay",
            releases=len(pruned.releases),
            blobs=len(pruned.blobs),
            go=would,
            bytes=format(pruned.trashed_bytes, ","),
            kept=pruned.kept_releases,
        ),
    ]
    if pruned.leftovers or pruned.expired:
        lines.append(
            say(
                "{files} files of the trash and {leftovers} leftovers {go} for good ({bytes} bytes)",
                files=len(pruned.expired),
                leftovers=len(pruned.leftovers),
                go=would,
                bytes=format(pruned.freed_bytes, ","),
            )
        )
    lines += [f"  {file.name}" for file in pruned.releases]
    if pruned.back:
        lines.append(say("{count} files are needed and came back from the trash", count=len(pruned.back)))
    if pruned.unnamed:
        lines.append(
            say(
                "{count} of those that stay are named by no channel: is a channel's log missing "
                "here? If not, --unnamed takes them as well",
                count=len(pruned.unnamed),
            )
        )
    return "\n".join(lines)


def _as_json(pruned: Pruned, dry_run: bool) -> dict[str, Any]:
    return {
        "ok": True,
        "dry_run": dry_run,
        "releases": [file.name for file in pruned.releases],
        "blobs": [file.name for file in pruned.blobs],
        "leftovers": [file.name for file in pruned.leftovers],
        "expired": [file.name for file in pruned.expired],
        "back": list(pruned.back),
        "unnamed": list(pruned.unnamed),
        "bytes": pruned.trashed_bytes,
        "freed": pruned.freed_bytes,
        "kept_releases": pruned.kept_releases,
    }
