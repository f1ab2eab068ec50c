"""The core under address and undefined-behaviour sanitizers, over inputs made at random."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import ROOT

INPUTS = 1_000_000

CORE = ROOT / "gdata" / "_core"
COMPILER = shutil.which("gcc") or shutil.which("clang")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if COMPILER is None:
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("core") / "driver"
    sources = [
        str(Path(__file__).with_name("driver.c")),
        *sorted(str(path) for path in CORE.glob("*.c") if path.name != "module.c"),  # that one is Python's
    ]
    flags = ["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *SANITIZERS, f"-I{CORE}"]
    done = subprocess.run([COMPILER, *flags, *sources, "-o", str(program)], capture_output=True, text=True, check=False)
    if "cannot find" in done.stderr:
        pytest.skip("the compiler has no sanitizers")
    assert done.returncode == 0, done.stderr
    return program


def _run(driver: Path, seed: int, count: int) -> None:
    done = subprocess.run([str(driver), str(seed), str(count)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-4000:]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_inputs_made_at_random(driver: Path, part: int) -> None:
    _run(driver, part + 1, INPUTS // 10)
