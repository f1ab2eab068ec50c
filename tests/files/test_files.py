import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from waiting import LONGEST

from gdata.errors import OutputError
from gdata.files import project_lock, write_atomically, writing


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.bin"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]


def test_the_umask_holds(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_folder_in_the_way_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken: can't be written") as caught:
        write_atomically(tmp_path / "taken", b"x")
    assert "folder stands where a file is needed" in caught.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="can't be written"):
        write_atomically(tmp_path / "file" / "inner", b"x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_says_so() -> None:
    with pytest.raises(OutputError) as caught, writing(Path("out")), Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")
    assert "the disk is full" in caught.value.hint


def test_unknown_errors_keep_their_words() -> None:
    with pytest.raises(OutputError, match="out: can't be written: Bad thing"), writing(Path("out")):
        raise OSError(errno.EIO, "Bad thing")


HOLD = """
import sys
from pathlib import Path
from gdata.files import project_lock
with project_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline().strip() == b"held"
    return process


def test_a_second_process_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with hold(tmp_path / "lock") as process:
        words = rf"another gdata \(process {process.pid}\)"
        with pytest.raises(OutputError, match=words), project_lock(tmp_path / "lock", timeout=0):
            pass
        process.kill()


def test_waiting_says_so_once_and_goes_on_when_the_holder_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    with hold(tmp_path / "lock") as process:

        def waited(sentence: str) -> None:
            said.append(sentence)
            threading.Timer(0.3, process.kill).start()

        with project_lock(tmp_path / "lock", on_wait=waited, timeout=LONGEST):
            pass
    assert said == [f"another gdata (process {process.pid}) works on this project; waiting until it is done"]


def test_the_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with project_lock(tmp_path / "lock", timeout=0):
            pass


def test_two_threads_exclude_each_other(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with project_lock(lock), pytest.raises(OutputError), project_lock(lock, timeout=0):
        pass
