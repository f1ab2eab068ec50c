"""A publisher that dies at any instant leaves every channel whole; so does a fetch its folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from released_game import build, release, rollback, store_at

from gdata.bundles.reader import open_bundle
from gdata.releases.fetch import fetch
from gdata.releases.keeping.prune import original_name, plan_prune, prune
from gdata.releases.keeping.verify import verify_store
from gdata.releases.log import newest_entry
from gdata.releases.move import Parts
from gdata.releases.reader import bundles_of
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

PARTS = Parts(b"protos", b"snapshot", {"tool": "gdata"}, {"rows_changed": 1})
CHANGES = frozenset({"open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.truncate", "os.utime"})


def die_at_operation(folder: Path, last: int) -> None:
    """Let this process die before its file-system operation number `last` under `folder`."""
    left = last

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in CHANGES and isinstance(arguments[0], (str, os.PathLike)) and str(folder) in os.fspath(arguments[0]):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(count)


def die_at_line(_: Path, last: int) -> None:
    """Let this process die at its line number `last` of those that releases and gdata.files run."""
    left = last

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if event == "call":
            path = frame.f_code.co_filename
            return count if "/gdata/releases/" in path or path.endswith("/gdata/files.py") else None
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return count

    sys.settrace(count)


def run_mortal(work: Callable[[], object], arm: Callable[[], None]) -> bool:
    """Do the work in a process of its own that is armed to die; whether it lived."""
    child = os.fork()
    if child == 0:
        try:
            arm()
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == 0


def die_everywhere(
    folder: Path, work: Callable[[Path], object], check: Callable[[Path], None], arm: Callable[[Path, int], None]
) -> int:
    """Do the work on copies of `folder`, dying one step later each time; gives back how many steps there were."""
    steps = 0
    while True:
        copy = folder.with_name(f"{folder.name}-{steps}")
        shutil.copytree(folder, copy)
        lived = run_mortal(lambda copy=copy: work(copy), lambda copy=copy, steps=steps: arm(copy, steps))
        check(copy)
        shutil.rmtree(copy)
        if lived:
            return steps
        steps += 1


def campaign(tmp_path: Path, arm: Callable[[Path, int], None]) -> int:
    """A publisher dies everywhere in the second publish of live; dev stands by."""
    folder = tmp_path / "game"
    store = store_at(folder)
    first, second = build(tmp_path, 100), build(tmp_path, 200)
    release(store, first, parts=PARTS)
    release(store, first, "dev", parts=PARTS)
    builds = {bundles["server"].manifest.build for bundles in (first, second)}
    seen = set()

    def check(copy: Path) -> None:
        left = store_at(copy)
        for channel in ("live", "dev"):
            published = bundles_of(left, channel)
            for bundle in published.bundles.values():
                bundle.verify()
            assert published.build in builds
        assert bundles_of(left, "dev").build == first["server"].manifest.build
        seen.add(bundles_of(left, "live").build)
        assert verify_store(left).ok
        # The next publisher gets through, and what was left behind can be cleared.
        release(left, second, parts=PARTS)
        assert bundles_of(left, "live").build == second["server"].manifest.build
        prune(left, keep=1, now=datetime.now(UTC) + timedelta(days=2))
        assert not verify_store(left).leftovers

    steps = die_everywhere(folder, lambda copy: release(store_at(copy), second, parts=PARTS), check, arm)
    assert seen == builds
    return steps


def test_a_publisher_killed_at_every_file_operation_leaves_every_channel_whole(tmp_path: Path) -> None:
    assert campaign(tmp_path, die_at_operation) > 30


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_publisher_killed_at_every_line_leaves_every_channel_whole(tmp_path: Path) -> None:
    assert campaign(tmp_path, die_at_line) > 500


def test_a_rollback_killed_at_every_file_operation_leaves_the_channel_whole(tmp_path: Path) -> None:
    folder = tmp_path / "game"
    one, two = (release(store_at(folder), build(tmp_path, price)).entry for price in (100, 200))
    seen = set()

    def check(copy: Path) -> None:
        newest = newest_entry(store_at(copy), "live")
        assert newest is not None
        seen.add(newest.release)
        assert verify_store(store_at(copy)).ok

    die_everywhere(folder, lambda copy: rollback(store_at(copy), "live", base=two), check, die_at_operation)
    assert seen == {one.release, two.release}


def test_a_prune_killed_at_every_file_operation_leaves_the_store_whole(tmp_path: Path) -> None:
    folder = tmp_path / "game"
    store, later = store_at(folder), datetime.now(UTC) + timedelta(days=2)
    for price in (100, 200, 300):
        release(store, build(tmp_path, price), parts=PARTS)
    trashed = {file.name for file in plan_prune(store, keep=1, now=later).files}

    def check(copy: Path) -> None:
        left = store_at(copy)
        assert verify_store(left).ok
        for bundle in bundles_of(left, "live").bundles.values():
            bundle.verify()
        prune(left, keep=1, now=later)
        assert {original_name(file.name) for file in left.files("trash")} == trashed
        assert verify_store(left).ok

    def going_on(copy: Path) -> None:
        prune(store_at(copy), keep=1, now=later)

    assert die_everywhere(folder, going_on, check, die_at_operation) > 10


def test_a_fetch_killed_at_every_file_operation_leaves_the_old_bundle_or_the_new(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    store = store_at(tmp_path)
    for price in (100, 200, 300):
        release(store, build(tmp_path, price))
        if price < 300:
            fetch(store, "live", "server", folder)
    seen = set()

    def check(copy: Path) -> None:
        bundle = open_bundle(copy)
        bundle.verify()
        seen.add(bundle.manifest.build)
        fetch(store, "live", "server", copy)
        assert len(list(copy.glob("ItemTable-*"))) <= 3
        assert not list(copy.glob(".*.tmp"))

    die_everywhere(folder, lambda copy: fetch(store, "live", "server", copy), check, die_at_operation)
    assert len(seen) == 2


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_a_publisher_killed_at_every_request_leaves_the_channel_whole(
    tmp_path: Path, s3_location: str, step: int
) -> None:
    first, second = (build(tmp_path, price)["server"].manifest.build for price in (100, 200))
    script = str(Path(__file__).with_name("crash_publisher.py"))
    outputs = [str(tmp_path / f"output-{price}") for price in (100, 200)]
    command = [sys.executable, script, s3_location, str(step), *outputs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    requests = int(done.stdout)
    assert requests > 15
    builds = []
    for last in range(0, requests + 1, step):
        store = writable(open_store(f"{s3_location}/{last}"))
        published = bundles_of(store, "live")
        builds.append(published.build)
        assert verify_store(store).ok
        for bundle in published.bundles.values():
            bundle.verify()
    assert builds == sorted(builds, key=[first, second].index)
    assert set(builds) == {first, second}
