"""`gdata verify`: every byte of a bundle, a release or the whole store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import config_option, format_option, open_place, store_option
from gdata.language import say

if TYPE_CHECKING:
    from gdata.releases.keeping.verify import Verification


@click.command("verify")
@click.argument("what", metavar="[FOLDER|RELEASE|CHANNEL]", required=False)
@click.option("--public-key", metavar="FILE", help="Refuse what this key didn't sign.")
@store_option
@format_option("text", "json")
@config_option
@click.pass_context
def command(
    context: click.Context,
    what: str | None,
    public_key: str | None,
    location: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Read every byte and compare it with its hash: of a bundle or output folder, a release, else the whole store.

    \b
    Examples:
      gdata verify output/server
      gdata verify live
      gdata verify
    """
    from gdata.cli.console import print_json

    report = _verify(what, public_key, location, config_path)
    if format_ == "json":
        faults = [{"file": one.file, "message": one.message, "hint": one.hint} for one in report.faults]
        print_json(
            {
                "ok": report.ok,
                "place": report.place,
                "files": report.files,
                "bytes": report.bytes,
                "faults": faults,
                "unnamed": report.unnamed,
            }
        )
    else:
        _render(report)
    context.exit(0 if report.ok else 1)


def _verify(what: str | None, public_key: str | None, location: str | None, config_path: Path | None) -> Verification:
    from gdata.pipeline.sides import is_folder
    from gdata.releases.keeping.verify import verify_folder, verify_release, verify_store
    from gdata.releases.reader import bundles_of
    from gdata.releases.signatures import load_public_keys
    from gdata.releases.stores.store import writable

    key = load_public_keys(public_key) if public_key else None
    if what is not None and is_folder(what):
        return verify_folder(Path(what), public_key=key)
    store = open_place(config_path, location)
    if what is None:
        return verify_store(writable(store), public_key=key)
    return verify_release(store, bundles_of(store, what).release or what, public_key=key)


def _render(report: Verification) -> None:
    from gdata.cli.console import result_console

    console = result_console()
    for fault in report.faults:
        console.print(f"{fault.message}", style="red", markup=False, soft_wrap=True)
        if fault.hint:
            console.print(f"  → {fault.hint}", markup=False, soft_wrap=True)
    for name in report.leftovers:
        console.print(
            say("left over from a publish that was cut off, harmless: {name}", name=name), markup=False, soft_wrap=True
        )
    if report.unnamed:
        console.print(
            say(
                "{count} releases are named by no channel, as a publish that was cut off leaves one; "
                "or is a channel's log missing here?",
                count=len(report.unnamed),
            ),
            markup=False,
            soft_wrap=True,
        )
    state = say("whole") if report.ok else say("{count} damaged", count=len(report.faults))
    console.print(
        say(
            "{place}: {state}; {files} files, {bytes} bytes read",
            place=report.place,
            state=state,
            files=report.files,
            bytes=format(report.bytes, ","),
        ),
        markup=False,
    )
