"""Build whenever something changes: sheets on this computer as they are saved, those elsewhere a poll later.

Nobody tells of an edit elsewhere in time, so such spreadsheets are read again and again, as often as their source's
quota allows, and compared with what was read before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gdata.config import Config, Gate, Spreadsheet
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Diff, Side
from gdata.errors import CredentialsError, DamagedError, GdataError, OutsideError, UsageError
from gdata.events import Listener
from gdata.language import say, sentence
from gdata.pipeline.build import BuildInput, Built, build
from gdata.pipeline.kept.notes import noting_failure
from gdata.pipeline.kept.state import locked, save_pull
from gdata.pipeline.pull import pull_all
from gdata.pipeline.releasing.move import carry_out, plan_move
from gdata.pipeline.releasing.rebuild import check_named, tables_from
from gdata.pipeline.sides import output_side, store_of
from gdata.project import Project, open_project, read_config
from gdata.releases.log import ChannelMoved
from gdata.releases.move import Move
from gdata.releases.reader import bundles_of
from gdata.releases.stores.store import writable
from gdata.sources.adapters import by_source, source_of
from gdata.sources.grid import Pulled, snapshot_digest

SHARE = 0.75
"""How much of a source's quota watching may use up: somebody may run `gdata build` meanwhile."""
SHORTEST_INTERVAL = 1.0
_TICK = 0.1
"""Seconds between two looks at the files of this computer."""
_SETTLED = 0.15
"""A file that didn't change for so many seconds is taken to be written."""
_AFTER_FAILURE = 5.0

Stamps = Mapping[Path, tuple[int, int]]


def interval_for(reads: int, per_minute: int, asked: float | None) -> float:
    """Seconds from poll to poll of spreadsheets that take `reads` reads: what was asked for, within the quota."""
    seconds = reads * 60 / (per_minute * SHARE) if per_minute else 0.0
    least = max(SHORTEST_INTERVAL, math.ceil(seconds * 10) / 10)
    return max(least, asked or 0)


@dataclass(frozen=True)
class Wanted:
    """What to watch: all tables or some, and where the result goes."""

    config_path: Path
    tables: tuple[str, ...] = ()
    base: str | None = None
    """The channel that all other tables come from."""
    channel: str | None = None
    """A channel to publish to; not a protected one."""
    interval: float | None = None


@dataclass(frozen=True)
class Round:
    """What one change led to."""

    changed: tuple[str, ...] = ()
    """Files, and spreadsheets elsewhere; nothing at the start."""
    built: Built | None = None
    diff: Diff | None = None
    """From the build before to this one."""
    verdict: GateVerdict | None = None
    error: GdataError | None = None
    release: str = ""
    """Published on the channel."""
    seconds: float = 0.0
    """From the save, or the poll that found the change, until all was done."""
    interval: float = 0.0
    """Seconds between polls of what lies elsewhere; 0 where nothing does."""


