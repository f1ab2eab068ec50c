"""Threads that wait for Google, and that nobody has to wait for.

`concurrent.futures` joins its threads when the program ends, so Ctrl-C would hang until the last answer or
time-out; these are daemons.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
_POLL = 0.2
"""Seconds; on Windows, Ctrl-C doesn't end a wait without a time-out."""


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
