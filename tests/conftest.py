"""What whole-program tests share: a copy of the sample game, and an editor for its csv files."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import ROOT, run_gdata
from hypothesis import settings

# How long an example takes says how busy the machine is; speed is measured in benchmarks/.
settings.register_profile("patient", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile("patient")

# Started with nohup or from a script's background, we inherit that Ctrl-C is ignored, and so would every program
# whose Ctrl-C is tested; handled here, it goes back to its default in what we start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Campaigns stand in a few files: the others needn't be read for them, which takes as long as some campaigns."""
    if config.getoption("markexpr") != "slow" or not collection_path.match("test_*.py"):
        return None
    return "mark.slow" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Campaigns run in another order each time, so that in a bounded time each has its turn.

    The workers of one run must agree on the order: it comes from the run's id.
    """
    if config.getoption("markexpr") == "slow":
        random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID")).shuffle(items)


def copy_sample(folder: Path) -> Path:
    for name in ("protos", "sheets", "checks"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "sheets.yaml", folder)
    return folder


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A copy of the sample game, nothing built yet."""
    return copy_sample(tmp_path / "game")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample game, built: for tests to copy, not to change."""
    folder = copy_sample(tmp_path_factory.mktemp("built") / "game")
    run_gdata("build", "-q", cwd=folder)
    return folder


@pytest.fixture(scope="session")
def published_once(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, published to dev."""
    folder = tmp_path_factory.mktemp("published") / "game"
    shutil.copytree(built_once, folder)
    run_gdata("publish", "--yes", "-q", cwd=folder)
    return folder


@pytest.fixture
def built_game(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the sample game after `gdata build`."""
    return Path(shutil.copytree(built_once, tmp_path / "game"))


@pytest.fixture
def published_game(published_once: Path, tmp_path: Path) -> Path:
    """A copy of the sample game after `gdata build` and `gdata publish`."""
    return Path(shutil.copytree(published_once, tmp_path / "game"))


@pytest.fixture
def edit_csv() -> Callable[..., None]:
    """Replace a text in a file, which must be there exactly once."""

    def edit(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8-sig")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


@pytest.fixture
def long_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every csv, table and release as if it were too large for memory: in files, read a few bytes at a time."""
    for name in (
        "sources.source._LONG_BYTES",
        "sources.snapshot._LONG_BYTES",
        "tables.result._LONG_BYTES",
        "tables.jobs._SMALL_BYTES",
        "tables.result._SMALL_BYTES",
        "bundles.reader._LONG_BYTES",
    ):
        monkeypatch.setattr(f"gdata.{name}", 0)
    monkeypatch.setattr("gdata.longbytes.BLOCK_BYTES", 64)
    monkeypatch.setattr("gdata.sources.grid.BLOCK_BYTES", 24)
    monkeypatch.setattr("gdata.bundles.encode.PART_BYTES", 128)
    # Nobody writes them meanwhile.
    monkeypatch.setattr("gdata.longbytes.may_change_until", lambda written: written)
