"""Reads from Google: one session and one token for all threads, with time-outs and retries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from gspread.http_client import HTTPClient
from urllib3.exceptions import HTTPError

from gdata.sources.google.failures import failure_of_answer, failure_of_exception
from gdata.sources.google.session import WIDTH, TokenKeeper, check_whole
from gdata.sources.google.words import Circumstances, explain
from gdata.sources.waiting import Failure, OnWait, Patience, persist

HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")

Query = dict[str, Any]


class GoogleWire:
    """Reads from Google as one identity. Safe to use from many threads.

    `stop` makes every thread that waits give up.
    """

    def __init__(
        self, keeper: TokenKeeper, session: requests.Session, endpoint: str, patience: Patience, stop: threading.Event
    ) -> None:
        self.host = urlsplit(endpoint or HOSTS[0]).netloc
        self._keeper, self._session, self._patience, self._stop = keeper, session, patience, stop
        self._width = threading.BoundedSemaphore(WIDTH)
        self._client = _Client(session, endpoint, patience)

    def get(self, url: str, query: Query, about: Circumstances, on_try: Callable[[], None], on_wait: OnWait) -> bytes:
        """The body of an answer, unzipped. `on_try` is called for every request made.

        Raises:
            Failure: the range doesn't parse (kind `bad_range`).
            SourceError: for any other reason.
            Stopped: the pull was given up.
        """
        try:
            return persist(partial(self._try, url, query, on_try, on_wait), self._patience, self._stop, on_wait)
        except Failure as failure:
            if failure.kind == "bad_range":
                raise
            raise explain(failure, self._complete(about)) from failure

    def close(self) -> None:
        """End the idle connections."""
        self._session.close()

    def _complete(self, about: Circumstances) -> Circumstances:
        return Circumstances(self._keeper.who, self.host, about.spreadsheet, about.id)

    def _try(self, url: str, query: Query, on_try: Callable[[], None], on_wait: OnWait) -> bytes:
        token = self._keeper.token
        try:
            return self._ask(url, query, token, on_try)
        except Failure as failure:
            if failure.kind != "token_expired":
                raise
        self._keeper.renew(token, on_wait)
        try:
            return self._ask(url, query, self._keeper.token, on_try)
        except Failure as failure:
            raise Failure("token_refused") if failure.kind == "token_expired" else failure from None

    def _ask(self, url: str, query: Query, token: str | None, on_try: Callable[[], None]) -> bytes:
        with self._width:
            on_try()
            headers = {"Authorization": f"Bearer {token}"}
            try:
                answer = self._client.request("get", url, query, headers=headers, stream=True)
                # In one piece: requests would put megabytes together out of 10 KB each.
                body = answer.raw.read(decode_content=True)
            except (OSError, HTTPError) as error:
                raise failure_of_exception(error) from error
            return check_whole(answer, body)


class _Client(HTTPClient):
    """gspread's client, with another endpoint, time-outs, no redirects, and failures by kind.

    gspread's own way of raising fails where the body of an error hasn't the shape of Google's.
    """

    def __init__(self, session: requests.Session, endpoint: str, patience: Patience) -> None:
        super().__init__(auth=None, session=session)  # type: ignore[arg-type]  # as gspread's docstring says
        self.set_timeout((patience.connect_timeout, patience.read_timeout))
        self._endpoint = endpoint.rstrip("/")

    def request(self, method: str, endpoint: str, params: Any = None, *args: Any, **kwargs: Any) -> requests.Response:
        """One try.

        Raises:
            Failure: any answer but 200.
            requests.RequestException: no answer.
        """
        kwargs.update(timeout=self.timeout, allow_redirects=False)
        answer = self.session.request(method, self._place(endpoint), params, *args, **kwargs)
        if answer.status_code != 200:
            raise failure_of_answer(answer)
        return answer

    def _place(self, url: str) -> str:
        for host in HOSTS if self._endpoint else ():
            url = url.replace(host, self._endpoint, 1)
        return url
