"""docs/sheets.schema.json, which editors complete sheets.yaml with, knows what gdata.configfile knows, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import ROOT
from doc_blocks import Block, parts_of
from jsonschema import Draft7Validator

from gdata.configfile import load_config
from gdata.errors import ConfigError

SCHEMA = json.loads((ROOT / "docs" / "sheets.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)

WHOLE: dict[str, Any] = {
    "version": 1,
    "protos": "protos",
    "output": "built",
    "releases": "s3://bucket/game",
    "timezone": "Asia/Seoul",
    "asset_root": "assets",
    "google": {"credentials": "key.json", "oauth_client": "client.json", "endpoint": "http://127.0.0.1:9000"},
    "spreadsheets": {
        "items": {"id": "1AbC", "sheets": {"Item": "game.ItemTable", "Mixed": ["game.ATable", "game.BTable"]}},
        "shop": {"url": "https://docs.google.com/spreadsheets/d/1AbC/edit", "sheets": {"Shop *": "game.ShopTable"}},
        "text": {
            "path": "texts",
            "encoding": "cp949",
            "sheets": {
                "Text": {
                    "table": "game.TextTable",
                    "layout": "columns",
                    "header_row": 2,
                    "first_row": 4,
                    "multirow": True,
                    "unknown_columns": "warn",
                    "merged": "fill",
                }
            },
        },
    },
    "targets": {"server": None, "client": {"groups": ["client"], "tags": ["jp", 1], "format": "json"}},
    "checks": ["checks.py"],
    "severity": {"cell.blank": "warning", "ItemTable": {"text.blank_ends": "off"}},
    "gate": {
        "schema": "wire",
        "rules": [
            {"name": "a", "tables": ["Item*"], "deny": "removed_rows"},
            {"name": "b", "fields": ["rewards.count"], "level": "warn", "max_change": "20%"},
            {"name": "c", "max_increase": 10},
            {"name": "d", "max_decrease": "1.5 %"},
            {"name": "e", "max_changed_rows": 3},
        ],
    },
    "default_channel": "dev",
    "channels": {"live": {"protected": True, "gate": {"schema": "file"}}, "dev-*": {"gate": "off"}, "dev": None},
}
MAPPINGS = [
    (),
    ("google",),
    ("spreadsheets", "items"),
    ("spreadsheets", "text", "sheets", "Text"),
    ("targets", "client"),
    ("gate",),
    ("gate", "rules", 0),
    ("channels", "live"),
]
CHOICES = [
    ("spreadsheets", "text", "sheets", "Text", "layout"),
    ("spreadsheets", "text", "sheets", "Text", "unknown_columns"),
    ("spreadsheets", "text", "sheets", "Text", "merged"),
    ("targets", "client", "format"),
    ("severity", "cell.blank"),
    ("gate", "schema"),
    ("gate", "rules", 0, "deny"),
    ("gate", "rules", 1, "level"),
]


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """WHOLE with another value at `path`; `...` deletes it."""
    config = json.loads(json.dumps(WHOLE))
    place = config
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return dict(config)


def error_of(folder: Path, config: dict[str, Any]) -> ConfigError | None:
    for name in ("protos", "texts", "assets"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "checks.py").touch()
    path = folder / "sheets.yaml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    try:
        load_config(path, {})
    except ConfigError as error:
        return error
    return None


def schemas_at(schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[dict[str, Any]]:
    """The parts of the schema that stand for `path`, every branch of it."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    for branch in schema.get("anyOf", ()):
        yield from schemas_at(branch, path)
    if not path:
        yield schema
        return
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        inside = schema.get("items")
    else:
        inside = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    if inside:
        yield from schemas_at(inside, rest)


def test_the_sample_game_is_valid() -> None:
    VALIDATOR.check_schema(SCHEMA)
    VALIDATOR.validate(yaml.safe_load((ROOT / "sheets.yaml").read_text(encoding="utf-8")))


def test_a_file_with_everything_is_valid_for_both(tmp_path: Path) -> None:
    VALIDATOR.validate(WHOLE)
    assert error_of(tmp_path, WHOLE) is None


@pytest.mark.parametrize("path", MAPPINGS, ids=str)
def test_both_know_the_same_keys(path: tuple[str | int, ...], tmp_path: Path) -> None:
    unknown = changed((*path, "zzz"), "x")
    error = error_of(tmp_path, unknown)
    assert error is not None
    (known,) = re.findall(r"known here: ([\w, ]+)", f"{error} {error.hint}")
    properties = [set(one["properties"]) for one in schemas_at(SCHEMA, path) if "properties" in one]
    assert properties == [set(known.split(", "))]
    assert not VALIDATOR.is_valid(unknown)


@pytest.mark.parametrize("path", CHOICES, ids=str)
def test_both_know_the_same_choices(path: tuple[str | int, ...], tmp_path: Path) -> None:
    unknown = changed(path, "zzz")
    error = error_of(tmp_path, unknown)
    assert error is not None
    (known,) = re.findall(r"choose ([\w, ]+)", f"{error} {error.hint}")
    choices = {one for part in schemas_at(SCHEMA, path) for one in part.get("enum", ()) if one is not False}
    assert choices == set(known.split(", "))
    assert not VALIDATOR.is_valid(unknown)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), ...),
        (("version",), 2),
        (("spreadsheets",), ...),
        (("spreadsheets",), {}),
        (("spreadsheets", "items", "path"), "texts"),
        (("spreadsheets", "items", "id"), ...),
        (("spreadsheets", "items", "sheets"), ...),
        (("spreadsheets", "items", "sheets", "Mixed"), []),
        (("spreadsheets", "text", "sheets", "Text", "table"), ...),
        (("spreadsheets", "text", "sheets", "Text", "header_row"), 0),
        (("spreadsheets", "text", "sheets", "Text", "multirow"), "sometimes"),
        (("gate", "rules", 0, "name"), ...),
        (("gate", "rules", 0, "deny"), ...),
        (("gate", "rules", 0, "max_change"), 3),
        (("gate", "rules", 0, "tables"), []),
        (("gate", "rules", 1, "max_change"), "much"),
        (("gate", "rules", 2, "max_increase"), -1),
        (("checks",), "checks.py"),
        (("targets",), {}),
        (("protos",), 7),
    ],
    ids=str,
)
def test_both_refuse_the_same_mistakes(path: tuple[str | int, ...], value: Any, tmp_path: Path) -> None:
    wrong = changed(path, value)
    assert error_of(tmp_path, wrong) is not None
    assert not VALIDATOR.is_valid(wrong)


def parts_of_sheets_yaml() -> Iterator[tuple[str, Any]]:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for part in parts_of(page):
            if isinstance(part, Block) and part.language == "yaml" and "--8<--" not in part.code:
                value = yaml.safe_load(part.code)
                if isinstance(value, dict) and set(value) <= set(SCHEMA["properties"]):
                    yield f"{page.name}:{part.line}", value


@pytest.mark.parametrize("value", [pytest.param(value, id=place) for place, value in parts_of_sheets_yaml()])
def test_what_the_docs_show_of_sheets_yaml_is_valid(value: dict[str, Any]) -> None:
    Draft7Validator({**SCHEMA, "required": []}).validate(value)
