"""`gdata stubs`: a .pyi for the tables of a bundle."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.options import config_option
from gdata.errors import UsageError
from gdata.language import sentence


@click.command("stubs")
@click.option("--target", default="server", show_default=True, help="Whose tables.")
@click.option("--name", default="GameData", show_default=True, help="The name of the class.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@config_option
def command(target: str, name: str, file: Path | None, config_path: Path | None) -> None:
    """Write a .pyi so that editors complete `data.ItemTable[1001].price`, and mypy checks it.

    \b
    Examples:
      gdata stubs --output game_data.pyi
    """
    from gdata.codegen.stubs import make_stubs
    from gdata.files import write_atomically
    from gdata.pipeline.sides import output_side
    from gdata.project import read_config

    bundles = output_side(read_config(config_path)).bundles
    if target not in bundles:
        raise UsageError(
            sentence("there is no target {target}", target=target),
            hint=sentence("the targets are {bundles}", bundles=", ".join(bundles)),
        )
    text = make_stubs(bundles[target], name=name)
    if file is None:
        from gdata.cli.console import write_result

        write_result(text)
    else:
        write_atomically(file, text.encode())
