"""What can go wrong between here and Google, by name, so that a test can say when and how often it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gdata.testing.google_errors import Answer, api_error, html_error, quota_exceeded, server_error, unauthenticated

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
