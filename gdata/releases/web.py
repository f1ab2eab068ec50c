"""A store behind a web server or CDN, to read only: a file is asked for by its name, and nothing is listed."""

from __future__ import annotations

import base64
import http.client
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

from gdata.errors import StoreError, UsageError
from gdata.releases.cache import BlobCache
from gdata.releases.store import CHANNELS, Store, checked

_TIMEOUT_SECONDS = 30
_TRIES = 5
_ABSENT = (404, 410)
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class WebStore(Store):
    """A store at a URL. A user and password in it are sent as basic authentication and shown nowhere."""

    threads = 8

    def __init__(self, url: str, cache: BlobCache | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment:
            raise UsageError(
                f"{parts.scheme}://{parts.hostname or ''}{parts.path}: not the address of a release store",
                hint="give it without ? and #: https://cdn.example.com/game",
            )
        host = parts.netloc.rpartition("@")[2]
        super().__init__(f"{parts.scheme}://{host}{parts.path.rstrip('/')}", cache)
        self._headers = {"User-Agent": "gdata"}
        if parts.username is not None:
            user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        self._was_forbidden = False

    def find(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._request(name)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in _ABSENT or (error.code == 403 and self._may_be_absent(name)):
                    return None
                if error.code not in _PASSING or not tries_left:
                    raise self._refusal(name, error.code) from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                if not tries_left or not _may_pass(error):
                    raise self._unreachable(name, error) from error
            time.sleep(random.uniform(0, 0.2 * 2 ** (_TRIES - tries_left)))
        raise AssertionError("unreachable")

    def _request(self, name: str) -> bytes:
        request = urllib.request.Request(f"{self.place}/{urllib.parse.quote(checked(name))}", headers=self._headers)
        if name.startswith(CHANNELS):
            # A cache between here and the store must not go on saying that the next entry isn't there.
            request.add_header("Cache-Control", "no-cache")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            content: bytes = response.read()
        return content

    def _may_be_absent(self, name: str) -> bool:
        # A bucket that doesn't let its list be read answers 403 for what isn't there.
        self._was_forbidden = True
        return name.startswith(CHANNELS)

    def why_empty(self) -> str:
        """A word on why nothing may be found here, for hints; may be empty."""
        if self._was_forbidden:
            return f"{self.place} answered 403: check that it may be read from here"
        return f"check that {self.place} serves the store's folder"

    def _refusal(self, name: str, code: int) -> StoreError:
        if code in (401, 403, 407):
            return StoreError(
                f"{self.place}/{name}: no permission (HTTP {code})", hint="check the address, user and password"
            )
        if code in _PASSING:
            return StoreError(f"{self.place}/{name}: the server is busy or down (HTTP {code})", hint="try again later")
        return StoreError(f"{self.place}/{name}: the server answers HTTP {code}", hint="check the address")

    def _unreachable(self, name: str, error: Exception) -> StoreError:
        reason = getattr(error, "reason", None) or error
        return StoreError(f"{self.place}/{name}: it can't be reached ({reason})", hint="check the address and network")


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help: not after a wrong certificate or an address that can't be."""
    reason = getattr(error, "reason", error)
    return not isinstance(error, ValueError) and not isinstance(reason, ssl.SSLCertVerificationError)
