"""A store behind a web server or CDN, to read only: a file is asked for by its name, and nothing is listed.

The server is trusted with nothing: what it sends is bounded in bytes and in time, whatever it says, and where it
redirects to another server, the password stays behind.
"""

from __future__ import annotations

import base64
import http.client
import io
import random
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from functools import partial
from typing import Any

from gdata.errors import StoreError, UsageError
from gdata.language import say, sentence
from gdata.releases.stores.cache import RecentFiles
from gdata.releases.stores.store import CHANNELS, Store, check_size, checked, limit_of, seconds_for, shown

_SILENT_SECONDS = 30
"""How long a server may send nothing."""
_OVERHEAD = 256 << 10
"""Bytes of headers, and of answers that are no file."""
_TRIES = 5
_ABSENT = (404, 410)
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class WebStore(Store):
    """A store at a URL. A user and password in it are sent as basic authentication to that server alone."""

    threads = 8

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if not _is_address(parts):
            place = "…" if "@" in url else f"{parts.netloc}{parts.path}"
            raise UsageError(
                sentence("{scheme}://{place}: not the address of a release store", scheme=parts.scheme, place=place),
                hint=sentence(
                    "give it without ? and #, and a password's / and @ as %2F and %40: https://cdn.example.com/game"
                ),
            )
        super().__init__(shown(url.rstrip("/")))
        self.cache = RecentFiles()
        self._url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._headers = {"User-Agent": "gdata"}
        if parts.username is not None:
            user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        self._opener = urllib.request.build_opener(_Redirects, _Http, _Https)
        self._was_forbidden = False

    def find(self, name: str, at_most: int | None = None) -> bytes | None:
        """The bytes of a file; None where there is none."""
        limit = limit_of(name) if at_most is None else at_most
        bounds = _Bounds(limit)
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._request(name, limit, bounds)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in _ABSENT or (error.code == 403 and self._may_be_absent(name)):
                    return None
                if error.code not in _PASSING or not tries_left or bounds.are_over:
                    raise self._refusal(name, error) from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                if not tries_left or bounds.are_over or not _may_pass(error):
                    raise self._unreachable(name, error) from error
            time.sleep(random.uniform(0, 0.2 * 2 ** (_TRIES - tries_left)))
        raise AssertionError("unreachable")

    def _request(self, name: str, limit: int, bounds: _Bounds) -> bytes:
        url = f"{self._url}/{urllib.parse.quote(checked(name))}"
        request = _Request(url, headers=self._headers, bounds=bounds.again())
        if name.startswith(CHANNELS):
            # A cache between here and the store must not go on saying that the next entry isn't there.
            request.add_header("Cache-Control", "no-cache")
        with self._opener.open(request, timeout=_SILENT_SECONDS) as response:
            check_size(f"{self.place}: {name}", response.length or 0, limit)
            content: bytes = response.read(limit + 1)
            check_size(f"{self.place}: {name}", len(content), limit)
            if response.length:  # of a body that ends early it says nothing
                raise http.client.IncompleteRead(content, response.length)
        return content

    def _may_be_absent(self, name: str) -> bool:
        # A bucket that doesn't let its list be read answers 403 for what isn't there.
        self._was_forbidden = True
        return name.startswith(CHANNELS)

    def why_empty(self) -> str:
        """A word on why nothing may be found here, for hints; may be empty."""
        if self._was_forbidden:
            return say("{place} answered 403: check that it may be read from here", place=self.place)
        return say("check that {place} serves the store's folder", place=self.place)

    def _refusal(self, name: str, error: urllib.error.HTTPError) -> StoreError:
        code = error.code
        if code in (401, 403, 407):
            hint = say("check the address, user and password")
            if "Authorization" in self._headers and _origin(error.url) != _origin(self._url):
                hint = say(
                    "it redirects to {origin}, which isn't given the password: give that address itself",
                    origin=_origin(error.url),
                )
            return StoreError(
                sentence("{place}/{name}: no permission (HTTP {code})", place=self.place, name=name, code=code),
                hint=hint,
            )
        if code in _PASSING:
            return StoreError(
                sentence(
                    "{place}/{name}: the server is busy or down (HTTP {code})", place=self.place, name=name, code=code
                ),
                hint=sentence("try again later"),
            )
        return StoreError(
            sentence("{place}/{name}: the server answers HTTP {code}", place=self.place, name=name, code=code),
            hint=sentence("check the address"),
        )

    def _unreachable(self, name: str, error: Exception) -> StoreError:
        reason = getattr(error, "reason", None) or error
        return StoreError(
            sentence("{place}/{name}: it can't be reached ({reason})", place=self.place, name=name, reason=reason),
            hint=sentence("check the address and network"),
        )


