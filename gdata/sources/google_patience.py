"""How long to wait for Google, and how often to try again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """Time-outs and retries, in seconds.

    The budget outlasts a minute because that is how long a used-up quota takes to refill. Waits double from
    `first_wait` to `longest_wait`; each is drawn evenly from zero to that ("full jitter"), so that threads that
    failed together don't come back together.
    """

    budget: float = 90.0
    first_wait: float = 1.0
    longest_wait: float = 20.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0

    def wait(self, tries: int, retry_after: float = 0.0) -> float:
        """Seconds to wait after the given number of failed tries; at least what the server asked for."""
        return retry_after + random.uniform(0, min(self.longest_wait, self.first_wait * 2**tries))


class Failure(Exception):
    """One try that failed; `kind` is a key of `gdata.sources.google_words.WORDS`, `transient` whether to try again."""

    def __init__(
        self, kind: str, detail: str = "", *, transient: bool = False, retry_after: float = 0.0, status: int = 0
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail, self.transient = kind, detail, transient
        self.retry_after, self.status = retry_after, status


class Stopped(Exception):
    """The pull was given up from outside while this thread waited or was about to ask."""


OnWait = Callable[[Failure, float], None]
"""Hears of each wait: what failed, and the seconds until the next try."""


def persist(attempt: Callable[[], T], patience: Patience, stop: threading.Event, on_wait: OnWait) -> T:
    """Try until it works, fails for good, or the budget is spent.

    Raises:
        Failure: the last one.
        Stopped: `stop` was set.
    """
    started, tries = time.monotonic(), 0
    while not stop.is_set():
        try:
            return attempt()
        except Failure as failure:
            wait = patience.wait(tries, failure.retry_after)
            if not failure.transient or time.monotonic() - started + wait > patience.budget:
                raise
            on_wait(failure, wait)
            tries += 1
            stop.wait(wait)
    raise Stopped
