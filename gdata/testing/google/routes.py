"""The emulator's addresses: which request is answered by what, after the login, the share and the quota are checked."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gdata.testing.google.answers import (
    RenderOptions,
    batch_get_values,
    describe_file,
    describe_spreadsheet,
    get_values,
    parse_fields,
    select_fields,
)
from gdata.testing.google.login import LoginDesk, Token, read_client
from gdata.testing.google.refusals import (
    Answer,
    Kind,
    Refusal,
    api_disabled,
    invalid_argument,
    invalid_field,
    not_found,
    not_supported,
    permission_denied,
    quota_exceeded,
)
from gdata.testing.google.sheets import EmulatedSpreadsheet, RangeError, parse_range

_ROUTES: tuple[tuple[str, str, Kind], ...] = (
    ("POST", r"/token", "token"),
    ("GET", r"/o/oauth2/auth", "consent"),
    ("GET", r"/v4/spreadsheets/([^/:]+)", "metadata"),
    ("GET", r"/v4/spreadsheets/([^/:]+)/values:batchGet", "batchGet"),
    ("GET", r"/v4/spreadsheets/([^/:]+)/values/(.+)", "values"),
    ("(?:PUT|POST|DELETE)", r"/v4/spreadsheets/([^/:]+)(?::batchUpdate|/values.*)", "write"),
    ("GET", r"/drive/v3/files(?:/([^/]+))?", "drive"),
)


@dataclass(frozen=True)
class Request:
    """One HTTP request, taken apart. `query` keeps every value of a name that is given several times."""

    method: str
    target: str
    authorization: str = field(default="", repr=False)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The address without the query, still quoted."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's names and values."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def kind(self) -> Kind:
        """What is asked."""
        return _find_route(self)[0]


@dataclass
class GoogleState:
    """Everything the emulated Google knows: spreadsheets, who may read them, and what it has counted.

    `quota` is how many reads an identity may make in a minute; 0 means any number.
    """

    spreadsheets: dict[str, EmulatedSpreadsheet]
    login: LoginDesk = field(default_factory=LoginDesk)
    quota: int = 0
    write_quota: int = 60
    api_enabled: bool = True
    unshared: set[str] = field(default_factory=set)
    office_files: set[str] = field(default_factory=set)
    """Ids of spreadsheets that are .xlsx files kept on Drive."""
    reads: int = 0
    rendered: dict[str, Any] = field(default_factory=dict)
    """Answers with values by address, kept until something is edited, so that a benchmark measures its client."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _recent: dict[str, deque[float]] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        """Answer one request; a refusal is an answer too."""
        kind, parts = _find_route(request)
        try:
            with self.lock:
                return self._dispatch(kind, parts, request)
        except Refusal as refusal:
            return refusal.answer

    def _dispatch(self, kind: Kind, parts: list[str], request: Request) -> Answer:
        if kind == "token":
            form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
            return Answer(200, self.login.exchange(form | read_client(request.authorization)))
        if kind == "consent":
            return self._consent(request)
        if kind == "unknown":
            return Answer(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>\n", "text/html; charset=UTF-8")
        token = self.login.admit(request.authorization)
        if not self.api_enabled:
            raise Refusal(api_disabled())
        if kind == "write":
            raise Refusal(self._refuse_write(request))
        self._count(token)
        return Answer(200, self._read(kind, parts, request))

    def _read(self, kind: Kind, parts: list[str], request: Request) -> Any:
        query = request.query
        mask = parse_fields(query.get("fields", [""])[-1])
        if kind == "drive":
            return select_fields(self._drive(parts[0], query), mask)
        spreadsheet = self._open(parts[0])
        if kind == "metadata":
            areas = [_area(text, spreadsheet) for text in query.get("ranges", [])]
            data = query.get("includeGridData", ["false"])[-1].lower() == "true"
            return describe_spreadsheet(spreadsheet, mask, areas, data=data)
        if request.target not in self.rendered:
            self.rendered[request.target] = select_fields(_read_values(spreadsheet, parts, query), mask)
        return self.rendered[request.target]

    def _open(self, id: str) -> EmulatedSpreadsheet:
        if id in self.unshared:
            raise Refusal(permission_denied())
        if id not in self.spreadsheets:
            raise Refusal(not_found())
        if id in self.office_files:
            raise Refusal(not_supported())
        return self.spreadsheets[id]

    def _count(self, token: Token) -> None:
        """Count a read against the quota of whoever makes it."""
        self.reads += 1
        recent, now = self._recent.setdefault(token.identity, deque()), time.monotonic()
        while recent and recent[0] < now - 60:
            recent.popleft()
        if self.quota and len(recent) >= self.quota:
            raise Refusal(quota_exceeded())
        recent.append(now)

    def _drive(self, id: str, query: dict[str, list[str]]) -> dict[str, Any]:
        if id:
            if id in self.unshared or id not in self.spreadsheets:
                raise Refusal(not_found())
            return describe_file(self.spreadsheets[id])
        name = re.search(r"""name = (["'])(.*)\1""", query.get("q", [""])[-1])
        files = [
            describe_file(spreadsheet)
            for spreadsheet in self.spreadsheets.values()
            if spreadsheet.id not in self.unshared and (not name or spreadsheet.title == name[2])
        ]
        return {"kind": "drive#fileList", "files": files}

    def _consent(self, request: Request) -> Answer:
        """Where the browser goes: the planner agrees at once and is sent back with a code."""
        query = {name: values[-1] for name, values in request.query.items()}
        code = self.login.consent(query.get("scope", ""))
        back = f"{query.get('redirect_uri', '')}?state={query.get('state', '')}&code={code}"
        return Answer(302, b"", "text/html; charset=UTF-8", {"Location": back})

    def _refuse_write(self, request: Request) -> Answer:
        """The emulated share is for reading; what Google checks before that, it checks too."""
        if not self.write_quota:
            return quota_exceeded("write")
        return _check_written_values(request.body) or permission_denied()


def _find_route(request: Request) -> tuple[Kind, list[str]]:
    for method, pattern, kind in _ROUTES:
        match = re.fullmatch(pattern, request.path)
        if match and re.fullmatch(method, request.method):
            return kind, [unquote(part or "") for part in match.groups()]
    return "unknown", []


def _read_values(spreadsheet: EmulatedSpreadsheet, parts: list[str], query: dict[str, list[str]]) -> dict[str, Any]:
    """The answer of `values.get` (which has the range in its path) or `values.batchGet`."""
    options = RenderOptions.of(query)
    if len(parts) > 1:
        return get_values(spreadsheet, parts[1], options)
    return batch_get_values(spreadsheet, query.get("ranges", []), options)


def _area(text: str, spreadsheet: EmulatedSpreadsheet) -> Any:
    try:
        return parse_range(text, spreadsheet)
    except RangeError as error:
        raise Refusal(invalid_argument(str(error))) from error


def _check_written_values(body: bytes) -> Answer | None:
    """Rows must be lists: the commonest mistake of a first write."""
    import json

    try:
        values: Iterable[object] = json.loads(body or b"{}").get("values", [])
    except (ValueError, AttributeError):
        return invalid_argument("Invalid JSON payload received.")
    for row in values:
        if not isinstance(row, list):
            kind = "type.googleapis.com/google.protobuf.ListValue"
            return invalid_field("data.values", f"Invalid value at 'data.values' ({kind}), {json.dumps(row)}")
    return None
