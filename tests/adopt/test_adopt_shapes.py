"""Sheets in the shapes that teams have them, and what scaffolding must find in each: tables, keys, references, types.

A case is a folder: `sheets/` as a team has it, and `expected.yaml`, where `fields` are all that the table has. What is
scaffolded must build without a problem, and the values must be right.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml
from click.testing import CliRunner
from google.protobuf import json_format

import gdata
from gdata.cli.main import cli

CASES = Path(__file__).parent / "cases"


def run(*arguments: str) -> dict[str, Any]:
    ran = CliRunner().invoke(cli, [*arguments, "--format", "json"], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("name", sorted(one.name for one in CASES.iterdir()))
def test_a_shape_is_taken_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = yaml.safe_load((CASES / name / "expected.yaml").read_text(encoding="utf-8"))
    shutil.copytree(CASES / name / "sheets", tmp_path / "sheets")
    monkeypatch.chdir(tmp_path)
    found = run("scaffold", "sheets")
    wrong = list(differences(expected["tables"], {one["name"]: one for one in found["tables"]}))
    problems = [one for one in found["problems"] or () if one["cell"] not in expected.get("problems", [])]
    wrong += [f"problem: {one['message']} at {one['cell']}" for one in problems]
    if [one.get("cell") or f"{one['file']}:{one['line']}" for one in found["unmatched"]] != expected.get(
        "unmatched", []
    ):
        wrong.append(f"unmatched: {found['unmatched']}")
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "protos").rglob("*.proto"))
    wrong += [f"not written: {text}" for text in expected.get("written", []) if text not in written]
    config = yaml.safe_load((tmp_path / "sheets.yaml").read_text(encoding="utf-8"))
    if config["timezone"] != expected.get("timezone", config["timezone"]):
        wrong.append(f"timezone: {config['timezone']}")
    assert not wrong, "\n" + "\n".join(wrong)
    path = tmp_path / "sheets.yaml"
    text = path.read_text(encoding="utf-8").replace("targets:\n", "targets:\n  everything: {}\n")
    path.write_text(text, encoding="utf-8")
    run("build")
    assert not list(wrong_values(expected["tables"], gdata.load("output/everything")))


def differences(expected: dict[str, Any], found: dict[str, Any]) -> Any:
    """What has to be edited by hand."""
    for name in found.keys() - expected.keys():
        yield f"a table {name} that isn't expected"
    for name, want in expected.items():
        table = found.get(name)
        if table is None:
            yield f"no table {name} among {', '.join(found)}"
            continue
        if table["key"] != want["key"]:
            yield f"{name}: the key is {table['key']}"
        fields = {one["name"]: one for one in table["fields"]}
        types = {path: type_of(one) for path, one in fields.items()}
        for path, type_ in want["fields"].items():
            if types.get(path) != type_:
                yield f"{name}.{path}: {types.get(path, 'missing')}, not {type_}"
        if not want.get("allow_other_fields"):
            yield from (f"{name}.{path}: {types[path]}, unexpected" for path in types.keys() - want["fields"].keys())
        doubled = (path for path, one in fields.items() if len(set(one["columns"])) < len(one["columns"]))
        yield from (f"{name}.{path}: columns {fields[path]['columns']}" for path in doubled)
        refs = {path: one["refs"][0]["table"] for path, one in fields.items() if one["refs"]}
        if refs != want.get("refs", {}):
            yield f"{name}: refers {refs}"
        for what in ("groups", "columns"):
            for path, texts in want.get(what, {}).items():
                if not set(texts) <= set(fields[path][what]):
                    yield f"{name}.{path}: {what} {fields[path][what]}"


def type_of(field: dict[str, Any]) -> str:
    label = (
        "repeated "
        if field["list"] and not field["type"].startswith("map")
        else "optional "
        if field["optional"]
        else ""
    )
    return f"{label}{field['type']}"


def wrong_values(expected: dict[str, Any], data: Any) -> Any:
    for name, want in expected.items():
        table = getattr(data, name)
        if "rows" in want and len(table) != want["rows"]:
            yield f"{name}: {len(table)} rows"
        for key, values in want.get("values", {}).items():
            found = table[key] if want["key"] else list(table)[key]
            row = json_format.MessageToDict(found, preserving_proto_field_name=True)
            for field, value in values.items():
                if row.get(field, [] if value == [] else False if value is False else None) != value:
                    yield f"{name}[{key}].{field}: {row.get(field)}"


def test_definitions_that_are_not_whole_are_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "__enums__.csv").write_text("##var,full_name,flags\n,,\n,EKind,maybe\n", encoding="utf-8")
    (sheets / "__beans__.csv").write_text("##var,full_name,sep,*fields\n,Cost,,\n,,,oops\n", encoding="utf-8")
    (sheets / "__tables__.csv").write_text("full_name\n", encoding="utf-8")
    (sheets / "item.csv").write_text("##var,id,kind\n##type,int,EKind\n,1,a\n,2,b\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = run("scaffold", "sheets")
    assert [one["name"] for one in found["tables"]] == ["ItemTable"]
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("meta", "definitions"),
    [
        ("Sheet,Mode\nKind,MODE_ENUM_TYPE\nItem,\n", ""),
        ("Sheet,Mode\nKind,MODE_STRUCT_TYPE\nItem,\n", ""),
        ("Sheet,Mode\nKind,MODE_ENUM_TYPE_MULTI\nItem,\n", ""),
        ("Sheet,Datarow\nItem,1\n", "Name\n"),
    ],
    ids=["enum without a row", "struct without a row", "enums without a row", "records above their names"],
)
def test_what_tableau_wants_more_of_is_neither_a_traceback_nor_a_config_that_nobody_can_load(
    meta: str, definitions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "@TABLEAU.csv").write_text(meta, encoding="utf-8")
    (sheets / "Kind.csv").write_text(definitions, encoding="utf-8")
    (sheets / "Item.csv").write_text("ID,Name\nint32,string\nid,name\n1,a\n2,b\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = run("scaffold", "sheets")
    assert [one["name"] for one in found["tables"]] == ["ItemTable"]
    assert found["problems"] == []


def test_messages_under_one_merged_header_are_read_cell_by_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook = xlsxwriter.Workbook(str(tmp_path / "shop.xlsx"))
    beans = workbook.add_worksheet("__beans__")
    for row, texts in enumerate(
        [
            ["##var", "full_name", "sep", "*fields", "", ""],
            ["##var", "", "", "name", "alias", "type"],
            ["", "Cost", "", "id", "", "int"],
            ["", "", "", "num", "", "int"],
        ]
    ):
        beans.write_row(row, 0, texts)
    shop = workbook.add_worksheet("shop")
    for row, cells in enumerate(
        [
            ["##var", "id", "cost", None, "rewards", None, None, None, "odd", None, "mix", None],
            ["##type", "int", "Cost", None, "list,Cost", None, None, None, "Vec", None, "", None],
            ["", 1, 5, 10, 7, 1, 8, 2, 1.5, "x", "a", 7],
            ["", 2, 6, 20, 7, 3, None, None, 2, "y", "b", 8],
        ]
    ):
        shop.write_row(row, 0, cells)
    for first, last, text in ((2, 3, "cost"), (4, 7, "rewards"), (8, 9, "odd"), (10, 11, "mix")):
        shop.merge_range(0, first, 0, last, text)
    workbook.close()
    monkeypatch.chdir(tmp_path)
    found = run("scaffold", "shop.xlsx")
    assert found["problems"] == []
    run("build")
    rows = [
        json_format.MessageToDict(row, preserving_proto_field_name=True)
        for row in gdata.load("output/server").ShopTable
    ]
    assert rows[0] == {
        "id": 1,
        "cost": {"id": 5, "num": 10},
        "rewards": [{"id": 7, "num": 1}, {"id": 8, "num": 2}],
        "odd": {"value1": 1.5, "value2": "x"},
        "mix": {"value1": "a", "value2": 7},
    }
    assert rows[1]["rewards"] == [{"id": 7, "num": 3}]
