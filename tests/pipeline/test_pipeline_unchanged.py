"""A build that finds nothing new says what the last one said, and is asked of the files' notes alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import settle

from gdata.cli.main import run
from gdata.pipeline.kept.unchanged import ask, hash_of

PROTO = """syntax = "proto3"; package game; import "gdata/options.proto"; import "buf/validate/validate.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message ItemTable { repeated Item rows = 1; }
"""
CHECK = """from gdata.checks import check

@check("ItemTable")
def named(item, data):
    if not item.name:
        yield "name", "has no name"
"""
YAML = "version: 1\nspreadsheets: {items: {path: items, sheets: {Item: game.ItemTable}}}\nchecks: [checks.py]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has been built, long enough after its files were written."""
    folder = tmp_path / "project"
    (folder / "protos").mkdir(parents=True)
    (folder / "items").mkdir()
    (folder / "protos/game.proto").write_text(PROTO)
    (folder / "items/Item.csv").write_text("id,name\n1,sword \n2,bow\n")
    (folder / "checks.py").write_text(CHECK)
    (folder / "sheets.yaml").write_text(YAML)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CI", raising=False)
    return folder


def build(*arguments: str, code: int = 0) -> None:
    settle()
    assert run(["build", *arguments]) == code


def is_unchanged(*arguments: str, **environment: str) -> bool:
    return ask(["build", *arguments], {**os.environ, **environment}) is not None


def rewrite(path: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new))

    return edit


