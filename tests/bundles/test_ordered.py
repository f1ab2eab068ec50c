"""Lookups by size: the level that so much experience makes, the events between two days."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdata
from gdata.bundles.lookup import Table
from gdata.errors import LookupFailed
from gdata.testing.bundles import build_output, compile_protos

PROTO = """
syntax = "proto3";
package game;
message Level { int32 hero_id = 1; int32 level = 2; optional int64 exp = 3; float rate = 4; repeated int32 list = 5; string name = 6; }
message LevelTable { repeated Level rows = 1; }
message EmptyTable { repeated Level rows = 1; }
"""  # noqa: E501
LEVELS = [
    {"hero_id": 7, "level": 3, "exp": 300, "rate": 0.1, "name": "b"},
    {"hero_id": 7, "level": 1, "exp": 0, "rate": 0.3, "name": "c"},
    {"hero_id": 7, "level": 2, "exp": 100, "rate": 0.2, "name": "a"},
    {"hero_id": 8, "level": 1, "exp": 0},
    {"hero_id": 8, "level": 2, "exp": 0},
    {"hero_id": 9, "level": 1},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    tables = {"LevelTable": LEVELS, "EmptyTable": []}
    keys = {"LevelTable": ("hero_id", "level")}
    return gdata.load(build_output(tmp_path_factory.mktemp("levels"), PROTO, tables, targets=["server"], keys=keys))


@pytest.mark.parametrize(("exp", "level"), [(0, 1), (99, 1), (100, 2), (299, 2), (300, 3), (10**12, 3), (-1, None)])
def test_at_most_gives_the_largest_that_is_not_above(data: Any, exp: int, level: int | None) -> None:
    found = data.LevelTable.at_most(hero_id=7, exp=exp)
    assert (found and found.level) == level


def test_of_equal_values_the_first_row_is_given(data: Any) -> None:
    assert data.LevelTable.at_most(hero_id=8, exp=5).level == 1
    assert data.LevelTable.at_most(hero_id=9, exp=5) is None  # its exp isn't set
    assert data.LevelTable.at_most(hero_id=1, exp=5) is None
    assert data.LevelTable.at_most(rate=0.2).level == 2  # as 32 bits hold it
    assert data.LevelTable.at_most(name="bb").level == 3
    assert data.EmptyTable.at_most(level=5) is None


def test_between_has_both_ends(data: Any) -> None:
    def levels(**values: Any) -> list[int]:
        return [row.level for row in data.LevelTable.between(**values)]

    assert levels(hero_id=7, exp=(0, 100)) == [1, 2]
    assert levels(hero_id=7, exp=(1, 99)) == []
    assert levels(hero_id=7, exp=(100, None)) == [2, 3]
    assert levels(hero_id=7, exp=(None, None)) == [1, 2, 3]
    assert levels(level=(2, 2)) == [2, 2]
    assert levels(level=(3, 1)) == []
    assert data.EmptyTable.between(level=(1, 5)) == []


def test_what_has_no_order_is_told(data: Any) -> None:
    for call, words in [
        (lambda t: t.at_most(list=3), "several values"),
        (lambda t: t.at_most(), "say by which field"),
        (lambda t: t.at_most(hero_id=7, level=None), "takes a value last"),
        (lambda t: t.between(), "takes two ends last"),
        (lambda t: t.between(level=3), "takes two ends last: between\\(level="),
        (lambda t: t.between(exp=(1, 2), level=3), "takes two ends last"),
        (lambda t: t.at_most(levle=3), "did you mean level?"),
        (lambda t: t.at_most(level="3"), "equals none"),
    ]:
        with pytest.raises(LookupFailed, match=words):
            call(data.LevelTable)


def test_keys_values_and_items_stand_in_the_tables_order(data: Any) -> None:
    table = data.LevelTable
    assert table.keys() == [(7, 3), (7, 1), (7, 2), (8, 1), (8, 2), (9, 1)]
    assert table.values() == list(table)
    assert table.items() == list(zip(table.keys(), table, strict=True))
    assert dict(table)[7, 2].name == "a"
    with pytest.raises(LookupFailed, match="EmptyTable has no key"):
        data.EmptyTable.keys()


@given(st.lists(st.integers(-5, 5)), st.integers(-6, 6), st.integers(-6, 6))
def test_it_is_what_a_loop_would_find(values: list[int], low: int, high: int) -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.message_factory import GetMessageClass

    from gdata.proto.descriptors import pool_of

    files = FileDescriptorSet.FromString(compile_protos(PROTO))
    row = GetMessageClass(pool_of(files).FindMessageTypeByName("game.Level"))
    rows = [row(hero_id=number, level=value) for number, value in enumerate(values)]
    table: Table[Any, Any] = Table("LevelTable", rows, (), row.DESCRIPTOR)
    below = [one for one in rows if one.level <= high]
    assert table.at_most(level=high) == (max(below, key=lambda one: one.level) if below else None)
    between = sorted((one for one in rows if low <= one.level <= high), key=lambda one: one.level)
    assert table.between(level=(low, high)) == between
