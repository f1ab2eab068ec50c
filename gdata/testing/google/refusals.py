"""What can go wrong between here and Google, by name, and the bodies in which Google's APIs say no.

A test says when a fault happens, and how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PROJECT = "1071851248496"
"""The number of the project that the emulator's key belongs to."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: JSON where `body` isn't bytes."""

    status: int
    body: Any
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The answer to give in place of the one asked for."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def api_error(code: int, message: str, status: str, details: list[dict[str, Any]] | None = None) -> Answer:
    """An error of the Sheets or Drive API."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = details
    return Answer(code, {"error": error})


def token_error(error: str, description: str, code: int = 400) -> Answer:
    """An error of the token endpoint."""
    return Answer(code, {"error": error, "error_description": description})


def invalid_argument(message: str) -> Answer:
    """400: a range that doesn't parse, and the like."""
    return api_error(400, message, "INVALID_ARGUMENT")


def invalid_field(field_name: str, description: str) -> Answer:
    """400 with the field at fault, as the API answers a body of the wrong shape."""
    violation = {"field": field_name, "description": description}
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return api_error(400, description, "INVALID_ARGUMENT", [detail])


def not_supported() -> Answer:
    """400: the file on Drive is no Google Sheet (an .xlsx)."""
    return api_error(400, "This operation is not supported for this document", "FAILED_PRECONDITION")


def unauthenticated(message: str = "Request had invalid authentication credentials.") -> Answer:
    """401: no token, or one that isn't valid any more."""
    hint = (
        "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    return api_error(401, f"{message} {hint}", "UNAUTHENTICATED")


def permission_denied() -> Answer:
    """403: not shared with the caller."""
    return api_error(403, "The caller does not have permission", "PERMISSION_DENIED")


def insufficient_scope() -> Answer:
    """403: the token was asked for without the scope for spreadsheets."""
    info = _error_info(
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        {"method": "google.apps.sheets.v4.SpreadsheetsService.BatchGetValues", "service": "sheets.googleapis.com"},
    )
    return api_error(403, "Request had insufficient authentication scopes.", "PERMISSION_DENIED", [info])


def api_disabled() -> Answer:
    """403: nobody switched the Sheets API on in the project that the key belongs to."""
    page = f"https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project={PROJECT}"
    message = (
        f"Google Sheets API has not been used in project {PROJECT} before or it is disabled. Enable it by visiting "
        f"{page} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our "
        "systems and retry."
    )
    info = _error_info(
        "SERVICE_DISABLED",
        {"service": "sheets.googleapis.com", "consumer": f"projects/{PROJECT}", "activationUrl": page},
    )
    return api_error(403, message, "PERMISSION_DENIED", [info])


def not_found() -> Answer:
    """404: no such spreadsheet."""
    return api_error(404, "Requested entity was not found.", "NOT_FOUND")


def quota_exceeded(kind: str = "read", headers: Mapping[str, str] | None = None) -> Answer:
    """429: more reads (or writes) in a minute than one identity may make."""
    label = f"{kind.capitalize()} requests"
    message = (
        f"Quota exceeded for quota metric '{label}' and limit '{label} per minute per user' of service "
        f"'sheets.googleapis.com' for consumer 'project_number:{PROJECT}'."
    )
    metadata = {
        "quota_limit": f"{kind.capitalize()}RequestsPerMinutePerUser",
        "quota_metric": f"sheets.googleapis.com/{kind}_requests",
        "service": "sheets.googleapis.com",
        "consumer": f"projects/{PROJECT}",
    }
    answer = api_error(429, message, "RESOURCE_EXHAUSTED", [_error_info("RATE_LIMIT_EXCEEDED", metadata)])
    return Answer(answer.status, answer.body, headers=headers or {})


def server_error(code: int) -> Answer:
    """500 or 503 as JSON."""
    if code == 503:
        return api_error(503, "The service is currently unavailable.", "UNAVAILABLE")
    return api_error(code, "Internal error encountered.", "INTERNAL")


def html_error(code: int) -> Answer:
    """An error page of the front end, which isn't JSON."""
    page = (
        f"<!DOCTYPE html>\n<html lang=en>\n<title>Error {code} (Server Error)!!1</title>\n"
        f"<p><b>{code}.</b> <ins>That’s an error.</ins>\n<p>The server encountered a temporary error and could not "
        "complete your request. Please try again in 30 seconds.\n"
    )
    return Answer(code, page.encode(), "text/html; charset=UTF-8")


def _error_info(reason: str, metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }


Way = Literal["answer", "hang", "reset", "cut", "half"]
"""How the connection behaves: an answer comes whole; nothing comes; the connection is reset; the body stops in the
middle; or half of the body comes as if it were whole (a proxy that mended the framing)."""


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong with a request. Without an `answer`, `way` spoils the right one."""

    name: str
    way: Way = "answer"
    answer: Answer | None = None
    expires_tokens: bool = False


def _portal() -> Answer:
    page = b"<!DOCTYPE html><title>Welcome</title><p>Please log in to use this network.\n"
    return Answer(200, page, "text/html; charset=UTF-8")


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("429", answer=quota_exceeded()),
        Fault("429_retry_after", answer=quota_exceeded(headers={"Retry-After": "1"})),
        Fault("408", answer=api_error(408, "Request timed out.", "DEADLINE_EXCEEDED")),
        Fault("500", answer=server_error(500)),
        Fault("500_html", answer=html_error(500)),
        Fault("502_html", answer=html_error(502)),
        Fault("503", answer=server_error(503)),
        Fault("503_html", answer=html_error(503)),
        Fault("hang", way="hang"),
        Fault("reset", way="reset"),
        Fault("cut", way="cut"),
        Fault("half", way="half"),
        Fault("portal", answer=_portal()),
        Fault("token_expired", answer=unauthenticated(), expires_tokens=True),
    )
}
"""Every fault that passes by itself when the client tries again."""

Kind = Literal["", "token", "consent", "metadata", "values", "batchGet", "drive", "write", "unknown"]
"""Of a request; "" stands for any."""


@dataclass
class PlannedFault:
    """A fault to happen `times` times to requests of a kind (and spreadsheet), after `skip` of them went well."""

    fault: Fault
    times: int = 1
    on: Kind = ""
    spreadsheet: str = ""
    skip: int = 0

    def strikes(self, kind: Kind, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if not self.times or (self.on and self.on != kind) or self.spreadsheet not in path:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True