def keeping_times(folder: Path) -> None:
    path = folder / "items/Item.csv"
    times = path.stat()
    path.write_text(path.read_text().replace("bow", "axe"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a cell": rewrite("items/Item.csv", "bow", "axe"),
    "a cell, and the old times": keeping_times,
    "a sheet more": lambda folder: (folder / "items/Quest.csv").write_text("id\n"),
    "sheets.yaml": rewrite("sheets.yaml", "version", "timezone: Asia/Seoul\nversion"),
    "a .proto": rewrite(
        "protos/game.proto", "name = 2;", "name = 2; int32 price = 3 [(gdata.field).absent_ok = true];"
    ),
    "a .proto more": lambda folder: (folder / "protos/more.proto").write_text('syntax = "proto3";'),
    "a check": rewrite("checks.py", "not item.name", "item.name == 'bow'"),
    "a table of the output": lambda folder: next(folder.glob("output/server/Item*")).write_bytes(b""),
    "a file less in the output": lambda folder: next(folder.glob("output/server/Item*")).unlink(),
    "the manifest": lambda folder: (folder / "output/server/manifest.json").touch(),
    "a target more": lambda folder: (folder / "output/client").mkdir(),
    "what the build was made of": lambda folder: next(folder.glob(".gdata/builds/*")).unlink(),
    "the note itself": lambda folder: (folder / ".gdata/seen-sheets.yaml").write_bytes(b"half of"),
    "a release": lambda _: run(["publish", "--yes", "--channel", "live"]),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.skipif(sys.platform == "win32", reason="the time of a file's change can be set there")
def test_a_change_is_seen(project: Path, what: str) -> None:
    build()
    assert is_unchanged()
    CHANGES[what](project)
    assert not is_unchanged()
    build(code=run(["build", "--verify", "--quiet"]))


def test_it_says_the_same(project: Path) -> None:
    settle()
    for options in ([], ["--format", "json"], ["--quiet"], ["--format", "markdown"], ["--strict"], ["--lang", "ko"]):
        made, told = [program(*options) for _ in range(2)]
        assert told == made
        assert (told[0] == 1) is (options == ["--strict"])
        assert program(*options, "--verify") == made


def test_what_is_said_again_tells_no_age(project: Path) -> None:
    build()
    build("--quiet", code=run(["publish", "--yes"]))
    for _ in range(2):
        said = program()[1]
        assert "→ output" in said
        assert "just now" not in said
        assert "ago" not in said


def program(*arguments: str) -> tuple[int, object, str]:
    ran = subprocess.run([sys.executable, "-m", "gdata", "build", *arguments], capture_output=True, encoding="utf-8")
    out, err = (
        "\n".join(line for line in text.splitlines() if not line.startswith(("build ", "빌드 ")))
        for text in (ran.stdout, ran.stderr)
    )
    if "json" in arguments:
        return ran.returncode, {**json.loads(out), "timings": 0}, err
    return ran.returncode, out, err


def test_a_failed_build_is_made_again(project: Path) -> None:
    build()
    build("--strict", code=1)
    assert not is_unchanged(), "publish says that the last build failed, until there is a better one"
    build()
    assert is_unchanged()
    assert not is_unchanged("--strict")


def test_variables_that_sheets_yaml_expands_count(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETS", "items")
    (project / "sheets.yaml").write_text(YAML.replace("path: items", "path: '${SHEETS}'"))
    build()
    assert is_unchanged()
    assert is_unchanged(HOME="/nowhere")
    assert not is_unchanged(SHEETS="others")
    assert "items" not in (project / ".gdata/seen-sheets.yaml").read_text().partition('"variables"')[2][:90]


def test_another_language_is_another_answer(project: Path) -> None:
    build()
    assert not is_unchanged(GDATA_LANG="ko")
    assert not is_unchanged("--lang", "ko")
    build("--lang", "ko")
    assert is_unchanged("--lang", "ko")
    assert is_unchanged()


def test_a_sheet_in_capitals_is_looked_at(project: Path) -> None:
    (project / "items/Item.csv").rename(project / "items/Item.CSV")
    build()
    assert is_unchanged()
    rewrite("items/Item.CSV", "bow", "axe")(project)
    assert not is_unchanged()


def test_a_sheet_that_goes_while_it_is_built_is_missed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gdata.pipeline.kept import seen

    def note_late(*about: object, **more: object) -> None:
        (project / "items/Item.csv").unlink()
        note_seen(*about, **more)  # type: ignore[arg-type]

    note_seen = seen.note_seen
    monkeypatch.setattr(seen, "note_seen", note_late)
    build()
    assert not (project / "items/Item.csv").exists()
    assert not is_unchanged()


def test_an_option_without_its_value_is_for_the_build_to_tell(project: Path) -> None:
    assert ask(["build", "--config"], os.environ) is None


def test_what_is_written_while_it_is_hashed_is_not_noted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gdata.pipeline.kept import seen

    def hash_late(path: str) -> str | None:
        if path.endswith("Item.csv"):
            rewrite("items/Item.csv", "bow", "axe")(project)
        return hash_of(path)

    monkeypatch.setattr(seen, "hash_of", hash_late)
    build("--verify")
    assert not is_unchanged("--verify")


def test_ci_and_verify_read_everything(project: Path) -> None:
    build()
    assert is_unchanged(CI="false")
    assert not is_unchanged(CI="true")
    assert not is_unchanged("--verify"), "nobody has noted what the files hold"
    build("--verify")
    assert is_unchanged("--verify")
    assert not is_unchanged("--verify", CI="true")
    build()
    assert is_unchanged("--verify"), "a build that reads less keeps what is known"


@pytest.mark.parametrize("what", sorted(set(CHANGES) - {"the manifest"}))
def test_verify_sees_what_is_in_the_files(project: Path, what: str) -> None:
    build("--verify")
    for path in ("items/Item.csv", "output/server/manifest.json"):
        (project / path).touch()
    assert not is_unchanged()
    assert is_unchanged("--verify"), "its time alone is another"
    CHANGES[what](project)
    assert not is_unchanged("--verify")


def test_a_file_as_young_as_its_reading_is_not_believed(project: Path) -> None:
    """It may be written once more under the very same time."""
    settle()
    path, later = project / "items/Item.csv", time.time_ns() + 3_600 * 10**9
    path.write_text("id,name\n1,sword\n")
    os.utime(path, ns=(later, later))  # as if it were read at once, however busy the machine is
    run(["build"])
    assert not is_unchanged()


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from datetime import datetime",
        "from . import others",
        "open('list.txt')",
        "import gdata",
        "from gdata import load",
        "import gdata.checks",
    ],
)
def test_a_check_that_does_more_than_compute_is_run(project: Path, line: str) -> None:
    (project / "checks.py").write_text(CHECK.replace("    if", f"    if False:\n        {line}\n    if"))
    build()
    assert not is_unchanged()


def test_a_rule_that_asks_the_clock_is_asked_again(project: Path) -> None:
    proto = PROTO.replace(
        "string name = 2;", "google.protobuf.Timestamp at = 3 [(buf.validate.field).timestamp.gt_now = true];"
    )
    proto = proto.replace("package", 'import "google/protobuf/timestamp.proto"; package')
    (project / "protos/game.proto").write_text(proto)
    (project / "items/Item.csv").write_text("id,at\n1,2190-01-01T00:00:00Z\n")
    (project / "sheets.yaml").write_text(YAML.replace("checks: [checks.py]\n", ""))
    build()
    assert not is_unchanged()


def test_a_project_that_somebody_works_on_is_waited_for(project: Path) -> None:
    from gdata.files import project_lock

    build()
    with project_lock(project / ".gdata/lock"):
        assert not is_unchanged()
    assert is_unchanged()


def test_parts_of_a_build_are_no_answer(project: Path) -> None:
    build()
    build("ItemTable", code=run(["publish", "--yes"]))
    assert not is_unchanged("ItemTable")
