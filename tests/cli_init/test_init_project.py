"""`gdata init`: what it writes builds at once, teaches the gate, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import ROOT, run_gdata

from gdata.scaffold.starting import template_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    run_gdata("init", "my game", cwd=tmp_path)
    return tmp_path / "my game"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_it_builds_at_once_without_a_problem(project: Path) -> None:
    built = run_gdata("build", "--strict", "--format", "json", cwd=project).json
    assert built["problems"] == []
    assert built["targets"].keys() == {"server", "client"}


def test_the_mistakes_that_its_notes_suggest_are_found_at_their_cells(project: Path) -> None:
    edit(project / "sheets" / "Item.csv", "2001,Small Potion,일반", "2001,Small Potion,comon")
    edit(project / "sheets" / "Shop.csv", "new_year_sword,1003", "new_year_sword,9999")
    problems = run_gdata("check", "--format", "json", code=1, cwd=project).json["problems"]
    assert [(one["cell"], one["code"]) for one in problems] == [("C5", "cell.not_enum"), ("B5", "reference.missing")]


def test_its_gate_stops_a_price_that_more_than_doubles(project: Path) -> None:
    run_gdata("build", "--quiet", cwd=project)
    run_gdata("publish", "--channel", "staging", "--yes", cwd=project)
    edit(project / "sheets" / "Shop.csv", "1002,120", "1002,250")
    run_gdata("build", "--quiet", cwd=project)
    refused = run_gdata("publish", "--channel", "staging", "--yes", code=4, cwd=project)
    assert "price-swing" in refused.err
    run_gdata("publish", "--channel", "dev", "--yes", cwd=project)


def test_the_client_sees_only_its_group(project: Path) -> None:
    run_gdata("build", "--quiet", cwd=project)
    shown = run_gdata("show", "ItemTable", "1001", "--target", "client", "--format", "json", cwd=project).json
    assert shown[0].keys() == {"id", "name", "rarity"}


def test_nothing_is_overwritten(project: Path) -> None:
    (project / "sheets.yaml").write_text("mine", encoding="utf-8")
    for name, _ in template_files():
        if name not in ("sheets.yaml",):
            (project / name).unlink()
    assert "sheets.yaml" in run_gdata("init", code=2, cwd=project).err
    assert (project / "sheets.yaml").read_text(encoding="utf-8") == "mine"
    assert not (project / "gdata.bat").exists()


def test_windows_reads_the_batch_file(project: Path) -> None:
    content = (project / "gdata.bat").read_bytes()
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n") > 5


def test_its_ci_recipe_is_the_documented_one(project: Path) -> None:
    recipe = (ROOT / "docs" / "ci" / "github-actions.yml").read_bytes()
    assert (project / ".github" / "workflows" / "gdata.yml").read_bytes() == recipe


def test_editors_find_the_schema_of_its_settings(project: Path) -> None:
    assert (project / "sheets.yaml").read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")
    assert (project / "sheets.schema.json").read_bytes() == (ROOT / "docs" / "sheets.schema.json").read_bytes()


def test_its_metric_is_in_the_diff(project: Path) -> None:
    run_gdata("build", "--quiet", cwd=project)
    run_gdata("publish", "--yes", cwd=project)
    edit(project / "sheets" / "Shop.csv", "1002,120", "1002,130")
    run_gdata("build", "--quiet", cwd=project)
    diff = run_gdata("diff", "--format", "json", cwd=project).json
    assert diff["metrics"]["price_of_rarity"]["changed"]
