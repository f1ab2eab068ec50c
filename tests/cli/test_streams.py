"""Where the output goes: to a reader who leaves, to a full disk, nowhere. The exit code tells the truth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import GDATA, run_gdata

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="written for a POSIX shell")


def in_shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = script.replace("gdata", str(GDATA))
    return subprocess.run(["bash", "-c", command], cwd=cwd, capture_output=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("how", ["--format csv", "--format json", "", "2>&1"])
def test_a_reader_who_leaves_is_no_error(built_game: Path, how: str) -> None:
    ran = in_shell(f"gdata show TextTable --limit 0 {how} | head -1; exit ${{PIPESTATUS[0]}}", built_game)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_build_is_finished_though_nobody_reads_of_it(game: Path) -> None:
    assert in_shell("gdata build 2>&1 | true; exit ${PIPESTATUS[0]}", game).returncode == 0
    run_gdata("verify", "output", cwd=game)


def test_without_any_stream_the_work_is_done(game: Path) -> None:
    assert in_shell("gdata build >&- 2>&-", game).returncode == 0
    run_gdata("verify", "output", cwd=game)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_output_is_the_world_outside(game: Path) -> None:
    ran = in_shell("gdata check --format json > /dev/full", game)
    assert ran.returncode == 3
    assert "can't be written" in ran.stderr and "bug" not in ran.stderr


def test_a_folder_that_is_gone_is_the_world_outside(tmp_path: Path) -> None:
    ran = in_shell("mkdir gone && cd gone && rmdir ../gone && gdata check --lang en", tmp_path)
    assert ran.returncode == 3
    assert ran.stderr.startswith("gdata: the folder that this terminal is in is gone\n  → go into it again")


def test_a_pipe_or_a_device_for_a_result_is_written_to_and_stays(built_game: Path) -> None:
    links = {"own": Path("/proc/self/fd/1"), "full": Path("/dev/full")}  # The devices themselves root would lose.
    for name, place in links.items():
        if not place.exists():
            pytest.skip(f"needs {place}")
        (built_game / name).symlink_to(place)
    script = """
        mkfifo pipe; echo before > log; timeout 200 cat pipe > through 2>&1 &
        gdata show --format json --output pipe && wait && gdata show --format json --output own >> log &&
        gdata stubs --output own | grep -q GameData && gdata show --format json --output full
    """
    ran = in_shell(script, built_game)
    assert ran.returncode == 3 and "full: can't be written" in ran.stderr
    told = (built_game / "through").read_text()
    assert told.startswith("{") and (built_game / "log").read_text() == f"before\n{told}"
    assert (built_game / "pipe").is_fifo() and all((built_game / name).is_symlink() for name in links)
