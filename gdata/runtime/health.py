"""Whether a server has the newest data, and if not, why and since when: what its health check tells."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gdata.releases.records import Entry

_HANGS = timedelta(seconds=30)
"""A refresh that takes longer is told: one that is well takes a second or two."""


@dataclass(frozen=True)
class Health:
    """Which data a server has, and whether there may be newer."""

    release: str | None
    build: str
    target: str
    entry: int | None
    """The number of the channel's log entry that led to the release."""
    stale: bool
    reason: str
    """Why there may be newer data; empty where it is the newest."""
    since: datetime | None
    """Since when that is so, in UTC."""
    checked: datetime | None
    """When the place was last asked and answered, in UTC; None before its first answer."""

    def as_json(self) -> dict[str, Any]:
        """The same as JSON takes it, times in ISO 8601: the answer of a health check."""
        times = {"since": self.since, "checked": self.checked}
        return asdict(self) | {
            name: time.isoformat(timespec="seconds") if time else None for name, time in times.items()
        }


@dataclass(frozen=True)
class Trouble:
    """Why there may be newer data, and since when."""

    reason: str
    since: datetime


class Freshness:
    """What is known about the newest: whether the last try to read it failed, still goes on, or found old data."""

    def __init__(self, max_age: timedelta | None = None) -> None:
        self.checked: datetime | None = None
        self._max_age = max_age
        self._failed: Trouble | None = None
        self._begun: datetime | None = None

    def begin(self) -> None:
        """A refresh begins."""
        self._begun = _now()

    def end(self, failure: str = "") -> None:
        """It ended; `failure` says why in vain. The time stays that of the first of several failures."""
        now = _now()
        begun, self._begun = self._begun or now, None
        if failure:
            self._failed = Trouble(failure, self._failed.since if self._failed else begun)
        else:
            self._failed = None
            self.checked = now

    def abandon(self) -> None:
        """Whoever began it lives in another process."""
        self._begun = None

    def trouble(self, entry: Entry | None) -> Trouble | None:
        """Why there may be newer data than that of `entry`; None where nothing speaks for it."""
        begun = self._begun  # another thread may end it meanwhile
        if self._failed is not None:
            return self._failed
        if begun is not None and _now() - begun > _HANGS:
            return Trouble(f"a refresh hangs: it began at {begun:%Y-%m-%d %H:%M:%S}Z", begun)
        return self._too_old(entry)

    def _too_old(self, entry: Entry | None) -> Trouble | None:
        if entry is None or self._max_age is None or _now() - entry.time <= self._max_age:
            return None
        written = f"{entry.channel}'s newest entry, {entry.number}, was written at {entry.time:%Y-%m-%d %H:%M:%S}Z"
        return Trouble(f"{written}: longer ago than max_age={_words(self._max_age)}", entry.time + self._max_age)


def _as_json(value: object) -> object:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _words(age: timedelta) -> str:
    return f"{age.days} days" if age.days and not age.seconds else str(age)


def _now() -> datetime:
    return datetime.now(UTC)
