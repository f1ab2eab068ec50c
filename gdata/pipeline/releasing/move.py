"""Move a channel: publish, promote, roll back. Each compares first, asks the gate, and moves what was compared.

The way is always open: what the channel has may be damaged. Then that is said, and the move goes on; a publish or
promote is compared, and held to the gate, against the newest release of the channel that can be read.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from gdata.config import Config
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Diff, Side, Summary
from gdata.errors import DamagedError, RefusedError, StoreError, UnknownFormatError, UsageError
from gdata.language import say, sentence
from gdata.pipeline.kept.notes import check_fresh
from gdata.pipeline.kept.state import load_build
from gdata.pipeline.releasing.channels import check_version, judge_versions
from gdata.pipeline.sides import check_channel, compare_sides, output_side, published_side
from gdata.releases.blobs import check_whole
from gdata.releases.hotfixes import undone_notes
from gdata.releases.keeping.prune import set_aside
from gdata.releases.log import ChannelMoved, Log, describe, entries_after, newest_entry, read_log_so_far
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
from gdata.releases.reader import bundles_at, bundles_of, read_release
from gdata.releases.records import Entry
from gdata.releases.stores.store import WritableStore

_COMPARED_WITH = 5
"""How many releases of the channel are tried, newest first, until one can be read."""


@dataclass(frozen=True)
class Plan:
    """A move that was compared and judged, and waits for a word.

    `diff` is None where nothing could be compared; `notes` say why. `aside` are entries behind `base` that are
    damaged: they go to the trash before the channel moves.
    """

    move: Move
    base: Entry | None
    new: Side
    diff: Diff | None
    verdict: GateVerdict
    is_needed: bool = True
    """Whether the channel would have something else afterwards."""
    notes: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def summary(self) -> Summary:
        """How much changes; nothing where that isn't known."""
        return self.diff.summary if self.diff is not None else Summary()

    def check_gate(self) -> None:
        """Raise RefusedError where the gate says no."""
        if self.verdict.blocking:
            rules = ", ".join(self.verdict.blocking)
            raise RefusedError(
                sentence("the gate of {channel} says no: {rules}", channel=self.move.channel, rules=rules),
                hint=sentence("mend the data; or, if it is meant, `--allow RULE --reason TEXT`, which the log keeps"),
            )


def plan_move(config: Config, store: WritableStore, move: Move, *, stale: bool = False) -> Plan:
    """Compare what the channel is to have with what it has, and ask its gate; nobody is asked in vain afterwards.

    `stale`: a build is published though the sheets may say something else by now.

    Raises:
        ChannelMoved: the channel isn't at the release any more that was reviewed against.
        DamagedError: what the channel is to have is damaged.
        RefusedError: the build isn't the expected one, is marked bad, or isn't what the sheets say.
        UsageError: there is no such channel or release, or nothing is built.
    """
    if move.allow and not move.reason:
        raise UsageError(sentence("--allow needs a reason, which the log keeps"), hint=sentence("add --reason TEXT"))
    # A rollback is for emergencies: a protected channel doesn't ask for the build that was reviewed.
    protected = move.action != "rollback" and config.channel(move.channel).protected
    move = replace(move, author=author(), protected=protected)
    log, aside = read_log_so_far(store, move.channel)
    if log.newest is None:
        _check_start(config, store, move)
    elif move.action == "rollback" and not aside and (again := _repeated(log, move)):
        return _stay(store, log.newest, move, again)
    _check_base(store, log, move.against)
    new = _new_side(config, store, log, move, is_back=bool(aside))
    check_version(config, move, new)
    if move.action == "publish" and not stale:
        check_fresh(config, new.stale)
    plan = replace(_compare(config, store, log, new, move), aside=tuple(aside))
    for name in aside:
        note = say(
            "{name} is damaged and goes to the trash: which release it pointed at isn't known any more", name=name
        )
        plan = replace(plan, notes=(note, *plan.notes), is_needed=True)
    if plan.is_needed:
        check_may_move(store, log, new.build or "", move)
    elif move.expect is not None:
        check_expected(new.build or "", move)
    return plan


