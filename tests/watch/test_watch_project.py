"""`gdata watch`: from a saved edit to a build, a diff, a release, and the answer of a server that follows it."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import pytest
from command_line import GDATA, run_gdata
from waiting import LONGEST, until

import gdata
from gdata.files import project_lock
from gdata.pipeline.watch import interval_for
from gdata.scaffold.starting import start_project
from gdata.testing.google import GoogleEmulator
from gdata.testing.google.folders import import_spreadsheet

GOOGLE_ID = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdef0"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to another process")


class Watching:
    """`gdata watch --format json` as a program; `next` waits for the next round."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [str(GDATA), "watch", "--format", "json", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def next(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._lines.get(timeout=LONGEST))
        return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    start_project(tmp_path / "game")
    return tmp_path / "game"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    # At once: a file that is half written for longer than a person takes to save is built as it stands.
    written = path.parent.parent / f".{path.name}"
    written.write_text(text.replace(old, new), encoding="utf-8")
    written.replace(path)


def test_a_saved_file_is_built_and_its_change_shown(project: Path) -> None:
    with Watching(project) as watching:
        assert watching.next()["ok"]
        edit(project / "sheets" / "Shop.csv", "1002,120", "1002,130")
        one = watching.next()
        assert one["changed"] == ["sheets/Shop.csv"]
        assert one["diff"]["cells_changed"] == 1
        assert one["seconds"] > 0


def test_a_mistake_is_shown_and_the_last_good_build_stays(project: Path) -> None:
    with Watching(project) as watching:
        first = watching.next()
        edit(project / "sheets" / "Shop.csv", "1002,120", "9999,120")
        one = watching.next()
        assert (one["ok"], one["build"]) == (False, None)
        assert [problem["cell"] for problem in one["problems"]] == ["B2"]
        assert gdata.load(project / "output", target="server").build == first["build"]
        edit(project / "sheets" / "Shop.csv", "9999,120", "1002,120")
        assert watching.next()["build"] == first["build"]


def test_broken_schemas_and_configs_are_waited_out(project: Path) -> None:
    proto, config = project / "protos" / "game" / "shop.proto", project / "sheets.yaml"
    with Watching(project) as watching:
        watching.next()
        edit(proto, "message Product {", "mesage Product {")
        assert "shop.proto" in watching.next()["error"]
        edit(proto, "mesage Product {", "message Product {")
        assert watching.next()["ok"]
        edit(config, "version: 1", "version: one")
        assert "sheets.yaml:3" in watching.next()["error"]
        edit(config, "version: one", "version: 1")
        assert watching.next()["ok"]


def test_a_server_that_follows_the_channel_has_the_edit(project: Path) -> None:
    with Watching(project, "--publish", "dev") as watching:
        assert watching.next()["release"]
        data = gdata.load(str(project / "releases"), channel="dev", target="server")
        assert data.ShopTable["sword_iron"].price == 120
        edit(project / "sheets" / "Shop.csv", "1002,120", "1002,130")
        assert watching.next()["release"]
        assert data.refresh()
        assert data.ShopTable["sword_iron"].price == 130


def test_builds_beside_it_are_waited_for_and_the_channel_gets_every_edit(project: Path) -> None:
    sheet, price = project / "sheets" / "Shop.csv", 120
    with Watching(project, "--publish", "dev") as watching:
        watching.next()
        for _ in range(4):
            builders = [subprocess.Popen([str(GDATA), "build", "-q"], cwd=project) for _ in range(2)]
            edit(sheet, f"1002,{price}", f"1002,{price + 1}")
            price += 1
            assert [one.wait(LONGEST) for one in builders] == [0, 0]
        data = gdata.load(str(project / "releases"), channel="dev", target="server")
        while data.ShopTable["sword_iron"].price != price:
            assert watching.next()["error"] is None
            data.refresh()


def test_a_store_that_cannot_be_written_is_told_once_and_waited_out(project: Path) -> None:
    store, lock = project / "releases", project / ".gdata" / "lock"
    with Watching(project, "--publish", "dev") as watching:
        watching.next()
        store.rename(project / "kept")
        store.write_text("in the way")
        edit(project / "sheets" / "Shop.csv", "1002,120", "1002,130")
        failed = watching.next()
        assert failed["error"] and not failed["release"]
        told = lock.stat().st_mtime_ns
        until(lambda: lock.stat().st_mtime_ns != told)  # it tries again, and says nothing
        with project_lock(lock):  # and not between these two
            store.unlink()
            (project / "kept").rename(store)
        assert watching.next()["release"]


