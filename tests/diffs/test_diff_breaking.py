import subprocess
from pathlib import Path

import pytest
from diffcases import PROTO, side

from gdata.config import Gate, SchemaRule
from gdata.diffs.compare import compare
from gdata.diffs.gate import judge
from gdata.diffs.model import SchemaChange, Side
from gdata.diffs.tables import breaking
from gdata.errors import OutsideError
from gdata.testing.bundles import compile_protos

ITEMS = {"ItemTable": [{"id": 1}]}


def changes(protos: str, category: SchemaRule = "wire", *, sources: bool = True) -> list[SchemaChange]:
    new = side("new", ITEMS, protos)
    new = Side(new.name, None, new.bundles, compile_protos(protos) if sources else None)
    return list(compare(side("old", ITEMS), new, category=category).targets["server"].schema)


def test_a_breaking_change_has_its_place_in_the_proto_file() -> None:
    protos = PROTO.replace("int32 sell = 4;", "string sell = 4;")
    line = next(number for number, text in enumerate(protos.splitlines(), 1) if "string sell" in text)
    (found,) = changes(protos)
    assert (found.breaking, found.rule, found.file, found.line) == (
        True,
        "FIELD_WIRE_COMPATIBLE_TYPE",
        "game.proto",
        line,
    )
    assert "int32" in found.message and "https://" not in found.message


def test_without_the_sources_there_is_no_line() -> None:
    (found,) = changes(PROTO.replace("int32 sell = 4;", "string sell = 4;"), sources=False)
    assert (found.file, found.line) == ("game.proto", None)


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("off", [(False, "FIELD_RENAMED")]),
        ("wire", [(False, "FIELD_RENAMED")]),
        ("wire_json", [(True, "FIELD_SAME_JSON_NAME"), (True, "FIELD_SAME_NAME")]),
        ("file", [(True, "FIELD_SAME_JSON_NAME"), (True, "FIELD_SAME_NAME")]),
    ],
)
def test_a_category_decides_what_breaks(category: SchemaRule, expected: list[tuple[bool, str]]) -> None:
    found = changes(PROTO.replace("int32 sell = 4;", "int32 resale = 4;"), category)
    assert [(one.breaking, one.rule) for one in found] == expected


def test_what_buf_tells_is_not_told_twice() -> None:
    found = changes(PROTO.replace("int32 sell = 4;", ""))
    assert [(one.breaking, one.rule) for one in found] == [(True, "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED")]


def test_what_breaks_nothing_is_told_too() -> None:
    protos = PROTO.replace("GRADE_EPIC = 2;", "GRADE_EPIC = 2; GRADE_MYTHIC = 3;") + "message Pet { int32 id = 1; }"
    protos = protos.replace("int32 sell = 4;", "int64 sell = 4; repeated string notes = 14;")
    assert [(one.breaking, one.rule) for one in changes(protos)] == [
        (False, "ENUM_VALUE_ADDED"),
        (False, "FIELD_TYPE_CHANGED"),
        (False, "FIELD_ADDED"),
        (False, "MESSAGE_ADDED"),
    ]


def test_the_gate_blocks_breaking_changes_under_the_name_schema() -> None:
    new = side("new", ITEMS, PROTO.replace("int32 sell = 4;", "string sell = 4;"))
    found = compare(side("old", ITEMS), new, category="wire")
    verdict = judge(found, Gate("wire"))
    assert not verdict.passed and verdict.blocking == ("schema",)
    assert "game.proto" in verdict.violations[0].message
    assert judge(found, Gate(schema="off")).passed
    assert judge(found, Gate("wire"), allowed=["schema"]).passed


def test_an_equal_schema_or_an_empty_side_needs_no_buf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaking, "find_buf", lambda: pytest.fail("buf was called"))
    compare(side("old", ITEMS), side("new", {"ItemTable": [{"id": 2}]}))
    compare(Side("live"), side("new", ITEMS))


@pytest.mark.parametrize("words", ["echo broken >&2; exit 1", "sleep 9", ""])
def test_a_buf_that_cannot_work_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    program = tmp_path / "buf"
    if words:
        program.write_text(f"#!/bin/sh\n{words}\n")
        program.chmod(0o755)
    monkeypatch.setattr(breaking, "find_buf", lambda: str(program))
    monkeypatch.setattr(breaking, "TIMEOUT", 0.3)
    with pytest.raises(OutsideError, match="buf can't judge the schema change") as raised:
        changes(PROTO.replace("int32 sell = 4;", ""))
    assert "schema: off" in raised.value.hint


def test_buf_is_found_beside_this_python() -> None:
    done = subprocess.run([breaking.find_buf(), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip()