def _is_address(parts: urllib.parse.SplitResult) -> bool:
    try:
        return bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:  # no port is a number like this
        return False


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help: not after a wrong certificate or an address that can't be."""
    reason = getattr(error, "reason", error)
    return not isinstance(error, ValueError) and not isinstance(reason, ssl.SSLCertVerificationError | _Unsafe)


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"


class _Unsafe(Exception):
    """A redirect that isn't followed."""


class _Bounds:
    """How many bytes and how much time the answers to one question may take, retries and redirects included."""

    def __init__(self, limit: int, deadline: float | None = None) -> None:
        self._limit = limit
        self._bytes_left = 2 * limit + _OVERHEAD  # chunks have a frame each
        self._deadline = time.monotonic() + seconds_for(limit) if deadline is None else deadline

    def again(self) -> _Bounds:
        """The same time for another try, and as many bytes again."""
        return _Bounds(self._limit, self._deadline)

    @property
    def are_over(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() >= self._deadline

    def seconds_left(self) -> float:
        """How long to wait for the next bytes."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it takes too long to send it")
        return min(left, _SILENT_SECONDS)

    def count(self, size: int) -> None:
        """So many bytes came."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise ValueError("it sends more than a file may have")


class _Request(urllib.request.Request):
    def __init__(self, url: str, *, headers: dict[str, str], bounds: _Bounds) -> None:
        super().__init__(url, headers=headers)
        self.bounds = bounds


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, *answer: Any) -> urllib.request.Request | None:
        """The request to follow with: to another server without the password, and never off TLS."""
        url = str(answer[-1]).replace(" ", "%20")
        if not url.startswith(("https://",) if req.full_url.startswith("https://") else ("https://", "http://")):
            raise urllib.error.URLError(_Unsafe(say("it redirects to {origin}", origin=_origin(url))))
        kept = {"User-agent", "Cache-control"}  # and not what is for a proxy
        if _origin(url) == _origin(req.full_url):
            kept.add("Authorization")
        headers = {name: value for name, value in req.headers.items() if name in kept}
        return _Request(url, headers=headers, bounds=req.bounds)


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: Any) -> http.client.HTTPResponse:
        connection: Any = partial(_Connection, bounds=req.bounds)
        return self.do_open(connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: Any) -> http.client.HTTPResponse:
        connection: Any = partial(_SecureConnection, bounds=req.bounds)
        return self.do_open(connection, req)


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, *, bounds: _Bounds, **options: Any) -> None:
        super().__init__(host, **options)
        self._bounds = bounds

    def connect(self) -> None:
        super().connect()
        self.sock: Any = _BoundedSocket(self.sock, self._bounds)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS, which is there before the socket is bounded."""


class _BoundedSocket:
    """A socket from which no more is read than the bounds allow, however slowly it comes."""

    def __init__(self, sock: socket.socket, bounds: _Bounds) -> None:
        self._sock = sock
        self._bounds = bounds

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock, self._bounds))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _BoundedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, bounds: _Bounds) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._bounds = bounds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._bounds.seconds_left())
        size = self._raw.readinto(buffer) or 0
        self._bounds.count(size)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()
