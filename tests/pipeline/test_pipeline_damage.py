"""`.gdata/` and `output/` damaged or half deleted: said where it matters, and mended by the next build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import run_gdata


@pytest.fixture
def built(game: Path) -> Path:
    run_gdata("build", "-q", cwd=game)
    return game


def kept(game: Path, name: str) -> Path:
    (folder,) = (game / ".gdata" / "builds").iterdir()
    return folder / name


@pytest.mark.parametrize("name", ["snapshot.zip", "descriptors.binpb", "provenance.json"])
@pytest.mark.parametrize("damage", [b"", b"\x00garbage"], ids=["empty", "garbage"])
def test_what_is_damaged_is_never_published_and_the_next_build_mends_it(built: Path, name: str, damage: bytes) -> None:
    whole = kept(built, name).read_bytes()
    kept(built, name).write_bytes(damage)
    refused = run_gdata("publish", "--yes", "-q", cwd=built, code=1)
    assert f"{name}: damaged" in refused.err and "gdata build" in refused.err
    run_gdata("build", "-q", cwd=built)
    assert len(kept(built, name).read_bytes()) == len(whole)
    run_gdata("publish", "--yes", "-q", cwd=built)
    run_gdata("verify", cwd=built)
    run_gdata("build", "--snapshot", "dev", "-q", cwd=built)


@pytest.mark.parametrize("name", ["snapshot.zip", "descriptors.binpb", "descriptors.sha256"])
def test_what_is_missing_is_warned_of(built: Path, name: str) -> None:
    kept(built, name).unlink()
    assert "can't be built again" in run_gdata("publish", "--yes", "-q", cwd=built).err


def test_a_file_in_place_of_the_state_is_named(built: Path) -> None:
    shutil.rmtree(built / ".gdata")
    (built / ".gdata").write_text("x")
    assert "can't be built again" in run_gdata("publish", "--yes", "-q", cwd=built).err
    assert "move it away" in run_gdata("build", "-q", cwd=built, code=3).err


def test_an_output_without_one_of_its_targets_is_no_build(built: Path) -> None:
    shutil.rmtree(built / "output" / "server")
    for command in (("publish", "--yes"), ("diff",)):
        ran = run_gdata(*command, cwd=built, code=1)
        assert "client, server-jp aren't all the targets" in ran.err and "run `gdata build`" in ran.err
    run_gdata("build", "-q", cwd=built)
    run_gdata("publish", "--yes", "-q", cwd=built)


def test_expect_holds_even_where_nothing_is_to_be_done(built: Path) -> None:
    run_gdata("publish", "--yes", "-q", cwd=built)
    run_gdata("publish", "--yes", "-q", "--expect", "0123456789", cwd=built, code=4)
    run_gdata("promote", "dev", "dev", "--yes", "-q", "--expect", "0123456789", cwd=built, code=4)
    assert "nothing to publish" in run_gdata("publish", "--yes", cwd=built).out


def test_a_name_that_no_file_system_takes_is_no_folder(built: Path) -> None:
    for command in (("diff", "x" * 5000), ("verify", "x" * 5000), ("show", "ItemTable", "--from", "x" * 5000)):
        run_gdata(*command, cwd=built, code=2)
