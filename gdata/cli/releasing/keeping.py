"""`gdata verify`, `repair` and `prune`: prove a store's bytes, bring back what is lost, take out what nobody needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import config_option, format_option, open_place, quiet_option, store_option, yes_option
from gdata.cli.releasing.moves import ask
from gdata.language import counted, say, say_counted

if TYPE_CHECKING:
    from gdata.config import Config
    from gdata.releases.keeping.prune import Pruned
    from gdata.releases.keeping.repair import Repaired
    from gdata.releases.keeping.verify import Verification


@click.command("verify")
@click.argument("what", metavar="[FOLDER|RELEASE|CHANNEL]", required=False)
@click.option("--public-key", metavar="FILE", help="Refuse what this key didn't sign.")
@store_option
@format_option("text", "json")
@config_option
@click.pass_context
def verify(
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
        _render_verified(report)
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


def _render_verified(report: Verification) -> None:
    from gdata.cli.console import print_fault, result_console

    console = result_console()
    for fault in report.faults:
        print_fault(console, fault.message, fault.hint)
    for name in report.leftovers:
        console.print(say("left over from a publish that was cut off, harmless: {name}", name=name), soft_wrap=True)
    if report.unnamed:
        console.print(
            say_counted(
                "{count} release is named by no channel, as a publish that was cut off leaves one; "
                "or is a channel's log missing here?",
                "{count} releases are named by no channel, as a publish that was cut off leaves one; "
                "or is a channel's log missing here?",
                len(report.unnamed),
            ),
            soft_wrap=True,
        )
    state = say("whole") if report.ok else say("{count} damaged", count=len(report.faults))
    console.print(
        say(
            "{place}: {state}; {files}, {bytes} read",
            place=report.place,
            state=state,
            files=counted("{count} file", "{count} files", report.files),
            bytes=counted("{count} byte", "{count} bytes", report.bytes),
        ),
    )


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
def repair(
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
        repaired = repair_store(_config_of(config_path, location), store, places, listener)
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
        _render_repaired(repaired)
    context.exit(1 if repaired.faults else 0)


def _config_of(config_path: Path | None, location: str | None) -> Config | None:
    """The project, whose build and sheets.yaml help; a store of its own needs none."""
    from gdata.errors import GdataError
    from gdata.project import read_config

    try:
        return read_config(config_path)
    except GdataError:
        if location is None or config_path is not None:
            raise
        return None


def _render_repaired(repaired: Repaired) -> None:
    from gdata.cli.console import print_fault, result_console
    from gdata.text import visible

    console = result_console()
    for one in repaired.mended:
        console.print(
            say("{file} is back, from {source}", file=one.file, source=visible(one.source)),
            soft_wrap=True,
        )
    for fault in repaired.faults:
        print_fault(console, fault.message, fault.hint)
    faults = len(repaired.faults)
    left = say_counted("{count} fault is left", "{count} faults are left", faults) if faults else say("whole")
    console.print(
        say_counted(
            "{place}: {left}; {count} file came back",
            "{place}: {left}; {count} files came back",
            len(repaired.mended),
            place=repaired.place,
            left=left,
        ),
        soft_wrap=True,
    )


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
def prune(
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
    from gdata.releases.keeping.prune import plan_prune
    from gdata.releases.keeping.prune import prune as take_out
    from gdata.releases.stores.store import writable

    store = writable(open_place(config_path, location))
    pruned = plan_prune(store, keep=keep, unnamed=unnamed)
    if not dry_run and (pruned.files or pruned.missing):
        if not yes:
            error_console().print(_told_pruned(pruned, "would"), soft_wrap=True)
        ask(say("take this out of {place}?", place=store.place), yes=yes)
        pruned = take_out(store, keep=keep, unnamed=unnamed, shown=pruned)
    if format_ == "json":
        print_json(_as_json(pruned, dry_run))
    else:
        result_console().print(_told_pruned(pruned, "would" if dry_run else "did"), soft_wrap=True)


def _told_pruned(pruned: Pruned, tense: str) -> str:
    would = say("would go") if tense == "would" else say("went")
    lines = [
        say(
            "{releases} and {blobs} {go} to the trash ({bytes}), for two weeks; {kept}",
            releases=counted("{count} release", "{count} releases", len(pruned.releases)),
            blobs=counted("{count} blob", "{count} blobs", len(pruned.blobs)),
            go=would,
            bytes=counted("{count} byte", "{count} bytes", pruned.trashed_bytes),
            kept=counted("{count} release stays", "{count} releases stay", pruned.kept_releases),
        ),
    ]
    if pruned.leftovers or pruned.expired:
        lines.append(
            say(
                "{files} of the trash and {leftovers} {go} for good ({bytes})",
                files=counted("{count} file", "{count} files", len(pruned.expired)),
                leftovers=counted("{count} leftover", "{count} leftovers", len(pruned.leftovers)),
                go=would,
                bytes=counted("{count} byte", "{count} bytes", pruned.freed_bytes),
            )
        )
    lines += [f"  {file.name}" for file in pruned.releases]
    if pruned.back:
        lines.append(
            say_counted(
                "{count} file is needed and came back from the trash",
                "{count} files are needed and came back from the trash",
                len(pruned.back),
            )
        )
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
