"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from gdata.releases.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(function: Command) -> Command:
    """`--config FILE`."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The sheets.yaml to use; else the one found upwards from here.",
    )(function)


def quiet_option(function: Command) -> Command:
    """`--quiet`."""
    return click.option("-q", "--quiet", is_flag=True, help="Show no progress.")(function)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """`--format`, the first of `formats` by default."""

    def decorate(function: Command) -> Command:
        return click.option(
            "--format",
            "format_",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="How to write the result on stdout.",
        )(function)

    return decorate


def yes_option(function: Command) -> Command:
    """`--yes`."""
    return click.option("-y", "--yes", is_flag=True, help="Don't ask.")(function)


def store_option(function: Command) -> Command:
    """`--store PLACE`, for `open_place`."""
    return click.option("--store", "location", metavar="PLACE", help="Another store: a folder or URL.")(function)


def open_place(config_path: Path | None, location: str | None) -> Store:
    """The store that `--store` names, which needs no project; else that of sheets.yaml."""
    if location is not None:
        from gdata.releases.place import open_store

        return open_store(location)
    from gdata.pipeline.sides import store_of
    from gdata.project import read_config

    return store_of(read_config(config_path))


def language_option(function: Command) -> Command:
    """`--lang`."""
    from gdata.language import languages

    return click.option(
        "--lang",
        type=click.Choice(languages()),
        callback=_use_language,
        expose_value=False,
        help="Language of the messages; else the system's.",
    )(function)


def _use_language(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    from gdata.language import system_language, use_language

    use_language(value or system_language())
