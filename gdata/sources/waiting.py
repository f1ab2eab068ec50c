"""How to wait for somebody else's server: how long, how often to try again, and in threads that nobody waits for.

`concurrent.futures` joins its threads when the program ends, so Ctrl-C would hang until the last answer or
time-out; these are daemons.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_POLL = 0.2
"""Seconds; on Windows, Ctrl-C doesn't end a wait without a time-out."""


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
    """One try that failed; `kind` names it for the table of words, `transient` whether to try again."""

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


def run_together(tasks: Sequence[Callable[[], None]]) -> None:
    """Run the tasks at once, each in a thread of its own, and wait for all of them.

    Raises:
        BaseException: what the first of the tasks (in their order) to fail raised.
    """
    errors: list[BaseException | None] = [None] * len(tasks)

    def run(number: int) -> None:
        try:
            tasks[number]()
        except BaseException as error:
            errors[number] = error

    threads = [start_thread(run, number) for number in range(len(tasks))]
    for thread in threads:
        while thread.is_alive():
            thread.join(_POLL)
    for error in errors:
        if error is not None:
            raise error


def start_thread(function: Callable[..., None], *arguments: object) -> threading.Thread:
    """Start a thread that doesn't keep the program alive."""
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def take(results: queue.SimpleQueue[T]) -> T:
    """The next item of a queue; Ctrl-C ends the wait on every system."""
    while True:
        try:
            return results.get(timeout=_POLL)
        except queue.Empty:
            continue
