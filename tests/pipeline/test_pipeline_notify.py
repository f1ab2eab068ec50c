"""A webhook is told once, and whatever it does, the release stands."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from command_line import run_gdata
from waiting import LONGEST

from gdata.diffs.changes import WholeRows
from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff, Row, Side, Summary, TableDiff, TargetDiff
from gdata.diffs.presentation import Presentation
from gdata.errors import ChangedError, UsageError
from gdata.pipeline.releasing.notify import check_address, message_for, post
from gdata.scaffold.starting import start_project

SECRET = "T000/B000/sEcReT"


class Hook(BaseHTTPRequestHandler):
    """Keeps what was posted, and answers as its server says."""

    def do_POST(self) -> None:
        server: Any = self.server
        server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        server.may_answer.wait(LONGEST)
        self.send_response(server.code)
        self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hook(code: int = 200, *, hangs: bool = False) -> Iterator[tuple[str, list[Any]]]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.code, server.may_answer, server.daemon_threads = [], code, threading.Event(), True
    if not hangs:
        server.may_answer.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/{SECRET}", server.got
    finally:
        server.may_answer.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("code", [200, 204])
def test_it_is_posted_once(code: int) -> None:
    with hook(code) as (url, got):
        assert post(url, {"text": "안녕"}) == ""
        assert got == [{"text": "안녕"}]


@pytest.mark.parametrize(("code", "why"), [(code, f"it answered {code}") for code in (500, 302, 404)])
def test_an_error_and_a_redirect_are_told_without_the_address(code: int, why: str) -> None:
    with hook(code) as (url, got):
        told = post(url, {"text": "x"})
    assert told == f"127.0.0.1 wasn't told: {why}" and len(got) == 1


def test_one_that_hangs_is_left_alone() -> None:
    with hook(hangs=True) as (url, _):
        assert post(url, {"text": "x"}, timeout=0.3) == "127.0.0.1 wasn't told: it didn't answer within 0.3 s"


def test_nobody_there_is_told() -> None:
    told = post(f"http://127.0.0.1:9/{SECRET}", {"text": "x"})
    assert told.startswith("127.0.0.1 wasn't told: ") and SECRET not in told


@pytest.mark.parametrize(
    "url",
    ["", "hooks.slack.com/x", "http://example.com/x", "ftp://x.y/z", "https://", "https://[::1", "https://x:99999/"],
)
def test_what_is_no_address_is_refused_before_the_release_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as error:
        check_address(url)
    assert not url or url not in str(error.value)


def test_publish_tells_and_a_failing_webhook_fails_nothing(tmp_path: Path) -> None:
    start_project(tmp_path)
    run_gdata("build", "-q", cwd=tmp_path)
    with hook() as (url, got):
        run_gdata("publish", "--yes", "-m", "the first", "--notify", url, cwd=tmp_path, GDATA_AUTHOR="minji")
    (message,) = got
    assert "is now at" in message["text"] and "minji: the first" in message["text"]
    sheet = tmp_path / "sheets" / "Shop.csv"
    sheet.write_text(sheet.read_text("utf-8").replace("1002,120", "1002,130"), "utf-8")
    run_gdata("build", "-q", cwd=tmp_path)
    with hook(500) as (url, _):
        ran = run_gdata("publish", "--yes", "-q", "--notify", url, cwd=tmp_path)
    assert "127.0.0.1 wasn't told: it answered 500" in ran.err and SECRET not in ran.err + ran.out


@pytest.mark.parametrize(
    ("host", "field"), [("hooks.slack.com", "text"), ("discord.com", "content"), ("a.example", "text")]
)
def test_of_changes_whose_files_are_others_by_now_the_title_is_told(host: str, field: str) -> None:
    def read(_places: object) -> list[Row]:
        raise ChangedError("ItemTable changed while it was being read")

    table = TableDiff("ItemTable", "changed", 1, 3, added=WholeRows(range(3), read))
    targets = {"server": TargetDiff(Summary(), tables={"ItemTable": table})}
    diff = Diff(Side("live"), Side("output"), Summary(tables_changed=1, rows_added=3), targets)
    told = message_for(f"https://{host}/x", diff, GateVerdict(True), Presentation(), "live is now at 7")
    assert told == {field: "live is now at 7"}