@dataclass
class ProjectWatch:
    """Watches a project; `rounds` never ends by itself."""

    wanted: Wanted
    listener: Listener
    _project: Project | None = None
    _config: Config | None = None
    """The last that could be read: it says which files to look at."""
    _pulled: dict[str, Pulled] = field(default_factory=dict)
    _stamps: Stamps = field(default_factory=dict)
    _imported: Sequence[Path] = ()
    """The .proto files when they last compiled: some may lie behind links."""
    _looked: float = 0.0
    """When the files were last seen unchanged."""
    _due: float = 0.0
    _interval: float = 0.0
    _last_error: str = ""
    _is_built: bool = False
    _retry: float = math.inf
    """When to build and publish again though nothing changed, because something outside stood in the way."""

    def rounds(self) -> Iterator[Round]:
        """Build, then wait for a change, and again; each outcome as it comes.

        Raises:
            UsageError: the channel is protected, or there is no such table.
            CredentialsError: there is no login for a source.
        """
        self._check_channel()
        while True:
            changed = self._changed_files()
            retry = time.monotonic() >= self._retry
            poll = self._has_remote and (retry or time.monotonic() >= self._due)
            if changed or poll or retry or not self._stamps:
                result = self._round(changed, poll=poll)
                if result is not None:
                    yield result
            time.sleep(_TICK)

    # --- what changed ----------------------------------------------------------------------------------------

    def _changed_files(self) -> dict[Path, float]:
        """Files that changed, and when they were saved; it waits until they are written."""
        now = self._look()
        if not self._stamps or now == self._stamps:
            self._looked = time.time()
            return {}
        while True:
            time.sleep(_SETTLED)
            later = self._look()
            if later == now:
                break
            now = later
        changed = {path for path in {*now, *self._stamps} if now.get(path) != self._stamps.get(path)}
        self._stamps = now
        # A file that was moved here keeps an old time, and clocks differ: it wasn't saved before it was last looked at.
        return {path: max(now[path][0] / 1e9 if path in now else 0.0, self._looked) for path in changed}

    def _look(self) -> Stamps:
        files = [*_files(self.wanted.config_path, self._config), *self._imported]
        return {path: stamp for path in files if (stamp := _stamp(path)) is not None}

    @property
    def _has_remote(self) -> bool:
        return self._project is None or any(source_of(one).is_remote for one in self._spreadsheets())

    def _spreadsheets(self) -> Sequence[Spreadsheet]:
        return self._narrowed().config.spreadsheets if self._project is not None else ()

    # --- one round -------------------------------------------------------------------------------------------

    def _round(self, changed: Mapping[Path, float], *, poll: bool) -> Round | None:
        started = time.time()
        saved = min(changed.values(), default=started)
        try:
            result = self._build(changed, poll=poll)
        except GdataError as error:
            if not self._is_built and isinstance(error, (UsageError, CredentialsError)):
                raise  # Waiting wouldn't mend it.
            result = Round(error=error)
        if result is None:
            return None
        is_passing = isinstance(result.error, (OutsideError, DamagedError, ChannelMoved))
        later = time.monotonic() + max(self._interval, _AFTER_FAILURE)
        self._retry = later if is_passing else math.inf
        self._due = later if result.built is None else self._due
        last, self._last_error = self._last_error, str(result.error or "")
        if self._last_error == last != "":
            return None
        names = [*(self._name(path) for path in sorted(changed)), *result.changed]
        since = min(saved, started) if changed else started
        return replace(
            result,
            changed=tuple(names),
            seconds=max(time.time() - since, 0.0),
            interval=self._interval if self._has_remote else 0.0,
        )

    def _build(self, changed: Mapping[Path, float], *, poll: bool) -> Round | None:
        is_new = self._project is None or any(not self._is_sheet(path) for path in changed)
        if is_new:
            # What is saved while it is read must look changed afterwards.
            before_reading = self._look()
            self._project = None
            self._stamps = before_reading
            self._config = read_config(self.wanted.config_path)
            with noting_failure(self._config):
                self._project = open_project(self._config)
            self._imported = [self._config.protos / name for name in self._project.protos]
            self._stamps = {**self._look(), **before_reading}
        edited = self._pull(remote=poll or is_new)
        if self._is_built and not (edited or changed or time.monotonic() >= self._retry):
            return None
        project = self._project
        assert project is not None
        # As one: a build of somebody else's in between would be compared, and published, in place of this one.
        with locked(project.state, self.listener):
            return self._build_now(project, edited)

    def _build_now(self, project: Project, edited: Sequence[str]) -> Round:
        if not self.wanted.tables:
            save_pull(project.state, self._all_pulled(project))
        before = _output(project.config)
        built = build(project, self.listener, source=self._source(project))
        self._is_built = True
        result = Round(tuple(edited), built)
        if built.build is None:
            return result
        after = replace(output_side(project.config), name=say("this build"))
        diff = compare(before, after, category="off")
        result = replace(result, diff=diff, verdict=judge(diff, Gate(schema="off")))
        if self.wanted.channel is None:
            return result
        return self._publish(project.config, self.wanted.channel, result)

    def _pull(self, *, remote: bool) -> list[str]:
        """Read what may have changed; names of spreadsheets elsewhere that did."""
        project = self._narrowed()
        spreadsheets = [one for one in project.config.spreadsheets if remote or not source_of(one).is_remote]
        edited = []
        fresh = {one.spreadsheet: one for one in pull_all(project, spreadsheets, self.listener)}
        for spreadsheet in spreadsheets:
            pulled, known = fresh[spreadsheet.name], self._pulled.get(spreadsheet.name)
            is_remote = source_of(spreadsheet).is_remote
            if is_remote and known is not None and snapshot_digest([pulled]) != snapshot_digest([known]):
                edited.append(spreadsheet.name)
            self._pulled[spreadsheet.name] = pulled
        if remote:
            reads = [
                (sum(fresh[one.name].requests for one in group), source.reads_per_minute)
                for source, group in by_source(spreadsheets)
            ]
            self._interval = max(interval_for(*one, self.wanted.interval) for one in reads)
            self._due = time.monotonic() + self._interval
        return edited

    def _all_pulled(self, project: Project) -> list[Pulled]:
        return [self._pulled[one.name] for one in project.config.spreadsheets]

    def _narrowed(self) -> Project:
        """The project with the sheets of the tables that were asked for."""
        assert self._project is not None
        if not self.wanted.tables:
            return self._project
        return self._project.only(check_named(self._project, self.wanted.tables))

    def _source(self, project: Project) -> BuildInput:
        pulled = self._all_pulled(self._narrowed())
        if not self.wanted.tables:
            return BuildInput(pulled=pulled, is_now=True)
        named = check_named(project, self.wanted.tables)
        channel = self.wanted.base or project.config.default_channel
        published = bundles_of(store_of(project.config), channel, missing_ok=True)
        return BuildInput(tables_from(project, published, frozenset(project.plans) - named), pulled)

    # --- publishing ------------------------------------------------------------------------------------------

    def _check_channel(self) -> None:
        """Whatever is saved goes out at once, so it may only go where nobody's game depends on it."""
        channel = self.wanted.channel
        if channel is not None and read_config(self.wanted.config_path).channel(channel).protected:
            raise UsageError(
                sentence("the channel {channel} is protected: a release on it is reviewed first", channel=channel),
                hint=sentence("watch publishes to a development channel: --publish dev"),
            )

    def _publish(self, config: Config, channel: str, result: Round) -> Round:
        store = writable(store_of(config))
        try:
            plan = plan_move(config, store, Move("publish", channel, message="gdata watch"), stale=True)
            if not plan.is_needed:
                return result
            plan.check_gate()
            return replace(result, release=carry_out(config, store, plan).entry.release)
        except GdataError as error:
            return replace(result, error=error)

    # --- names -----------------------------------------------------------------------------------------------

    def _is_sheet(self, path: Path) -> bool:
        return any(one.path in (path, path.parent) for one in self._spreadsheets())

    def _name(self, path: Path) -> str:
        try:
            return path.relative_to(self.wanted.config_path.parent).as_posix()
        except ValueError:
            return str(path)


def _output(config: Config) -> Side:
    """What is built already; nothing counts as empty."""
    try:
        return replace(output_side(config), name=say("the build before"))
    except GdataError:
        return Side(say("the build before"), None, {})


def _files(config_path: Path, config: Config | None) -> Iterator[Path]:
    """Every file on this computer that a build reads."""
    yield config_path
    protos = config.protos if config is not None else config_path.parent / "protos"
    yield from protos.rglob("*.proto")
    for one in config.spreadsheets if config is not None else ():
        yield from source_of(one).paths_of(one)
    if config is not None:
        yield from config.checks
        yield from config.metrics


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
