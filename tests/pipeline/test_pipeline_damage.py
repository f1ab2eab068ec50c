"""`.gdata/` and `output/` damaged or half deleted: said where it matters, and mended by the next build."""

from __future__ import annotations

import errno
import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import run_gdata

from gdata.errors import DamagedError, OutputError
from gdata.pipeline.build import Built, build
from gdata.pipeline.kept.state import load_build
from gdata.project import open_project, read_config


@pytest.fixture
def built(built_game: Path) -> Path:
    return built_game


def kept(game: Path) -> Path:
    (path,) = (game / ".gdata" / "builds").iterdir()
    return path


def damaged(content: bytes) -> list[bytes]:
    """These bytes cut, emptied, or with one bit of them changed: in each of their parts."""
    places = [0, 63, 100, 200, 1_000, 20_000, len(content) // 2, len(content) - 1]
    flipped = [content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :] for at in places]
    return [b"", content[:-1], content + b"x", *flipped]


def told_without_sheets(game: Path, path: Path) -> tuple[object, ...]:
    state = load_build(game / ".gdata", path.name)
    return state.descriptors, state.provenance, state.digests


def test_what_is_damaged_is_never_published_and_the_next_build_mends_it(built: Path) -> None:
    path, whole = kept(built), kept(built).read_bytes()
    said = told_without_sheets(built, path)
    for content in damaged(whole):
        path.write_bytes(content)
        with pytest.raises(DamagedError, match=f"{path.name}: damaged"):
            _ = load_build(built / ".gdata", path.name).snapshot
        with suppress(DamagedError):
            assert told_without_sheets(built, path) == said
    refused = run_gdata("publish", "--yes", "-q", cwd=built, code=1)
    assert f"{path.name}: damaged" in refused.err and "gdata build" in refused.err
    run_gdata("build", "-q", cwd=built)
    assert len(kept(built).read_bytes()) == len(whole)
    run_gdata("publish", "--yes", "-q", cwd=built)
    run_gdata("verify", cwd=built)
    run_gdata("build", "--snapshot", "dev", "-q", cwd=built)


def test_what_is_missing_is_warned_of(built: Path) -> None:
    kept(built).unlink()
    assert "can't be built again" in run_gdata("publish", "--yes", "-q", cwd=built).err


PROTO = """
syntax = "proto3";
package t;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field) = {key: true, column: "no"}]; string name = 2; int32 price = 3; }
message ItemTable { repeated Item rows = 1; }
"""
CONFIG = "{version: 1, spreadsheets: {game: {path: sheets, sheets: {Item: t.ItemTable}}}}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("protos", "sheets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "protos" / "t.proto").write_text(PROTO)
    (tmp_path / "sheets.yaml").write_text(CONFIG)
    write_sheet(tmp_path, 5)
    return tmp_path


def write_sheet(project: Path, price: int) -> None:
    (project / "sheets" / "Item.csv").write_text(f"no,name,price\n1,sword,{price}\n")


def build_in(project: Path) -> Built:
    return build(open_project(read_config(project / "sheets.yaml")), lambda _: None)


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def flip_bits(project: Path, flips: int) -> None:
    """Change one bit somewhere under `.gdata/` and build: as if nothing had been, and all of it whole again."""
    build_in(project)
    output, state = files_in(project / "output"), files_in(project / ".gdata")
    kinds = {name.partition("-")[0].partition("/")[0] for name in state}
    assert kinds == {"builds", "cache", "descriptors", "outcomes", "validate.binpb", "written"}
    chance = random.Random(flips)
    for _ in range(flips):
        name = chance.choice(sorted(state))
        content = bytearray(state[name])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (project / ".gdata" / name).write_bytes(content)
        assert build_in(project).checked.ok
        assert files_in(project / "output") == output, name
        healed = files_in(project / ".gdata")
        assert healed.keys() == state.keys() and {*healed} == {one for one in healed if len(healed[one]) > 0}
        assert all(
            healed[one] == state[one] for one in healed if not one.startswith(("builds/", "outcomes", "validate"))
        ), name
        state = healed


def test_a_changed_bit_in_the_state_changes_no_build(project: Path) -> None:
    flip_bits(project, 60)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_thousand_changed_bits_in_the_state_change_no_build(project: Path) -> None:
    flip_bits(project, 2_000)


