"""Rows as the user's own generated classes, and what is said where these don't fit the data."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import gdata
from gdata.errors import UsageError
from gdata.testing.bundles import build_bundle

DATA = """
syntax = "proto3";
package PACKAGE;
import "google/protobuf/timestamp.proto";
enum Grade { NORMAL = 0; RARE = 1; }
message Reward { int32 item_id = 1; int32 count = 2; }
message Item {
  int32 id = 1;
  string name = 2;
  Grade grade = 3;
  repeated Reward rewards = 4;
  map<string, int32> stats = 5;
  google.protobuf.Timestamp since = 6;
}
message ItemTable { repeated Item rows = 1; }
message Text { string id = 1; string ko = 2; }
message TextTable { map<string, Text> rows = 1; }
message Constants { int32 max_level = 1; }
"""
TABLES = {
    "ItemTable": [{"id": 1, "name": "sword", "grade": 1, "rewards": [{"item_id": 2}], "stats": {"str": 3}}],
    "TextTable": {"a": {"id": "a", "ko": "검"}},
    "Constants": {"max_level": 60},
}


def generate(folder: Path, package: str, proto: str) -> ModuleType:
    """What protoc writes for `proto`, imported."""
    (folder / f"{package}.proto").write_text(proto.replace("PACKAGE", package), encoding="utf-8")
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--python_out={folder}", f"{package}.proto"]
    subprocess.run(command, check=True)
    spec = importlib.util.spec_from_file_location(f"{package}_pb2", folder / f"{package}_pb2.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bundle(folder: Path, package: str) -> Path:
    keys = {"ItemTable": ("id",), "TextTable": ("id",)}
    return build_bundle(folder / "bundle", DATA.replace("PACKAGE", package), TABLES, keys=keys)


def test_rows_have_the_generated_classes(tmp_path: Path) -> None:
    game = generate(tmp_path, "fit_same", DATA)
    data = gdata.load(bundle(tmp_path, "fit_same"), types=[math, game][1:])
    assert type(data.ItemTable[1]) is game.Item
    assert data.ItemTable[1].grade == game.RARE
    assert type(data.TextTable["a"]) is game.Text
    assert type(data.Constants) is game.Constants
    assert data.ItemTable.where(grade="RARE") == [data.ItemTable[1]]


def test_a_field_that_the_class_lacks_is_fine(tmp_path: Path) -> None:
    proto = DATA.replace("string name = 2;", "").replace("map<string, int32> stats = 5;", "")
    game = generate(tmp_path, "fit_older", proto)
    data = gdata.load(bundle(tmp_path, "fit_older"), types=[game])
    assert data.ItemTable[1].id == 1
    assert not hasattr(data.ItemTable[1], "name")


def test_a_table_that_no_module_has_gets_the_bundles_own_class(tmp_path: Path) -> None:
    game = generate(tmp_path, "fit_part", DATA.replace("message Constants { int32 max_level = 1; }", ""))
    data = gdata.load(bundle(tmp_path, "fit_part"), types=[game])
    assert type(data.ItemTable[1]) is game.Item
    assert data.Constants.max_level == 60


def test_a_field_that_the_data_lacks_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    game = generate(tmp_path, "fit_newer", DATA.replace("int32 count = 2;", "int32 count = 2; int32 weight = 3;"))
    with caplog.at_level(logging.WARNING, "gdata"):
        gdata.load(bundle(tmp_path, "fit_newer"), types=[game])
    assert "not in this data, so always unset in the classes of fit_newer_pb2: fit_newer.Reward.weight" in caplog.text


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        (
            "number",
            "string name = 2",
            "int32 name = 2",
            "fit_number.Item.name is string in the data and int32 in the class",
        ),
        ("single", "repeated Reward rewards", "Reward rewards", "is repeated fit_single.Reward in the data"),
        ("enum", "Grade grade = 3", "string grade = 3", "is fit_enum.Grade in the data and string in the class"),
        ("zigzag", "int32 count = 2", "sint32 count = 2", "is int32 in the data and sint32 in the class"),
        ("map", "map<string, int32> stats", "map<string, string> stats", "is map<string, int32> in the data and map<s"),
        (
            "rows",
            "{ repeated Item rows = 1; }",
            "{ repeated Item rows = 2; }",
            "lacks the rows or the key of the table ItemTable",
        ),
        ("key", "  int32 id = 1;\n  string name", "string name", "lacks the rows or the key of the table ItemTable"),
    ],
)
def test_a_changed_type_is_refused(tmp_path: Path, name: str, before: str, after: str, words: str) -> None:
    game = generate(tmp_path, f"fit_{name}", DATA.replace(before, after))
    with pytest.raises(UsageError, match=words) as caught:
        gdata.load(bundle(tmp_path, f"fit_{name}"), types=[game]).ItemTable  # noqa: B018
    assert "generate the classes again" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("wider", "int32 count = 2", "int64 count = 2"),
        ("number_of_enum", "Grade grade = 3", "int32 grade = 3"),
        ("list_of_one", "Grade grade = 3", "repeated Grade grade = 3"),
        ("message_renamed", "Reward", "Prize"),
        ("enum_renamed", "Grade", "Rarity"),
        ("map_wider", "map<string, int32> stats", "map<string, int64> stats"),
    ],
)
def test_what_the_class_reads_as_it_is_fits(tmp_path: Path, name: str, before: str, after: str) -> None:
    game = generate(tmp_path, f"fits_{name}", DATA.replace(before, after))
    data = gdata.load(bundle(tmp_path, f"fits_{name}"), types=[game])
    item = data.ItemTable[1]
    assert type(item) is game.Item
    assert item.rewards[0].item_id == 2 and item.stats["str"] == 3
    assert item.grade in (1, [1])


@pytest.mark.parametrize(
    ("name", "wide", "narrow", "value", "words"),
    [
        ("int32", "int64", "int32", 3_000_000_000, "3000000000 → -1294967296"),
        ("bool", "int32", "bool", 5, "5 → True"),
        ("uint32", "int32", "uint32", -1, "-1 → 4294967295"),
        ("uint64", "int64", "uint64", -1, "-1 → 18446744073709551615"),
        ("sint32", "sint64", "sint32", 3_000_000_000, "3000000000 →"),
        ("list", "repeated int64", "repeated int32", [1, 3_000_000_000], r"\[1, 3000000000\] → \[1, -1294967296\]"),
        ("map", "map<string, int64>", "map<string, int32>", {"a": 3_000_000_000}, "'a': -1294967296"),
    ],
)
def test_a_narrower_class_is_held_to_the_values(
    tmp_path: Path, name: str, wide: str, narrow: str, value: Any, words: str
) -> None:
    schema = (
        f'syntax = "proto3"; package narrow_{name}; message Part {{ TYPE n = 1; }}'
        + """
        message Item { int32 id = 1; Part part = 2; map<string, Part> parts = 3; }
        message ItemTable { repeated Item rows = 1; }"""
    )
    game = generate(tmp_path, f"narrow_{name}", schema.replace("TYPE", narrow))

    def load(part: Any) -> Any:
        rows = [{"id": 1, "part": part}, {"id": 2, "parts": {"x": part}}]
        folder = build_bundle(tmp_path / "wide", schema.replace("TYPE", wide), {"ItemTable": rows})
        return gdata.load(folder, types=[game])

    fitting = {list: [1], dict: {"a": 1}}.get(type(value), 1)
    assert all(type(item) is game.Item for item in load({"n": fitting}).ItemTable)
    with pytest.raises(UsageError, match=f"narrow_{name}.Part.n = .*{words}"):
        load({"n": value})


def test_a_renamed_key_is_found_by_its_number(tmp_path: Path) -> None:
    game = generate(
        tmp_path, "fit_renamed", DATA.replace("  int32 id = 1;\n  string name", "  int32 number = 1;\n  string name")
    )
    assert gdata.load(bundle(tmp_path, "fit_renamed"), types=[game]).ItemTable[1].number == 1


def test_modules_that_are_none_or_another_games_are_told(tmp_path: Path) -> None:
    folder = bundle(tmp_path, "fit_none")
    with pytest.raises(UsageError, match=r"types=: no message of .* is in math"):
        gdata.load(folder, types=[math])
    with pytest.raises(UsageError, match="'game_pb2' is no module"):
        gdata.load(folder, types=["game_pb2"])  # type: ignore[list-item]


def test_two_bundles_with_messages_of_one_name_live_side_by_side(tmp_path: Path) -> None:
    one = gdata.load(build_bundle(tmp_path / "a", 'syntax = "proto3"; message C { int32 x = 1; }', {"C": {"x": 1}}))
    two = gdata.load(build_bundle(tmp_path / "b", 'syntax = "proto3"; message C { string x = 1; }', {"C": {"x": "1"}}))
    assert (one.C.x, two.C.x) == (1, "1")


def test_a_module_that_is_in_no_list_is_told(tmp_path: Path) -> None:
    output = build_bundle(tmp_path, DATA.replace("PACKAGE", "alone"), TABLES)
    with pytest.raises(TypeError, match=r"write types=\[json\]"):
        gdata.load(output, types=importlib.import_module("json"))  # type: ignore[arg-type]
