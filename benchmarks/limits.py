"""What isn't a build's parsing, beside another commit, in turn: nothing changed, boot, publish, diff, check.

    git worktree add ../base 1b5ee25
    python benchmarks/limits.py ../base [--rounds 5] [--rows 1000000] [--only boot]

Each tree has its own copy of the project. CPU is that of a command and its children, memory that of its largest
process. `boot` loads the large table, hashes verified, and looks one row up; import times aren't counted in it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from parse_data import make_project

TREE = Path(__file__).parent.parent
GDATA = "import sys; from gdata.{module} import main; sys.exit(main())"
BOOT = """
import time, json, gdata.runtime.loading, google.protobuf.descriptor_pb2, google.protobuf.message_factory
cpu, wall = time.process_time(), time.perf_counter()
data = gdata.load("output/server", eager={eager})
table = data[next(iter(data))]
table[777]
print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall]))
"""
CHECKED = """syntax = "proto3"; package game;
import "gdata/options.proto"; import "buf/validate/validate.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message ItemTable { repeated Item rows = 1; }
message Npc { string id = 1 [(gdata.field).key = true]; string name = 2; }
message NpcTable { repeated Npc rows = 1; }
message Quest {
  int32 id = 1 [(gdata.field).key = true, (buf.validate.field).int32.gt = 0];
  string name = 2 [(buf.validate.field).string = {min_len: 1, max_len: 64}];
  int32 item_id = 3 [(gdata.field).ref = {table: "ItemTable"}];
  string npc = 4 [(gdata.field).ref = {table: "NpcTable"}];
  int32 level = 5 [(buf.validate.field).int32 = {gte: 1, lte: 100}];
  int64 gold = 6 [(buf.validate.field).int64.gte = 0];
  float rate = 7 [(buf.validate.field).float = {gte: 0, lte: 1}];
  string icon = 8 [(buf.validate.field).string.max_len = 40];
}
message QuestTable { repeated Quest rows = 1; }
"""


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float
    memory: float
    """MiB of the largest process."""


@dataclass(frozen=True)
class Tree:
    path: Path
    folder: Path
    """Where its projects lie."""

    def run(self, project: str, *arguments: str, program: str = "") -> Cost:
        module = "__main__" if (self.path / "gdata" / "__main__.py").exists() else "cli.main"
        command = [sys.executable, "-c", program or GDATA.format(module=module), *arguments]
        # Without its compiled files a tree would be measured by how much source it has.
        left_out = ("CI", "PYTHONDONTWRITEBYTECODE")
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        environment["PYTHONPATH"] = str(self.path)
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=self.folder / project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{arguments or 'boot'} failed in {self.folder / project}: {process.returncode}")
        cpu, wall = used.ru_utime + used.ru_stime, time.perf_counter() - started
        if program:
            cpu, wall = json.loads(printed)
        return Cost(cpu, wall, used.ru_maxrss / 1024)


def make_checked(folder: Path, rows: int) -> None:
    for name in ("protos", "sheets"):
        (folder / name).mkdir(parents=True)
    (folder / "protos/game.proto").write_text(CHECKED)
    sheets = "{Item: game.ItemTable, Npc: game.NpcTable, Quest: game.QuestTable}"
    (folder / "sheets.yaml").write_text(f"version: 1\nspreadsheets: {{all: {{path: sheets, sheets: {sheets}}}}}\n")
    (folder / "sheets/Item.csv").write_text("id,name\n" + "".join(f"{one},Item {one}\n" for one in range(1, 20_001)))
    (folder / "sheets/Npc.csv").write_text("id,name\n" + "".join(f"npc_{one},Npc {one}\n" for one in range(1, 5_001)))
    quests = (
        f"{one},Quest {one},{one % 20_000 + 1},npc_{one % 5_000 + 1},{one % 100 + 1},{one * 7},"
        f"{one % 8 / 8},i{one % 300}\n"
        for one in range(1, rows + 1)
    )
    (folder / "sheets/Quest.csv").write_text("id,name,item_id,npc,level,gold,rate,icon\n" + "".join(quests))


def change_rows(path: Path, step: int = 1_000) -> None:
    """Change a number in every so many rows."""
    lines = path.read_text().splitlines(keepends=True)
    for at in range(1, len(lines), step):
        cells = lines[at].split(",")
        lines[at] = ",".join([cells[0], str(int(cells[1]) + 1), *cells[2:]])
    path.write_text("".join(lines))


def without(*names: str) -> Callable[[Path], None]:
    def remove(project: Path) -> None:
        for name in names:
            shutil.rmtree(project / name, ignore_errors=True)

    return remove


KEEP = without()
WORKLOADS: dict[str, tuple[str, Callable[[Path], None], tuple[str, ...], str]] = {
    "nothing new, 20 sheets": ("csv", KEEP, ("build",), ""),
    "the same, all read": ("csv", KEEP, ("build",), ""),
    "nothing new, 100 sheets": ("hundred", KEEP, ("build",), ""),
    "nothing new, 1,200 sheets": ("many", KEEP, ("build",), ""),
    "boot": ("large", KEEP, (), BOOT.format(eager=False)),
    "boot, eager": ("large", KEEP, (), BOOT.format(eager=True)),
    "publish": ("large", without("releases"), ("publish", "--yes"), ""),
    "diff, 1,000 rows": ("changed", KEEP, ("diff",), ""),
    "check": ("checked", without(".gdata"), ("check",), ""),
}
"""The project, what is removed before each run, the command, or the program in its place."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base", type=Path, help="the other tree")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--rows", type=int, default=1_000_000, help="of the large tables")
    options.add_argument("--only", choices=WORKLOADS)
    chosen = options.parse_args()
    names = [chosen.only] if chosen.only else list(WORKLOADS)
    with tempfile.TemporaryDirectory(prefix="gdata-limits-") as scratch:
        trees = [Tree(chosen.base.resolve(), Path(scratch, "base")), Tree(TREE, Path(scratch, "this"))]
        for project in dict.fromkeys(WORKLOADS[name][0] for name in names):
            for tree in trees:
                make(tree.folder / project, project, chosen.rows)
                if project != "checked":
                    tree.run(project, "build")
                if project == "changed":
                    tree.run(project, "publish", "--yes")
                    change_rows(tree.folder / project / "sheets/Table0.csv")
                    tree.run(project, "build")
        print(f"{'':26}{'CPU s':>16}{'wall s':>16}{'MiB':>7}   of the base's CPU, wall, memory")
        for name in names:
            measure(name, trees, chosen.rounds)


