"""A thread that refreshes a server's data now and then, whatever happens to the place it comes from."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable

from gdata.errors import GdataError

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
