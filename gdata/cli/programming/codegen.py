"""`gdata codegen` and `stubs`: the code of clients in other languages, and a .pyi for editors in Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from gdata.cli.options import config_option, format_option, open_reading
from gdata.codegen.language import LanguageName
from gdata.errors import UsageError
from gdata.language import say, sentence

if TYPE_CHECKING:
    from gdata.bundles.reader import Bundle


@click.command("codegen")
@click.argument("language", type=click.Choice(get_args(LanguageName)))
@click.option(
    "--from", "side", default="output", show_default=True, metavar="PLACE", help="An output folder, release or channel."
)
@click.option("--target", help="Whose code; may be left out where the place holds one target.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder for the code.")
@click.option("--name", default="GameData", show_default=True, help="The class that holds the data.")
@click.option(
    "--package", default="", metavar="NAME", help="Where the loader lies: a namespace, package or import path."
)
@click.option(
    "--templates", type=click.Path(path_type=Path, file_okay=False), help="A folder with templates of your own."
)
@click.option(
    "--copy-templates", type=click.Path(path_type=Path, file_okay=False), help="Copy ours there, and do nothing else."
)
@format_option("text", "json")
@config_option
def codegen(
    language: LanguageName,
    side: str,
    target: str | None,
    out: Path | None,
    name: str,
    package: str,
    templates: Path | None,
    copy_templates: Path | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Write a client's code: messages, and beside them a loader that checks every hash, with tables by typed key.

    \b
    Examples:
      gdata codegen csharp --from output/client --out Assets/Scripts/GameData
      gdata codegen go --from live --target server --out gamedata --package example.com/game/gamedata
      gdata codegen typescript --copy-templates templates/typescript
    """
    from gdata.cli.console import print_json, result_console
    from gdata.codegen.generate import copy_templates as copy
    from gdata.codegen.generate import generate
    from gdata.codegen.language import Settings
    from gdata.codegen.model import make_model

    if copy_templates is not None:
        for file in copy(language, copy_templates):
            result_console().print(str(copy_templates / file))
        return
    if out is None:
        raise UsageError(sentence("--out is missing"), hint=sentence("name the folder for the code: --out gamedata"))
    if not name.isascii() or not name.isidentifier():
        raise UsageError(
            sentence("--name {name} can't be the name of a class", name=name),
            hint=sentence("letters, digits and _: GameData"),
        )
    bundle, descriptors = _find(config_path, side, target)
    generated = generate(language, make_model(bundle, descriptors), Settings(name, package, out), templates)
    if format_ == "json":
        print_json(
            {"ok": True, "target": bundle.manifest.target, "options": descriptors is not None, **vars(generated)}
        )
        return
    console = result_console()
    for verb, files in (("wrote", generated.written), ("removed", generated.removed)):
        for file in files:
            console.print(f"{verb} {out / file}")
    if not generated.written and not generated.removed:
        console.print(say("{out}: nothing new", out=out))
    if descriptors is None:
        console.print(
            say(
                "{side} doesn't have its .proto files' options, so unique fields, constants and "
                "labels are left out: name the project's output folder, a release or a channel",
                side=side,
            ),
        )


def _find(config_path: Path | None, name: str, target: str | None) -> tuple[Bundle, bytes | None]:
    """The bundle, and the full descriptors that it was made from, where they are known."""
    from gdata.pipeline.kept.state import load_build
    from gdata.pipeline.sides import bundle_of

    config, side = open_reading(config_path, name)
    if target is None and len(side.bundles) != 1:
        raise UsageError(
            sentence("{name} holds several targets", name=name),
            hint=sentence("say which with --target: {targets}", targets=", ".join(side.bundles)),
        )
    wanted = target or next(iter(side.bundles))
    bundle = bundle_of(side, wanted)
    descriptors = side.sources
    if descriptors is None and config is not None:
        descriptors = load_build(config.state, side.build or "").descriptors
    return bundle, descriptors


@click.command("stubs")
@click.option("--target", default="server", show_default=True, help="Whose tables.")
@click.option("--name", default="GameData", show_default=True, help="The name of the class.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@config_option
def stubs(target: str, name: str, file: Path | None, config_path: Path | None) -> None:
    """Write a .pyi so that editors complete `data.ItemTable[1001].price`, and mypy checks it.

    \b
    Examples:
      gdata stubs --output game_data.pyi
    """
    from gdata.codegen.stubs import make_stubs
    from gdata.files import write_output
    from gdata.pipeline.sides import bundle_of, output_side
    from gdata.project import read_config

    text = make_stubs(bundle_of(output_side(read_config(config_path)), target), name=name)
    if file is None:
        from gdata.cli.console import write_result

        write_result(text)
    else:
        write_output(file, text.encode())
