"""Encoding: parts, text formats, references and counts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from gdata.bundles.encode import encode_build, split_rows
from gdata.config import Target
from gdata.longbytes import Spool
from gdata.proto.text import as_text
from gdata.schema.schema import Schema
from gdata.testing.views import build_schema, build_view
from gdata.versions import Version

PROTO = {
    "t.proto": """
syntax = "proto3";
package game;
import "gdata/options.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
message Item {
  int32 id = 1 [(gdata.field) = {key: true, groups: "client"}];
  map<int32, string> names = 2 [(gdata.field).groups = "client"];
  map<string, int32> stats = 3;
  google.protobuf.Struct extra = 4;
  google.protobuf.Timestamp at = 5;
  int32 next = 6 [(gdata.field) = {groups: "client", ref: {table: "ItemTable"}}];
  int32 secret = 7 [(gdata.field) = {groups: "client", ref: {table: "SecretTable"}}];
  int32 hidden = 8 [(gdata.field) = {ref: {table: "ItemTable"}}];
  int32 chosen = 9 [(gdata.field) = {groups: "client", ref: {table: "ItemTable", when: "hidden=1"}}];
  int32 deep = 10 [(gdata.field) = {groups: "client", ref: {table: "ItemTable", field: "hidden"}}];
}
message ItemTable { option (gdata.table).groups = "client"; repeated Item rows = 1; }
message Secret { int32 id = 1 [(gdata.field).key = true]; }
message SecretTable { repeated Secret rows = 1; }
message NameTable { option (gdata.table).groups = "client"; map<int32, Item> items = 1; }
"""
}
ROWS = [
    {
        "id": number,
        "names": {key: str(key) for key in (30, 4, -1, 200)},
        "stats": dict.fromkeys("zayb", 1),
        "extra": dict.fromkeys("xcb", True),
    }
    for number in (1, 2)
]


def test_references_that_a_target_may_know() -> None:
    schema = build_schema(PROTO)
    views = {
        "ItemTable": build_view(schema, schema.table("game.ItemTable"), ROWS),
        "SecretTable": build_view(schema, schema.table("game.SecretTable"), [{"id": 1}]),
    }
    server, client = Target("server"), Target("client", groups=("client",))
    for_server, for_client = encode_build(schema, {"server": (server, views), "client": (client, views)})
    assert list(for_server.manifest.tables["ItemTable"].refs) == ["chosen", "deep", "hidden", "next", "secret"]
    assert list(for_client.manifest.tables["ItemTable"].refs) == ["next"]
    assert list(for_client.manifest.tables) == ["ItemTable"]


def test_a_title_of_a_later_version_leaves_no_trace() -> None:
    schema = build_schema(
        'syntax = "proto3"; package game; import "gdata/options.proto";'
        "message Part { string id = 1 [(gdata.field).ref = {table: 'ATable'}]; }"
        "message A { string id = 1 [(gdata.field).key = true]; string nick = 2 [(gdata.field).since = '2.0']; "
        "Part part = 3 [(gdata.field).since = '1.5']; }"
        "message ATable { option (gdata.table).title = 'nick'; repeated A rows = 1; }"
        "message BTable { option (gdata.table).title = 'part.id'; repeated A rows = 1; }"
    )
    for version, titles in {"1.0": ("", ""), "1.5": ("", "part.id"), "2.0": ("nick", "part.id")}.items():
        at = Version.read(version)
        plans = [schema.table(f"game.{name}").at(at) for name in ("ATable", "BTable")]
        views = {plan.name: build_view(schema, plan, [{"id": "a"}]) for plan in plans}
        (bundle,) = encode_build(schema, {"server": (Target("server", version=at), views)})
        assert tuple(table.title for table in bundle.manifest.tables.values()) == titles
        assert ("title" in json.loads(bundle.manifest.to_bytes())["features"]) == any(titles)


def test_large_tables_need_no_file_each() -> None:
    names = [f"T{number}Table" for number in range(20)]
    rows = "message Row { int32 id = 1 [(gdata.field).groups = 'client']; int32 own = 2; }"
    group = "option (gdata.table).groups = 'client';"
    tables = "".join(f"message {name} {{ {group} repeated Row rows = 1; }}" for name in names)
    schema = build_schema(
        {"t.proto": f'syntax = "proto3"; package game; import "gdata/options.proto"; {rows} {tables}'}
    )
    views = {name: build_view(schema, schema.table(f"game.{name}"), [{"id": 1, "own": 2}]) for name in names}
    (whole,) = encode_build(schema, {"client": (Target("client", groups=("client",)), views)})
    spool = Spool()
    for view in views.values():
        view.wire = spool.add(view.content)
    before = _open_files()
    (bundle,) = encode_build(schema, {"client": (Target("client", groups=("client",)), views)})
    assert _open_files() - before <= 1
    assert len(bundle.manifest.tables) == len(names)
    assert {name: bytes(content) for name, content in bundle.files.items()} == whole.files


def _open_files() -> int:
    folder = Path("/dev/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_a_text_stands_beside_the_binary() -> None:
    schema = build_schema(PROTO)
    views = {"ItemTable": build_view(schema, schema.table("game.ItemTable"), ROWS)}
    for format in ("json", "txtpb"):
        target = replace(Target("web"), format=format)
        (bundle,) = encode_build(schema, {"web": (target, views)})
        text = bundle.manifest.tables["ItemTable"].text
        assert text is not None and text.file.endswith(f".{format}")
        assert b"30" in bundle.files[text.file]


def test_maps_in_json_stand_by_key() -> None:
    schema = build_schema(PROTO)
    view = build_view(schema, schema.table("game.ItemTable"), ROWS)
    content = as_text(view.message, "json")
    row = json.loads(content)["rows"][0]
    assert list(row["names"]) == ["-1", "4", "30", "200"]
    assert list(row["stats"]) == list("abyz") and list(row["extra"]) == list("bcx")
    assert json_format.Parse(content, type(view.message)()) == view.message


@pytest.mark.parametrize(("table", "field"), [("ItemTable", "rows"), ("NameTable", "items")])
@given(limit=st.integers(0, 400), count=st.integers(0, 9))
def test_pieces_joined_are_the_table(table: str, field: str, limit: int, count: int) -> None:
    schema = _schema()
    rows = [{**ROWS[0], "id": number} for number in range(count)]
    view = build_view(schema, schema.table(f"game.{table}"), rows)
    pieces = list(split_rows(view.content, limit))
    assert b"".join(piece for piece, _ in pieces) == view.content
    assert sum(rows for _, rows in pieces) == count
    for piece, rows_of_piece in pieces:
        assert len(getattr(type(view.message).FromString(piece), field)) == rows_of_piece
        assert len(piece) <= limit or rows_of_piece == 1 or not count


@cache
def _schema() -> Schema:
    return build_schema(PROTO)


def test_a_huge_table_has_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdata.bundles.encode.PART_BYTES", 100)
    schema = build_schema(PROTO)
    rows = [{"id": number, "names": {1: "x" * 90}} for number in range(50)]
    view = build_view(schema, schema.table("game.ItemTable"), rows)
    (bundle,) = encode_build(schema, {"server": (Target("server"), {"ItemTable": view})})
    entry = bundle.manifest.tables["ItemTable"]
    assert entry.rows == 50 == sum(part.rows for part in entry.parts) == len(entry.parts)
    assert b"".join(bundle.files[part.file] for part in entry.parts) == view.content
