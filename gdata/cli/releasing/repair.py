"""`gdata repair`: bring back what is damaged or missing in the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import config_option, format_option, open_place, quiet_option, store_option
from gdata.language import say

if TYPE_CHECKING:
    from gdata.config import Config
    from gdata.releases.keeping.repair import Repaired


@click.command("repair")
@click.option(
    "--from",
    "places",
    metavar="PLACE",
    multiple=True,
    help="Another copy of the store, or a server's cache of it: a folder or URL. May be given several times.",
)
@store_option
@format_option("text", "json")
@quiet_option
@config_option
@click.pass_context
def command(
    context: click.Context,
    places: tuple[str, ...],
    location: str | None,
    format_: str,
    quiet: bool,
    config_path: Path | None,
) -> None:
    """Verify the store, and put back every damaged or missing file that something still has whole.

    Copies are looked for in the store's trash, in the places given, in this project's last build, and by building
    releases again from their snapshots. Only bytes that fit their hash are taken; nothing that is whole is touched.
    What can't be brought back is named (exit code 1).

    \b
    Examples:
      gdata repair
      gdata repair --from /mnt/backup/releases --from /var/cache/gdata
    """
    from gdata.cli.console import ProgressLine, print_json
    from gdata.pipeline.releasing.rebuild import repair_store
    from gdata.releases.stores.store import writable

    store = writable(open_place(config_path, location))
    with ProgressLine(quiet=quiet or format_ == "json") as listener:
        repaired = repair_store(_config(config_path, location), store, places, listener)
    if format_ == "json":
        print_json(
            {
                "ok": not repaired.faults,
                "place": repaired.place,
                "mended": [{"file": one.file, "source": one.source} for one in repaired.mended],
                "faults": [{"file": one.file, "message": one.message, "hint": one.hint} for one in repaired.faults],
            }
        )
    else:
        _render(repaired)
    context.exit(1 if repaired.faults else 0)


def _config(config_path: Path | None, location: str | None) -> Config | None:
    """The project, whose build and sheets.yaml help; a store of its own needs none."""
    from gdata.errors import GdataError
    from gdata.project import read_config

    try:
        return read_config(config_path)
    except GdataError:
        if location is None or config_path is not None:
            raise
        return None


def _render(repaired: Repaired) -> None:
    from gdata.cli.console import result_console
    from gdata.text import visible

    console = result_console()
    for one in repaired.mended:
        console.print(
            say("{file} is back, from {source}", file=one.file, source=visible(one.source)),
            markup=False,
            soft_wrap=True,
        )
    for fault in repaired.faults:
        console.print(visible(fault.message), style="red", markup=False, soft_wrap=True)
        if fault.hint:
            console.print(f"  → {visible(fault.hint)}", markup=False, soft_wrap=True)
    left = say("{count} faults are left", count=len(repaired.faults)) if repaired.faults else say("whole")
    console.print(
        say("{place}: {left}; {count} files came back", place=repaired.place, left=left, count=len(repaired.mended)),
        markup=False,
        soft_wrap=True,
    )
