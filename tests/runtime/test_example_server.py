"""examples/server/server.py as somebody runs it: boot, lookup, health, and a publish while it runs."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime_data import build, release
from waiting import until

SERVER = Path(__file__).parents[2] / "examples" / "server" / "server.py"


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    command = [sys.executable, str(SERVER), *arguments, "--port", "0", "--interval", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def get(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def test_a_publish_reaches_the_running_server(tmp_path: Path) -> None:
    store = tmp_path / "releases"
    first = release(store, 1)
    with serving(str(store), "--channel", "live", "--target", "server") as address:
        assert get(f"{address}/item/3")["item"] == {"id": 3, "name": "item 3", "price": 1}
        health = get(f"{address}/health")
        assert (health["release"], health["target"], health["stale"]) == (first, "server", False)
        second = release(store, 2)
        until(lambda: get(f"{address}/health")["release"] == second)
        assert get(f"{address}/item/3")["item"]["price"] == 2


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with serving(str(build(tmp_path, 1))) as address:
        assert get(f"{address}/item/99") == {"error": "ItemTable has no row with id = 99"}
        for path in ("", "/item", "/item/x", "/item/-1", "/item/1/2", "/quest/1"):
            assert "ask for" in get(address + path)["error"]


def test_a_server_without_data_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, SERVER, tmp_path], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0
    assert "no bundle here" in done.stderr
