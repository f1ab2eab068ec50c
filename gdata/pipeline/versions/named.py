"""The versions that sheets, schemas, targets and channels name, and what is wrong with how they fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gdata import kinds
from gdata.config import Audience, Config
from gdata.errors import UsageError
from gdata.language import Sentence, say, sentence
from gdata.problems import Problem
from gdata.text import did_you_mean
from gdata.versions import Version, nearest_version

if TYPE_CHECKING:
    from gdata.parsing.view import View
    from gdata.project import Project
    from gdata.tables.stage import Parsed


def version_words(version: Version | None) -> Sentence:
    """A version for people; None is none."""
    return sentence("version {version}", version=version) if version is not None else sentence("no version")


def read_version(text: str) -> Version:
    """A version on the command line.

    Raises:
        UsageError: it is none.
    """
    version = Version.read(text)
    if version is None:
        meant = nearest_version(text) or "1.4"
        raise UsageError(
            sentence("{text} isn't a version of the game", text=text),
            hint=sentence("write it as numbers with dots: {meant}", meant=meant),
        )
    return version


def config_at(config: Config, at: str | None, channel: str | None) -> Config:
    """The config with every target at the version that `--at` names, or at that of `--for`'s channel.

    Raises:
        UsageError: it is no version, or the channel has none.
    """
    if at is not None and channel is not None:
        raise UsageError(sentence("--at and --for both name a version"), hint=sentence("leave out one of them"))
    if at is not None:
        return config.at(read_version(at))
    if channel is None:
        return config
    version = config.channel(channel).version
    if version is None:
        known = [one.pattern for one in config.channels if one.version is not None]
        raise UsageError(
            sentence("the channel {channel} has no version in {file}", channel=channel, file=config.path.name),
            hint=did_you_mean(channel, known) + say("add `version:` to it, or say which: `--at 1.4`"),
        )
    return config.at(version)


def check_nobody(project: Project, parsed: Parsed) -> Iterator[Problem]:
    """A warning for every version that begins in a sheet and that no target or channel has reached."""
    reached = project.config.versions
    if None in reached:
        return
    for table in parsed.tables.values():
        for one in table.bounds:
            if one.word != "until" and not any(version >= one.version for version in reached if version is not None):
                yield kinds.VERSION_NOBODY.at(one.cell, table=table.plan.name, version=one.version)


def check_empty(parsed: Parsed, audience: Audience, views: Mapping[str, View]) -> Iterator[Problem]:
    """A warning for every table of which an audience's version has no row, though there are some."""
    for name, view in views.items():
        table = parsed.tables[name]
        rows = [one for one in table.bounds if one.word != "+"]
        if view.plan.kind != "record" and not view.row_count and rows:
            version = audience.version or sentence("the newest")
            cell = rows[0].cell
            yield kinds.VERSION_EMPTY.at(type(cell)(cell.spreadsheet, cell.sheet), table=name, version=version)
