from pathlib import Path

import pytest

from gdata.bundles.reader import open_bundle, open_output
from gdata.errors import SchemaError
from gdata.testing.bundles import Contents, build_bundle, build_output, write_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "buf/validate/validate.proto";
message Item {
  int32 id = 1 [(gdata.field) = {key: true, column: "번호"}];
  string name = 2 [(buf.validate.field).string.min_len = 1];
}
message ItemTable { repeated Item rows = 1; }
message ByKey { map<int32, Item> rows = 1; }
message Constants { int32 max_level = 1; repeated int32 steps = 2; }
"""
TABLES = {
    "ItemTable": [{"id": 1, "name": "검"}, {"id": 2}],
    "ByKey": {7: {"id": 7}},
    "Constants": {"max_level": 9, "steps": [1, 2]},
}


def test_an_output_has_one_build_and_a_bundle_for_each_target(tmp_path: Path) -> None:
    bundles = open_output(build_output(tmp_path, PROTO, TABLES))
    assert sorted(bundles) == ["client", "server"]
    for bundle in bundles.values():
        bundle.verify()
    tables = bundles["server"].manifest.tables
    assert {name: (entry.kind, entry.key, entry.rows) for name, entry in tables.items()} == {
        "ItemTable": ("rows", ("id",), 2),
        "ByKey": ("map", ("id",), 1),
        "Constants": ("record", (), 1),
    }


def test_nothing_of_our_options_is_in_the_schema(tmp_path: Path) -> None:
    schema = open_bundle(build_bundle(tmp_path / "one", PROTO, TABLES)).schema()
    assert "번호".encode() not in schema and b"validate" not in schema and b"gdata" not in schema


def test_parts_joined_are_the_table(tmp_path: Path) -> None:
    whole = open_bundle(build_bundle(tmp_path / "whole", PROTO, TABLES))
    cut = open_output(write_output(tmp_path / "cut", {"server": Contents(PROTO, TABLES, parts=2)}))["server"]
    assert len(cut.manifest.tables["ItemTable"].parts) == 2
    assert cut.table("ItemTable") == whole.table("ItemTable")


def test_a_proto_that_does_not_compile_says_where(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"game\.proto:1:"):
        build_bundle(tmp_path, "nonsense", {})
