"""`gdata keygen` and `sign`: a key pair, and the signature of a release that went out without."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.options import complete_channels, config_option, format_option, open_place, store_option, yes_option
from gdata.errors import UsageError
from gdata.language import say, sentence


@click.command("keygen")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--next", "next_", is_flag=True, help="FILE is there: make the key that is to replace it.")
def keygen(file: Path, next_: bool) -> None:
    """Make an Ed25519 key: FILE, for those who publish, and FILE.pub, for servers and everybody else.

    With --next FILE stays, and FILE-2 is made: its .pub file holds both public keys. Give it to all servers first,
    then publish with the new key.

    \b
    Examples:
      gdata keygen secrets/release.pem
      gdata publish --key secrets/release.pem
      gdata keygen secrets/release.pem --next
    """
    from gdata.cli.console import result_console
    from gdata.releases.signatures import generate_key, generate_next_key

    files = generate_next_key(file) if next_ else generate_key(file)
    console = result_console()
    console.print(
        say("{private}: the private key; keep it secret, out of git", private=files.private),
        soft_wrap=True,
    )
    console.print(
        say("{public}: the public key, for `public_key=` and --public-key", public=files.public),
        soft_wrap=True,
    )
    if next_:
        console.print(
            say(
                "1. give {public_key} to every server: it trusts the old key too\n2. publish with {private_key}\n"
                "3. once no release of the old key is needed, delete the keys below the first from "
                "{public_key}",
                public_key=files.public.name,
                private_key=files.private.name,
            ),
            soft_wrap=True,
        )


@click.command("sign")
@click.argument("channel", shell_complete=complete_channels)
@click.option("--key", metavar="FILE", help="Sign with this private key; else $GDATA_SIGNING_KEY.")
@click.option("-m", "--message", default="", help="Why, for the log.")
@yes_option
@store_option
@format_option("text", "json")
@config_option
def sign(
    channel: str,
    key: str | None,
    message: str,
    yes: bool,
    location: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Sign the release that CHANNEL has, which went out without a signature or with another key's.

    The same build is released again, signed; nothing of the data changes. Do it before servers ask for signatures.

    \b
    Examples:
      gdata sign live --key secrets/release.pem
    """
    from gdata.cli.console import print_json, result_console
    from gdata.cli.releasing.moves import ask
    from gdata.pipeline.releasing.move import author
    from gdata.releases.move import Move, sign_channel
    from gdata.releases.signatures import load_signing_key
    from gdata.releases.stores.store import writable

    signing = load_signing_key(key)
    if signing is None:
        hint = sentence("add --key FILE, or set GDATA_SIGNING_KEY; `gdata keygen` makes one")
        raise UsageError(sentence("there is no key to sign with"), hint=hint)
    store = writable(open_place(config_path, location))
    ask(say("sign what {channel} has?", channel=channel), yes=yes)
    move = Move("publish", channel, author=author(), message=message or say("signed"))
    moved = sign_channel(store, move, signing)
    if format_ == "json":
        entry = moved.entry
        print_json({"ok": True, "changed": moved.changed, "channel": channel, "release": entry.release})
        return
    told = (
        say("{channel} is now at {release}, signed", channel=channel, release=moved.entry.release)
        if moved.changed
        else say("nothing to do: {release} is signed with this key already", release=moved.entry.release)
    )
    result_console().print(told, soft_wrap=True)
