"""All that the speed of gdata is held to, beside another commit, in turn: CPU, wall and memory of whole processes.

    git worktree add ../base 1b5ee25
    python benchmarks/limits.py ../base                     every row: under 10 minutes on two free cores
    python benchmarks/limits.py ../base --only csv xlsx     some rows
    python benchmarks/limits.py ../base --small --rounds 1  whether it works

Compile the core first (`python hatch_build.py`); `off` is this tree with GDATA_CORE=0. CPU is that of a command and its
children, memory that of its largest process; each figure is the least of the rounds, then the median. Each tree has its
own copy of a project, and all must build the same bundles. `boot` verifies all hashes and looks one row up, `imports`
are the seconds that -X importtime counts, `floor` and `naive` are what there is to compare with: the least that has to
be asked of Google, and the csv module with a message for each row.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path

import pull
import scaffold
from parse_data import make_project

from gdata._core import core

TREE = Path(__file__).parent.parent
GDATA = "import sys; from gdata.{module} import main; sys.exit(main())"
BOOT = """
import time, json, gdata.runtime, google.protobuf.descriptor_pb2, google.protobuf.message_factory
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
  RULE
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
RULE = 'option (buf.validate.message).cel = {id: "gold", message: "too little", expression: "this.gold >= this.id"};'


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float
    memory: float
    """MiB of the largest process."""
    printed: bytes = b""


@dataclass(frozen=True)
class Tree:
    path: Path
    folder: Path
    """Where its projects lie."""
    variables: Mapping[str, str]

    def run(self, workload: Workload) -> Cost:
        """One run in its project, from the state that the workload begins in."""
        project = self.folder / workload.project
        workload.prepare(project)
        module = "__main__" if (self.path / "gdata" / "__main__.py").exists() else "cli.main"
        more = ("--verify",) if workload.is_read and module == "__main__" else ()
        flags = ("-X", "importtime") if workload.of_imports else ()
        program = workload.program or GDATA.format(module=module)
        cost = run(
            [sys.executable, *flags, "-c", program, *workload.command, *more], project, self._variables(workload)
        )
        if workload.program:
            cpu, wall = json.loads(cost.printed)
            return replace(cost, cpu=cpu, wall=wall)
        return cost

    def _variables(self, workload: Workload) -> dict[str, str]:
        return {"PYTHONPATH": str(self.path), **self.variables, **workload.variables}


def run(command: list[str], folder: Path, variables: Mapping[str, str]) -> Cost:
    """Run a program to its end; with -X importtime its seconds are those."""
    # Without its compiled files a tree would be measured by how much source it has.
    left_out = ("CI", "PYTHONDONTWRITEBYTECODE")
    environment = {**{name: value for name, value in os.environ.items() if name not in left_out}, **variables}
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        errors.seek(0)
        told = errors.read().decode(errors="replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed in {folder}: {told}")
    cpu = used.ru_utime + used.ru_stime
    if "importtime" in command:
        cpu = wall = sum(map(int, re.findall(r"^import time:\s+(\d+) \|", told, re.MULTILINE))) / 1e6
    return Cost(cpu, wall, used.ru_maxrss / 1024, printed)


def keep(_: Path) -> None:
    """A project as the last run left it."""


def anew(project: Path) -> None:
    """A project in which every sheet is new; its schemas are compiled."""
    for kept in (project / "output", *(project / ".gdata").glob("*")):
        if not kept.name.startswith(("descriptors-", "validate")):
            shutil.rmtree(kept, ignore_errors=True) if kept.is_dir() else kept.unlink(missing_ok=True)


def unpublished(project: Path) -> None:
    """A project without a release."""
    shutil.rmtree(project / "releases", ignore_errors=True)


def unscaffolded(project: Path) -> None:
    """Sheets alone."""
    for name in ("protos", ".gdata"):
        shutil.rmtree(project / name, ignore_errors=True)
    (project / "sheets.yaml").unlink(missing_ok=True)


def published_once(project: Path) -> None:
    """A project whose release is the one before its build."""
    unpublished(project)
    shutil.copytree(project / "first", project / "releases")


@dataclass(frozen=True)
class Workload:
    project: str
    command: tuple[str, ...]
    prepare: Callable[[Path], None] = keep
    aim: str = ""
    program: str = ""
    """In place of the command."""
    most: int = 99
    """Rounds, where the base takes a minute for one."""
    with_off: bool = False
    """Also without the core."""
    beside: str = ""
    """What else is measured in turn."""
    is_read: bool = False
    """With --verify, where there is one."""
    of_imports: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


