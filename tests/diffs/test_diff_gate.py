from typing import Any

import pytest
from diffcases import PROTO, diff_of, side

from gdata.config import DENIALS, Gate, GateRule, Limit
from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.model import Side
from gdata.diffs.renderers.json import violation_json
from gdata.errors import UsageError

Items = list[dict[str, Any]]
ITEMS: Items = [{"id": number, "price": 100, "rewards": [{"item_id": 1, "count": 10}]} for number in range(1, 11)]


def items(**changes: Any) -> Items:
    """The ten items, number one with these values."""
    return [{**ITEMS[0], **changes}, *ITEMS[1:]]


def verdict(new: Items, old: Items = ITEMS, **rule: Any) -> GateVerdict:
    return judge(diff_of({"ItemTable": old}, {"ItemTable": new}), Gate(rules=(GateRule("rule", **rule),)))


def limit(kind: str, amount: float, *, percent: bool = True, **rule: Any) -> dict[str, Any]:
    return {"limit": kind, "limit_by": Limit(amount, percent), **rule}


DENIED = {
    "added_rows": [*ITEMS, {"id": 11}],
    "removed_rows": ITEMS[1:],
    "changed_rows": items(price=101),
}


@pytest.mark.parametrize("deny", ["added_rows", "removed_rows", "changed_rows", "any"])
@pytest.mark.parametrize("what", DENIED)
def test_each_denial_stops_what_it_names_and_nothing_else(deny: str, what: str) -> None:
    assert verdict(DENIED[what], deny=deny).passed == (deny not in (what, "any"))


def test_a_violation_names_rule_target_table_row_and_field() -> None:
    found = verdict(items(price=101), deny="changed_rows")
    assert [violation_json(one) for one in found.violations] == [
        {
            "rule": "rule",
            "level": "block",
            "target": "server",
            "table": "ItemTable",
            "key": [1],
            "field": "price",
            "message": "[1] changed: price",
        }
    ]


@pytest.mark.parametrize(
    ("price", "rule", "passed"),
    [
        (120, limit("max_change", 20), True),
        (121, limit("max_change", 20), False),
        (79, limit("max_change", 20), False),
        (150, limit("max_decrease", 20), True),
        (79, limit("max_decrease", 20), False),
        (79, limit("max_increase", 20), True),
        (121, limit("max_increase", 20), False),
        (105, limit("max_change", 5, percent=False), True),
        (106, limit("max_change", 5, percent=False), False),
        (121, limit("max_change", 20, fields=("sell",)), True),
        (121, limit("max_change", 20, fields=("pri*",)), False),
        (121, limit("max_change", 20, tables=("Quest*",)), True),
        (121, limit("max_change", 20, level="warn"), True),
    ],
)
def test_limits(price: int, rule: dict[str, Any], passed: bool) -> None:
    assert verdict(items(price=price), **rule).passed == passed


def test_from_zero_or_unset_any_change_breaks() -> None:
    assert not verdict(items(sell=1), **limit("max_change", 1000)).passed
    assert not verdict(items(level=1), **limit("max_change", 1000)).passed
    assert not verdict(items(price=5), old=items(price=0), **limit("max_increase", 1000)).passed


def test_large_integers_are_exact() -> None:
    old, new = items(power=2**60), items(power=2**60 + 1)
    assert not verdict(new, old=old, **limit("max_change", 0, percent=False)).passed


def test_what_is_not_finite_breaks_every_limit() -> None:
    assert not verdict(items(rate=float("nan")), old=items(rate=0.5), **limit("max_change", 1000)).passed
    assert not verdict(items(rate=float("inf")), old=items(rate=0.5), **limit("max_increase", 1000)).passed


def test_fields_are_named_without_indexes() -> None:
    rule = limit("max_change", 50, fields=("rewards.count",))
    assert not verdict(items(rewards=[{"item_id": 1, "count": 99}]), **rule).passed
    assert verdict(items(rewards=[{"item_id": 7, "count": 10}]), **rule).passed


def test_an_element_that_came_is_a_change_from_nothing() -> None:
    more = items(rewards=[{"item_id": 1, "count": 10}, {"item_id": 2, "count": 1_000_000}])
    assert not verdict(more, **limit("max_change", 50, fields=("rewards.count",))).passed
    assert not verdict(more, deny="changed_rows", fields=("rewards.count",)).passed
    assert verdict(more, deny="changed_rows", fields=("rewards.nothing",)).passed
    assert not verdict(items(stats={"str": 1}), **limit("max_change", 50, fields=("stats",))).passed


@pytest.mark.parametrize(
    ("amount", "percent", "passed"), [(3, False, True), (2, False, False), (30, True, True), (29, True, False)]
)
def test_added_and_removed_rows_count_in_changed_rows(amount: float, percent: bool, passed: bool) -> None:
    new = [*items(price=1)[:9], {"id": 11}]  # one changed, one removed, one added
    assert verdict(new, **limit("max_changed_rows", amount, percent=percent)).passed == passed


