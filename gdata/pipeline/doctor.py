"""Try each step that a build needs, and tell of each whether it works: for people whose first build doesn't."""

from __future__ import annotations

from collections.abc import Iterator

from gdata.config import Config
from gdata.errors import GdataError
from gdata.language import say, say_counted, sentence
from gdata.pipeline.kept.notes import known_unfed
from gdata.pipeline.sides import store_of
from gdata.project import open_project
from gdata.releases.log import newest_entry
from gdata.releases.stores.store import shown
from gdata.sources.adapters import by_source
from gdata.sources.source import DoctorStep


def examine(config: Config) -> Iterator[DoctorStep]:
    """The steps as they are tried: schemas, what each kind of source needs, the release store."""
    yield DoctorStep(sentence("config"), "ok", str(config.path))
    yield _examine_schemas(config)
    for source, spreadsheets in by_source(config.spreadsheets):
        yield from source.examine(spreadsheets, config)
    yield _examine_store(config)
    yield from _examine_unfed(config)


def _examine_unfed(config: Config) -> Iterator[DoctorStep]:
    """What the last build left alone: it may be meant, or a line that somebody forgot."""
    unfed = known_unfed(config)
    for names, hint in (
        (unfed.sheets, say("name them under `sheets:`, if they are for the game")),
        (unfed.tables, say("name the sheets that feed them, or delete the messages")),
    ):
        if names:
            what = say("sheets that no line names") if names is unfed.sheets else say("tables that no sheet feeds")
            yield DoctorStep(sentence("unfed"), "warning", f"{what}: {', '.join(names)}", hint)


def _examine_schemas(config: Config) -> DoctorStep:
    try:
        project = open_project(config)
    except GdataError as error:
        return DoctorStep(sentence("schemas"), "error", str(error), error.hint)
    return DoctorStep(
        sentence("schemas"),
        "ok",
        say_counted(
            "{count} table in {protos}", "{count} tables in {protos}", len(project.plans), protos=config.protos
        ),
    )


def _examine_store(config: Config) -> DoctorStep:
    try:
        newest = newest_entry(store_of(config), config.default_channel)
    except GdataError as error:
        return DoctorStep(sentence("store"), "error", str(error), error.hint)
    at = (
        say("{default_channel} is at {release}", default_channel=config.default_channel, release=newest.release)
        if newest
        else say("{default_channel} has no release yet", default_channel=config.default_channel)
    )
    return DoctorStep(sentence("store"), "ok", f"{shown(config.releases)}: {at}")
