"""diff(a, a) = ∅, and patch(a, diff(a, b)) = b: nothing that changed is missing from a diff, nothing else is in it."""

import json
import re
from random import Random
from typing import Any

import pytest
from diffcases import PROTO, as_json, diff_of
from google.protobuf import message_factory
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st

from gdata.bundles import placed, reader
from gdata.config import Gate, GateRule, Limit
from gdata.diffs import changes
from gdata.diffs.compare import compare, group_tables
from gdata.diffs.gate import judge
from gdata.diffs.model import Side
from gdata.diffs.patterns import columns, find_patterns
from gdata.diffs.renderers.json import table_json, to_json
from gdata.diffs.tables import match
from gdata.diffs.tables import rows as rows_on_the_wire
from gdata.diffs.tables import table as comparing
from gdata.diffs.tables.schemas import BundleSchema
from gdata.testing.bundles import Contents, compile_protos, memory_output

ITEM = message_factory.GetMessageClass(BundleSchema(compile_protos(PROTO), "test").messages["game.Item"])

rewards = st.fixed_dictionaries({"item_id": st.integers(0, 3), "count": st.integers(0, 2)})
items = st.fixed_dictionaries(
    {"price": st.integers(0, 3)},
    optional={
        "name": st.sampled_from(["", "검", "a]b"]),
        "rate": st.sampled_from([0.0, 0.1, float("nan"), float("inf")]),
        "power": st.integers(-(2**60), 2**60),
        "level": st.integers(0, 1),
        "grade": st.integers(0, 3),
        "rewards": st.lists(rewards, max_size=3),
        "stats": st.dictionaries(st.sampled_from(["str", "a]b", "x.y"]), st.integers(0, 2), max_size=3),
        "steps": st.lists(st.integers(0, 2), max_size=4),
    },
)
tables = st.dictionaries(st.integers(-3, 9), items, max_size=8).map(
    lambda rows: [{"id": number, **row} for number, row in rows.items()]
)
STEP = re.compile(r'\[("(?:[^"\\]|\\.)*"|[^\]]*)\]|\.?([^.\[]+)')


def rows_as_json(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    written = (
        MessageToDict(ITEM(**row), preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        for row in rows
    )
    return {row["id"]: row for row in written}


def patch(rows: dict[int, dict[str, Any]], table: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """What a program makes of the JSON: the old rows with the diff's changes in them."""
    for row in table["removed"]:
        assert rows.pop(row["key"][0]) == row["row"]
    for row in table["added"]:
        rows[row["key"][0]] = row["row"]
    for change in table["changed"]:
        for path, values in change["fields"].items():
            put(rows[change["key"][0]], path, values["old"], values["new"])
    return rows


def put(row: dict[str, Any], path: str, old: Any, new: Any) -> None:
    steps = [
        found[2] or (json.loads(found[1]) if found[1].startswith('"') else found[1]) for found in STEP.finditer(path)
    ]
    place: Any = row
    for step in steps[:-1]:
        place = place[int(step) - 1] if isinstance(place, list) else place[step]
    last: Any = int(steps[-1]) - 1 if isinstance(place, list) else steps[-1]
    was = place.get(last) if isinstance(place, dict) else place[last] if last < len(place) else None
    assert was == old
    if new is None:
        del place[min(last, len(place) - 1) if isinstance(place, list) else last]
    elif isinstance(place, list) and last == len(place):
        place.append(new)
    else:
        place[last] = new


def patched_in_order(old: list[dict[str, Any]], table: dict[str, Any]) -> dict[int, dict[str, Any]]:
    # Elements that went are told from the front; taken from the back their places stay right.
    for change in table["changed"]:
        fields = change["fields"].items()
        gone = [one for one in fields if one[1]["new"] is None]
        change["fields"] = dict([*(one for one in fields if one[1]["new"] is not None), *reversed(gone)])
    return patch(rows_as_json(old), table)


@settings(max_examples=60)
@given(tables, tables)
def test_the_old_rows_with_the_diff_in_them_are_the_new_rows(old: list[Any], new: list[Any]) -> None:
    found = diff_of({"ItemTable": old}, {"ItemTable": new}).targets["server"].tables
    if not found:
        assert rows_as_json(old) == rows_as_json(new)
        assert [row["id"] for row in old] == [row["id"] for row in new]
        return
    table = found["ItemTable"]
    assert patched_in_order(old, as_json(table_json(table))) == rows_as_json(new)
    kept = {row["id"] for row in old} & {row["id"] for row in new}
    orders = ([row["id"] for row in rows if row["id"] in kept] for rows in (old, new))
    assert table.reordered == (next(orders) != next(orders))


@settings(max_examples=20)
@given(tables)
def test_a_build_against_itself_is_nothing(rows: list[Any]) -> None:
    assert not diff_of({"ItemTable": rows}, {"ItemTable": rows}).differs


@settings(max_examples=40)
@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abcd"), max_size=8))
def test_without_a_key_what_is_left_and_what_came_make_the_new_rows(old: list[str], new: list[str]) -> None:
    found = (
        diff_of(*({"LineTable": [{"text": text} for text in texts]} for texts in (old, new))).targets["server"].tables
    )
    if not found:
        assert old == new
        return
    table = found["LineTable"]
    gone = {row.number for row in table.removed} | {change.old_number for change in table.changed}
    came = [row.values["text"] for row in table.added] + [change.fields[0].new for change in table.changed]
    kept = [text for number, text in enumerate(old, 1) if number not in gone]
    assert sorted(kept + came) == sorted(new)


SMALL = [(placed, "_BLOCK", 60), (placed, "_NEAR", 20), (placed, "_KEPT_MOST", 50), (placed, "_SCATTERED", 1)]
SMALL += [(reader, "_LONG_BYTES", 1), (changes, "_AT_ONCE", 2), (match, "_TAIL", 2)]
SMALL += [(rows_on_the_wire, "AT_ONCE", 3), (comparing, "AT_ONCE", 3)]
"""So that a few rows are what a million are: tables in pieces, walked through in blocks, changes made by and by."""
RULE = GateRule("any", deny="any"), GateRule("far", limit="max_change", limit_by=Limit(50, percent=True))


def judged(old: list[Any], new: list[Any]) -> tuple[Any, ...]:
    """All that is told of two targets, the second of which lacks some rows."""

    def side(name: str, rows: list[Any]) -> Side:
        targets = {"server": rows, "client": [row for row in rows if row["id"] % 3]}
        protos = {target: Contents(PROTO, {"ItemTable": some}, parts=2) for target, some in targets.items()}
        return Side(name, None, memory_output(protos))

    diff = compare(side("old", old), side("new", new), category="off")
    verdict = judge(diff, Gate("off", RULE))
    groups = [(targets, find_patterns(columns(table))) for targets, table in group_tables(diff)]
    return as_json(to_json(diff, verdict)), groups


@settings(max_examples=25, deadline=None)
@given(tables, tables, st.randoms(use_true_random=False))
def test_a_diff_is_the_same_however_large_the_tables_and_without_the_core(old: Any, new: Any, order: Random) -> None:
    order.shuffle(new)
    found = judged(old, new)
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in SMALL:
            patch.setattr(module, name, value)
        assert judged(old, new) == found
        patch.setenv("GDATA_CORE", "0")
        assert judged(old, new) == found
    changed = [
        (*row["key"], path)
        for target in found[0]["targets"].values()
        for table in target["tables"].values()
        for row in table.get("changed", ())
        for path in row["fields"]
    ]
    assert found[0]["summary"]["cells_changed"] == len(set(changed))
