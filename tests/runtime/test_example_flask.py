"""The Flask example under gunicorn, four workers, while 20 releases are published: no error, nothing mixed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from runtime_data import ITEMS, release
from waiting import LONGEST, free_ports, until

pytest.importorskip("flask")
pytest.importorskip("gunicorn")
if sys.platform == "win32":
    pytest.skip("gunicorn needs fork", allow_module_level=True)

EXAMPLE = Path(__file__).parents[2] / "examples" / "server"
WORKERS, CLIENTS, RELEASES = 4, 6, 20


@contextmanager
def serving(store: Path, log: Path) -> Iterator[int]:
    (port,) = free_ports(1)
    environment = os.environ | {"GAME_STORE": str(store), "GAME_CHANNEL": "live", "GAME_INTERVAL": "0.05"}
    command = [sys.executable, "-m", "gunicorn", "flask_server:app", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=EXAMPLE, env=environment, stdout=output, stderr=output)
        try:
            until(lambda: started(server, log), log.read_text)
            yield port
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(LONGEST)


def started(server: subprocess.Popen[bytes], log: Path) -> bool:
    assert server.poll() is None, log.read_text()
    return log.read_text().count("Booting worker") == WORKERS


def get(port: int, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    finally:
        connection.close()


class Load:
    """Clients that ask without pause, and note every answer that isn't of one release."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.stop = threading.Event()
        self.wrong: list[Any] = []
        self.seen: Counter[tuple[str, int]] = Counter()
        self.threads = [threading.Thread(target=self.ask) for _ in range(CLIENTS)]

    def ask(self) -> None:
        while not self.stop.is_set():
            try:
                status, answer = get(self.port, "/boot")
                numbers = {item["price"] for item in answer["items"]} | {answer["constants"]["number"]}
                if status != 200 or len(numbers) != 1 or len(answer["items"]) != ITEMS:
                    self.wrong.append((status, answer))
                self.seen[answer["release"], numbers.pop()] += 1
                status, answer = get(self.port, "/item/7")
                self.seen[answer["release"], answer["item"]["price"]] += 1
            except Exception as error:  # whatever it is, the test is to show it
                self.wrong.append(repr(error))

    def saw(self, name: str) -> bool:
        """Whether an answer was of that release, or something went wrong."""
        return bool(self.wrong) or any(name == seen for seen, _ in list(self.seen))

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_releases_change_under_load_without_an_error(tmp_path: Path) -> None:
    store, log = tmp_path / "releases", tmp_path / "log"
    published = {release(store, 1): 1}
    with serving(store, log) as port:
        with Load(port) as load:
            for number in range(2, RELEASES + 2):
                last = release(store, number)
                published[last] = number
                until(partial(load.saw, last))
            caught_up: set[int] = set()
            until(lambda: workers_at(port, last, caught_up) == WORKERS)
        assert get(port, "/item/99") == (404, {**released(port), "error": "ItemTable has no row with id = 99"})
    assert load.wrong == []
    # What an answer says of its release is what that release holds, in every row and table.
    assert set(load.seen) == {(name, published[name]) for name, _ in load.seen}
    assert len(load.seen) >= RELEASES
    print(f"{sum(load.seen.values())} answers, {len(load.seen)} releases seen")
    assert "Traceback" not in log.read_text()


def workers_at(port: int, wanted: str, caught_up: set[int]) -> int:
    _, health = get(port, "/health")
    if health["release"] == wanted and not health["stale"]:
        caught_up.add(health["worker"])
    return len(caught_up)


def released(port: int) -> dict[str, Any]:
    _, health = get(port, "/health")
    return {"release": health["release"], "build": health["build"]}