BUILD = ("build", "--quiet", "--format", "json")
CI = {"CI": "true"}
WORKLOADS = {
    "google": Workload("google", BUILD, anew, "wall 2.0 × floor, then 1.5", most=3, with_off=True, beside="floor"),
    "csv": Workload("csv", BUILD, anew, "wall 0.10 × naive, then 0.07", with_off=True, beside="naive"),
    "quoted csv": Workload("quoted", BUILD, anew, most=3, with_off=True),
    "xlsx": Workload("xlsx", BUILD, anew, "CPU 0.3", most=3, with_off=True),
    "large": Workload("large", BUILD, anew, "150 MiB", most=1, with_off=True),
    "nothing new": Workload("csv", ("build",), aim="wall 0.3"),
    "all read": Workload("csv", ("build",), is_read=True),
    "in CI": Workload("csv", ("build",), variables=CI, with_off=True),
    "imports": Workload("csv", ("build", "--quiet"), of_imports=True, aim="0.5"),
    "imports in CI": Workload("csv", ("build", "--quiet"), of_imports=True, variables=CI),
    "100 sheets": Workload("hundred", ("build",)),
    "1,200 sheets": Workload("many", ("build",), aim="CPU 6 × that of 100 sheets beyond start-up", most=2),
    "check": Workload("checked", ("check",), anew, "CPU 0.35", most=3),
    "check, CEL": Workload("cel", ("check",), anew, most=1),
    "diff": Workload("changed", ("diff",), published_once, "CPU 2 × read and hash, base 4.2", most=3),
    "publish": Workload("large", ("publish", "--yes"), unpublished, "wall 0.5", most=3),
    "publish again": Workload("changed", ("publish", "--yes"), published_once, most=3),
    "boot": Workload("large", (), program=BOOT.format(eager=False), aim="CPU 0.15"),
    "boot, eager": Workload("large", (), program=BOOT.format(eager=True), aim="CPU 1"),
    "scaffold": Workload("scaffold", ("scaffold", "sheets", "--quiet"), unscaffolded, "CPU 0.35", most=1),
    "--help": Workload("csv", ("--help",)),
    "--version": Workload("csv", ("--version",)),
    "show": Workload("csv", ("show", "Table0", "77")),
    "completion": Workload(
        "csv", (), variables={"_GDATA_COMPLETE": "bash_complete", "COMP_WORDS": "gdata bu", "COMP_CWORD": "1"}
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base", type=Path, help="the other tree")
    options.add_argument("--rounds", type=int, default=5, help="at most; rows that take long have fewer")
    options.add_argument("--only", choices=WORKLOADS, nargs="*", default=list(WORKLOADS), metavar="ROW")
    options.add_argument("--small", action="store_true", help="a hundredth of all rows and sheets")
    options.add_argument("--folder", type=Path, help="where projects are made: 4 GB")
    chosen = options.parse_args()
    if core() is None:
        sys.exit("the core isn't built, or of other sources: python hatch_build.py")
    print(f"{'':20}{'CPU s':>16}{'wall s':>16}{'MiB':>7}   of the base's CPU, wall, memory")
    if chosen.folder is not None:
        chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gdata-limits-", dir=chosen.folder) as scratch:
        trees = {
            "base": Tree(chosen.base.resolve(), Path(scratch, "base"), {}),
            "this": Tree(TREE, Path(scratch, "this"), {}),
            "off": Tree(TREE, Path(scratch, "off"), {"GDATA_CORE": "0"}),
        }
        made: dict[str, Mapping[str, Callable[[], Cost]]] = {}
        for name in chosen.only:
            project = WORKLOADS[name].project
            if project not in made:
                those = {label: tree for label, tree in trees.items() if label != "off" or needs_off(project)}
                made[project] = make(project, those, 0.01 if chosen.small else 1)
            measure(name, trees, made[project], chosen.rounds)


def needs_off(project: str) -> bool:
    return any(one.with_off for one in WORKLOADS.values() if one.project == project)


def make(project: str, trees: Mapping[str, Tree], size: float) -> Mapping[str, Callable[[], Cost]]:
    """Make a project, build it with each tree in a copy of its own; what else there is to measure in it."""
    first = trees["base"].folder / project
    first.parent.mkdir(parents=True, exist_ok=True)
    rows, few, sheets = int(1_000_000 * size), max(int(10_000 * size), 200), max(int(116 * size), 3)
    beside: dict[str, Callable[[], Cost]] = {}
    if project in ("checked", "cel"):
        aside(make_checked, first, rows, RULE if project == "cel" else "")
    elif project == "scaffold":
        aside(scaffold.write_sheets, first / "sheets", sheets, max(int(4_000 * size), 20))
    elif project == "google":
        beside["floor"] = make_google(first, max(int(4_000 * size), 20))
    else:
        counts = {"many": (int(1_200 * size), 20), "hundred": (100, 20), "large": (1, rows), "changed": (1, rows)}
        kind = project if project in ("quoted", "xlsx") else "csv"
        aside(make_project, first, *counts.get(project, (20, few)), kind)
    for name, tree in trees.items():
        folder = tree.folder / project
        if name != "base":
            shutil.copytree(first, folder, ignore=shutil.ignore_patterns(".gdata", "output", "releases", "first"))
        if project not in ("scaffold", "checked", "cel"):
            tree.run(Workload(project, BUILD))
        if project == "changed":
            tree.run(Workload(project, ("publish", "--yes")))
            (folder / "releases").rename(folder / "first")
            aside(change_rows, folder / "sheets/Table0.csv")
            tree.run(Workload(project, BUILD))
    naive = [sys.executable, str(Path(__file__).with_name("parse_naive.py")), str(trees["this"].folder / project)]
    return {**beside, "naive": lambda: run(naive, first, {"PYTHONPATH": str(TREE)})}


def aside(work: Callable[..., object], *arguments: object) -> None:
    """In a process of its own: what this one has in memory counts as its children's, for they begin as copies."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    assert not process.exitcode, f"{work} failed"


def make_google(folder: Path, rows: int) -> Callable[[], Cost]:
    """A project of Google's sheets, those of an emulator in another process; the least that has to be asked of it."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = multiprocessing.Pipe()
    spawn.Process(target=pull.serve, args=(theirs, rows, 0.12), daemon=True).start()
    bench = pull.Bench(*ours.recv())
    ours.send("go")
    asking, asked = multiprocessing.Pipe()
    spawn.Process(target=ask_floor, args=(asked, bench), daemon=True).start()
    asking.recv()  # The emulator renders its answers once.
    ours.send("measure")
    ours.recv()
    folder.mkdir()
    pull.make_project(folder, bench)

    def floor() -> Cost:
        asking.send("again")
        cost: Cost = asking.recv()
        return cost

    return floor


def ask_floor(pipe: Connection, bench: pull.Bench) -> None:
    """Ask for everything, in a process of its own, each time that it is told to, and say what it cost."""
    with suppress(EOFError):
        while True:
            cpu, wall = time.process_time(), time.perf_counter()
            pull.pull_floor(bench)
            pipe.send(Cost(time.process_time() - cpu, time.perf_counter() - wall, 0))
            pipe.recv()


def make_checked(folder: Path, rows: int, rule: str) -> None:
    for name in ("protos", "sheets"):
        (folder / name).mkdir(parents=True)
    (folder / "protos/game.proto").write_text(CHECKED.replace("RULE", rule))
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


def measure(name: str, trees: Mapping[str, Tree], beside: Mapping[str, Callable[[], Cost]], rounds: int) -> None:
    """Run all in turn and print a line for each; the first turn, which compiles things, doesn't count."""
    workload = WORKLOADS[name]
    sides: dict[str, Callable[[], Cost]] = {}
    for label, tree in trees.items():
        if label != "off" or workload.with_off:
            sides[label] = lambda tree=tree: tree.run(workload)  # type: ignore[misc]
    if workload.beside:
        sides[workload.beside] = beside[workload.beside]
    costs: dict[str, list[Cost]] = {label: [] for label in sides}
    unmeasured = 0 if workload.most == 1 else 1
    for turn in range(min(rounds, workload.most) + unmeasured):
        for label, side in sides.items():
            cost = side()
            if turn >= unmeasured:
                costs[label].append(cost)
    if workload.command == BUILD:
        builds = {json.loads(cost.printed)["build"] for label in trees if label in costs for cost in costs[label]}
        assert len(builds) == 1, f"the trees build different bundles: {builds}"
    for label, own in costs.items():
        show(name, label, own, costs, workload)


def show(name: str, label: str, own: list[Cost], costs: Mapping[str, list[Cost]], workload: Workload) -> None:
    cpu, wall, memory = [one.cpu for one in own], [one.wall for one in own], max(one.memory for one in own)
    least = {other: min(one.wall for one in found) for other, found in costs.items()}
    base = costs["base"]
    ratios = [min(cpu) / min(one.cpu for one in base), min(wall) / least["base"]]
    ratios.append(memory / max(one.memory for one in base))
    more = ""
    if workload.beside and label != workload.beside:
        more = f"  wall {min(wall) / least[workload.beside]:.2f} × {workload.beside}"
    if label == "this" and workload.aim:
        more += f"  (aim: {workload.aim})"
    print(
        f"{name} {label:<{19 - len(name)}}{min(cpu):>8.3f}{statistics.median(cpu):>8.3f}"
        f"{min(wall):>8.3f}{statistics.median(wall):>8.3f}{memory:>7.0f}   "
        + "  ".join(f"{ratio:.2f}" for ratio in ratios)
        + more,
        flush=True,
    )


if __name__ == "__main__":
    main()