def test_a_protected_channel_is_refused(project: Path) -> None:
    assert "protected" in run_gdata("watch", "--publish", "live", cwd=project, code=2).err


def test_one_table_is_watched_and_the_others_come_from_the_base(project: Path) -> None:
    for arguments in (["build", "-q"], ["publish", "--channel", "staging", "--yes"]):
        run_gdata(*arguments, cwd=project)
    edit(project / "sheets" / "Item.csv", "Wooden Sword", "")
    with Watching(project, "shop", "--base", "staging") as watching:
        assert watching.next()["ok"]
        edit(project / "sheets" / "Shop.csv", "1002,120", "1002,130")
        assert watching.next()["ok"]


@posix
def test_ctrl_c_ends_it_cleanly(project: Path) -> None:
    with Watching(project) as watching:
        watching.next()
        watching.process.send_signal(signal.SIGINT)
        assert watching.process.wait(timeout=LONGEST) == 0
        assert watching.process.stderr is not None
        assert "Traceback" not in watching.process.stderr.read()


# --- Google --------------------------------------------------------------------------------------------------


@pytest.fixture
def google(project: Path) -> Iterator[GoogleEmulator]:
    """The project's sheets in Google, which answers after 120 ms."""
    with GoogleEmulator([import_spreadsheet(project / "sheets", GOOGLE_ID)], latency=0.12) as google:
        settings = f"google: {{credentials: {google.key_file}, endpoint: {google.endpoint}}}\n"
        edit(project / "sheets.yaml", "    path: sheets  ", f"    id: {GOOGLE_ID}\n    #")
        edit(project / "sheets.yaml", "version: 1\n", f"version: 1\n{settings}")
        yield google


def test_an_edit_in_google_reaches_the_server_with_the_next_poll(project: Path, google: GoogleEmulator) -> None:
    sheet, answer = google.spreadsheet(GOOGLE_ID).sheet("Shop"), google.state.answer
    prices, polls, targets = [120, 131, 132], [], []

    def answer_and_note(asked: Any) -> Any:
        targets.append(asked.target)
        if asked.target == targets[0]:
            polls.append((prices.index(sheet.cell(2, 3)), len(list(project.glob("releases/channels/dev/*.json")))))
        return answer(asked)

    with Watching(project, "--publish", "dev") as watching:
        assert watching.next()["release"]
        google.state.answer = answer_and_note  # type: ignore[method-assign]
        data = gdata.load(str(project / "releases"), channel="dev", target="server")
        for price in prices[1:]:
            google.edit(GOOGLE_ID, "Shop", "C2", price)
            until(data.refresh)
            assert data.ShopTable["sword_iron"].price == price
            assert watching.next()["changed"] == ["game"]
        until(lambda: polls[-1][1] == len(prices))
    assert all(released > seen for (seen, _), (_, released) in pairwise(polls)), polls


def test_google_is_asked_no_more_often_than_its_quota_allows(project: Path, google: GoogleEmulator) -> None:
    with Watching(project, "--interval", "0.1") as watching:
        assert watching.next()["interval"] > 0.1
        started, before = time.monotonic(), google.reads
        until(lambda: google.reads >= before + 6)
        reads, seconds = google.reads - before, time.monotonic() - started
    poll = 2  # its reads come together
    assert (reads - poll) / seconds * 60 <= 60


def test_a_failing_google_is_told_once_and_waited_out(project: Path, google: GoogleEmulator) -> None:
    with Watching(project) as watching:
        assert watching.next()["ok"]
        google.unshare(GOOGLE_ID)
        assert watching.next()["error"]
        google.share(GOOGLE_ID)
        google.edit(GOOGLE_ID, "Shop", "C2", 140)
        assert watching.next()["diff"]["cells_changed"] == 1


@pytest.mark.parametrize(("reads", "asked", "seconds"), [(1, None, 1.4), (22, None, 29.4), (22, 5, 29.4), (1, 10, 10)])
def test_the_interval_keeps_within_the_quota(reads: int, asked: float | None, seconds: float) -> None:
    assert interval_for(reads, 60, asked) == pytest.approx(seconds, abs=0.11)
    assert reads * 60 / interval_for(reads, 60, asked) <= 60
