"""Scaffolding, tried before anything is written: what is guessed must build on the sheets that it came from."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from gdata.configfile import load_config
from gdata.errors import ConfigError, SchemaError
from gdata.events import Event, Listener
from gdata.garbage import paused_gc
from gdata.pipeline.check import check_all
from gdata.problems import Problem
from gdata.project import plan_project
from gdata.scaffold.known import Known
from gdata.scaffold.mending import mend, without_options
from gdata.scaffold.propose import ProjectPlace, Proposal, make_draft, write_up
from gdata.scaffold.sheets.spreadsheets import ReadAll
from gdata.tables import parse_all

_MOST_ROUNDS = 8


def propose_and_try(
    known: Known,
    read: ReadAll,
    place: ProjectPlace,
    listener: Listener,
    *,
    skip: Sequence[str] = (),
    tool: str = "auto",
) -> Proposal:
    """Guess, build in memory, take back what doesn't hold, and build again; the last proposal knows its problems."""
    total = 2 * sum(len(grids) for _, grids in read.grids)
    steps = count(1)

    def on_done(name: str) -> None:
        done = next(steps)
        listener(Event("guess", name, done, max(total, done)))

    proposal = None
    with paused_gc(), tempfile.TemporaryDirectory(prefix="gdata-scaffold-") as name:
        draft = make_draft(known, read, place, skip=skip, tool=tool, on_done=on_done)
        for _ in range(_MOST_ROUNDS):
            try:
                proposal = write_up(known, place, draft)
                problems = _problems(proposal, place, read, Path(name), listener)
            except (SchemaError, ConfigError) as error:
                proposal = None
                mended = without_options(draft, error)
                if mended.tables == draft.tables:
                    raise
            else:
                proposal = replace(proposal, problems=problems)
                mended = mend(draft, problems or ())
                if mended.tables == draft.tables:
                    break
            draft = mended
    return proposal if proposal is not None else write_up(known, place, draft)


def _problems(
    proposal: Proposal, place: ProjectPlace, read: ReadAll, folder: Path, listener: Listener
) -> tuple[Problem, ...] | None:
    """The problems that a build would find in what was read; None where that isn't all of the project."""
    if proposal.schema is None or (proposal.config_text is None and not place.config_path.exists()):
        return None
    config = load_config(place.config_path, os.environ, is_begun=True, text=proposal.config_text)
    names = {one.name for one in config.spreadsheets}
    if names - {one.spreadsheet for one in read.pulled}:
        return None
    # What is kept of the trial is kept where it is thrown away.
    project = plan_project(replace(config, path=folder / config.path.name), proposal.schema)
    parsed = parse_all(project, [one for one in read.pulled if one.spreadsheet in names], listener)
    return tuple(check_all(project, parsed, listener))
