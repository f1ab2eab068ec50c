"""The history of a channel: who moved it where, when and why, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gdata.errors import DamagedError, UnknownFormatError, UsageError
from gdata.releases.log import Log, read_log_so_far
from gdata.releases.reader import read_release, release_at
from gdata.releases.records import Entry, Release
from gdata.releases.stores.store import Store


@dataclass(frozen=True)
class HistoryLine:
    """One entry of a log, with what is known of its release; `release` is None where that was pruned."""

    entry: Entry
    release: Release | None
    is_current: bool
    is_bad: bool
    """It was rolled back from, and not allowed again since."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the release changed against the one before it, as a diff's summary; {} where that isn't known."""
        return self.release.summary if self.release and self.entry.action == "publish" else {}

    def as_json(self) -> dict[str, Any]:
        """The line in the shape of the JSON output."""
        entry = self.entry
        return {
            "number": entry.number,
            "action": entry.action,
            "channel": entry.channel,
            "release": entry.release,
            "build": self.release.build if self.release else None,
            "base": entry.base,
            "author": entry.author,
            "time": f"{entry.time:%Y-%m-%dT%H:%M:%SZ}",
            "message": entry.message,
            "allowed": [{"name": one.name, "reason": one.reason} for one in entry.allowed],
            "signed": entry.signature is not None,
            "current": self.is_current,
            "bad": self.is_bad,
            "summary": dict(self.summary),
        }


@dataclass(frozen=True)
class History:
    """A channel's last entries, newest first; `total` counts all of them, `faults` say what can't be read."""

    channel: str
    lines: tuple[HistoryLine, ...] = ()
    total: int = 0
    faults: tuple[str, ...] = ()


def read_history(store: Store, channel: str, *, limit: int | None = None) -> History:
    """The last `limit` entries of a channel (default all), newest first, as far as they can be read.

    Raises:
        UnknownFormatError: an entry or a record was written by a newer gdata.
    """
    log, damaged = read_log_so_far(store, channel)
    faults = list(map(str, damaged.values()))
    shown: list[tuple[Entry, Entry | None]] = []
    with _told(faults):
        for line in islice(log.marked(), limit):
            shown.append(line)
    releases = store.in_parallel(lambda line: _release_of(store, log, line[0], faults), shown)
    lines = [
        HistoryLine(entry, release, entry is log.newest, why is not None)
        for (entry, why), release in zip(shown, releases, strict=True)
    ]
    return History(channel, tuple(lines), log.newest.number if log.newest else 0, tuple(faults))


def _release_of(store: Store, log: Log, entry: Entry, faults: list[str]) -> Release | None:
    with _told(faults):
        try:
            return read_release(store, entry.release, entry)
        except UsageError:
            if entry is log.newest:
                return release_at(store, entry)
    return None


@contextmanager
def _told(faults: list[str]) -> Iterator[None]:
    """Note what is damaged, and go on: somebody may look for a release to go back to."""
    try:
        yield
    except UnknownFormatError:
        raise
    except DamagedError as error:
        faults.append(str(error))
