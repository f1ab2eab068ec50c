from typing import Any

import pytest
from diffcases import PROTO, table_of

from gdata.diffs.patterns import columns, find_patterns

OLD = [{"id": n, "name": f"item {n}", "price": 100 + 7 * n, "sell": 50 + 3 * n, "rate": 0.1 * n} for n in range(1, 41)]


def lines(change: Any) -> list[str]:
    found = table_of({"ItemTable": OLD}, {"ItemTable": [{**row, **change(row)} for row in OLD]})
    return [pattern.message(pattern.paths) for pattern in find_patterns(columns(found))]


def neighbour(by: int, name: str) -> Any:
    return lambda row: {name: OLD[(row["id"] - 1 + by) % len(OLD)][name]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda row: {"price": row["price"] * 10}, ["price: 40 rows changed, all × 10"]),
        (lambda row: {"price": row["price"] * (2 + row["id"] % 3)}, ["price: 40 rows changed, median × 3"]),
        (lambda row: {"price": row["price"] + 1}, ["price: 40 rows changed, all +1"]),
        (lambda row: {"price": row["price"] - 1000}, ["price: 40 rows changed, all −1,000"]),
        (lambda row: {"rate": row["rate"] + 0.1}, ["rate: 40 rows changed, all +0.1"]),
        (
            lambda row: {"price": row["price"] + row["id"] % 3 - 1},
            ["price: 26 rows changed, ↑ 13 · ↓ 13 · × 0.992 … × 1.01"],
        ),
        (
            lambda row: {"price": row["price"] + row["id"] % 2 * 2 - 1},
            ["price: 40 rows changed, ↑ 20 · ↓ 20 · × 0.991 … × 1.01"],
        ),
        (
            lambda row: {"price": row["price"] * (3 if row["id"] % 4 else 0)},
            ["price: 40 rows changed, ↑ 30 · ↓ 10 · × 0 … × 3"],
        ),
        (lambda row: {"price": row["price"] * 1000}, ["price: 40 rows changed, all × 1,000"]),
        (lambda row: {"rate": row["rate"] / 2}, ["rate: 40 rows changed, all × 0.5"]),
        (
            lambda row: {"price": row["sell"], "sell": row["price"]},
            ["price and sell: the two columns are swapped in 40 rows"],
        ),
        (neighbour(-1, "price"), ["price: the column slid down by one row, over 40 rows"]),
        (neighbour(1, "name"), ["name: the column slid up by one row, over 40 rows"]),
        (lambda row: {"name": f"{row['name']}!"}, ["name: 40 rows changed"]),
        (lambda row: {"name": "x"} if row["id"] < 4 else {}, []),
        (lambda row: {"sell": 9}, ["sell: 40 rows changed, median × 0.0807"]),
    ],
)
def test_what_happened_to_a_whole_column_is_one_line(change: Any, expected: list[str]) -> None:
    assert lines(change) == expected


def test_integers_of_64_bits_are_the_same_numbers_in_every_column() -> None:
    protos = PROTO.replace("float rate = 5;", "optional int64 rate = 5;")
    old = [{"id": n, "power": n * 7 + 1, "rate": n * n + 2**60} for n in range(9)]
    new = [{"id": row["id"], "power": row["rate"], "rate": row["power"]} for row in old]
    tables = {"ItemTable": old}, {"ItemTable": new}
    (pattern,) = find_patterns(columns(table_of(*tables, old_protos=protos, new_protos=protos)))
    assert (pattern.kind, pattern.paths, pattern.rows) == ("swapped", ("rate", "power"), 9)
    texts = protos.replace("int64 power", "string power")
    named = {"ItemTable": [{**row, "power": f"no {row['id']}"} for row in old]}
    found = columns(table_of(named, tables[0], old_protos=texts, new_protos=protos))
    assert [(column.path, column.old[0], column.new[0]) for column in found] == [("power", "no 0", 1)]


def test_ten_times_is_told_where_prices_were_rounded() -> None:
    assert lines(lambda row: {"price": row["price"] * 10 + row["id"] % 2}) == ["price: 40 rows changed, all × 10"]


def test_a_constant_column_that_changed_is_no_shift() -> None:
    old = [{"id": number, "price": 5} for number in range(20)]
    found = table_of({"ItemTable": old}, {"ItemTable": [{**row, "price": 6} for row in old]})
    assert [pattern.kind for pattern in find_patterns(columns(found))] == ["raised"]


def test_elements_of_a_list_are_one_column() -> None:
    old = [{"id": n, "rewards": [{"item_id": 1, "count": n}, {"item_id": 2, "count": n}]} for n in range(1, 9)]
    new = [{"id": row["id"], "rewards": [{**one, "count": one["count"] * 3} for one in row["rewards"]]} for row in old]
    (column,) = columns(table_of({"ItemTable": old}, {"ItemTable": new}))
    assert (column.path, column.rows, len(column.numbers)) == ("rewards.count", 8, 16)


def test_numbers_from_zero_have_no_factor() -> None:
    old = [{"id": number} for number in range(9)]
    new = [{"id": number, "price": 5} for number in range(9)]
    (pattern,) = find_patterns(columns(table_of({"ItemTable": old}, {"ItemTable": new})))
    assert (pattern.kind, pattern.factor, pattern.difference) == ("raised", None, 5)
