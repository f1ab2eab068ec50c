"""Every command dies, fails and loses power at each of its calls that change the disk; what is left must be whole.

`python tests/campaigns/crash_points.py --seconds 120` tries points in another order each run and tells what it found;
it needs Linux and gcc. A point is a command, what happens, and at which of its calls: build publish-7-kill.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIM = Path(__file__).with_name("crash_shim.c")
MODES = {"kill": 1, "fail": 2, "power": 3}
COMMANDS: dict[str, tuple[str, ...]] = {
    "build": ("build", "-q"),
    "publish": ("publish", "--yes", "-q"),
    "promote": ("promote", "dev", "staging", "--yes", "-q"),
    "rollback": ("rollback", "--yes", "-q"),
    "prune": ("prune", "--keep", "1", "--yes"),
    "fetch": ("fetch", "dev", "--target", "server", "--into", "fetched"),
    "repair": ("repair",),
    "scaffold": ("scaffold", "--yes", "-q"),
}
_KILLED = -9


@dataclass(frozen=True)
class Point:
    """Where a command is hit, and how."""

    command: str
    mode: str
    at: int

    def __str__(self) -> str:
        return f"{self.command}-{self.at}-{self.mode}"


@dataclass
class Outcome:
    """What a campaign found: by command and mode, how many points were tried; violations by point."""

    tried: dict[tuple[str, str], int]
    points: dict[str, int]
    violations: dict[str, str]


class Project:
    """A small project as each command finds it: folders to be copied, and what may stand in them afterwards."""

    def __init__(self, folder: Path, shim: ctypes.CDLL) -> None:
        self.folder = folder
        self.shim = shim
        self.starts: dict[str, Path] = {}
        self.written: dict[str, dict[str, str]] = {}
        """What people have of a command that nobody disturbs: .proto files and sheets.yaml."""
        self._prepare()

    def _prepare(self) -> None:
        from gdata.scaffold.starting import start_project

        work = self.folder / "work"
        start_project(work)
        for price, moves in ((121, ("dev",)), (122, ("dev", "staging")), (123, ("dev",))):
            self.edit(work, price)
            self.must(work, "build", "-q")
            for channel in moves:
                self.must(work, "publish", "--yes", "-q", "--channel", channel)
        self.must(work, "fetch", "staging", "--target", "server", "--into", "fetched")
        self.keep("promote", work)
        self.keep("rollback", work)
        self.keep("fetch", work)
        self.keep("prune", work)
        old = time.time() - 30 * 86_400
        for path in (self.starts["prune"] / "releases").rglob("*"):
            os.utime(path, (old, old))
        self.keep("repair", work)
        blob = max((self.starts["repair"] / "releases" / "blobs").rglob("*"), key=lambda one: one.stat().st_size)
        (blob if blob.is_file() else next(path for path in blob.iterdir())).write_bytes(b"damaged")
        self.edit(work, 124)
        self.keep("build", work)
        self.must(work, "build", "-q")
        self.keep("publish", work)
        (work / "sheets" / "Pet.csv").write_text("id,name\n1,Cat\n2,Dog\n3,Owl\n", encoding="utf-8")
        for name in ("Item", "Shop"):
            path = work / "sheets" / f"{name}.csv"
            first, *rows = path.read_text(encoding="utf-8").splitlines()
            path.write_text("\n".join([f"{first},weight", *(f"{row},5" for row in rows), ""]), encoding="utf-8")
        self.keep("scaffold", work)

    def keep(self, command: str, work: Path) -> None:
        self.starts[command] = self.folder / f"start-{command}"
        shutil.copytree(work, self.starts[command], symlinks=True)

    @staticmethod
    def edit(work: Path, price: int) -> None:
        path = work / "sheets" / "Shop.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        cells = lines[1].split(",")
        cells[2] = str(price)
        path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:], ""]), encoding="utf-8")

    def must(self, work: Path, *arguments: str) -> None:
        """Run gdata in this very process: those that are forked later have all that it imports."""
        from gdata.cli.main import run

        said = io.StringIO()
        os.chdir(work)
        with redirect_stdout(said), redirect_stderr(said):
            code = run(list(arguments))
        assert code == 0, f"{' '.join(arguments)}: exit {code}: {said.getvalue()}"

    def run(self, work: Path, arguments: Sequence[str], mode: int = 0, at: int = -1) -> tuple[int, str]:
        """Run gdata in a process of its own that is hit at its call number `at`; its exit code, and what it said."""
        said = work.parent / f"{work.name}.said"
        child = os.fork()
        if child == 0:
            code = 71
            try:
                os.chdir(work)
                with said.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
                    from gdata.cli.main import run

                    self.shim.crash_arm(str(work).encode(), mode, at, errno.ENOSPC)
                    code = run(list(arguments))
                    calls = self.shim.crash_calls()
                    self.shim.crash_arm(b"", 0, -1, 0)
                (work.parent / f"{work.name}.calls").write_text(str(calls))
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.read_text(encoding="utf-8")

    def calls_of(self, command: str) -> int:
        """How many calls of a command change the disk."""
        work = self.copy(command, "count")
        code, said = self.run(work, COMMANDS[command])
        assert code == 0, f"{command}: exit {code}: {said}"
        calls = int((work.parent / f"{work.name}.calls").read_text())
        self.written[command] = written_for_people(work)
        shutil.rmtree(work)
        return calls

    def copy(self, command: str, name: str) -> Path:
        work = self.folder / f"{command}-{name}"
        shutil.copytree(self.starts[command], work, symlinks=True)
        return work


def check_point(project: Project, point: Point) -> str:
    """What is wrong after a command was hit; "" where nothing is."""
    work = project.copy(point.command, f"{point.mode}-{point.at}")
    try:
        code, said = project.run(work, COMMANDS[point.command], MODES[point.mode], point.at)
        wrong = list(_wrong(work, point, code, said))
        again, said = project.run(work, COMMANDS[point.command])
        if again != 0:
            wrong.append(f"run again it ends with {again}: {said.strip()[-300:]}")
        wrong += _wrong_state(work)
        wrong += [
            f"{name} isn't what it is undisturbed"
            for name, _ in written_for_people(work).items() ^ project.written[point.command].items()
        ]
        return "; ".join(wrong)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def written_for_people(work: Path) -> dict[str, str]:
    """The files of a project that people write and scaffold adds to."""
    files = [work / "sheets.yaml", *work.rglob("*.proto")]
    return {path.relative_to(work).as_posix(): path.read_text(encoding="utf-8") for path in files}


def _wrong(work: Path, point: Point, code: int, said: str) -> Iterator[str]:
    if code == 70 or "Traceback" in said:
        yield f"exit {code}: {said.strip()[-300:]}"
    if point.mode != "fail" and code not in (_KILLED, 0):
        yield f"it lived, and ended with {code}: {said.strip()[-300:]}"
    if point.command != "repair":
        yield from _wrong_state(work)


def _wrong_state(work: Path) -> list[str]:
    """What isn't whole in a project: bundles, what they were made from, channels."""
    from gdata.bundles.reader import open_bundle
    from gdata.errors import GdataError
    from gdata.pipeline.kept.state import load_build
    from gdata.releases.reader import bundles_of
    from gdata.releases.stores import open_store

    wrong = []

    def holds(what: str, look: Any) -> None:
        try:
            if look() is None:
                wrong.append(f"{what}: gone")
        except (GdataError, OSError, ValueError) as error:
            wrong.append(f"{what}: {error}")

    folders = [path.parent for path in sorted(work.glob("output/*/manifest.json"))]
    for folder in [*folders, work / "fetched"]:
        holds(folder.name, lambda folder=folder: open_bundle(folder).verify() or "whole")
    for build in {open_bundle(folder).manifest.build for folder in folders}:
        holds(f"what {build[:8]} was made from", lambda build=build: load_build(work / ".gdata", build).snapshot)
    store = open_store(str(work / "releases"))
    for channel in ("dev", "staging"):
        for bundle in bundles_of(store, channel).bundles.values():
            holds(channel, lambda bundle=bundle: bundle.verify() or "whole")
    return wrong


