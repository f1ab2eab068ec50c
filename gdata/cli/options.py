"""Options that several commands share, and what a shell offers for them after Tab: the project's tables and channels.

Completion never fails: no project, no offers. The shells' own part is click's:
`eval "$(_GDATA_COMPLETE=bash_source gdata)"`, zsh_source, or `_GDATA_COMPLETE=fish_source gdata | source`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from gdata.config import Config
from gdata.errors import GdataError, UsageError
from gdata.language import sentence

if TYPE_CHECKING:
    from gdata.diffs.model import Side
    from gdata.releases.stores.store import Store


Command = TypeVar("Command", bound=Callable[..., Any])


def open_place(config_path: Path | None, location: str | None) -> Store:
    """The store that `--store` names, which needs no project; else that of sheets.yaml."""
    if location is not None:
        from gdata.releases.stores import open_store

        return open_store(location)
    from gdata.pipeline.sides import store_of
    from gdata.project import read_config

    return store_of(read_config(config_path))


def open_reading(config_path: Path | None, name: str) -> tuple[Config | None, Side]:
    """The folder, release or channel that a command reads; a folder needs no project around it."""
    from gdata.cli.console import warn
    from gdata.pipeline.sides import is_folder, open_side, store_of
    from gdata.project import read_config

    try:
        config = read_config(config_path)
    except UsageError:
        if config_path is not None or not is_folder(name):
            raise
        config = None
    side = open_side(config, name, store_of(config) if config is not None else None)
    if not side.bundles:
        raise UsageError(sentence("{name} has no release yet", name=name), hint=sentence("run `gdata publish` first"))
    warn(side.stale)
    return config, side


def complete_tables(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The short names of the tables that sheets.yaml feeds."""
    return _offer(context, incomplete, _table_names)


def complete_channels(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The channels that sheets.yaml names, and those in a store on this computer."""
    return _offer(context, incomplete, _channel_names)


def complete_sides(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What can be compared: `output`, channels, and folders."""
    offers = _offer(context, incomplete, lambda config: ["output", *_channel_names(config)])
    return offers or [CompletionItem(incomplete, type="dir")]


def _offer(
    context: click.Context, incomplete: str, names_of: Callable[[Config], Iterable[str]]
) -> list[CompletionItem]:
    from gdata.project import read_config

    given = context.params.get("config_path")
    try:
        names = sorted(set(names_of(read_config(Path(given) if given else None))))
    except (GdataError, OSError):
        return []
    wanted = incomplete.casefold()
    return [CompletionItem(name) for name in names if name.casefold().startswith(wanted)]


def _table_names(config: Config) -> Iterable[str]:
    return (table.rpartition(".")[2] for entry in config.entries for table in entry.tables)


def _channel_names(config: Config) -> Iterable[str]:
    yield config.default_channel
    yield from (one.pattern for one in config.channels if not set("*?[") & set(one.pattern))
    if "://" not in config.releases:
        folder = Path(config.releases) / "channels"
        yield from (path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()


config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The sheets.yaml to use; else the one found upwards from here.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask.")
offline_option = click.option("--offline", is_flag=True, help="Use the last pull for spreadsheets in Google.")
strict_option = click.option("--strict", is_flag=True, help="Make every warning an error.")
all_option = click.option("--all", "show_all", is_flag=True, help="Show every problem, not just a screenful.")
store_option = click.option("--store", "location", metavar="PLACE", help="Another store: a folder or URL.")
"""For `open_place`."""
tables_argument = click.argument("tables", nargs=-1, metavar="[TABLE]...", shell_complete=complete_tables)
base_option = click.option(
    "--base",
    metavar="CHANNEL",
    shell_complete=complete_channels,
    help="With TABLEs: where all others come from; else the default channel.",
)

for_option = click.option(
    "--for",
    "channel",
    metavar="CHANNEL",
    shell_complete=complete_channels,
    help="Every target at the version that this channel has in sheets.yaml.",
)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """`--format`, the first of `formats` by default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to write the result on stdout.",
    )


def newest_option(help_: str) -> Callable[[Command], Command]:
    """`--limit`, of what is told newest first."""
    return click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help=help_)


def at_option(help_: str) -> Callable[[Command], Command]:
    """`--at VERSION`."""
    return click.option("--at", metavar="VERSION", help=help_)
