"""Bring all spreadsheets: those that lie elsewhere at once and in the background, local ones meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import itemgetter

from gdata.config import Spreadsheet
from gdata.errors import UsageError
from gdata.events import Event, Listener
from gdata.language import say, sentence
from gdata.pipeline.kept.state import load_pull, locked, save_pull
from gdata.project import Project
from gdata.sources.adapters import by_source, source_of
from gdata.sources.grid import Pulled, join_errors
from gdata.sources.source import OnProgress, PullProgress


def pull(project: Project, listener: Listener) -> list[Pulled]:
    """Read every spreadsheet and keep the snapshot.

    Raises:
        SourceError: spreadsheets can't be read.
    """
    with locked(project.state, listener):
        pulled = list(pull_all(project, project.config.spreadsheets, listener))
        failed = [one.failure for one in pulled if one.failure is not None]
        save_pull(project.state, pulled)
    if failed:
        raise join_errors(failed)
    return pulled


def pull_all(
    project: Project, spreadsheets: Sequence[Spreadsheet], listener: Listener, *, offline: bool = False
) -> Iterator[Pulled]:
    """The spreadsheets' bytes as they arrive; with `offline`, those that lie elsewhere from the last pull.

    Raises:
        SourceError: spreadsheets can't be read; one error names all those elsewhere that can't.
    """
    kept, arriving = [one for one in spreadsheets if offline and source_of(one).is_remote], []
    groups = by_source(one for one in spreadsheets if one not in kept)
    # The remote ones start at once, and are on their way while the others are read.
    for source, group in sorted(groups, key=lambda pair: not pair[0].is_remote):
        wanted = [(one, project.requests(one)) for one in group]
        arriving.append((source.is_remote, source.pull(wanted, project.config, _teller(listener))))
    if any(is_remote for is_remote, _ in arriving):
        # While the answers are on their way: what parses them takes 0.1 s to import.
        import gdata.parsing.table  # noqa: F401
    pulls = chain.from_iterable(pulls for _, pulls in sorted(arriving, key=itemgetter(0)))
    for done, pulled in enumerate(chain(pulls, _from_last_pull(project, kept)), start=1):
        listener(Event("pull", pulled.spreadsheet, done, len(spreadsheets)))
        yield pulled


def _teller(listener: Listener) -> OnProgress:
    def on_progress(news: PullProgress) -> None:
        if news.event == "waiting":
            note = say("{reason}; trying again in {wait} s", reason=news.reason, wait=format(news.wait, ".0f"))
            listener(Event("pull", news.spreadsheet, news.done, news.total, note))

    return on_progress


def _from_last_pull(project: Project, spreadsheets: Sequence[Spreadsheet]) -> Iterator[Pulled]:
    known = {(one.spreadsheet, one.location): one for one in load_pull(project.state)} if spreadsheets else {}
    for spreadsheet in spreadsheets:
        pulled = known.get((spreadsheet.name, spreadsheet.location))
        if pulled is None:
            raise UsageError(
                sentence("the last pull doesn't have the spreadsheet {name}", name=spreadsheet.name),
                hint=sentence("run `gdata pull` first"),
            )
        yield pulled