def carry_out(config: Config, store: WritableStore, plan: Plan) -> Moved:
    """Move the channel as planned; refused if it, or what it is to have, changed meanwhile."""
    move, new = plan.move, plan.new
    if move.action == "rollback" and plan.base is not None and not plan.is_needed:
        return Moved(plan.base, changed=False)
    if move.action == "publish":
        bundles = output_side(config).bundles
        if next(iter(bundles.values())).manifest.build != new.build:
            raise RefusedError(
                sentence("{output} was built anew meanwhile", output=config.output),
                hint=sentence("look at the diff again, then publish"),
            )
        set_aside(store, plan.aside)
        return move_channel(store, move, bundles, base=plan.base, parts=_parts(config, plan))
    if move.action == "promote":
        entry = newest_entry(store, move.origin or "")
        if entry is None or entry.release != new.release:
            raise RefusedError(
                sentence("channel {origin} moved meanwhile", origin=move.origin),
                hint=sentence("look at the diff again, then promote"),
            )
    set_aside(store, plan.aside)
    to = read_release(store, new.release or "")
    return move_channel(store, move, to, base=plan.base, anew=bool(plan.aside))


def _check_start(config: Config, store: WritableStore, move: Move) -> None:
    if move.action == "rollback":
        raise UsageError(
            sentence("channel {channel} has no release yet", channel=move.channel),
            hint=sentence("`gdata releases` lists the channels"),
        )
    check_channel(config, store, move.channel)


def _repeated(log: Log, move: Move) -> str:
    """Why a rollback was carried out already, as by a command that was cut off and runs again; "" where it wasn't."""
    newest = log.newest
    if newest is None or newest.action != "rollback" or move.origin not in (None, newest.release):
        return ""
    if move.against not in (None, newest.base):
        return ""
    return say(
        "{channel} was rolled back already, from {base} to {release}: {describe}; to go back "
        "further, name the release: `gdata rollback RELEASE --channel {channel}`",
        channel=log.channel,
        base=newest.base,
        release=newest.release,
        describe=describe(newest),
    )


def _stay(store: WritableStore, entry: Entry, move: Move, why: str) -> Plan:
    side = Side(move.channel, entry.release)
    with suppress(DamagedError, StoreError):
        side = published_side(store, bundles_at(store, entry))
    if move.expect is not None:
        check_expected(side.build or "", move)
    return Plan(replace(move, origin=entry.release), entry, side, None, GateVerdict(True), False, (why,))


def _check_base(store: WritableStore, log: Log, against: str | None) -> None:
    if against is None or (log.newest is not None and log.newest.release == against):
        return
    reviewed = next((entry for entry in log.backwards() if entry.release == against), None)
    if reviewed is None:
        raise UsageError(
            sentence("channel {channel} never had the release {against}", channel=log.channel, against=against),
            hint=sentence("see `gdata releases`"),
        )
    raise ChannelMoved(log.channel, entries_after(store, log.channel, reviewed))


def _new_side(config: Config, store: WritableStore, log: Log, move: Move, *, is_back: bool) -> Side:
    """What the channel is to have, every file of it whole; `is_back`: the log ends before the newest entry."""
    if move.action == "publish":
        side = output_side(config)
        for bundle in side.bundles.values():
            bundle.verify()
        return side
    if move.action == "promote":
        side = published_side(store, bundles_of(store, move.origin or ""))
        check_whole(store, read_release(store, side.release or ""))
        return side
    before = log.newest.release if log.newest is not None and is_back else None
    target = rollback_target(store, log, move.origin or before)
    try:
        check_whole(store, target)
    except DamagedError as error:
        raise DamagedError(str(error), hint=_another_way(store, log, target.id) or error.hint) from error
    return published_side(store, bundles_of(store, target.id))


