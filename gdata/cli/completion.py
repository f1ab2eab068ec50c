"""What a shell offers after Tab: tables and channels of the project. It never fails: no project, no offers.

The shells' own part is click's: `eval "$(_GDATA_COMPLETE=bash_source gdata)"`, zsh_source, or
`_GDATA_COMPLETE=fish_source gdata | source`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from gdata.config import Config
from gdata.errors import GdataError


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
    return (table.rpartition(".")[2] for one in config.spreadsheets for entry in one.sheets for table in entry.tables)


def _channel_names(config: Config) -> Iterable[str]:
    yield config.default_channel
    yield from (one.pattern for one in config.channels if not set("*?[") & set(one.pattern))
    if "://" not in config.releases:
        folder = Path(config.releases) / "channels"
        yield from (path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
