"""Move a channel: publish, promote, roll back. Each compares first, asks the gate, and moves what was compared."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gdata.config import Config
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Diff, Side
from gdata.errors import RefusedError, UsageError
from gdata.pipeline.sides import check_channel, output_side, published_side
from gdata.pipeline.state import BuildState, load_build
from gdata.releases.conditions import check_expected, check_not_bad
from gdata.releases.hotfixes import undone_hotfixes
from gdata.releases.log import ChannelMoved, entries_after, read_log
from gdata.releases.publish import YANKED, Move, Moved, Parts, promote, publish, rollback, rollback_target
from gdata.releases.reader import bundles_of, newest_entry
from gdata.releases.records import Allowance, Entry
from gdata.releases.signatures import SigningKey
from gdata.releases.store import Store, WritableStore


@dataclass(frozen=True)
class Request:
    """What the person who moves a channel says: why, what was reviewed, what may be broken and for what reason."""

    message: str = ""
    expect: str | None = None
    allow: Sequence[str] = ()
    reason: str = ""
    key: SigningKey | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Planned:
    """A move that was compared and judged, and waits for a word: `old` is what the channel has now."""

    channel: str
    diff: Diff
    verdict: GateVerdict
    base: Entry | None
    notes: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether the channel would have something else afterwards."""
        return self.diff.old.build != self.diff.new.build

    def check_gate(self) -> None:
        """Raise RefusedError where the gate says no."""
        if self.verdict.blocking:
            rules = ", ".join(self.verdict.blocking)
            raise RefusedError(
                f"the gate of {self.channel} says no: {rules}",
                hint="mend the data; or, if it is meant, `--allow RULE --reason TEXT`, which the log keeps",
            )


def plan_publish(
    config: Config, store: WritableStore, channel: str, request: Request, *, against: str | None = None
) -> Planned:
    """Compare the build in `output/` with what `channel` has; `against` is the release that was reviewed against.

    Raises:
        ChannelMoved: the channel isn't at `against` any more.
    """
    check_channel(config, store, channel)
    base = _base(store, channel, against)
    new = output_side(config)
    notes = []
    made_from = load_build(config.state, new.build or "")
    if made_from.snapshot is None or made_from.descriptors is None:
        notes.append("`.gdata/` doesn't have what this build was made from: the release can't be built again")
    if base is not None:
        notes += undone_notes(store, base.release, new)
    return _checked(config, store, _plan(config, store, channel, base, new, request, tuple(notes)), request)


def undone_notes(store: Store, release: str, new: Side) -> list[str]:
    """A sentence for each table in which `new` would undo a hotfix that is part of `release`."""
    return [
        f"{one.table} ({one.target}) goes back to what it was before the hotfix {one.release}: {one.rows} rows"
        for one in undone_hotfixes(store, release, new.bundles)
    ]


def publish_planned(config: Config, store: WritableStore, planned: Planned, request: Request) -> Moved:
    """Publish what was planned; refused if the channel or the output changed meanwhile."""
    new = output_side(config)
    if new.build != planned.diff.new.build:
        raise RefusedError(f"{config.output} was built anew meanwhile", hint="look at the diff again, then publish")
    made_from: BuildState = load_build(config.state, new.build or "")
    parts = Parts(
        protos=made_from.descriptors,
        snapshot=made_from.snapshot,
        provenance=made_from.provenance or {},
        summary=planned.diff.summary.as_json(),
    )
    return publish(store, new.bundles, planned.channel, _move(config, planned, request), base=planned.base, parts=parts)


def plan_promote(config: Config, store: WritableStore, source: str, channel: str, request: Request) -> Planned:
    """Compare what `source` has with what `channel` has, by the gate of `channel`."""
    check_channel(config, store, channel)
    new = published_side(store, bundles_of(store, source))
    planned = _plan(config, store, channel, newest_entry(store, channel), new, request, ())
    return _checked(config, store, planned, request)


def promote_planned(config: Config, store: WritableStore, source: str, planned: Planned, request: Request) -> Moved:
    """Promote what was planned; refused if either channel moved meanwhile."""
    entry = newest_entry(store, source)
    if entry is None or entry.release != planned.diff.new.release:
        raise RefusedError(f"channel {source} moved meanwhile", hint="look at the diff again, then promote")
    return promote(store, entry, planned.channel, _move(config, planned, request), base=planned.base)


def plan_rollback(config: Config, store: WritableStore, channel: str, release: str | None, request: Request) -> Planned:
    """Compare an earlier release with what `channel` has. A rollback isn't held to the gate, only shown."""
    log = read_log(store, channel)
    if log.newest is None:
        raise UsageError(f"channel {channel} has no release yet", hint="`gdata releases` lists the channels")
    target = rollback_target(store, log, release)
    new = published_side(store, bundles_of(store, target.id))
    planned = _plan(config, store, channel, log.newest, new, replace(request, allow=()), ())
    shown = tuple(replace(one, level="warn") for one in planned.verdict.violations)
    return replace(planned, verdict=GateVerdict(True, shown))


def rollback_planned(config: Config, store: WritableStore, planned: Planned, request: Request) -> Moved:
    """Roll back as planned; refused if the channel moved meanwhile."""
    assert planned.base is not None
    # A rollback is for emergencies: a protected channel doesn't ask for the build that was reviewed.
    move = replace(_move(config, planned, request), protected=False)
    return rollback(store, planned.channel, move, base=planned.base, release=planned.diff.new.release)


def _base(store: WritableStore, channel: str, against: str | None) -> Entry | None:
    newest = newest_entry(store, channel)
    if against is None or (newest is not None and newest.release == against):
        return newest
    reviewed = [entry for entry in read_log(store, channel).entries if entry.release == against]
    if not reviewed:
        raise UsageError(f"channel {channel} never had the release {against}", hint="see `gdata releases`")
    raise ChannelMoved(channel, entries_after(store, channel, reviewed[-1]))


def _plan(
    config: Config,
    store: WritableStore,
    channel: str,
    base: Entry | None,
    new: Side,
    request: Request,
    notes: tuple[str, ...],
) -> Planned:
    if request.allow and not request.reason:
        raise UsageError("--allow needs a reason, which the log keeps", hint="add --reason TEXT")
    published = bundles_of(store, base.release) if base is not None else bundles_of(store, channel, missing_ok=True)
    old = replace(published_side(store, published), name=channel)
    gate = config.gate_of(channel)
    diff = compare(old, new, category=gate.schema)
    allowed = [name for name in request.allow if name != YANKED]
    return Planned(channel, diff, judge(diff, gate, allowed), base, notes)


def _checked(config: Config, store: WritableStore, planned: Planned, request: Request) -> Planned:
    """What was planned, once nothing but the gate and a person's word can stop it: nobody is asked in vain."""
    if planned.is_needed:
        move, build = _move(config, planned, request), planned.diff.new.build or ""
        check_expected(planned.channel, build, move)
        check_not_bad(read_log(store, planned.channel), build, move)
    elif request.expect is not None:
        check_expected(planned.channel, planned.diff.new.build or "", _move(config, planned, request))
    return planned


def _move(config: Config, planned: Planned, request: Request) -> Move:
    return Move(
        author=author(),
        message=request.message,
        expect_build=request.expect,
        protected=config.channel(planned.channel).protected,
        allowed=tuple(Allowance(name, request.reason) for name in request.allow),
        key=request.key,
    )


def author() -> str:
    """Who moves the channel: $GDATA_AUTHOR, else the user who is logged in."""
    try:
        return os.environ.get("GDATA_AUTHOR") or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