def test_a_build_that_fails_leaves_the_part_of_the_one_that_stands(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = build_in(project).build or ""
    write_sheet(project, 6)

    original = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "manifest.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        build_in(project)
    made_from = load_build(project / ".gdata", standing)
    assert made_from.snapshot and made_from.descriptors and made_from.provenance
    monkeypatch.undo()
    build_in(project)
    assert load_build(project / ".gdata", standing).snapshot is None


def test_two_configs_in_a_folder_keep_each_others_part(project: Path) -> None:
    first = build_in(project).build or ""
    (project / "other.yaml").write_text(CONFIG.replace("{version", "{output: other, targets: {web: {}}, version"))
    second = build(open_project(read_config(project / "other.yaml")), lambda _: None).build or ""
    assert all(load_build(project / ".gdata", one).snapshot for one in (first, second))


def test_what_dead_processes_left_goes_after_a_while(project: Path) -> None:
    build_in(project)
    old, young = (project / ".gdata" / f".{digit * 16}.tmp" for digit in "01")
    for path in (old, young, project / ".gdata" / "builds" / old.name):
        path.write_bytes(b"half")
        os.utime(path, (0, 0)) if path != young else None
    build_in(project)
    assert [path.name for path in (project / ".gdata").rglob("*.tmp")] == [young.name]


def test_a_file_in_place_of_the_state_is_named(built: Path) -> None:
    shutil.rmtree(built / ".gdata")
    (built / ".gdata").write_text("x")
    assert "can't be built again" in run_gdata("publish", "--yes", "-q", cwd=built).err
    assert "move it away" in run_gdata("build", "-q", cwd=built, code=3).err


def test_an_output_without_one_of_its_targets_is_no_build(built: Path) -> None:
    shutil.rmtree(built / "output" / "server")
    for command in (("publish", "--yes"), ("diff",)):
        ran = run_gdata(*command, cwd=built, code=1)
        assert "client, server-jp, server-kr aren't all the targets" in ran.err and "run `gdata build`" in ran.err
    run_gdata("build", "-q", cwd=built)
    run_gdata("publish", "--yes", "-q", cwd=built)


@pytest.mark.parametrize("old", [b'"server"', b'"ItemTable"', b'"game.ItemTable"', b'"id"'])
def test_half_a_character_in_a_manifest_is_damage_and_the_next_build_mends_it(built: Path, old: bytes) -> None:
    manifest = built / "output" / "server" / "manifest.json"
    whole = manifest.read_bytes()
    assert old in whole
    manifest.write_bytes(whole.replace(old, old[:-1] + b'\\ud800"', 1))
    assert "manifest.json" in run_gdata("show", cwd=built, code=1).err
    assert "manifest.json" in run_gdata("publish", "--yes", cwd=built, code=1).err
    run_gdata("build", "-q", cwd=built)
    assert manifest.read_bytes() == whole


def test_expect_holds_even_where_nothing_is_to_be_done(built: Path) -> None:
    run_gdata("publish", "--yes", "-q", cwd=built)
    run_gdata("publish", "--yes", "-q", "--expect", "0123456789", cwd=built, code=4)
    run_gdata("promote", "dev", "dev", "--yes", "-q", "--expect", "0123456789", cwd=built, code=4)
    assert "nothing to publish" in run_gdata("publish", "--yes", cwd=built).out


def test_a_name_that_no_file_system_takes_is_no_folder(built: Path) -> None:
    for command in (("diff", "x" * 5000), ("verify", "x" * 5000), ("show", "ItemTable", "--from", "x" * 5000)):
        run_gdata(*command, cwd=built, code=2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_place_of_a_file_of_gdata_s_own_keeps_nobody_waiting(published_game: Path) -> None:
    """As if it weren't there, where the next build makes it anew; else it is told."""

    def pipes(folder: str, *, but: str = "") -> None:
        for path in (published_game / folder).rglob("*"):
            if path.is_file() and path.name != but:
                path.unlink()
                os.mkfifo(path)

    pipes(".gdata", but="lock")
    run_gdata("build", "-q", cwd=published_game)
    pipes("output")
    told = run_gdata("show", "ItemTable", "1001", cwd=published_game, code=3)
    assert "manifest.json: it is a pipe or a device, not a file" in told.err
    run_gdata("build", "-q", cwd=published_game)
    assert "1001" in run_gdata("show", "ItemTable", "1001", cwd=published_game).out
    pipes(".gdata")
    told = run_gdata("build", "-q", cwd=published_game, code=3)
    assert "lock: can't be written: it is a pipe" in told.err and "move it away" in told.err
    pipes("releases")
    run_gdata("verify", cwd=published_game, code=None)
