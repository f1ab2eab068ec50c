"""The TypeScript client reads the client's bundle by its schema, and refuses what isn't what the manifest says.

Runs where `npm ci` was run in examples/client-ts; in CI (with CI set) it runs that itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from waiting import LONGEST

from gdata.bundles.manifest import Reference
from gdata.files import project_lock
from gdata.testing.bundles import Contents, write_output

CLIENT = Path(__file__).parents[2] / "examples" / "client-ts"
COMPILER = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
NODE, NPM = shutil.which("node") or "node", shutil.which("npm") or "npm"
if not COMPILER.exists() and not os.environ.get("CI"):
    pytest.skip("run `npm ci` in examples/client-ts", allow_module_level=True)

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PROTO = """
syntax = "proto3";
package game;
import "google/protobuf/timestamp.proto";
enum Grade { NORMAL = 0; RARE = 1; }
message Item {
  int32 id = 1;
  string name = 2;
  Grade grade = 3;
  repeated int32 parts = 4;
  google.protobuf.Timestamp since = 5;
  int64 price = 6;
}
message ItemTable { repeated Item rows = 1; }
message Level { int64 hero = 1; int32 level = 2; double exp = 3; }
message LevelTable { repeated Level rows = 1; }
message Text { string id = 1; string ko = 2; }
message TextTable { map<string, Text> rows = 1; }
message Constants { int32 max_level = 1; }
"""
TABLES = {
    "ItemTable": [
        {"id": 1002, "name": "방패", "grade": 1, "parts": [1, 2], "since": {"seconds": 0}, "price": 2**53 + 1},
        {"id": 1001, "name": "검"},
        {"id": 1003, "name": "활"},
    ],
    "LevelTable": [{"hero": 7, "level": 1, "exp": 0.5}, {"hero": 7, "level": 2, "exp": 1.5}],
    "TextTable": {"가": {"id": "가", "ko": "ㄱ"}, "a": {"id": "a", "ko": "검"}},
    "Constants": {"max_level": 60},
}
KEYS = {"ItemTable": ("id",), "LevelTable": ("hero", "level"), "TextTable": ("id",)}
REFS = {"ItemTable": {"parts": (Reference("ItemTable", ("id",), 'name=가\n"\x7f\u2028', ("0",)),)}}


@pytest.fixture(scope="session")
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled client, of each process of tests its own; its libraries are installed by the first of them."""
    assert request.config.cache is not None
    with project_lock(request.config.cache.mkdir("npm") / "lock"):
        if not COMPILER.exists():
            subprocess.run([NPM, "ci", "--no-audit", "--no-fund"], cwd=CLIENT, check=True)
    folder = tmp_path_factory.mktemp("client-ts")
    shutil.copy(CLIENT / "package.json", folder)
    (folder / "node_modules").symlink_to(CLIENT / "node_modules")
    subprocess.run([NODE, COMPILER, "--outDir", folder / "dist"], cwd=CLIENT, check=True)
    return folder / "dist" / "main.js"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_output(tmp_path, {"client": Contents(PROTO, TABLES, KEYS, REFS, parts=2)}) / "client"


@pytest.fixture
def run(program: Path) -> Run:
    def start(place: Path | str, *arguments: str, target: str = "client") -> subprocess.CompletedProcess[str]:
        command = [NODE, str(program), str(place), target, *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=LONGEST)

    return start


@pytest.fixture
def read(run: Run) -> Callable[..., Any]:
    def start(place: Path | str, *arguments: str) -> Any:
        done = run(place, *arguments)
        assert done.stderr == ""
        return json.loads(done.stdout)

    return start


def test_tables_are_read_whole(folder: Path, read: Callable[..., Any]) -> None:
    build = json.loads((folder / "manifest.json").read_bytes())["build"]
    tables = {"Constants": 1, "ItemTable": 3, "LevelTable": 2, "TextTable": 2}
    assert read(folder) == {"target": "client", "build": build, "tables": tables}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("ItemTable", "1002"),
            {
                "id": 1002,
                "name": "방패",
                "grade": "RARE",
                "parts": [1, 2],
                "since": "1970-01-01T00:00:00Z",
                "price": "9007199254740993",
            },
        ),
        (("LevelTable", "7", "2"), {"hero": "7", "level": 2, "exp": 1.5}),
        (("TextTable", "가"), {"id": "가", "ko": "ㄱ"}),
        (("Constants",), {"maxLevel": 60}),
    ],
)
def test_rows_are_found_by_their_key(
    folder: Path, arguments: tuple[str, ...], expected: Any, read: Callable[..., Any]
) -> None:
    assert read(folder, *arguments) == expected


def test_a_web_server_will_do(folder: Path, read: Callable[..., Any]) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert read(f"http://127.0.0.1:{server.server_port}", "Constants") == {"maxLevel": 60}
        server.shutdown()


def test_what_was_changed_is_refused(folder: Path, run: Run) -> None:
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        path.write_bytes(content.replace(b'"rows": 3', b'"rows": 4') if path.suffix == ".json" else content + b" ")
        done = run(folder)
        assert (done.returncode, done.stdout) == (1, "")
        assert path.name in done.stderr
        path.write_bytes(content)
    assert "is of the target client, not of server" in run(folder, target="server").stderr
    assert "no table ItemTabel; there are" in run(folder, "ItemTabel", "1").stderr
    assert "ItemTable has no row 9" in run(folder, "ItemTable", "9").stderr
