"""Rows carry what people call them, in every form of a diff."""

import contextvars

import pytest
from diffcases import diff_of, side

from gdata import language
from gdata.bundles.manifest import Reference
from gdata.config import Gate, GateRule
from gdata.diffs.compare import compare
from gdata.diffs.gate import judge
from gdata.diffs.model import Diff, Side, TableDiff
from gdata.diffs.patterns import ratio_text
from gdata.testing.bundles import Contents, memory_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name_key = 2; int32 price = 3; int32 next_id = 4; }
message ItemTable { option (gdata.table).title = "name_key"; repeated Item rows = 1; }
message Text { string key = 1 [(gdata.field).key = true]; string ko = 2; string en = 3; }
message TextTable { map<string, Text> rows = 1; }
"""
TEXTS = {
    "item.1": {"key": "item.1", "ko": "철검", "en": "Iron Sword"},
    "item.2": {"key": "item.2", "ko": "은검", "en": ""},
}
ROWS = [{"id": 1, "name_key": "item.1", "price": 50, "next_id": 2}, {"id": 2, "name_key": "item.2", "price": 80}]


def sides(old: list[dict[str, object]], new: list[dict[str, object]]) -> Diff:
    refs = {"ItemTable": {"name_key": [Reference("TextTable", ("key",))], "next_id": [Reference("ItemTable", ("id",))]}}
    made = (
        Side(name, None, memory_output({"server": Contents(PROTO, {"ItemTable": rows, "TextTable": TEXTS}, refs=refs)}))
        for name, rows in (("old", old), ("new", new))
    )
    return compare(*made)


def items(diff: Diff) -> TableDiff:
    return diff.targets["server"].tables["ItemTable"]


def test_a_row_is_called_by_its_first_text_called_name_or_title() -> None:
    old = [{"id": 1, "name": "검", "price": 50}, {"id": 2, "name": "활"}]
    diff = diff_of({"ItemTable": old}, {"ItemTable": [{**old[0], "price": 70}]})
    table = items(diff).as_json()
    assert [one["title"] for one in (*table["changed"], *table["removed"])] == ["검", "활"]
    verdict = judge(diff, Gate(rules=(GateRule("keep", deny="any"),)))
    assert [one.message for one in verdict.violations] == ["[2] 활 was removed", "[1] 검 changed: price"]


@pytest.mark.parametrize(("spoken", "titles"), [("en", ["Iron Sword", "은검"]), ("ko", ["철검", "은검"])])
def test_a_title_that_refers_to_a_table_of_texts_is_told_in_the_readers_language(
    spoken: str, titles: list[str]
) -> None:
    def compared() -> Diff:
        language.use_language(spoken)
        return sides(ROWS, [{**row, "price": 1} for row in ROWS])

    assert [row.title for row in items(contextvars.copy_context().run(compared)).changed] == titles


def test_a_text_that_is_not_there_leaves_its_key() -> None:
    (row,) = items(sides(ROWS, [*ROWS, {"id": 3, "name_key": "item.99"}])).added
    assert row.title == "item.99"


def test_rows_without_a_title_have_none() -> None:
    diff = compare(side("old", {"DropTable": []}), side("new", {"DropTable": [{"stage": 1, "slot": 1}]}))
    assert "title" not in diff.targets["server"].tables["DropTable"].as_json()["added"][0]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (50, 70, "× 1.4"),
        (100, 1, "× 0.01"),
        (3, 1_000_000, "× 333,333"),
        (-2, -4, "× 2"),
        (0, 5, ""),
        (5, 0, ""),
        (None, 5, ""),
        (-1, 1, ""),
        (10_000, 10_001, ""),
        (1e-12, 1e12, ""),
        (float("nan"), 1.0, ""),
    ],
)
def test_a_number_tells_how_many_times_as_large_it_became(old: float, new: float, text: str) -> None:
    assert ratio_text(old, new) == text
