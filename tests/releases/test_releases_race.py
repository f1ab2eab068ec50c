"""Eight publishers at once: the log stays a line, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from released_game import build

from gdata.releases.keeping.verify import verify_store
from gdata.releases.log import read_log
from gdata.releases.reader import bundles_of
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable

PUBLISHERS = 8


def race(location: str, folder: Path, builds: int) -> None:
    prices = [[publisher * 100 + number for number in range(builds)] for publisher in range(PUBLISHERS)]
    expected = {}
    for price in (price for mine in prices for price in mine):
        expected[str(folder / f"output-{price}")] = build(folder, price)["server"].manifest.build
    script = str(Path(__file__).with_name("race_publisher.py"))
    running = [
        subprocess.Popen(
            [sys.executable, script, location, "live", *(str(folder / f"output-{price}") for price in mine)]
        )
        for mine in prices
    ]
    assert [process.wait(240) for process in running] == [0] * PUBLISHERS
    store = writable(open_store(location))
    entries = read_log(store, "live").entries
    assert [entry.number for entry in entries] == list(range(1, PUBLISHERS * builds + 1))
    published = {entry.author: bundles_of(store, entry.release).build for entry in entries}
    assert published == expected
    # Each publisher's own builds stand in the order in which it published them.
    for mine in prices:
        numbers = [next(e.number for e in entries if e.author == str(folder / f"output-{price}")) for price in mine]
        assert numbers == sorted(numbers)
    assert verify_store(store).ok
    bundles_of(store, "live").bundles["server"].verify()


def test_eight_publishers_race_on_a_folder(tmp_path: Path) -> None:
    race(str(tmp_path / "releases"), tmp_path, builds=3)


def test_eight_publishers_race_on_an_object_store(tmp_path: Path, s3_location: str) -> None:
    race(s3_location, tmp_path, builds=1)


@pytest.mark.slow
def test_eight_publishers_race_on_an_object_store_for_long(tmp_path: Path, s3_location: str) -> None:
    race(s3_location, tmp_path, builds=4)
