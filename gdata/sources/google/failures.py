"""Why Google couldn't be read: what kind of failure an answer, or an exception of requests or google-auth, is, and the
words for each kind, which a planner can act on.

What asks Google is imported by who asks. Nothing of a request or a token endpoint's answer is repeated but
Google's own short description, because a key or a token might be in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from gdata.errors import AccessError, CredentialsError, QuotaError, SourceError
from gdata.language import Sentence, say, sentence
from gdata.sources.waiting import Failure

if TYPE_CHECKING:
    import requests
    from google.auth.exceptions import GoogleAuthError

_TRANSIENT = frozenset({408, 429, *range(500, 600)})
_DETAIL_LENGTH = 300

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
    from google.auth import exceptions as auth
    from requests import RequestException

    if isinstance(error, auth.TransportError) and isinstance(error.__cause__, RequestException):
        error = error.__cause__
    if isinstance(error, auth.GoogleAuthError):
        return _failure_of_login(error)
    for kind_of_error, kind, transient in _exceptions():
        if isinstance(error, kind_of_error):
            return Failure(kind, _reason(error), transient=transient)
    raise error


@cache
def _exceptions() -> tuple[tuple[type[Exception], str, bool], ...]:
    """Exceptions on the way, the narrower first; the kind of failure each is, and whether it may pass.

    requests lets some of urllib3's and the system's through: a REQUESTS_CA_BUNDLE that isn't there is an OSError.
    Bodies are read from urllib3 itself, which raises its own.
    """
    import ssl

    from requests import exceptions as asked
    from urllib3 import exceptions as sent

    return (
        (asked.ProxyError, "proxy", True),
        (asked.SSLError, "tls", False),
        (asked.Timeout, "timeout", True),
        (asked.ConnectionError, "unreachable", True),
        (asked.ChunkedEncodingError, "cut", True),
        (asked.ContentDecodingError, "cut", True),
        (asked.RequestException, "unreachable", False),
        (sent.SSLError, "tls", False),
        (sent.ProtocolError, "cut", True),
        (sent.DecodeError, "cut", True),
        (sent.HTTPError, "unreachable", True),
        (ssl.SSLError, "tls", False),
        (OSError, "unreachable", False),
    )


def _refusal(status: int, text: str, message: str, response: requests.Response) -> Failure:
    for code, pattern, kind in _REFUSALS:
        if status == code and re.search(pattern, text, re.IGNORECASE):
            detail = _activation_page(text) if kind == "api_disabled" else message
            wait = _retry_after(response)
            return Failure(
                kind, detail, transient=status in _TRANSIENT or kind == "quota", retry_after=wait, status=status
            )
    return Failure("unknown", f"{status} {message}", status=status)


def _failure_of_login(error: GoogleAuthError) -> Failure:
    text = " ".join(str(part) for part in error.args)
    for pattern, kind in _LOGIN_REFUSALS:
        if re.search(pattern, text):
            return Failure(kind)
    return Failure("login_refused", _login_detail(error), transient=bool(getattr(error, "retryable", False)))


def _login_detail(error: GoogleAuthError) -> str:
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


@dataclass(frozen=True)
class Words:
    """An error's class and its templates.

    They may use {spreadsheet} (short name), {link}, {id}, {who} (whom to share with), {host} and {detail}.
    """

    error: type[SourceError]
    message: Sentence
    hint: Sentence


_SERVER_HINT = sentence(
    "wait a minute and run it again; https://www.google.com/appsstatus shows whether Google has trouble"
)
_NETWORK_HINT = sentence("check the network and try again; behind a proxy, set HTTPS_PROXY")

WORDS: Mapping[str, Words] = {
    # --- this spreadsheet ---------------------------------------------------------------------------------
    "not_shared": Words(
        AccessError,
        sentence("the spreadsheet {spreadsheet} isn't shared with {who}: {link}"),
        sentence("open the link, press Share, and add {who} as a viewer"),
    ),
    "not_found": Words(
        AccessError,
        sentence("Google has no spreadsheet with the id of {spreadsheet}: {link}"),
        sentence(
            "open the link: if it is deleted, restore it from Drive's bin; if the id is wrong, mend it in sheets.yaml"
        ),
    ),
    "office_file": Words(
        SourceError,
        sentence("the spreadsheet {spreadsheet} is an Excel file kept on Google Drive, not a Google Sheet: {link}"),
        sentence("open it and choose File > Save as Google Sheets, then put the new file's id into sheets.yaml"),
    ),
    "edited": Words(
        SourceError,
        sentence("the spreadsheet {spreadsheet} was edited while it was read, again and again ({detail})"),
        sentence("run it again when nobody moves rows or renames sheets in it: {link}"),
    ),
    # --- the login ----------------------------------------------------------------------------------------
    "api_disabled": Words(
        CredentialsError,
        sentence("the Google Sheets API isn't switched on in the Google Cloud project of {who}"),
        sentence("switch it on at {detail}, wait a minute, and run it again"),
    ),
    "scope": Words(
        CredentialsError,
        sentence("the login of {who} isn't allowed to read spreadsheets: it was made for other scopes"),
        sentence(
            "run `gdata login` again; for gcloud's own login: gcloud auth application-default "
            "login "
            "--scopes=https://www.googleapis.com/auth/spreadsheets.readonly,https://www.googleapis.com/auth/cloud-platform"
        ),
    ),
    "quota_project": Words(
        CredentialsError,
        sentence("Google wants to know which Google Cloud project pays for the reads of {who}"),
        sentence("run: gcloud auth application-default set-quota-project PROJECT, or use a service account's key"),
    ),
    "token_refused": Words(
        CredentialsError,
        sentence("Google doesn't take the token of {who}, not even a fresh one"),
        sentence("make a new key for the service account, or run `gdata login` again"),
    ),
    "clock": Words(
        CredentialsError,
        sentence("Google refuses the login of {who} because this computer's clock is wrong"),
        sentence("set the clock (let the system set it by itself) and run it again"),
    ),
    "consent": Words(
        CredentialsError,
        sentence("the login of {who} has expired or was withdrawn"),
        sentence(
            "run `gdata login` again; if it lapses every week, the team's OAuth client should be set to internal use"
        ),
    ),
    "key_deleted": Words(
        CredentialsError,
        sentence("Google doesn't know the key of {who} any more: the key or the account was deleted"),
        sentence("make a new key for the service account, and set google.credentials in sheets.yaml to it"),
    ),
    "client_deleted": Words(
        CredentialsError,
        sentence("Google doesn't know the team's OAuth client any more"),
        sentence(
            "ask whoever made it for a new client file (google.oauth_client in sheets.yaml), then run `gdata login`"
        ),
    ),
    "login_refused": Words(
        CredentialsError,
        sentence("Google refuses the login of {who}: {detail}"),
        sentence("`gdata doctor` tries each step of the login and says which one fails"),
    ),
    # --- Google, not now ----------------------------------------------------------------------------------
    "quota": Words(
        QuotaError,
        sentence("the quota of Google Sheets is used up: {detail}"),
        sentence(
            "wait a minute and run it again: 60 reads a minute are shared by everybody who uses "
            "the same key; a key for CI and one for people, or `gdata login`, parts them"
        ),
    ),
    "server": Words(QuotaError, sentence("Google answers with an error of its own ({detail}) at {host}"), _SERVER_HINT),
    # --- the way there ------------------------------------------------------------------------------------
    "timeout": Words(SourceError, sentence("{host} didn't answer in time"), _NETWORK_HINT),
    "unreachable": Words(SourceError, sentence("can't reach {host}: {detail}"), _NETWORK_HINT),
    "proxy": Words(
        SourceError,
        sentence("the proxy between here and {host} refuses: {detail}"),
        sentence("check HTTPS_PROXY and NO_PROXY, or ask whoever runs the network to let {host} through"),
    ),
    "tls": Words(
        SourceError,
        sentence("the certificate of {host} isn't trusted here: {detail}"),
        sentence(
            "something in between may inspect traffic: install its certificate in the system's "
            "trust store, or name its file in REQUESTS_CA_BUNDLE; check the clock too"
        ),
    ),
    "cut": Words(
        SourceError,
        sentence("answers of {host} kept breaking off in the middle"),
        sentence("the network drops long transfers: try another network, or ask whoever runs the proxy"),
    ),
    "not_google": Words(
        SourceError,
        sentence("what answers in place of {host} isn't Google ({detail})"),
        sentence("log in to the network (hotel, office, VPN) in a browser, or check google.endpoint and HTTPS_PROXY"),
    ),
    "unknown": Words(
        SourceError,
        sentence("Google refuses to hand over the spreadsheet {spreadsheet}: {detail}"),
        sentence("open {link} in a browser; `gdata doctor` tries each step"),
    ),
}


_YOUR_LOGIN = sentence("your login")


@dataclass(frozen=True)
class Circumstances:
    """What the words of an error may speak of."""

    who: str | Sentence = _YOUR_LOGIN
    host: str = "Google"
    spreadsheet: str = ""
    id: str = ""

    @property
    def link(self) -> str:
        """The address that opens the spreadsheet."""
        return spreadsheet_link(self.id)


def spreadsheet_link(id: str) -> str:
    """The address of a spreadsheet in the browser."""
    return f"https://docs.google.com/spreadsheets/d/{id}/edit"


def explain(failure: Failure, circumstances: Circumstances) -> SourceError:
    """The error to show for a failure."""
    words = WORDS[failure.kind]
    values = {
        "who": circumstances.who,
        "host": circumstances.host,
        "spreadsheet": circumstances.spreadsheet,
        "id": circumstances.id,
        "link": circumstances.link,
        "detail": failure.detail,
    }
    return words.error(words.message.with_words(**values), hint=words.hint.with_words(**values))
