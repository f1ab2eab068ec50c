"""Move a channel: publish, promote, roll back. Each compares first, asks the gate, and moves what was compared."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, replace

from gdata.config import Config
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Diff, Side
from gdata.errors import RefusedError, UsageError
from gdata.pipeline.sides import check_channel, output_side, published_side
from gdata.pipeline.state import load_build
from gdata.releases.hotfixes import undone_hotfixes
from gdata.releases.log import ChannelMoved, Log, entries_after, read_log
from gdata.releases.move import (
    YANKED,
    Move,
    Moved,
    Parts,
    check_expected,
    check_may_move,
    move_channel,
    rollback_target,
)
from gdata.releases.reader import bundles_of, newest_entry, read_release
from gdata.releases.records import Entry
from gdata.releases.store import Store, WritableStore


@dataclass(frozen=True)
class Plan:
    """A move that was compared and judged, and waits for a word; the diff's old side is what the channel has now."""

    move: Move
    base: Entry | None
    diff: Diff
    verdict: GateVerdict
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
                f"the gate of {self.move.channel} says no: {rules}",
                hint="mend the data; or, if it is meant, `--allow RULE --reason TEXT`, which the log keeps",
            )


def plan_move(config: Config, store: WritableStore, move: Move) -> Plan:
    """Compare what the channel is to have with what it has, and ask its gate; nobody is asked in vain afterwards.

    Raises:
        ChannelMoved: the channel isn't at the release any more that was reviewed against.
        RefusedError: the build isn't the expected one, or is marked bad.
        UsageError: there is no such channel or release, or nothing is built.
    """
    if move.allow and not move.reason:
        raise UsageError("--allow needs a reason, which the log keeps", hint="add --reason TEXT")
    if move.action != "rollback":
        check_channel(config, store, move.channel)
    # A rollback is for emergencies: a protected channel doesn't ask for the build that was reviewed.
    protected = move.action != "rollback" and config.channel(move.channel).protected
    move = replace(move, author=author(), protected=protected)
    log = read_log(store, move.channel)
    _check_base(store, log, move.against)
    new = _new_side(config, store, log, move)
    plan = _compare(config, store, log, new, move)
    if plan.is_needed:
        check_may_move(store, log, new.build or "", move)
    elif move.expect is not None:
        check_expected(new.build or "", move)
    return plan


def carry_out(config: Config, store: WritableStore, plan: Plan) -> Moved:
    """Move the channel as planned; refused if it, or what it is to have, changed meanwhile."""
    move, new = plan.move, plan.diff.new
    if move.action == "publish":
        bundles = output_side(config).bundles
        if next(iter(bundles.values())).manifest.build != new.build:
            raise RefusedError(f"{config.output} was built anew meanwhile", hint="look at the diff again, then publish")
        return move_channel(store, move, bundles, base=plan.base, parts=_parts(config, plan.diff))
    if move.action == "promote":
        entry = newest_entry(store, move.origin or "")
        if entry is None or entry.release != new.release:
            raise RefusedError(f"channel {move.origin} moved meanwhile", hint="look at the diff again, then promote")
    return move_channel(store, move, read_release(store, new.release or ""), base=plan.base)


def undone_notes(store: Store, release: str, new: Side) -> list[str]:
    """A sentence for each table in which `new` would undo a hotfix that is part of `release`."""
    return [
        f"{one.table} ({one.target}) goes back to what it was before the hotfix {one.release}: {one.rows} rows"
        for one in undone_hotfixes(store, release, new.bundles)
    ]


def _check_base(store: WritableStore, log: Log, against: str | None) -> None:
    if against is None or (log.newest is not None and log.newest.release == against):
        return
    reviewed = next((entry for entry in log.backwards() if entry.release == against), None)
    if reviewed is None:
        raise UsageError(f"channel {log.channel} never had the release {against}", hint="see `gdata releases`")
    raise ChannelMoved(log.channel, entries_after(store, log.channel, reviewed))


def _new_side(config: Config, store: WritableStore, log: Log, move: Move) -> Side:
    """What the channel is to have."""
    if move.action == "publish":
        return output_side(config)
    if move.action == "promote":
        return published_side(store, bundles_of(store, move.origin or ""))
    if log.newest is None:
        raise UsageError(f"channel {log.channel} has no release yet", hint="`gdata releases` lists the channels")
    return published_side(store, bundles_of(store, rollback_target(store, log, move.origin).id))


def _compare(config: Config, store: WritableStore, log: Log, new: Side, move: Move) -> Plan:
    base = log.newest
    old = Side(move.channel)
    if base is not None:
        old = replace(published_side(store, bundles_of(store, base.release)), name=move.channel)
    gate = config.gate_of(move.channel)
    diff = compare(old, new, category=gate.schema)
    if move.action == "rollback":
        # It isn't held to the gate, only shown.
        shown = tuple(replace(one, level="warn") for one in judge(diff, gate, ()).violations)
        return Plan(move, base, diff, GateVerdict(True, shown))
    verdict = judge(diff, gate, [name for name in move.allow if name != YANKED])
    return Plan(move, base, diff, verdict, _publish_notes(config, store, base, new) if move.action == "publish" else ())


def _publish_notes(config: Config, store: WritableStore, base: Entry | None, new: Side) -> tuple[str, ...]:
    notes = []
    made_from = load_build(config.state, new.build or "")
    if made_from.snapshot is None or made_from.descriptors is None:
        notes.append("`.gdata/` doesn't have what this build was made from: the release can't be built again")
    if base is not None:
        notes += undone_notes(store, base.release, new)
    return tuple(notes)


def _parts(config: Config, diff: Diff) -> Parts:
    made_from = load_build(config.state, diff.new.build or "")
    return Parts(
        protos=made_from.descriptors,
        snapshot=made_from.snapshot,
        provenance=made_from.provenance or {},
        summary=diff.summary.as_json(),
    )


def author() -> str:
    """Who moves the channel: $GDATA_AUTHOR, else the user who is logged in."""
    try:
        return os.environ.get("GDATA_AUTHOR") or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
