"""Whether a server has the newest data, if not, why and since when; and the thread that sees to it now and then."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gdata.errors import GdataError

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


def _words(age: timedelta) -> str:
    return f"{age.days} days" if age.days and not age.seconds else str(age)


def _now() -> datetime:
    return datetime.now(UTC)


logger = logging.getLogger("gdata")

_SPREAD = 0.1
"""Part of the interval by which each wait differs, so that a thousand servers don't ask at the same moment."""


class Watch:
    """Calls `refresh` every `interval` seconds until `stop()`, and `on_change` whenever that returned True."""

    def __init__(self, refresh: Callable[[], bool], interval: float, on_change: Callable[[], object] | None) -> None:
        if not interval > 0:
            raise ValueError(f"the interval is in seconds, above 0: {interval}")
        self._refresh = refresh
        self._interval = interval
        self._on_change = on_change
        self._pid = os.getpid()
        self._stopped = threading.Event()
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name="gdata-watch", daemon=True)
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """End it; a refresh under way is waited for, `timeout` seconds at most."""
        if not self._is_here():  # there is no thread to end, and its event may have been locked by the fork
            self._stopped = threading.Event()
        self._stopped.set()
        if self._is_here() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def again(self) -> Watch:
        """This watch in a forked child, where its thread doesn't live: a new one; itself if it runs or was stopped."""
        if self._is_here() or self._stopped.is_set():
            return self
        return Watch(self._refresh, self._interval, self._on_change)

    def _is_here(self) -> bool:
        # Python itself may not know that a process is a child: some servers fork behind its back.
        return self._pid == os.getpid()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval * random.uniform(1 - _SPREAD, 1 + _SPREAD)):
            try:
                if self._refresh() and self._on_change is not None:
                    self._on_change()
                if self._last_error:
                    logger.info("the newest data can be read again")
                self._last_error = ""
            except GdataError as error:
                self._log(error)
            except Exception:
                logger.exception("watching the data: unexpected error; the old data stays, and it is tried again")

    def _log(self, error: GdataError) -> None:
        # Once for each kind of trouble: a store that is down all night would fill the log otherwise.
        if str(error) != self._last_error:
            logger.error("the old data stays in use, for the newer can't be read: %s", error)
        self._last_error = str(error)
