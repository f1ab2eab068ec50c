"""A folder of 105 sheets: what scaffolding finds in it, and that the project it makes builds without a problem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scaffold_project import gdata
from sheet_maker import Made, make_sheets


@pytest.fixture(scope="module")
def sheets() -> list[Made]:
    return make_sheets()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, sheets: list[Made]) -> Path:
    folder = tmp_path_factory.mktemp("game")
    for sheet in sheets:
        sheet.write(folder / "sheets")
    (folder / "report.json").write_text(gdata(folder, "scaffold", "sheets", "--format", "json"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tables(project: Path) -> dict[str, dict[str, Any]]:
    report = json.loads((project / "report.json").read_text(encoding="utf-8"))
    assert report["problems"] == []
    return {table["sheets"][0]: table for table in report["tables"]}


def test_there_are_more_than_a_hundred_sheets_and_none_is_left_out(
    sheets: list[Made], tables: dict[str, dict[str, Any]]
) -> None:
    assert len(sheets) > 100
    assert {sheet.title for sheet in sheets} == tables.keys()


def test_types_are_right(sheets: list[Made], tables: dict[str, dict[str, Any]]) -> None:
    wrong = []
    for sheet in sheets:
        fields = {field["name"]: field for field in tables[sheet.title]["fields"]}
        for name, expected in sheet.types.items():
            found = _type(fields[name]) if name in fields else f"no such field among {list(fields)}"
            # Tables in two languages have an enum each, and only one of them can be called Rarity.
            if found != expected and not (expected == "Rarity" and found.endswith("Rarity")):
                wrong.append(f"{sheet.title}.{name}: {found}, not {expected}")
    assert not wrong


def _type(field: dict[str, Any]) -> str:
    return ("repeated " if field["list"] else "optional " if field["optional"] else "") + str(field["type"])


def test_keys_are_right(sheets: list[Made], tables: dict[str, dict[str, Any]]) -> None:
    assert {sheet.title: sheet.key for sheet in sheets} == {title: table["key"] for title, table in tables.items()}


def test_references_are_right_and_no_others_are_made_up(sheets: list[Made], tables: dict[str, dict[str, Any]]) -> None:
    expected = {(sheet.title, name, table) for sheet in sheets for name, table in sheet.refs.items()}
    found = {
        (title, field["name"], ref["table"])
        for title, table in tables.items()
        for field in table["fields"]
        for ref in field["refs"]
    }
    assert expected <= found
    # The two sides of a 1:1 relation refer to each other's key; nothing else may be added.
    assert all(title.endswith("Link") for title, *_ in found - expected)


def test_the_project_builds_without_a_problem(project: Path, sheets: list[Made]) -> None:
    built = json.loads(gdata(project, "build", "--strict", "--format", "json"))
    assert built["problems"] == []
    rows = {name: one["rows"] for name, one in built["targets"]["server"]["tables"].items()}
    assert rows["ItemTable"] == len(sheets[0].rows)
    assert len(rows) == len(sheets)


def test_scaffolding_again_finds_nothing_to_add(project: Path) -> None:
    before = {path: path.read_bytes() for path in (project / "protos").rglob("*.proto")}
    before[project / "sheets.yaml"] = (project / "sheets.yaml").read_bytes()
    report = json.loads(gdata(project, "scaffold", "--format", "json"))
    assert report["files"] == []
    assert before == {path: path.read_bytes() for path in before}
