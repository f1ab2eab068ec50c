"""`gdata keygen`: a key pair to sign releases with."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("keygen")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Make an Ed25519 key: FILE, for those who publish, and FILE.pub, for servers and everybody else.

    \b
    Examples:
      gdata keygen secrets/release.pem
      gdata publish --key secrets/release.pem
    """
    from gdata.cli.console import result_console
    from gdata.releases.signatures import generate_key

    files = generate_key(file)
    console = result_console()
    console.print(f"{files.private}: the private key; keep it secret, out of git", markup=False, soft_wrap=True)
    console.print(f"{files.public}: the public key, for `public_key=` and --public-key", markup=False, soft_wrap=True)
