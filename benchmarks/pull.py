"""How long a pull of 116 sheets in 11 spreadsheets takes at 120 ms a request: `python benchmarks/pull.py`.

Four ways against the same emulator, which runs in a process of its own and has every answer ready:

    floor       one values.batchGet a spreadsheet, all at once, with plain requests and a token at hand; JSON decoded
    gdata       pull_google and read_google, login included
    gdata cold  the same in a new process: the interpreter's start and every import included
    gdata pull  the command: config, compiled schemas and the snapshot on disk as well
    gdata build the command: parsed, checked, encoded and written (`--build` measures it; with --rows 4000 it is the
                464,000 rows of a real game)
    gspread     sheet by sheet, as gspread's own documentation shows it
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

SPREADSHEETS, SHEETS = 11, 116


@dataclass(frozen=True)
class Bench:
    """The emulator to measure against. `wanted` maps each spreadsheet's id to its sheets' titles."""

    endpoint: str
    key: dict[str, str]
    wanted: dict[str, list[str]]


def main() -> None:
    options = parse_options()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, options.rows, options.latency), daemon=True
    )
    server.start()
    bench = Bench(*ours.recv())
    ours.send("go")
    pull_floor(bench)  # the emulator renders its answers once
    ours.send("measure")
    ours.recv()
    with tempfile.TemporaryDirectory(prefix="gdata-pull-") as folder:
        make_project(Path(folder), bench)
        ways = measure(bench, options.repeat, Path(folder), build=options.build, naive=not options.skip_naive)
    show(ways, options)
    server.terminate()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400, help="rows a sheet (4000: 464,000 in all)")
    parser.add_argument("--latency", type=float, default=0.12, help="seconds a request")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each way; the median counts")
    parser.add_argument("--build", action="store_true", help="measure `gdata build` too")
    parser.add_argument("--skip-naive", action="store_true", help="leave out gspread sheet by sheet")
    return parser.parse_args()


def serve(pipe: Connection, rows: int, latency: float) -> None:
    """The emulator's process."""
    from gdata.testing.google import EmulatedSpreadsheet, GoogleEmulator

    spreadsheets = [
        EmulatedSpreadsheet.of(f"spreadsheet{number}", {f"Table{table}": make_rows(table, rows) for table in tables})
        for number, tables in enumerate(share_out())
    ]
    with GoogleEmulator(spreadsheets) as google:
        wanted = {one.id: [sheet.title for sheet in one.sheets] for one in spreadsheets}
        pipe.send((google.endpoint, google.key, wanted))
        pipe.recv()
        pipe.recv()
        google.wire.latency = latency
        pipe.send("ready")
        threading.Event().wait()


