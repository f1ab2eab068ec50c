"""`gdata fetch`: bring a release's bundle into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdata.cli.options import complete_channels, config_option, format_option, open_place, store_option
from gdata.errors import UsageError
from gdata.language import counted, say, sentence

if TYPE_CHECKING:
    from gdata.releases.fetch import Fetched
    from gdata.releases.signatures import PublicKeys
    from gdata.releases.stores.store import Store


@click.command("fetch")
@click.argument("channel", metavar="CHANNEL|RELEASE", shell_complete=complete_channels)
@click.option("--target", required=True, help="Which target's bundle.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="The folder.")
@click.option("--plain-names", is_flag=True, help="Name files after their tables, for engines: ItemTable.binpb.")
@click.option(
    "--protos",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write its messages there too, as .proto text without options, for clients that take no others.",
)
@click.option(
    "--from-manifest",
    "old",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Write nothing: name the files that a client with this manifest.json lacks.",
)
@click.option("--public-key", metavar="FILE", help="Refuse what this key didn't sign.")
@store_option
@format_option("text", "json")
@config_option
def command(
    channel: str,
    target: str,
    into: Path | None,
    plain_names: bool,
    protos: Path | None,
    old: Path | None,
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
      gdata fetch live --target client --into data --plain-names --protos client-protos
      gdata fetch live --target client --from-manifest old/manifest.json
    """
    from gdata.releases.signatures import load_public_keys

    key = load_public_keys(public_key) if public_key else None
    store = open_place(config_path, location)
    if old is not None:
        if into is not None or plain_names or protos is not None:
            raise UsageError(
                sentence("--from-manifest writes nothing"),
                hint=sentence("leave out --into, --plain-names and --protos"),
            )
        _tell_changes(store, channel, target, old, key, format_)
        return
    if into is None:
        raise UsageError(sentence("--into is missing"), hint=sentence("name the folder: --into data"))
    from gdata.releases.fetch import fetch

    fetched = fetch(store, channel, target, into, plain_names=plain_names, public_key=key)
    if protos is not None:
        _write_protos(into, protos, plain_names=plain_names)
    _tell(fetched, format_)


def _tell(fetched: Fetched, format_: str) -> None:
    from gdata.cli.console import print_json, result_console

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
        say(
            "{files}, {bytes}",
            files=counted("{count} file", "{count} files", fetched.traffic.files),
            bytes=counted("{count} byte", "{count} bytes", fetched.traffic.bytes),
        )
        if fetched.changed
        else say("nothing new")
    )
    told = say(
        "{into}: {target} of {release} ({moved})",
        into=fetched.folder,
        target=fetched.target,
        release=fetched.release,
        moved=moved,
    )
    result_console().print(told)


def _write_protos(into: Path, protos: Path, *, plain_names: bool) -> None:
    from gdata.bundles.reader import open_bundle
    from gdata.cli.console import error_console
    from gdata.codegen.generate import write_files
    from gdata.codegen.protos import proto_texts, refuse_to_replace

    schema = (into / "schema.binpb").read_bytes() if plain_names else open_bundle(into).schema()
    made = proto_texts(schema)
    refuse_to_replace(protos, made.texts)
    write_files(protos, {name: text.encode() for name, text in made.texts.items()}, "protos")
    for note in made.notes:
        error_console().print(f"{protos}: {note}")


def _tell_changes(store: Store, channel: str, target: str, old: Path, key: PublicKeys | None, format_: str) -> None:
    from gdata.bundles.manifest import Manifest
    from gdata.cli.console import error_console, print_json, write_result
    from gdata.releases.fetch import changes_since

    manifest = Manifest.from_bytes(old.read_bytes(), place=str(old))
    changes = changes_since(store, channel, target, manifest, public_key=key)
    traffic = changes.traffic
    if format_ == "json":
        moved, whole = (
            {"files": files, "bytes": size}
            for files, size in ((traffic.files, traffic.bytes), (traffic.total_files, traffic.total_bytes))
        )
        files = [entry.as_json() for entry in changes.files]
        named = {"release": changes.release, "build": changes.build, "target": target}
        print_json({"ok": True, **named, "files": files, "removed": changes.removed, "moved": moved, "whole": whole})
        return
    write_result("".join(f"{entry.file}\n" for entry in changes.files))
    told = say(
        "{release}: {files} of {whole_files} files, {bytes} of {whole_bytes} bytes",
        release=changes.release,
        files=traffic.files,
        whole_files=traffic.total_files,
        bytes=format(traffic.bytes, ","),
        whole_bytes=format(traffic.total_bytes, ","),
    )
    error_console().print(told)
