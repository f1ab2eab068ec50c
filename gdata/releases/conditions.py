"""The conditions under which a channel may be moved: the reviewed build, no release marked bad, names that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gdata.bundles.reader import Bundle
from gdata.errors import RefusedError, UsageError
from gdata.releases.log import Log, channel_names
from gdata.releases.records import Allowance
from gdata.releases.signatures import SigningKey
from gdata.releases.store import WritableStore

YANKED = "yanked"
"""The name under which publishing a release that was rolled back from is allowed again."""
_SHORTEST_BUILD = 8


@dataclass(frozen=True)
class Move:
    """What goes into the log beside the release: who moves the channel, why, under which conditions.

    `expect_build` is the id of the build that was reviewed, or at least its first 8 digits. `protected` says that
    the channel needs it. `time` is set by tests; without it, now.
    """

    author: str = ""
    message: str = ""
    expect_build: str | None = None
    protected: bool = False
    allowed: Sequence[Allowance] = ()
    key: SigningKey | None = field(default=None, repr=False)
    time: datetime | None = None


def check_one_build(bundles: Mapping[str, Bundle]) -> str:
    """The id of the build that these bundles are, by target; raises UsageError where they aren't one."""
    builds = {bundle.manifest.build for bundle in bundles.values()}
    if len(builds) != 1:
        raise UsageError(
            "there is no build to publish" if not builds else "the bundles come from different builds",
            hint="run `gdata build`",
        )
    for name, bundle in bundles.items():
        if bundle.manifest.target != name:
            raise UsageError(f"{bundle.place}: the bundle of {bundle.manifest.target}, not of {name}")
    return builds.pop()


def check_expected(channel: str, build: str, move: Move) -> None:
    """Raise RefusedError unless the build is the one that was reviewed, where that is asked for."""
    expected = move.expect_build
    if expected is None:
        if move.protected:
            raise RefusedError(
                f"channel {channel} is protected: say which build was reviewed",
                hint=f"review the diff, then give `--expect {build[:12]}`",
            )
        return
    if len(expected) < _SHORTEST_BUILD or not build.startswith(expected.lower()):
        raise RefusedError(
            f"this is build {build[:12]}, not {expected}, the one that was reviewed",
            hint="build and review again, or publish the build that was reviewed",
        )


def check_not_bad(log: Log, build: str, move: Move) -> None:
    """Raise RefusedError if the channel was rolled back from this build, and it isn't allowed again."""
    if any(one.name == YANKED for one in move.allowed):
        return
    entry = log.why_bad(build)
    if entry is not None:
        raise RefusedError(
            f"build {build[:12]} is marked bad: {entry.author or 'somebody'} rolled {log.channel} back from "
            f"{entry.base} at {entry.time:%Y-%m-%d %H:%M:%S}Z" + (f" ({entry.message})" if entry.message else ""),
            hint=f"if it is good after all, add `--allow {YANKED} --reason TEXT`",
        )


def check_no_twin(store: WritableStore, channel: str) -> None:
    """On some file systems `Live` and `live` are one folder, on others two channels: never let both be."""
    for name in channel_names(store):
        if name != channel and name.casefold() == channel.casefold():
            raise UsageError(
                f"{store.place}: there is a channel {name}; {channel} differs from it by case alone",
                hint=f"use {name}, or another name",
            )
