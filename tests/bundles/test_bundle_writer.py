"""Writing a build: a crash at any instant leaves the old bundle or the new one, and what isn't needed goes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gdata.bundles.encode import EncodedBundle
from gdata.bundles.manifest import Manifest, Part, TableEntry, build_id, bundle_id, file_entry
from gdata.bundles.reader import open_output
from gdata.bundles.writer import Written
from gdata.bundles.writer import write_build as write_recorded
from gdata.errors import DamagedError, OutputError


def bundle(target: str, content: bytes, targets: tuple[str, ...] = ("server", "client")) -> EncodedBundle:
    """A bundle with one table of these bytes; its build is that of `targets` with the same bytes."""
    schema, table = file_entry("schema", "binpb", b"schema of " + content), file_entry("ItemTable", "binpb", content)
    tables = {
        "ItemTable": TableEntry("t.ItemTable", "rows", ("id",), 1, (Part(table.file, table.sha256, table.size, 1),))
    }
    build = build_id({name: bundle_id(name, schema, tables) for name in targets})
    manifest = Manifest(target, schema, tables, bundle_id(target, schema, tables), build)
    return EncodedBundle(manifest, {schema.file: b"schema of " + content, table.file: content})


def build(content: bytes) -> list[EncodedBundle]:
    return [bundle("server", content), bundle("client", content)]


def write_build(output: Path, bundles: list[EncodedBundle], project: str = "") -> Written:
    """Write as the project in the folder above does, or as another one beside it."""
    return write_recorded(output, bundles, output.parent / project / ".gdata" / "written")


def content_of(output: Path) -> dict[str, bytes]:
    bundles = open_output(output)
    for one in bundles.values():
        one.verify()
    return {name: one.table("ItemTable") for name, one in bundles.items()}


class Crash(BaseException):
    """The process dies here."""


def crash_at(monkeypatch: pytest.MonkeyPatch, count: int) -> list[str]:
    """Let the process die before the `count`-th time that anything on the disk changes."""
    done: list[str] = []

    def dying(name: str) -> None:
        original = getattr(os, name)

        def operation(*arguments: object, **options: object) -> object:
            if len(done) == count:
                raise Crash
            done.append(name)
            return original(*arguments, **options)

        monkeypatch.setattr(os, name, operation)

    for name in ("replace", "unlink", "fsync", "rmdir", "mkdir", "write"):
        dying(name)
    return done


def test_a_crash_at_any_instant_leaves_whole_bundles(tmp_path: Path) -> None:
    crashes = 0
    while True:
        output = tmp_path / str(crashes) / "output"
        write_build(output, [*build(b"old"), bundle("gone", b"old", ("gone",))])
        with pytest.MonkeyPatch.context() as patch:
            done = crash_at(patch, crashes)
            try:
                write_build(output, build(b"new"))
            except Crash:
                done = []
        for target in ("server", "client"):
            folder = output / target
            manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes())
            assert [(folder / entry.file).stat().st_size for entry in manifest.files] == [
                e.size for e in manifest.files
            ]
        if done:
            break
        # The next build mends what the crash left behind.
        write_build(output, build(b"new"))
        assert content_of(output) == {"server": b"new", "client": b"new"}
        assert not list(output.rglob("*.tmp")) and not (output / "gone").exists()
        crashes += 1
    assert crashes > 10


def test_targets_of_two_builds_are_refused(tmp_path: Path) -> None:
    write_build(tmp_path, build(b"old"))
    (new,) = [one for one in build(b"new") if one.manifest.target == "client"]
    other = tmp_path / "other"
    write_build(other, [new])
    (tmp_path / "client").rename(tmp_path / "kept")
    (other / "client").rename(tmp_path / "client")
    (tmp_path / "kept" / "manifest.json").unlink()
    with pytest.raises(DamagedError, match="different builds"):
        open_output(tmp_path)


def test_the_previous_builds_files_stay_one_build_longer(tmp_path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        write_build(tmp_path, build(content))
    tables = {path.read_bytes() for path in (tmp_path / "server").glob("ItemTable-*.binpb")}
    assert tables == {b"two", b"three"}  # a server that has just read the old manifest can still read its files


def test_what_no_manifest_of_ours_named_stays(tmp_path: Path) -> None:
    output = tmp_path / "output"
    write_build(output, build(b"old"))
    names = ("README.txt", "client.json", "ItemTable-0123456789ab.binpb", "notes-0123456789ab.json", "a.tmp", ".x.tmp")
    for name in names:
        (output / "server" / name).write_text("somebody's")
    (output / "notes").mkdir()
    (output / "notes" / "manifest.json").write_text("{}")
    for content in (b"new", b"newer", b"newest"):
        write_build(output, build(content))
    assert all((output / "server" / name).read_text() == "somebody's" for name in names)
    assert (output / "notes" / "manifest.json").exists()


def test_what_a_loader_laid_beside_our_files_goes_with_them(tmp_path: Path) -> None:
    output = tmp_path / "output"
    for content in (b"one", b"two", b"three"):
        write_build(output, build(content))
        for path in (output / "server").glob("ItemTable-*.binpb"):
            path.with_suffix(".index").write_bytes(b"where each row stands")
    write_build(output, build(b"four"))
    stems = {
        path.suffix: {one.stem for one in path.parent.glob(f"*{path.suffix}")} for path in output.glob("server/*-*")
    }
    assert stems[".index"] == {name for name in stems[".binpb"] if name.startswith("Item")} - {
        next(iter(bundle("server", b"four").manifest.tables.values())).parts[0].file.rpartition(".")[0]
    }


def test_a_target_that_is_gone_loses_its_folder(tmp_path: Path) -> None:
    output = tmp_path / "output"
    write_build(output, build(b"old"))
    write_build(output, [bundle("server", b"new", ("server",))])
    assert [path.name for path in output.iterdir()] == ["server"]


def test_a_target_that_is_gone_leaves_what_somebody_put_beside_it(tmp_path: Path) -> None:
    output = tmp_path / "output"
    write_build(output, build(b"old"))
    (output / "client" / "notes.json").write_text("{}")
    write_build(output, [bundle("server", b"new", ("server",))])
    assert [path.name for path in (output / "client").iterdir()] == ["notes.json"]


def test_two_projects_that_share_an_output_leave_each_others_targets(tmp_path: Path) -> None:
    output = tmp_path / "output"
    here = [bundle("server", b"here", ("server",))]
    there = [bundle("client", b"there", ("client",))]
    assert write_build(output, here, "here").others == ()
    assert write_build(output, there, "there").others == (output / "server",)
    assert write_build(output, here, "here").others == (output / "client",)
    one, other = (open_output(output, [name])[name].table("ItemTable") for name in ("server", "client"))
    assert (one, other) == (b"here", b"there")


def test_a_copy_of_a_project_does_not_take_what_its_model_wrote(tmp_path: Path) -> None:
    output = tmp_path / "output"
    write_build(output, build(b"old"), "model")
    shutil.copytree(tmp_path / "model", tmp_path / "copy")
    assert write_build(output, [bundle("server", b"new", ("server",))], "copy").others == (output / "client",)
    assert (output / "client" / "manifest.json").exists()


def test_a_target_that_another_project_took_over_is_left(tmp_path: Path) -> None:
    output = tmp_path / "output"
    write_build(output, build(b"old"), "here")
    write_build(output, [bundle("client", b"theirs", ("client",))], "there")
    written = write_build(output, [bundle("server", b"new", ("server",))], "here")
    assert written.others == (output / "client",) and content_of(output / "..") == {}
    assert open_output(output, ["client"])["client"].table("ItemTable") == b"theirs"


def test_a_damaged_record_forgets_but_removes_nothing_of_others(tmp_path: Path) -> None:
    output = tmp_path / "output"
    for content in (b"one", b"two"):
        write_build(output, build(content))
    (tmp_path / ".gdata" / "written").write_bytes(b"damaged")
    for content in (b"three", b"four"):
        write_build(output, build(content))
    assert {path.read_bytes() for path in output.glob("server/ItemTable-*")} == {b"one", b"three", b"four"}


def test_the_same_build_writes_nothing(tmp_path: Path) -> None:
    write_build(tmp_path, build(b"old"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write_build(tmp_path, build(b"old"))
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}


def test_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    write_build(tmp_path, build(b"old"))
    for path in (tmp_path / "server").glob("ItemTable-*"):
        path.write_bytes(b"bad")
    write_build(tmp_path, build(b"old"))
    assert content_of(tmp_path)["server"] == b"old"


def test_a_signature_of_the_old_manifest_goes(tmp_path: Path) -> None:
    write_build(tmp_path, build(b"old"))
    (tmp_path / "server" / "manifest.json.sig").write_bytes(b"signature")
    write_build(tmp_path, build(b"new"))
    assert not (tmp_path / "server" / "manifest.json.sig").exists()


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "server").write_text("in the way")
    with pytest.raises(OutputError, match="server"):
        write_build(tmp_path, build(b"new"))
