"""Prune beside publishes and rollbacks, again and again, with removals that take their time: nothing needed is lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from released_game import build, release, rollback

from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, GdataError, RefusedError, StoreError, UsageError
from gdata.releases.keeping.prune import prune
from gdata.releases.log import newest_entry, read_log
from gdata.releases.reader import bundles_of
from gdata.releases.stores import open_store
from gdata.releases.stores.store import WritableStore, writable

BUILDS = 4
LONGEST = 120.0
"""Seconds after which a race in which nobody wins is a fault."""


def slow_store(location: str, chance: random.Random) -> WritableStore:
    """The store as prune sees it where a removal takes long: whatever is chosen to go is still there for a while."""
    store = writable(open_store(location))
    kind: Any = type(store)

    class Slow(kind):  # type: ignore[misc]
        def move(self, name: str, to: str) -> None:
            time.sleep(chance.uniform(0, 0.02))
            super().move(name, to)

        def remove(self, name: str) -> None:
            time.sleep(chance.uniform(0, 0.02))
            super().remove(name)

    store.__class__ = Slow
    return store


def one_round(location: str, builds: list[Mapping[str, Bundle]], chance: random.Random, spread: float) -> Counter[str]:
    """Prune, publish and roll back within `spread` seconds; how each of them ended.

    Prune takes all that lies there for older than a day, also what is written just now: no age protects it.
    """
    told: Counter[str] = Counter()
    tomorrow = datetime.now(UTC) + timedelta(days=2)

    def run(name: str, work: Callable[[WritableStore], object]) -> None:
        time.sleep(chance.uniform(0, spread))
        try:
            work(writable(open_store(location)))
            told[f"{name} done"] += 1
        except RefusedError:
            told[f"{name} refused"] += 1  # the other one was first
        except (DamagedError, StoreError, UsageError):
            # It was to go to what is being pruned, or what it just wrote passed for what a writer left behind.
            told[f"{name} stopped"] += 1

    def back(store: WritableStore) -> None:
        log = read_log(store, "live")
        assert log.newest is not None
        earlier = {entry.release for entry in log.entries} - {log.newest.release}
        rollback(store, "live", base=log.newest, to=chance.choice(sorted(earlier)), allow=("yanked",), reason="race")

    works: list[tuple[str, Callable[[WritableStore], object]]] = [
        ("publish", lambda store: release(store, chance.choice(builds), allow=("yanked",), reason="race")),
        ("rollback", back),
        ("prune", lambda _: prune(slow_store(location, chance), keep=1, now=tomorrow)),
    ]
    threads = [threading.Thread(target=run, args=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def race(location: str, folder: Path, *, rounds: int, seconds: float) -> Counter[str]:
    chance = random.Random(7)
    builds = [build(folder, price) for price in range(100, 100 + BUILDS)]
    store = writable(open_store(location))
    for one in builds:
        release(store, one)
    told: Counter[str] = Counter()
    now, spread = time.monotonic(), 0.05
    end, last = now + seconds, now + LONGEST
    while told["rounds"] < rounds or not _went_on(told):
        told += one_round(location, builds, chance, spread)
        told["rounds"] += 1
        # Where the machine is slow, one of them would always be first if they began at once.
        spread = (time.monotonic() - now) / 2
        live = bundles_of(store, "live")
        for bundle in live.bundles.values():
            bundle.verify()  # which raises where a file was lost
        now = time.monotonic()
        if (now > end and _went_on(told)) or now > last:
            break
    with suppress(GdataError):
        assert newest_entry(store, "live") is not None
    return told


def _went_on(told: Counter[str]) -> bool:
    """Both that race with prune won at least once: who is first is the machine's choice."""
    return told["publish done"] > 0 and told["rollback done"] > 0


def check_told(told: Counter[str]) -> None:
    """Everything went on at least now and then, so that the race was one."""
    assert told["prune done"] == told["rounds"], told
    assert _went_on(told), told


def test_nothing_needed_is_lost_in_a_folder(tmp_path: Path) -> None:
    check_told(race(str(tmp_path / "releases"), tmp_path, rounds=20, seconds=10))


def test_nothing_needed_is_lost_in_an_object_store(tmp_path: Path, s3_location: str) -> None:
    check_told(race(s3_location, tmp_path, rounds=5, seconds=10))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("where", ["folder", "s3"])
def test_nothing_needed_is_lost_in_200_races(tmp_path: Path, where: str, request: pytest.FixtureRequest) -> None:
    location = str(tmp_path / "releases") if where == "folder" else request.getfixturevalue("s3_location")
    told = race(location, tmp_path, rounds=200, seconds=60)
    check_told(told)
    print(where, dict(told))
