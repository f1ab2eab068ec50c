"""How far one value has to walk: through how many modules a build of two rows goes, and how the rooms are cut.

    python benchmarks/corridors.py              this tree
    python benchmarks/corridors.py v1.0 HEAD~9  and these commits beside it, each in a worktree of its own

`modules` ran at least one function of their own in a cold build of one csv sheet of two rows, without the diff;
`moves` are the pairs of modules of which one called the other, told apart by the function that was called. Files count
without `__init__.py`, and so do modules; a `lone` module has one customer, in its own package.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

TREE = Path(__file__).resolve().parent.parent
FILES = {
    "sheets.yaml": "version: 1\nspreadsheets: {s: {path: sheets, sheets: {Item: game.ItemTable}}}\n",
    "sheets/Item.csv": "id,name,price\n1,검,100\n2,방패,250\n",
    "protos/game.proto": (
        'syntax = "proto3";\npackage game;\nimport "gdata/options.proto";\n'
        "message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; }\n"
        "message ItemTable { repeated Item rows = 1; }\n"
    ),
}
TRACED = """
import sys, threading
root = sys.argv.pop(1)
modules, moves, names = set(), set(), {}
def module_of(code):
    if code not in names:
        path = code.co_filename
        names[code] = path if path.startswith(root) and not code.co_name.startswith(("<module", "<class")) else ""
    return names[code]
def trace(frame, event, _):
    if event != "call" or not (own := module_of(frame.f_code)) or not frame.f_code.co_flags & 2:
        return
    modules.add(own)
    back = frame.f_back
    while back is not None and not (caller := module_of(back.f_code)):
        back = back.f_back
    if back is not None and caller != own:
        moves.add((caller, own, frame.f_code.co_qualname))
from gdata.__main__ import main
sys.argv = ["gdata", "build", "-q"]
threading.setprofile(trace)
sys.setprofile(trace)
try:
    main()
except SystemExit as end:
    assert not end.code, end
finally:
    sys.setprofile(None)
    print(len(modules), len(moves), *sorted(modules), file=open("traced", "w"))
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("commits", nargs="*", help="to measure beside this tree")
    options.add_argument("--list", action="store_true", help="name this tree's modules of the build, and the lone ones")
    chosen = options.parse_args()
    rows = [("this tree", *figures(TREE, names=chosen.list))]
    for commit in chosen.commits:
        with tempfile.TemporaryDirectory(prefix="gdata-corridors-") as name:
            tree = Path(name, "tree")
            subprocess.run(["git", "-C", TREE, "worktree", "add", "-q", "--detach", tree, commit], check=True)
            try:
                rows.append((commit, *figures(tree)))
            finally:
                subprocess.run(["git", "-C", TREE, "worktree", "remove", "--force", tree], check=True)
    print(f"{'':20}{'modules':>9}{'moves':>9}{'files':>9}{'lines':>9}{'median a package':>19}{'lone':>7}")
    for name, modules, moves, files, lines, middle, lone in rows:
        print(f"{name:20}{modules:>9}{moves:>9}{files:>9}{lines:>9,}{middle:>19g}{lone:>7}")


def figures(tree: Path, *, names: bool = False) -> tuple[int, int, int, int, float, int]:
    """Modules and moves of the build, files, lines, modules a package, and lone ones."""
    modules, moves, *ran = trace(tree)
    paths = sorted((tree / "gdata").rglob("*.py"))
    sizes = Counter(path.parent for path in paths if path.name != "__init__.py" and path.parent != tree / "gdata")
    lone = lone_modules(tree, paths)
    if names:
        print(*(one.removeprefix(f"{tree}/") for one in ran), sep="\n")
        print("\nlone:", *(str(one.relative_to(tree)) for one in lone), sep="\n")
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
    return int(modules), int(moves), len(paths), lines, median(sizes.values()), len(lone)


def trace(tree: Path) -> list[str]:
    """How many modules and moves a build has, and the modules."""
    with tempfile.TemporaryDirectory(prefix="gdata-corridors-") as name:
        for path, text in FILES.items():
            Path(name, path).parent.mkdir(exist_ok=True)
            Path(name, path).write_text(text, encoding="utf-8")
        # The core would do the rows: what it leaves out is what people have to read.
        environment = os.environ | {"PYTHONPATH": str(tree), "GDATA_CORE": "0"}
        arguments = [sys.executable, "-c", TRACED, str(tree / "gdata")]
        subprocess.run(arguments, cwd=name, env=environment, check=True)
        return Path(name, "traced").read_text().split()


def lone_modules(tree: Path, paths: list[Path]) -> list[Path]:
    """Modules that one other imports, of the same package."""
    known = {str(path.relative_to(tree).with_suffix("")).replace("/", "."): path for path in paths}
    customers: defaultdict[str, set[str]] = defaultdict(set)
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for one in {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}:
                    if one in known and one != name:
                        customers[one].add(name)
    return [known[one] for one, by in customers.items() if len(by) == 1 and known[min(by)].parent == known[one].parent]


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads it (`| head`) has seen enough
        os._exit(0)