def run_campaign(folder: Path, seconds: float, *, seed: int | None = None, only: Sequence[str] = ()) -> Outcome:
    """Try points of all commands, or of some, until there is no time left."""
    shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
    project = Project(folder, shim)
    outcome = Outcome({}, {command: project.calls_of(command) for command in only or COMMANDS}, {})
    points = [
        Point(command, mode, at) for command, calls in outcome.points.items() for at in range(calls) for mode in MODES
    ]
    random.Random(seed).shuffle(points)
    end = time.monotonic() + seconds
    for point in points:
        if time.monotonic() > end:
            break
        if wrong := check_point(project, point):
            outcome.violations[str(point)] = wrong
        key = point.command, point.mode
        outcome.tried[key] = outcome.tried.get(key, 0) + 1
    return outcome


def compile_shim(folder: Path) -> Path:
    """The shim as a library."""
    library = folder / "crash_shim.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SHIM), "-ldl", "-lpthread"], check=True)
    return library


def main() -> None:
    """Start once more under the shim, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", action="append", default=[], choices=list(COMMANDS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gdata-crash-") as name:
        if "crash_shim" not in os.environ.get("LD_PRELOAD", ""):
            environment = {**os.environ, "LD_PRELOAD": str(compile_shim(Path(name)))}
            sys.exit(subprocess.run([sys.executable, *sys.argv], env=environment, check=False).returncode)
        outcome = run_campaign(Path(name), options.seconds, seed=options.seed, only=options.only)
    print(f"{'command':10} {'calls':>6} " + " ".join(f"{mode:>6}" for mode in MODES))
    for command, calls in outcome.points.items():
        print(f"{command:10} {calls:6} " + " ".join(f"{outcome.tried.get((command, mode), 0):6}" for mode in MODES))
    for point, wrong in sorted(outcome.violations.items()):
        print(f"{point}: {wrong}")
    print(f"{sum(outcome.tried.values())} points tried, {len(outcome.violations)} violations")
    sys.exit(1 if outcome.violations else 0)


if __name__ == "__main__":
    main()
