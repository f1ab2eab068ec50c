"""A build that isn't what the sheets say: told before a diff, refused by publish, and never guessed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import run_gdata
from waiting import settle

from gdata.scaffold.starting import start_project


@pytest.fixture(scope="module")
def small_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "game"
    start_project(folder)
    run_gdata("build", "-q", cwd=folder)
    return folder


@pytest.fixture
def project(small_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_once, tmp_path / "game"))


def sheet(project: Path, old: str = "1002,120", new: str = "1002,130") -> None:
    path = project / "sheets" / "Shop.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def publish(project: Path, *more: str, code: int = 0) -> str:
    return run_gdata("publish", "--yes", "-q", *more, cwd=project, code=code).err


def diff(project: Path) -> str:
    return run_gdata("diff", cwd=project).err


def test_a_build_of_the_sheets_as_they_are_is_no_news(project: Path) -> None:
    assert diff(project) == ""
    publish(project)
    assert publish(project) == ""


def test_after_a_failed_build_diff_says_so_and_publish_refuses(project: Path) -> None:
    sheet(project, "1002,120", "9999,many")
    run_gdata("build", "-q", cwd=project, code=1)
    assert "the last build failed (2 errors) at" in diff(project)
    refused = publish(project, code=4)
    assert "the last build failed (2 errors)" in refused and "--stale" in refused
    assert "warning: the last build failed" in publish(project, "--stale")
    # Even where the channel has it already: CI must not end well.
    publish(project, code=4)
    sheet(project, "9999,many", "1002,120")
    run_gdata("build", "-q", cwd=project)
    assert diff(project) == "" == publish(project)


@pytest.mark.parametrize(
    ("name", "old", "new"), [("protos/game/shop.proto", "message Product {", "mesage Product {")], ids=["schema"]
)
def test_what_stops_a_build_counts_as_a_failure(project: Path, name: str, old: str, new: str) -> None:
    path = project / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    run_gdata("build", "-q", cwd=project, code=2)
    assert "shop.proto" in diff(project)
    publish(project, code=4)


def test_a_sheet_saved_since_is_named(project: Path) -> None:
    sheet(project)
    assert "sheets/Shop.csv changed since this was built" in diff(project)
    assert "sheets/Shop.csv" in publish(project, code=4)
    run_gdata("check", "-q", cwd=project)
    assert "sheets/Shop.csv" in diff(project), "a check builds nothing"
    sheet(project, "1002,130", "1002,120")
    assert diff(project) == ""


def test_a_sheet_that_is_gone_is_named_and_a_new_file_beside_them_is_not(project: Path) -> None:
    (project / "sheets" / "Notes.csv").write_text("for people\n")
    assert diff(project) == ""
    (project / "sheets" / "Shop.csv").rename(project / "Shop.csv")
    assert "sheets" in diff(project)


def test_a_schema_saved_while_the_build_goes_on_is_told(project: Path) -> None:
    """Whoever saves it then: here a check."""
    (project / "late.py").write_text(
        "from pathlib import Path\n\nfrom gdata.checks import check\n\n\n"
        "@check.table('ShopTable')\ndef late(rows, data):\n"
        "    with Path('protos/game/shop.proto').open('a') as file:\n        file.write('// Sold for gold.')\n"
        "    return ()\n"
    )
    with (project / "sheets.yaml").open("a") as file:
        file.write("\nchecks: [late.py]\n")
    run_gdata("build", "-q", cwd=project)
    assert "game/shop.proto changed since this was built" in diff(project)


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
def test_a_schema_that_is_imported_from_behind_a_link_counts_as_one_of_the_project(project: Path) -> None:
    shared, item = project / "shared", project / "protos" / "game" / "item.proto"
    shared.mkdir()
    (project / "protos" / "linked").symlink_to(shared, target_is_directory=True)
    kinds = shared / "kinds.proto"
    kinds.write_text('syntax = "proto3";\npackage shared;\nenum Kind { NONE = 0; SWORD = 1; }\n')
    text = item.read_text(encoding="utf-8").replace("import ", "import public 'linked/kinds.proto';\nimport ", 1)
    item.write_text(text, encoding="utf-8")
    settle()
    run_gdata("build", "-q", cwd=project)
    assert diff(project) == ""
    kinds.write_text("enum Kind {}")
    assert "linked/kinds.proto changed since this was built" in diff(project)
    assert "kinds.proto" in run_gdata("build", "-q", cwd=project, code=2).err, "it isn't what was compiled before"


def test_links_that_lead_nowhere_stop_no_build(project: Path) -> None:
    for place in ("sheets/loop.csv", "protos/loop.proto"):
        (project / place).symlink_to(Path(place).name)
    run_gdata("build", "-q", cwd=project)
    assert diff(project) == ""
    sheet(project)
    assert "sheets/Shop.csv changed since this was built" in diff(project)


def test_where_nothing_is_known_nothing_is_said(project: Path) -> None:
    sheet(project)
    shutil.rmtree(project / ".gdata")
    assert "changed since" not in diff(project)
    publish(project)


def test_builds_of_something_else_than_the_sheets_are_meant(project: Path) -> None:
    publish(project)
    release = run_gdata("releases", "--format", "json", cwd=project).json["channels"]["dev"][0]["release"]
    sheet(project)
    run_gdata("build", "--snapshot", release, "-q", cwd=project)
    assert diff(project) == "" == publish(project)
    run_gdata("build", "ItemTable", "-q", cwd=project)
    assert diff(project) == "" == publish(project)


def test_the_sample_s_workbooks_are_compared_too(built_game: Path, edit_csv: Callable[..., None]) -> None:
    book = next(path for path in (built_game / "sheets").iterdir() if path.suffix == ".xlsx")
    book.write_bytes(book.read_bytes() + b"\0")
    assert f"sheets/{book.name} changed since" in diff(built_game)


def test_a_channel_that_nobody_knows_has_no_empty_history(project: Path) -> None:
    assert "did you mean live?" in run_gdata("releases", "--channel", "liev", cwd=project, code=2).err
    assert "nothing was released yet" in run_gdata("releases", "--channel", "live", cwd=project).out


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("protos/game/shop.proto", "message Product {", "// Sold for gold.\nmessage Product {", "game/shop.proto"),
        ("sheets.yaml", "timezone: ", "timezone: Asia/Tokyo  # once ", "sheets.yaml"),
    ],
    ids=["schema", "settings"],
)
def test_a_schema_or_setting_that_changed_since_is_told(
    project: Path, name: str, old: str, new: str, told: str
) -> None:
    path = project / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert f"{told} changed since this was built" in diff(project)
    assert f"{told} changed since this was built" in publish(project, code=4)
    found = run_gdata("diff", "--format", "json", cwd=project).json["new"]
    assert found["stale"] == [f"{told} changed since this was built"] and found["time"].endswith("Z")
    run_gdata("build", "-q", cwd=project)
    assert diff(project) == ""


def test_a_gate_or_a_comment_that_changed_is_no_news(project: Path) -> None:
    path = project / "sheets.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# A comment.\n{text}\n", encoding="utf-8")
    assert diff(project) == ""


def test_a_build_of_another_sheets_yaml_is_told(project: Path) -> None:
    other = project / "other.yaml"
    shutil.copy(project / "sheets.yaml", other)
    run_gdata("build", "-q", "--config", other, cwd=project)
    (project / ".gdata" / "outcomes").unlink()
    sheet(project)
    run_gdata("build", "-q", "--config", other, cwd=project)
    assert "it was built by other.yaml, not by sheets.yaml" in diff(project)


def test_while_every_file_is_as_it_was_no_source_is_asked(project: Path) -> None:
    """What is read of a build is read often: nothing is imported, or read, to say that it is fresh."""
    settle()
    run_gdata("build", "-q", cwd=project)
    for command in (["show", "ItemTable", "1001"], ["uses", "ItemTable", "1001"]):
        asked = [sys.executable, "-X", "importtime", "-m", "gdata", *command]
        told = subprocess.run(asked, cwd=project, capture_output=True, text=True, check=True).stderr
        assert "gdata.cli.main" in told and "gdata.sources.adapters" not in told, command
    os.utime(project / "sheets" / "Shop.csv")
    assert diff(project) == "", "it was saved again as it was"
    sheet(project)
    assert "Shop.csv changed" in run_gdata("show", "ItemTable", "1001", cwd=project).err
