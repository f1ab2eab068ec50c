"""Tells what kind of failure an answer, or an exception of requests or google-auth, is.

The words for each kind are in `words`. Nothing of a request or a token endpoint's answer is repeated but
Google's own short description, because a key or a token might be in it.
"""

from __future__ import annotations

import json
import re
import ssl
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from google.auth import exceptions as auth

from gdata.language import say
from gdata.sources.waiting import Failure

_TRANSIENT = frozenset({408, 429, *range(500, 600)})
_DETAIL_LENGTH = 300

_REQUESTS: tuple[tuple[type[Exception], str, bool], ...] = (
    (requests.exceptions.ProxyError, "proxy", True),
    (requests.exceptions.SSLError, "tls", False),
    (requests.exceptions.Timeout, "timeout", True),
    (requests.exceptions.ConnectionError, "unreachable", True),
    (requests.exceptions.ChunkedEncodingError, "cut", True),
    (requests.exceptions.ContentDecodingError, "cut", True),
    (requests.exceptions.RequestException, "unreachable", False),
    (urllib3.exceptions.SSLError, "tls", False),
    (urllib3.exceptions.ProtocolError, "cut", True),
    (urllib3.exceptions.DecodeError, "cut", True),
    (urllib3.exceptions.HTTPError, "unreachable", True),
    (ssl.SSLError, "tls", False),
    (OSError, "unreachable", False),
)
"""Exceptions on the way, the narrower first; the kind of failure each is, and whether it may pass.

requests lets some of urllib3's and the system's through: a REQUESTS_CA_BUNDLE that isn't there is an OSError. Bodies
are read from urllib3 itself, which raises its own.
"""

_REFUSALS: tuple[tuple[int, str, str], ...] = (
    (400, r"unable to parse range", "bad_range"),
    (400, r"exceeds grid limits", "bad_range"),
    (400, r"not supported for this document", "office_file"),
    (401, r"", "token_expired"),
    (403, r"requires a quota project|no quota project|USER_PROJECT_DENIED", "quota_project"),
    (403, r"SERVICE_DISABLED|has not been used in project|it is disabled|accessNotConfigured", "api_disabled"),
    (403, r"insufficient authentication scopes|ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficientPermissions", "scope"),
    (403, r"rateLimitExceeded|usageLimits|RATE_LIMIT_EXCEEDED", "quota"),
    (403, r"", "not_shared"),
    (404, r"", "not_found"),
    (429, r"", "quota"),
)
"""Refusals of the Sheets and Drive APIs: status, what the body says (reason or message), and the kind of failure."""

_LOGIN_REFUSALS: tuple[tuple[str, str], ...] = (
    (r"iat and exp|reasonable timeframe|used too early|Token expired, ", "clock"),
    (r"Invalid JWT Signature|account not found|Invalid grant: account|key.*not found", "key_deleted"),
    (r"expired or revoked|invalid_rapt|reauth|Reauthentication|access_denied|RAPT", "consent"),
    (r"deleted_client|invalid_client|unauthorized_client", "client_deleted"),
    (r"invalid_scope", "scope"),
)
"""What the token endpoint says when it refuses a login, and the kind of failure."""


def failure_of_answer(response: requests.Response) -> Failure:
    """What an answer that isn't 200 means."""
    status, body = response.status_code, _parse(response)
    if 300 <= status < 400:
        return Failure("not_google", say("it answers {status} and sends us elsewhere", status=status), status=status)
    if status == 407:
        return Failure("proxy", say("it wants a login (407)"), status=status)
    message = _message(body) or _clean(response.reason or "")
    if status >= 500 or status == 408:
        return Failure(
            "server", f"{status} {message}", transient=True, retry_after=_retry_after(response), status=status
        )
    return _refusal(status, json.dumps(body), message, response)


def failure_of_exception(error: BaseException) -> Failure:
    """What an exception of requests or google-auth means.

    Raises:
        Exception: `error` itself, where it is none of theirs.
    """
    if isinstance(error, auth.TransportError) and isinstance(error.__cause__, requests.RequestException):
        error = error.__cause__
    if isinstance(error, auth.GoogleAuthError):
        return _failure_of_login(error)
    for kind_of_error, kind, transient in _REQUESTS:
        if isinstance(error, kind_of_error):
            return Failure(kind, _reason(error), transient=transient)
    raise error


def _refusal(status: int, text: str, message: str, response: requests.Response) -> Failure:
    for code, pattern, kind in _REFUSALS:
        if status == code and re.search(pattern, text, re.IGNORECASE):
            detail = _activation_page(text) if kind == "api_disabled" else message
            wait = _retry_after(response)
            return Failure(
                kind, detail, transient=status in _TRANSIENT or kind == "quota", retry_after=wait, status=status
            )
    return Failure("unknown", f"{status} {message}", status=status)


def _failure_of_login(error: auth.GoogleAuthError) -> Failure:
    text = " ".join(str(part) for part in error.args)
    for pattern, kind in _LOGIN_REFUSALS:
        if re.search(pattern, text):
            return Failure(kind)
    return Failure("login_refused", _login_detail(error), transient=bool(getattr(error, "retryable", False)))


def _login_detail(error: auth.GoogleAuthError) -> str:
    """OAuth's own error code, which is never secret; the rest of the answer might be."""
    answer = error.args[1] if len(error.args) > 1 else None
    code = answer.get("error") if isinstance(answer, dict) else None
    return _clean(code) if isinstance(code, str) else type(error).__name__


def _parse(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _message(body: Any) -> str:
    """Google's own message, whatever the shape of the body."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return _clean(message) if isinstance(message, str) else ""


def _activation_page(text: str) -> str:
    """The page that switches the API on; made up of nothing but what a console address may hold."""
    page = re.search(r"https://console\.(?:developers|cloud)\.google\.com/[\w./?=&%-]+", text)
    return page[0] if page else "https://console.cloud.google.com/apis/library/sheets.googleapis.com"


def _retry_after(response: requests.Response) -> float:
    """Seconds that the server asks to wait; it writes a number or a date."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(
            0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(response.headers["Date"])).total_seconds()
        )
    except (ValueError, TypeError, KeyError):
        return 0.0


def _reason(error: BaseException) -> str:
    """The innermost reason of a chain of wrapped exceptions: "Connection refused", not the pool's whole story."""
    seen = error
    while isinstance(inner := _inner(seen), BaseException):
        seen = inner
    return _clean(getattr(seen, "strerror", None) or str(seen) or type(seen).__name__)


def _inner(error: BaseException) -> object:
    """The exception inside: urllib3's `reason`, else the last argument, else the cause."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return reason
    arguments = [argument for argument in error.args if isinstance(argument, BaseException)]
    return arguments[-1] if arguments else error.__cause__


def _clean(text: str) -> str:
    """One line without control characters, not too long: it comes from outside."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_DETAIL_LENGTH]
