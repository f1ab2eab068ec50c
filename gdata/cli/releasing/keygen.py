"""`gdata keygen`: a key pair to sign releases with."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.language import say


@click.command("keygen")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--next", "next_", is_flag=True, help="FILE is there: make the key that is to replace it.")
def command(file: Path, next_: bool) -> None:
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
        markup=False,
        soft_wrap=True,
    )
    console.print(
        say("{public}: the public key, for `public_key=` and --public-key", public=files.public),
        markup=False,
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
            markup=False,
            soft_wrap=True,
        )
