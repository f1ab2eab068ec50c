"""Versions as people name them, and those of channels: what may go out there, and which release judges another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from gdata.config import Config, Gate
from gdata.errors import GdataError, RefusedError, UsageError
from gdata.language import Sentence, say, sentence
from gdata.text import did_you_mean
from gdata.versions import Version, nearest_version

if TYPE_CHECKING:
    from gdata.diffs.gate import GateVerdict
    from gdata.diffs.model import Diff, Side
    from gdata.releases.move import Move
    from gdata.releases.records import Entry
    from gdata.releases.stores.store import Store


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


def versions_of(side: Side) -> dict[str, Version | None]:
    """The version of each target of a side."""
    return {name: Version.read(bundle.manifest.version) for name, bundle in side.bundles.items()}


def wrong_version(config: Config, channel: str, side: Side) -> Sentence | None:
    """What is to be said of a side that hasn't the channel's version in every target; None where it has."""
    wanted = config.channel(channel).version
    wrong = {name: found for name, found in versions_of(side).items() if found != wanted}
    if wanted is None or not wrong:
        return None
    return sentence(
        "{channel} takes builds of version {version} alone, and this one has {found} in {targets}",
        channel=channel,
        version=wanted,
        found=version_words(next(iter(wrong.values()))),
        targets=", ".join(wrong),
    )


def check_version(config: Config, move: Move, new: Side) -> None:
    """Refuse what isn't of the channel's version; the way back is open to any.

    Raises:
        RefusedError: it isn't.
    """
    wrong = wrong_version(config, move.channel, new)
    if wrong is None or move.action == "rollback":
        return
    then = "" if move.action == "publish" else say(", then `gdata publish --channel {channel}`", channel=move.channel)
    raise RefusedError(
        wrong, hint=sentence("`gdata build --for {channel}` makes one{then}", channel=move.channel, then=then)
    )


def judge_versions(
    config: Config | None, store: Store | None, diff: Diff, gate: Gate, allowed: Iterable[str] = ()
) -> tuple[GateVerdict, list[str]]:
    """The gate's word on a diff, and what is to be said of it; between two versions a schema is held to the new one's
    last release.
    """
    from gdata.diffs.compare import compare
    from gdata.diffs.gate import judge

    new, old = versions_of(diff.new), versions_of(diff.old)
    if config is None or store is None or not old or all(old.get(name) == version for name, version in new.items()):
        return judge(diff, gate, allowed), []
    version = version_words(next(iter(new.values()), None))
    own = _last_release(config, store, diff.old.name, new)
    if own is None:
        note = say("no release of {version} is known yet: its schema is held to none", version=version)
        return judge(diff, gate, allowed), [note]
    note = say("the schema is held to {release}, the last release of {version}", release=own.release, version=version)
    return judge(diff, gate, allowed, compare(own, diff.new, category=gate.schema)), [note]


_MOST_LOOKED_AT = 20


def _last_release(config: Config, store: Store, channel: str, versions: Mapping[str, Version | None]) -> Side | None:
    """The newest release of these versions: of the channel, else one at which another stands."""
    # Every build asks here for its version, most of them none of these.
    from gdata.pipeline.sides import published_side
    from gdata.releases.log import newest_entry, read_log_so_far
    from gdata.releases.reader import bundles_at
    from gdata.releases.records import is_channel_name

    others = [one.pattern for one in config.channels if is_channel_name(one.pattern) and one.pattern != channel]
    entries: list[Entry] = []
    if is_channel_name(channel):
        with suppress(GdataError):
            entries += islice(read_log_so_far(store, channel)[0].backwards(), _MOST_LOOKED_AT)
    for other in others:
        with suppress(GdataError):
            entries += [entry for entry in [newest_entry(store, other)] if entry is not None]
    for entry in entries:
        with suppress(GdataError):
            side = published_side(store, bundles_at(store, entry))
            if versions_of(side) == versions:
                return side
    return None
