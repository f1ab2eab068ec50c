"""Lookups in one table: by key, by field values, and what a mistake is told."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from gdata.bundles import lookup
from gdata.bundles.lookup import RowMissing, Table
from gdata.errors import LookupFailed
from gdata.testing.bundles import compile_protos

PROTO = """
syntax = "proto3";
package game;
enum Grade { NORMAL = 0; RARE = 1; }
message Reward { int32 item_id = 1; int32 count = 2; }
message Item {
  int32 id = 1;
  string name = 2;
  optional int32 price = 3;
  Grade grade = 4;
  float rate = 5;
  Reward reward = 6;
  repeated Reward rewards = 7;
  repeated string tags = 8;
  map<string, int32> stats = 9;
  double weight = 10;
  bytes raw = 11;
  bool sold = 12;
}
message ItemTable { repeated Item rows = 1; }
"""


@pytest.fixture(scope="module")
def row_class() -> Any:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compile_protos(PROTO)).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("game.Item"))


@pytest.fixture
def table(row_class: Any) -> Table[Any, Any]:
    rows = [
        row_class(id=3, name="shield", price=5, grade=1, rate=0.1, tags=["metal", "big"]),
        row_class(id=1, name="sword", price=0, rewards=[{"item_id": 3}, {"item_id": 3}], stats={"str": 1}),
        row_class(id=2, name="bow", grade="RARE", reward={"item_id": 3, "count": 0}, rate=0.3),
    ]
    return Table("ItemTable", rows, ("id",), row_class.DESCRIPTOR)


def test_a_row_is_found_by_its_key(table: Table[Any, Any]) -> None:
    assert table[3].name == "shield"
    assert 2 in table
    assert 9 not in table
    assert table.get(2).name == "bow"
    assert table.get(9) is None
    assert table.get(9, "none") == "none"


def test_rows_come_in_the_tables_order(table: Table[Any, Any]) -> None:
    assert [row.id for row in table] == [3, 1, 2]
    assert len(table) == 3
    assert table.rows[0].id == 3


def test_a_key_of_two_fields_is_a_tuple(row_class: Any) -> None:
    rows = [row_class(id=1, name="a"), row_class(id=1, name="b")]
    table = Table("ItemTable", rows, ("id", "name"))
    assert table[1, "b"] is rows[1]
    assert (1, "c") not in table
    with pytest.raises(LookupFailed, match=r"no row with id, name = 1: its keys are like \(1, 'a'\)"):
        table[1]


def test_the_first_of_two_rows_with_one_key_is_found(row_class: Any) -> None:
    rows = [row_class(id=1, name="first"), row_class(id=1, name="second")]
    assert Table("ItemTable", rows, ("id",))[1].name == "first"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (9, "ItemTable has no row with id = 9"),
        ("3", "ItemTable has no row with id = '3': its keys are like 3"),
        ([3], r"ItemTable has no row with id = \[3\]: its keys are like 3"),
        ({}, r"ItemTable has no row with id = \{\}: its keys are like 3"),
    ],
)
def test_a_missing_row_is_told_with_table_and_key(table: Table[Any, Any], key: Any, words: str) -> None:
    with pytest.raises(KeyError, match=words):
        table[key]


def test_a_misspelled_text_key_gets_the_nearest(row_class: Any) -> None:
    table = Table("TextTable", [row_class(name="quest.title"), row_class(name="quest.body")], ("name",))
    with pytest.raises(LookupFailed, match=r"no row with name = 'quest.titel'; did you mean 'quest.title'\?"):
        table["quest.titel"]


def test_an_empty_table_says_that_it_is_empty() -> None:
    table: Table[int, Any] = Table("ItemTable", [], ("id",))
    assert table.get(1) is None
    assert table.where(anything=1) == []
    with pytest.raises(LookupFailed, match="ItemTable is empty"):
        table[1]


def test_a_table_without_a_key_has_rows_and_where_but_no_lookup(row_class: Any) -> None:
    table: Table[int, Any] = Table("DropTable", [row_class(id=5)], ())
    assert table.rows[0].id == 5
    assert table.where(id=5)
    for look_up in (lambda: table[0], lambda: table.get(0), lambda: 0 in table):
        with pytest.raises(LookupFailed, match="DropTable has no key"):
            look_up()


def test_a_missing_rows_error_survives_pickling(table: Table[Any, Any]) -> None:
    with pytest.raises(RowMissing) as caught:
        table[9]
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert isinstance(again, LookupFailed)


def test_asking_the_table_for_a_rows_field_shows_how(table: Table[Any, Any]) -> None:
    with pytest.raises(
        AttributeError, match=r"ItemTable is a table, and price a field of its rows: ItemTable\[id\].price"
    ):
        table.price  # noqa: B018
    with pytest.raises(AttributeError, match="has no colour"):
        table.colour  # noqa: B018


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({}, [3, 1, 2]),
        ({"grade": 1}, [3, 2]),
        ({"grade": "RARE"}, [3, 2]),
        ({"price": 5}, [3]),
        ({"price": 0}, [1]),
        ({"price": None}, [2]),
        ({"rate": 0.1}, [3]),
        ({"rate": 0.2}, []),
        ({"weight": 0}, [3, 1, 2]),
        ({"reward.item_id": 3}, [2]),
        ({"reward.count": 0}, [2]),
        ({"reward.count": None}, [3, 1]),
        ({"rewards.item_id": 3}, [1]),
        ({"tags": "big"}, [3]),
        ({"grade": "RARE", "name": "bow"}, [2]),
        ({"grade": 1, "name": "bow", "reward.item_id": 3}, [2]),
        ({"grade": 0, "name": "bow"}, []),
        ({"rewards.item_id": 3, "tags": "big"}, []),
        ({"raw": b""}, [3, 1, 2]),
        ({"sold": False}, [3, 1, 2]),
    ],
)
def test_where_finds_rows_by_their_fields(table: Table[Any, Any], values: dict[str, Any], ids: list[int]) -> None:
    for _ in range(2):
        assert [row.id for row in table.where(**values)] == ids


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"prise": 5}, "ItemTable: a row has no field prise; did you mean price?"),
        ({"zzzzz": 5}, "ItemTable: a row has no field zzzzz; it has id, name, "),
        ({"reward.id": 5}, "ItemTable: reward has no field id"),
        ({"price.id": 5}, "ItemTable: price is no message"),
        ({"reward": 5}, r"reward is a message: ask for one of its fields: reward.item_id, reward.count"),
        ({"stats.key": "str"}, "goes through the map stats"),
        ({"price": "5"}, "price holds int; '5' is str"),
        ({"name": 5}, "name holds str"),
        ({"raw": "x"}, "raw holds bytes"),
        ({"rate": "x"}, "rate holds float \\| int"),
        ({"grade": "RAER"}, r"the enum Grade has no RAER; did you mean RARE\?"),
        ({"price": [1]}, "price holds int"),
    ],
)
def test_where_tells_what_no_row_can_match(table: Table[Any, Any], values: dict[str, Any], words: str) -> None:
    with pytest.raises(LookupFailed, match=words):
        table.where(**values)


def test_a_result_of_where_is_the_callers_own(table: Table[Any, Any]) -> None:
    table.where(grade=1).clear()
    assert len(table.where(grade=1)) == 2


def test_rows_looked_up_lately_are_kept_up_to_a_limit(row_class: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_RECENT", 3)
    pool_rows = row_class.DESCRIPTOR.file.message_types_by_name["ItemTable"]
    message = message_factory.GetMessageClass(pool_rows)(rows=[{"id": number} for number in range(10)])
    table: Table[int, Any] = Table("ItemTable", message.rows, ("id",))
    for number in (1, 2, 1, 3, 4, 5, 9, 0):
        assert table[number].id == number
        assert table[number] is table[number]
        assert len(table._recent) <= 3


def in_threads(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_that_look_up_first_all_find_their_rows(row_class: Any) -> None:
    rows = [row_class(id=number, grade=number % 2) for number in range(20_000)]
    table = Table("ItemTable", rows, ("id",))
    start = threading.Barrier(8)
    wrong: list[object] = []

    def read() -> None:
        start.wait()
        wrong.extend(number for number in range(0, 20_000, 997) if number not in table or table[number].id != number)
        if len(table.where(grade=1)) != 10_000:
            wrong.append("where")

    in_threads(8, read)
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_an_index_is_made_can_make_its_own(row_class: Any) -> None:
    from gdata.bundles import lookup

    table = Table("ItemTable", [row_class(id=1)], ("id",))
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with lookup._making:
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if table[1].id == 1 else 1)
    release.set()
    holder.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