def make(folder: Path, project: str, rows: int) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if project == "checked":
        make_checked(folder, rows)
        return
    sheets = {"changed": (1, rows), "csv": (20, 10_000), "hundred": (100, 20), "many": (1_200, 20), "large": (1, rows)}
    make_project(folder, *sheets[project], "csv")


def measure(name: str, trees: list[Tree], rounds: int) -> None:
    project, prepare, arguments, program = WORKLOADS[name]
    costs: list[list[Cost]] = [[] for _ in trees]
    for turn in range(rounds + 1):
        for tree, own in zip(trees, costs, strict=True):
            prepare(tree.folder / project)
            verify = ("--verify",) if name == "the same, all read" and tree.path == TREE else ()
            cost = tree.run(project, *arguments, *verify, program=program)
            if turn:
                own.append(cost)
    base = costs[0]
    for label, own in zip(("base", "this"), costs, strict=True):
        cpu, wall, memory = [one.cpu for one in own], [one.wall for one in own], max(one.memory for one in own)
        ratios = [min(cpu) / min(one.cpu for one in base), min(wall) / min(one.wall for one in base)]
        ratios.append(memory / max(one.memory for one in base))
        print(
            f"{name} {label:<{25 - len(name)}}{min(cpu):>8.3f}{statistics.median(cpu):>8.3f}"
            f"{min(wall):>8.3f}{statistics.median(wall):>8.3f}{memory:>7.0f}   "
            + "  ".join(f"{ratio:.2f}" for ratio in ratios),
            flush=True,
        )


if __name__ == "__main__":
    main()
