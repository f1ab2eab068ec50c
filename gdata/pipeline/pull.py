"""Bring all spreadsheets: those in Google at once and in the background, local ones meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gdata.config import Spreadsheet
from gdata.errors import UsageError
from gdata.pipeline.events import Event, Listener
from gdata.pipeline.project import Project
from gdata.pipeline.state import load_pull, locked, save_pull
from gdata.sources.adapters import pull_local
from gdata.sources.grid import Pulled

if TYPE_CHECKING:
    from gdata.sources.google.pull import PullProgress


def pull(project: Project, listener: Listener) -> list[Pulled]:
    """Read every spreadsheet and keep the snapshot.

    Raises:
        SourceError: spreadsheets can't be read.
    """
    with locked(project.state, listener):
        pulled = list(pull_all(project, project.config.spreadsheets, listener))
        save_pull(project.state, pulled)
    return pulled


def pull_all(
    project: Project, spreadsheets: Sequence[Spreadsheet], listener: Listener, *, offline: bool = False
) -> Iterator[Pulled]:
    """The spreadsheets' bytes as they arrive; with `offline`, those in Google from the last pull.

    Raises:
        SourceError: spreadsheets can't be read; one error names all those in Google that can't.
    """
    local = [one for one in spreadsheets if one.path is not None]
    remote = [one for one in spreadsheets if one.path is None]
    total = len(spreadsheets)
    arriving = _from_last_pull(project, remote) if offline and remote else _from_google(project, remote, listener)
    done = 0
    for one in local:
        pulled = pull_local(one)
        done += 1
        listener(Event("pull", one.name, done, total))
        yield pulled
    for pulled in arriving:
        done += 1
        listener(Event("pull", pulled.spreadsheet, done, total))
        yield pulled


def _from_google(project: Project, spreadsheets: Sequence[Spreadsheet], listener: Listener) -> Iterator[Pulled]:
    if not spreadsheets:
        return iter(())
    from gdata.sources.google.pull import pull_google

    def on_progress(news: PullProgress) -> None:
        if news.event == "waiting":
            note = f"{news.reason}; trying again in {news.wait:.0f} s"
            listener(Event("pull", news.spreadsheet, news.done, news.total, note))

    wanted = [(one, project.requests(one)) for one in spreadsheets]
    return pull_google(wanted, project.config.google, on_progress=on_progress)


def _from_last_pull(project: Project, spreadsheets: Sequence[Spreadsheet]) -> Iterator[Pulled]:
    kept = {(one.spreadsheet, one.location): one for one in load_pull(project.state)}
    for spreadsheet in spreadsheets:
        pulled = kept.get((spreadsheet.name, spreadsheet.id))
        if pulled is None:
            raise UsageError(
                f"the last pull doesn't have the spreadsheet {spreadsheet.name}", hint="run `gdata pull` first"
            )
        yield pulled