def share_out() -> list[range]:
    """The tables of each spreadsheet."""
    starts = [number * SHEETS // SPREADSHEETS for number in range(SPREADSHEETS + 1)]
    return [range(start, end) for start, end in itertools.pairwise(starts)]


def make_rows(table: int, rows: int) -> list[list[object]]:
    header: list[object] = ["id", "name", "price", "rate"]
    return [header, *([row, f"아이템 {table}-{row}", row * 7 % 1000, row % 100 / 100] for row in range(1, rows + 1))]


def pull_floor(bench: Bench) -> int:
    """The least that has to be done. Returns the reads it takes."""
    import requests

    token = get_token(bench)
    decoded: dict[str, object] = {}

    def fetch(id: str, titles: list[str]) -> None:
        query = {
            "ranges": [f"'{title}'" for title in titles],
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "FORMATTED_STRING",
            "majorDimension": "ROWS",
            "prettyPrint": "false",
        }
        url = f"{bench.endpoint}/v4/spreadsheets/{id}/values:batchGet"
        decoded[id] = requests.get(url, query, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()

    threads = [threading.Thread(target=fetch, args=one) for one in bench.wanted.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decoded) == len(bench.wanted)
    return len(bench.wanted)


_tokens: dict[str, str] = {}


def get_token(bench: Bench) -> str:
    """A token, fetched once: the floor is to have it already."""
    if bench.endpoint not in _tokens:
        from google.auth.transport.requests import Request
        from google.oauth2.service_account import Credentials

        scopes = ["https://www.googleapis.com/auth/spreadsheets.readonly"]
        credentials = Credentials.from_service_account_info(bench.key, scopes=scopes)  # type: ignore[no-untyped-call]
        credentials.refresh(Request())
        _tokens[bench.endpoint] = credentials.token
    return _tokens[bench.endpoint]


def pull_with_gdata(bench: Bench) -> int:
    from gdata.config import GoogleSettings, Spreadsheet
    from gdata.sources.google import pull_google
    from gdata.sources.google.answers import read_google
    from gdata.sources.grid import SheetRequest

    wanted = [
        (Spreadsheet(id, (), id=id), [SheetRequest(title) for title in titles]) for id, titles in bench.wanted.items()
    ]
    requests = {spreadsheet.name: asked for spreadsheet, asked in wanted}
    settings = GoogleSettings(credentials=json.dumps(bench.key), endpoint=bench.endpoint)
    reads = 0
    for pulled in pull_google(wanted, settings):
        assert len(read_google(pulled, requests[pulled.spreadsheet]).grids) == len(requests[pulled.spreadsheet])
        reads += pulled.requests
    return reads


def pull_cold(bench: Bench) -> int:
    program = "import json, sys, pull; print(pull.pull_with_gdata(pull.Bench(*json.load(sys.stdin))))"
    text = json.dumps([bench.endpoint, bench.key, bench.wanted])
    ran = subprocess.run(
        [sys.executable, "-c", program], input=text, capture_output=True, text=True, check=True, cwd=sys.path[0]
    )
    return int(ran.stdout)


def make_project(folder: Path, bench: Bench) -> None:
    """A project whose sheets.yaml reads the emulator's spreadsheets, a table for each sheet."""
    titles = [title for sheets in bench.wanted.values() for title in sheets]
    tables = "\n".join(f"message {title}Table {{ repeated Row rows = 1; }}" for title in titles)
    row = "int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; double rate = 4;"
    proto = f'syntax = "proto3";\npackage game;\nimport "gdata/options.proto";\nmessage Row {{ {row} }}\n{tables}\n'
    (folder / "protos").mkdir()
    (folder / "protos" / "game.proto").write_text(proto, encoding="utf-8")
    (folder / "key.json").write_text(json.dumps(bench.key), encoding="utf-8")
    spreadsheets = {
        id: {"id": id, "sheets": {title: f"game.{title}Table" for title in sheets}}
        for id, sheets in bench.wanted.items()
    }
    google = {"credentials": "key.json", "endpoint": bench.endpoint}
    config = {"version": 1, "google": google, "spreadsheets": spreadsheets}
    (folder / "sheets.yaml").write_text(json.dumps(config, indent=1), encoding="utf-8")


def run_command(folder: Path, name: str) -> int:
    """One run of the installed command, as somebody at a terminal waits for it; how many reads it took."""
    command = Path(sys.executable).with_name("gdata")
    ran = subprocess.run([command, name, "--format", "json"], cwd=folder, capture_output=True, check=True)
    return int(json.loads(ran.stdout)["requests"])


def pull_sheet_by_sheet(bench: Bench) -> int:
    import gspread
    from gspread.http_client import HTTPClient
    from gspread.utils import ValueRenderOption

    class Redirected(HTTPClient):
        """gspread's client, counting, and sent to the emulator."""

        reads = 0

        def request(self, method, endpoint, *args, **kwargs):  # type: ignore[no-untyped-def]
            Redirected.reads += 1
            return super().request(
                method, endpoint.replace("https://sheets.googleapis.com", bench.endpoint), *args, **kwargs
            )

    client = gspread.service_account_from_dict(bench.key, http_client=Redirected)
    for id, titles in bench.wanted.items():
        spreadsheet = client.open_by_key(id)
        for title in titles:
            spreadsheet.worksheet(title).get_all_values(value_render_option=ValueRenderOption.unformatted)
    return Redirected.reads


def measure(bench: Bench, repeat: int, folder: Path, *, build: bool, naive: bool) -> dict[str, tuple[float, int]]:
    """Median seconds and reads of each way; they take turns, so that a slow moment hits all of them."""
    ways: dict[str, Callable[[Bench], int]] = {"floor": pull_floor, "gdata": pull_with_gdata, "gdata cold": pull_cold}
    ways["gdata pull"] = lambda _: run_command(folder, "pull")
    if build:
        ways["gdata build"] = lambda _: build_anew(folder)
    run_command(folder, "pull")  # compiles the schemas, once for all builds
    times: dict[str, list[float]] = {name: [] for name in ways}
    reads: dict[str, int] = {}
    for _ in range(repeat):
        for name, way in ways.items():
            times[name].append(timed(way, bench, reads, name))
    if naive:
        times["gspread"] = [timed(pull_sheet_by_sheet, bench, reads, "gspread")]
    return {name: (statistics.median(seconds), reads[name]) for name, seconds in times.items()}


def build_anew(folder: Path) -> int:
    """A build in which every sheet changed: nothing of the parse cache or the last output is left."""
    for kept in (*(folder / ".gdata").iterdir(), folder / "output"):
        if not kept.name.startswith("descriptors-"):
            shutil.rmtree(kept) if kept.is_dir() else kept.unlink(missing_ok=True)
    return run_command(folder, "build")


def timed(way: Callable[[Bench], int], bench: Bench, reads: dict[str, int], name: str) -> float:
    started = time.perf_counter()
    reads[name] = way(bench)
    return time.perf_counter() - started


def show(results: dict[str, tuple[float, int]], options: argparse.Namespace) -> None:
    floor, ours = results["floor"][0], results["gdata"][0]
    print(f"{SHEETS} sheets of {options.rows} rows in {SPREADSHEETS} spreadsheets, {options.latency:.2f} s a request")
    print(f"{'':12}{'seconds':>9}{'reads':>8}{'of floor':>10}{'gdata is':>14}")
    for name, (seconds, reads) in results.items():
        faster = f"{seconds / ours:.1f} x faster" if name == "gspread" else ""
        print(f"{name:12}{seconds:9.3f}{reads:8}{seconds / floor:9.2f}x{faster:>14}")
    limit = 1.3 * floor + 0.3
    for name in ("gdata", "gdata cold", "gdata pull"):
        verdict = "within" if results[name][0] <= limit else "over"
        print(f"{name} against 1.3 x floor + 0.3 s of start-up = {limit:.3f} s: {verdict}")
    if "gdata build" in results:
        seconds = results["gdata build"][0]
        print(
            f"gdata build against 2.5 x floor = {2.5 * floor:.3f} s: {'within' if seconds <= 2.5 * floor else 'over'}"
        )


if __name__ == "__main__":
    main()