def _another_way(store: WritableStore, log: Log, damaged: str) -> str:
    """The newest release that a channel could go back to instead, every file of it whole."""
    current = log.newest.release if log.newest is not None else None
    with suppress(DamagedError):
        for entry, why in log.marked():
            if why is None and entry.release not in (current, damaged):
                with suppress(DamagedError, UsageError):
                    check_whole(store, read_release(store, entry.release, entry))
                    return say(
                        "`gdata rollback {release} --channel {channel}`: that one is whole",
                        release=entry.release,
                        channel=log.channel,
                    )
    return ""


def _compare(config: Config, store: WritableStore, log: Log, new: Side, move: Move) -> Plan:
    gate = config.gate_of(move.channel)
    notes = _publish_notes(config, store, log.newest, new) if move.action == "publish" else []
    if log.newest is None:
        diff = compare_sides(config, Side(move.channel), new, gate.schema, notes.append)
        return Plan(move, None, new, diff, judge(diff, gate, _allowed(move)), notes=tuple(notes))
    # A rollback isn't held to the gate, only shown: what was before is no concern of it.
    for entry in _distinct(log, 1 if move.action == "rollback" else _COMPARED_WITH):
        try:
            old = replace(published_side(store, bundles_at(store, entry)), name=move.channel)
            # The way back doesn't wait for anybody's function.
            judged = None if move.action == "rollback" else config
            diff = compare_sides(judged, old, new, gate.schema, notes.append)
            verdict, more = judge_versions(config, store, diff, gate, _allowed(move))  # which reads rows of its own
        except UnknownFormatError:
            raise
        except (DamagedError, StoreError) as error:
            notes.append(say("{release} can't be compared: {error}", release=entry.release, error=error))
            continue
        if entry is not log.newest:
            notes.append(
                say(
                    "compared with {release}, the newest of {channel} that can be read",
                    release=entry.release,
                    channel=move.channel,
                )
            )
        if move.action != "rollback":
            notes += more
        else:
            verdict = GateVerdict(True, tuple(replace(one, level="warn") for one in verdict.violations))
        is_needed = entry is not log.newest or old.build != new.build
        return Plan(move, log.newest, new, diff, verdict, is_needed, tuple(notes))
    if move.action != "rollback":
        notes.append(say("the gate of {channel} isn't asked: no release of it can be read", channel=move.channel))
    return Plan(move, log.newest, new, None, GateVerdict(True), notes=tuple(notes))


def _distinct(log: Log, most: int) -> Iterator[Entry]:
    """The newest entries of a log that point at different releases, as far as it can be read."""
    seen: set[str] = set()
    with suppress(DamagedError):
        for entry in log.backwards():
            if entry.release not in seen:
                seen.add(entry.release)
                yield entry
            if len(seen) == most:
                return


def _allowed(move: Move) -> list[str]:
    return [name for name in move.allow if name != YANKED]


def _publish_notes(config: Config, store: WritableStore, base: Entry | None, new: Side) -> list[str]:
    notes = list(new.stale)
    made_from = load_build(config.state, new.build or "")
    if not made_from.is_kept:
        notes.append(say("`.gdata/` doesn't have what this build was made from: the release can't be built again"))
    if base is not None:
        try:
            notes += undone_notes(store, base.release, new.bundles)
        except (DamagedError, StoreError, UsageError) as error:
            notes.append(say("whether a hotfix would be undone isn't known: {error}", error=error))
    return notes


def _parts(config: Config, plan: Plan) -> Parts:
    made_from = load_build(config.state, plan.new.build or "")
    return Parts(
        protos=made_from.descriptors,
        snapshot=made_from.snapshot,
        provenance=made_from.provenance or {},
        summary=plan.summary.as_json(),
    )


def author() -> str:
    """Who moves the channel: $GDATA_AUTHOR, else the user who is logged in."""
    try:
        return os.environ.get("GDATA_AUTHOR") or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