def test_tables_that_come_go_or_change_their_name() -> None:
    renamed = PROTO.replace("ItemTable", "GoodsTable")

    def broken(found: Any) -> list[str]:
        rules = tuple(GateRule(deny, deny=deny) for deny in DENIALS)
        return [f"{one.rule} {one.table}" for one in judge(found, Gate("off", rules)).violations if one.key is None]

    gone = diff_of({"ItemTable": [], "LineTable": []}, {"LineTable": []})
    assert broken(gone) == ["removed_table ItemTable", "any ItemTable"]
    came = diff_of({"LineTable": []}, {"ItemTable": [], "LineTable": []})
    assert broken(came) == ["added_table ItemTable", "any ItemTable"]
    moved = diff_of({"ItemTable": ITEMS}, {"GoodsTable": ITEMS}, new_protos=renamed)
    assert broken(moved) == ["added_table GoodsTable", "removed_table GoodsTable", "any GoodsTable", "any GoodsTable"]
    kept = Gate("off", (GateRule("keep-items", tables=("ItemTable",), deny="removed_table"),))
    assert not judge(moved, kept).passed


def test_another_order_is_any_change() -> None:
    assert not verdict(ITEMS[::-1], deny="any").passed
    assert verdict(ITEMS[::-1], deny="changed_rows").passed


def test_warnings_are_told_and_pass() -> None:
    found = verdict(ITEMS[1:], deny="removed_rows", level="warn")
    assert found.passed and found.violations[0].level == "warn"


def test_what_is_allowed_by_name_passes_and_is_still_told() -> None:
    rules = (GateRule("no-removed", deny="removed_rows"), GateRule("no-added", deny="added_rows"))
    found = diff_of({"ItemTable": ITEMS}, {"ItemTable": [*ITEMS[1:], {"id": 99}]})
    both = judge(found, Gate("off", rules), allowed=["no-removed"])
    assert not both.passed and both.blocking == ("no-added",) and both.allowed == ("no-removed",)
    passed = judge(found, Gate("off", rules), allowed=["no-removed", "no-added", "yanked"])
    assert passed.passed and len(passed.violations) == 2
    with pytest.raises(UsageError, match="no-removd") as raised:
        judge(found, Gate("off", rules), allowed=["no-removd"])
    assert "no-removed" in raised.value.hint


def test_nothing_stops_the_first_release_of_a_channel() -> None:
    found = compare(Side("live"), side("output", {"ItemTable": ITEMS}))
    assert judge(found, Gate(rules=(GateRule("nothing", deny="any"),))) == GateVerdict(True)


def test_each_target_is_judged() -> None:
    found = compare(
        *(
            side(name, {"ItemTable": rows}, targets=("server", "client"))
            for name, rows in (("a", ITEMS), ("b", ITEMS[1:]))
        )
    )
    violations = judge(found, Gate(rules=(GateRule("keep", deny="removed_rows"),))).violations
    assert [one.target for one in violations] == ["server", "client"]


@pytest.mark.parametrize(
    ("limit_name", "amount", "passed"), [("max", 100, False), ("max", 999, True), ("min", 5, False), ("min", -1, True)]
)
def test_bounds_hold_for_changed_values_new_rows_and_new_columns(limit_name: str, amount: float, passed: bool) -> None:
    old = PROTO.replace("int32 sell = 4;", "")
    changed = (
        {"ItemTable": [{"id": 1, "price": 1}]},
        {"ItemTable": [{"id": 1, "price": 999 if limit_name == "max" else 3}]},
    )
    added = {"ItemTable": []}, changed[1]
    column = {"ItemTable": [{"id": 1}]}, {"ItemTable": [{"id": 1, "sell": 999 if limit_name == "max" else 3}]}
    rule = GateRule("bound", fields=("price", "sell"), limit=limit_name, limit_by=Limit(amount))
    for before, after in (changed, added, column):
        diff = diff_of(before, after, old_protos=old)
        assert judge(diff, Gate("off", (rule,))).passed == passed


def test_a_new_column_came_from_nothing_so_no_change_is_too_large() -> None:
    old = PROTO.replace("int32 sell = 4;", "")
    diff = diff_of({"ItemTable": [{"id": 1}]}, {"ItemTable": [{"id": 1, "sell": 999}]}, old_protos=old)
    assert judge(diff, Gate("off", (GateRule("x", limit="max_change", limit_by=Limit(1)),))).passed
    (told,) = judge(diff, Gate("off", (GateRule("x", deny="any"),))).violations
    assert (told.field, told.message) == ("sell", "sell is new, with a value in 1 row")


def test_what_is_no_number_keeps_no_bound() -> None:
    diff = diff_of({"ItemTable": [{"id": 1}]}, {"ItemTable": [{"id": 1, "rate": float("nan")}]})
    assert not judge(diff, Gate("off", (GateRule("x", limit="max", limit_by=Limit(1e9)),))).passed
