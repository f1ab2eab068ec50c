"""`gdata check --clients`: what a client's library calls or reads otherwise, at its line in the .proto file."""

from __future__ import annotations

import pytest
from command_line import run_gdata
from conformance_cases import Cases

from gdata.codegen.trips import CLIENTS, ClientName, trips_of
from gdata.schema.schema import Schema
from gdata.testing.bundles import compile_protos

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
enum Button { DELETE = 0; BUTTON_OK = 1; }
message System { uint64 id = 1 [(gdata.field).key = true]; string class = 2; Button end = 3; int32 system = 4; string descriptor = 5; string to_string = 6; int32 self = 7; List list = 8; }
message List { int64 big = 1; map<int64, string> texts = 2; int32 item_2_id = 3; }
message SystemTable { repeated System rows = 1; }
"""  # noqa: E501


def trips(client: ClientName, protos: object = PROTO) -> dict[str, list[str]]:
    """What is told of each name."""
    schema = Schema(compile_protos(protos))  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for one in trips_of([schema.table("game.SystemTable")], [client]):
        found.setdefault(one.name.removeprefix("game."), []).append(str(one.message))
    return found


@pytest.mark.parametrize(
    ("client", "name", "words"),
    [
        ("cpp", "DELETE", "is a macro"),
        ("csharp", "System", "global::System"),
        ("csharp", "System.system", "it is System_ in C#"),
        ("csharp", "System.descriptor", "it is Descriptor_ in C#"),
        ("csharp", "System.to_string", "every message has a ToString"),
        ("java", "System.descriptor", "doesn't compile"),
        ("go", "System.descriptor", "it is Descriptor_ in Go"),
        ("google-protobuf", "List.big", "loses digits beyond 2^53"),
        ("java", "System.class", "getClass_()"),
        ("java", "System.id", "has a sign"),
        ("lua", "System.end", 'row["end"]'),
        ("lua", "List.texts", "LuaJIT"),
        ("php", "List", "PBList"),
        ("protobufjs", "List.big", "Long object"),
        ("protobufjs", "List.texts", "eight characters"),
        ("protobufjs", "List.item_2_id", "it is item_2Id"),
        ("python", "System.class", 'getattr(row, "class")'),
        ("rust", "System.self", "self_ in Rust"),
        ("typescript", "System.to_string", "it is toString$"),
        ("typescript", "List.big", "bigint"),
    ],
)
def test_each_client_has_its_trips(client: ClientName, name: str, words: str) -> None:
    assert any(words in message for message in trips(client)[name])


def test_a_closed_enum_and_a_name_that_is_not_ascii_are_told() -> None:
    protos = {
        "아이템.proto": """
            syntax = "proto2";
            package game;
            enum Kind { KIND_A = 0; }
            message System { optional Kind kind = 1; }
            message SystemTable { repeated System rows = 1; }
        """
    }
    assert "is dropped" in trips("protobufjs", protos)["Kind"][0]
    assert "this one is .cs" in trips("csharp", protos)["아이템.proto"][0]
    assert "this one is .java" in trips("java", protos)["아이템.proto"][0]


def test_names_without_a_trip_are_not_told() -> None:
    plain = PROTO.replace("System", "Item").replace("system", "price").replace("descriptor", "about")
    plain = plain.replace("to_string", "cost")
    plain = (
        plain.replace("ItemTable", "SystemTable")
        .replace("message Item ", "message Hero ")
        .replace("Item rows", "Hero rows")
    )
    assert trips("csharp", plain) == {}
    assert trips("go", plain) == {}


def test_the_command_tells_them_at_their_lines(cases: Cases) -> None:
    project = cases.project
    done = run_gdata("check", "-q", "--clients", "csharp, lua", cwd=project)
    lines = (project / "protos" / "game" / "tables.proto").read_text(encoding="utf-8").splitlines()
    assert f"game/tables.proto:{lines.index('  int32 level = 2 [(gdata.field).key = true];') + 1}: csharp" in done.err
    assert "more: LuaJIT holds it as a text" in done.err
    told = run_gdata("check", "-q", "--clients", "csharp", "--format", "json", cwd=project).json["clients"]
    assert told == [
        {
            "client": "csharp",
            "name": "game.Level.level",
            "place": told[0]["place"],
            "message": "it is Level_ in C#, for Level is taken",
        }
    ]
    assert "clients" not in run_gdata("check", "-q", "--format", "json", cwd=project).json
    assert "did you mean csharp?" in run_gdata("check", "--clients", "chsarp", cwd=project, code=2).err


def test_every_client_is_known() -> None:
    from typing import get_args

    assert set(CLIENTS) == set(get_args(ClientName))
