"""`gdata codegen`: what it writes and leaves alone, and what it says where it can't."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from command_line import run_gdata
from conformance_cases import Cases


@pytest.fixture
def project(cases: Cases) -> Path:
    return cases.project


def test_run_again_with_nothing_new_it_changes_no_byte(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "code"
    first = run_gdata("codegen", "python", "--from", "output/client", "--out", out, "--format", "json", cwd=project)
    assert first.json["written"] == [
        "game/shared_pb2.py", "game/shared_pb2.pyi", "game/tables_pb2.py", "game/tables_pb2.pyi", "game_data.py",
    ]  # fmt: skip
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = run_gdata("codegen", "python", "--from", "output/client", "--out", out, "--format", "json", cwd=project)
    assert (again.json["written"], again.json["removed"]) == ([], [])
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times


def test_what_an_earlier_run_wrote_and_nobody_needs_is_removed(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "code"
    run_gdata("codegen", "python", "--from", "output/client", "--out", out, cwd=project)
    (out / "own.py").write_text("# a person's\n")
    done = run_gdata(
        "codegen", "python", "--from", "output/client", "--out", out, "--name", "Other", "--format", "json", cwd=project
    )
    assert (done.json["written"], done.json["removed"]) == (["other.py"], ["game_data.py"])
    assert (out / "own.py").exists() and not (out / "game_data.py").exists()


def test_a_list_of_earlier_files_leads_nowhere_else(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "code"
    out.mkdir()
    outside = tmp_path / "precious"
    outside.write_text("x")
    for listed in ('{"language": "python", "files": ["../precious"]}', "[", '{"language": "python", "files": 3}'):
        (out / ".gdata-codegen.json").write_text(listed)
        run_gdata("codegen", "python", "--from", "output/client", "--out", out, cwd=project)
        assert outside.exists()


def test_a_plain_folder_has_no_options(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / "output" / "client", tmp_path / "client")
    done = run_gdata("codegen", "python", "--from", "client", "--out", "code", cwd=tmp_path)
    assert "unique fields, constants and labels are left out" in done.out
    loader = (tmp_path / "code" / "game_data.py").read_text(encoding="utf-8")
    assert "find_item_by_code" not in loader and "class ItemId" not in loader
    assert "find_hero_by_name" in loader  # a reference needs it, and these are in the bundle
    assert "def resolve_item_evolves_to" in loader


def test_a_release_has_its_options(project: Path, tmp_path: Path) -> None:
    run_gdata("publish", "-q", "--yes", "--channel", "live", cwd=project)
    out = tmp_path / "code"
    run_gdata("codegen", "python", "--from", "live", "--target", "client", "--out", out, cwd=project)
    assert "find_item_by_code" in (out / "game_data.py").read_text(encoding="utf-8")


def test_templates_can_be_changed(project: Path, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    run_gdata("codegen", "python", "--copy-templates", templates, cwd=project)
    template = templates / "loader.py.j2"
    template.write_text(template.read_text(encoding="utf-8") + "\nTABLES = {{ model.tables | length }}\n")
    call = ("codegen", "python", "--from", "output/client", "--out", tmp_path / "code", "--templates", templates)
    run_gdata(*call, cwd=project)
    assert (tmp_path / "code" / "game_data.py").read_text(encoding="utf-8").endswith("\nTABLES = 9\n")
    template.write_text("one\n{{ model.tabels }}\n")
    assert "'tabels'" in run_gdata(*call, cwd=project, code=2).err
    template.write_text("one\n{% if %}\n")
    assert "loader.py.j2:2: " in run_gdata(*call, cwd=project, code=2).err
    template.rename(templates / "laoder.py.j2")
    assert "loader.py.j2" in run_gdata(*call, cwd=project, code=2).err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("python", "--out", "code"), "output holds several targets"),
        (("python", "--target", "clinet", "--out", "code"), "output has no target clinet"),
        (("python", "--from", "output/client"), "--out is missing"),
        (("python", "--from", "nowhere", "--out", "code"), "nowhere"),
        (("python", "--from", "output/client", "--out", "code", "--name", "1Data"), "can't be the name of a class"),
        (("python", "--from", "output/client", "--out", "code", "--templates", "none"), "there are no templates here"),
        (("pyton", "--out", "code"), "pyton"),
        (("go", "--from", "output/client", "--out", "code", "--package", "example.com/other"), "isn't within"),
    ],
)
def test_what_cannot_be_is_told(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run_gdata("codegen", *arguments, cwd=project, code=2)
    assert words in done.err
    assert not (project / "code").exists()


def test_a_generator_that_is_not_installed_is_named(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "code"
    done = run_gdata("codegen", "go", "--from", "output/client", "--out", out, cwd=project, code=2, PATH=os.defpath[:0])
    assert "protoc-gen-go isn't on the PATH" in done.err and "go install" in done.err


@pytest.mark.parametrize(("code", "words"), [("긴 검", "'긴 검'"), ("sword", "'sword'")])
def test_what_can_be_no_constant_is_told(tmp_path: Path, code: str, words: str) -> None:
    project = Cases(tmp_path).project
    sheet = project / "sheets" / "all" / "Item.csv"
    text = sheet.read_text(encoding="utf-8").replace("BOW", code)
    sheet.write_text(text, encoding="utf-8")
    assert "constant." in run_gdata("build", "-q", cwd=project, code=1).out
    # A team may soften what a build says of it; code still can't be made.
    with (project / "sheets.yaml").open("a", encoding="utf-8") as file:
        file.write("\nseverity: {constant.name: warning, constant.twice: warning}\n")
    run_gdata("build", "-q", cwd=project)
    done = run_gdata("codegen", "python", "--from", "output/client", "--out", "code", cwd=project, code=2)
    assert words in done.err


def test_keys_of_a_map_that_refer_are_looked_up_without_a_resolver(tmp_path: Path) -> None:
    files = {
        "protos/game.proto": """
            syntax = "proto3";
            package game;
            import "gdata/options.proto";
            message Item { int32 id = 1 [(gdata.field).key = true]; }
            message ItemTable { repeated Item rows = 1; }
            message Gift { int32 item = 1 [(gdata.field).ref = {table: "ItemTable"}]; }
            message Shop {
              int32 id = 1 [(gdata.field).key = true];
              map<int32, int32> prices = 2 [(gdata.field).ref = {table: "ItemTable"}];
              map<int32, Gift> gifts = 3 [(gdata.field).ref = {table: "ItemTable"}];
            }
            message ShopTable { repeated Shop rows = 1; }
        """,
        "sheets/Item.csv": "id\n1\n",
        "sheets/Shop.csv": "id,prices,gifts\n1,1:100,1:1\n",
        "sheets.yaml": "version: 1\nspreadsheets:\n"
        "  a: {path: sheets, sheets: {Item: game.ItemTable, Shop: game.ShopTable}}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    run_gdata("build", "-q", cwd=tmp_path)
    for language in ("python", "rust"):
        run_gdata("codegen", language, "--out", language, cwd=tmp_path)
        code = "".join(path.read_text("utf-8") for path in (tmp_path / language).glob("game_data*"))
        assert "resolve_gift_item" in code and "entry_value" not in code.casefold()


def test_the_record_of_a_run_is_sorted(project: Path, tmp_path: Path) -> None:
    run_gdata("codegen", "python", "--from", "output/client", "--out", tmp_path, cwd=project)
    files = json.loads((tmp_path / ".gdata-codegen.json").read_bytes())["files"]
    assert files == sorted(files)
