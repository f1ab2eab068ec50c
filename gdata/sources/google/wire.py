"""How gdata speaks HTTP to Google: one session and one token for all threads, with time-outs and retries; the system's
trust, no passwords of others, whole answers only.

The token is fetched before the threads start, and renewed once when it ends half way.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request as TokenRequest
from gspread.http_client import HTTPClient
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from gdata.language import say
from gdata.sources.google.credentials import describe_login, is_loopback
from gdata.sources.google.failures import Circumstances, explain, failure_of_answer, failure_of_exception
from gdata.sources.waiting import Failure, OnWait, Patience, persist

WIDTH = 32
"""Requests under way at once, and connections kept."""
_USER_AGENT = "gdata (gzip)"
"""Google compresses only for agents that say so."""


class _TrustedAdapter(HTTPAdapter):
    """Trusts what the system trusts, so that a company's inspecting proxy works where its certificate is installed."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make the pool of direct connections."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=_system_trust(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pool of connections through a proxy."""
        return super().proxy_manager_for(proxy, ssl_context=_system_trust(), **kwargs)


def open_session(endpoint: str) -> requests.Session:
    """A session for all threads; `endpoint` takes the place of Google's hosts, "" leaves them."""
    on_this_machine = bool(endpoint) and is_loopback(urlsplit(endpoint).hostname or "")
    session = requests.Session()
    session.headers["User-Agent"] = _USER_AGENT
    session.auth = _keep_headers
    session.trust_env = not on_this_machine  # an emulator isn't behind the company's proxy
    session.mount("http://", HTTPAdapter(pool_maxsize=WIDTH))
    if not on_this_machine:
        session.mount("https://", _TrustedAdapter(pool_maxsize=WIDTH))
    return session


def _keep_headers(request: Any) -> Any:
    """In place of a password from ~/.netrc, which requests would put over our token."""
    return request


def _system_trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def check_whole(answer: requests.Response, body: bytes) -> bytes:
    """The body, if it is JSON to its end; a portal's page or half a body isn't.

    Half of an answer with values may end in `}`, but not in `}]}`, so that decoding it all can wait.

    Raises:
        Failure: it isn't.
    """
    if body[:64].lstrip()[:1] != b"{":
        kind = answer.headers.get("Content-Type", "no type").split(";")[0]
        raise Failure("not_google", say("it answered with {kind}", kind=kind[:60]), transient=True)
    end = b"".join(body[-64:].split())
    if not end.endswith(b"}]}" if b'"valueRanges"' in body[:256] else b"}"):
        raise Failure("cut", transient=True)
    return body


class TokenKeeper:
    """Holds one identity's token. Safe to use from many threads; `stop` ends its waits."""

    def __init__(
        self, credentials: Credentials, session: requests.Session, patience: Patience, stop: threading.Event
    ) -> None:
        self.who = describe_login(credentials)
        self._credentials, self._session, self._patience, self._stop = credentials, session, patience, stop
        self._renewing = threading.Lock()

    @property
    def token(self) -> str | None:
        """The token to send; None before the first renewal."""
        token: str | None = self._credentials.token
        return token

    def renew(self, stale: str | None, on_wait: OnWait) -> None:
        """Get a new token, unless another thread has already replaced the stale one.

        Raises:
            SourceError: the login isn't taken, or Google isn't reached.
            Stopped: the pull was given up.
        """
        with self._renewing:
            if self.token != stale:
                return
            transport = _OnceOnly(self._session, min(self._patience.read_timeout, 30.0))
            try:
                persist(partial(self._try_renewal, transport), self._patience, self._stop, on_wait)
            except Failure as failure:
                raise explain(failure, Circumstances(self.who, transport.host)) from failure

    def _try_renewal(self, transport: _OnceOnly) -> None:
        credentials: Any = self._credentials  # google-auth's methods have no types
        try:
            credentials.refresh(transport)
        except Failure:
            raise
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            if isinstance(error, (GoogleAuthError, requests.RequestException)):
                raise failure_of_exception(error) from error
            # google-auth takes an answer's word for what it is; what it says of it may have what is secret.
            raise Failure("not_google", say("its token can't be read")) from error
        except Exception as error:
            raise failure_of_exception(error) from error


class _OnceOnly(TokenRequest):
    """google-auth's transport, with a time-out and without its retries, which know nothing of our budget.

    `host` is where the last request went: not every login goes to the same.
    """

    def __init__(self, session: requests.Session, timeout: float) -> None:
        super().__init__(session)
        self._timeout, self.host = timeout, "Google's login"

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, timeout: Any = None, **rest: Any
    ) -> Any:
        del timeout, rest
        self.host = urlsplit(url).netloc
        options: Any = {"data": body, "headers": headers, "timeout": self._timeout, "allow_redirects": False}
        answer = self.session.request(method, url, **options)
        refused = answer.status_code in range(400, 500) and answer.status_code not in (408, 429)
        if not refused and answer.status_code != 200:
            raise failure_of_answer(answer)
        if method == "POST" and answer.status_code == 200:
            check_whole(answer, answer.content)
        return _TokenAnswer(answer)

    def __del__(self) -> None:
        """The session isn't ours to close."""


class _TokenAnswer:
    """What google-auth wants to see of an answer."""

    def __init__(self, answer: requests.Response) -> None:
        self.status, self.headers, self.data = answer.status_code, answer.headers, answer.content


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
