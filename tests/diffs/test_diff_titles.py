"""Rows carry what people call them, in every form of a diff."""

import contextvars
from dataclasses import replace

import pytest
from diffcases import as_json, diff_of, side

from gdata import language
from gdata.bundles.manifest import Reference
from gdata.config import Gate, GateRule
from gdata.diffs.compare import compare
from gdata.diffs.gate import judge
from gdata.diffs.model import Diff, Side, Summary, TableDiff, TargetDiff
from gdata.diffs.patterns import ratio_text
from gdata.diffs.presentation import Presentation, presentation_of
from gdata.diffs.renderers.html import to_html
from gdata.diffs.renderers.json import field_json, table_json
from gdata.diffs.renderers.markdown import to_markdown
from gdata.diffs.reporting import report_of
from gdata.testing.bundles import Contents, compile_protos, memory_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name_key = 2; int32 price = 3; int32 next_id = 4; }
message ItemTable { repeated Item rows = 1; }
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
    table = as_json(table_json(items(diff)))
    assert [one["title"] for one in (*table["changed"], *table["removed"])] == ["검", "활"]
    verdict = judge(diff, Gate(rules=(GateRule("keep", deny="any"),)))
    assert [one.message for one in verdict.violations] == ["[2] 활 was removed", "[1] 검 changed: price"]


@pytest.mark.parametrize(("spoken", "titles"), [("en", ["Iron Sword", "은검"]), ("ko", ["철검", "은검"])])
def test_a_title_that_refers_to_a_table_of_texts_is_told_in_the_readers_language(
    spoken: str, titles: list[str]
) -> None:
    def shown() -> list[str]:
        language.use_language(spoken)
        return [row.title for row in items(sides(ROWS, [{**row, "price": 1} for row in ROWS])).changed]

    assert contextvars.copy_context().run(shown) == titles


def test_a_text_that_is_not_there_leaves_its_key() -> None:
    (row,) = items(sides(ROWS, [*ROWS, {"id": 3, "name_key": "item.99"}])).added
    assert row.title == "item.99"


def test_rows_without_a_title_have_none() -> None:
    diff = compare(side("old", {"DropTable": []}), side("new", {"DropTable": [{"stage": 1, "slot": 1}]}))
    assert "title" not in as_json(table_json(diff.targets["server"].tables["DropTable"]))["added"][0]


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


NESTED = """
syntax = "proto3";
package game;
enum Kind { KIND_ITEM = 0; KIND_HERO = 1; }
message Item { int32 id = 1; string name = 2; }
message ItemTable { repeated Item rows = 1; }
message Hero { string id = 1; string name = 2; }
message HeroTable { repeated Hero rows = 1; }
message Text { string key = 1; string ko = 2; }
message TextTable { repeated Text rows = 1; }
message Reward { Kind kind = 1; string id = 2; int32 count = 3; }
message Quest {
  int32 id = 1; int32 item = 2; optional int64 other = 3; repeated Reward rewards = 4; map<string, int32> by_day = 5;
  string desc = 6; repeated int32 needs = 7;
}
message QuestTable { repeated Quest rows = 1; }
"""
NESTED_ITEM = [Reference("ItemTable", ("id",), none=("9",))]
NESTED_REFS = {
    "QuestTable": {
        "item": NESTED_ITEM,
        "other": NESTED_ITEM,
        "by_day": NESTED_ITEM,
        "needs": NESTED_ITEM,
        "desc": [Reference("TextTable", ("key",))],
        "rewards.id": [Reference("HeroTable", ("id",), "kind=KIND_HERO"), Reference("ItemTable", ("name",), "kind=0")],
    }
}
OLD_QUEST = {
    "id": 1,
    "item": 1,
    "other": 1,
    "rewards": [{"kind": 0, "id": "검", "count": 1}, {"kind": 1, "id": "h1"}],
    "by_day": {"mon": 1, "a.b]": 1},
    "desc": "d1",
    "needs": [1, 2],
}
NEW_QUEST = {
    "id": 1,
    "item": 2,
    "rewards": [{"kind": 1, "id": "h1", "count": 2}, {"kind": 1, "id": "h2"}],
    "by_day": {"mon": 2, "a.b]": 2},
    "desc": "d2",
    "needs": [1, 7],
}


def quests(old: list[dict[str, object]], new: list[dict[str, object]]) -> TableDiff:
    tables = {
        "ItemTable": [{"id": 1, "name": "검"}, {"id": 2, "name": "<b>활</b>"}, {"id": 9, "name": "none"}],
        "HeroTable": [{"id": "h1", "name": "민지"}, {"id": "h2", "name": ""}],
        "TextTable": [{"key": "d1", "ko": "첫 글"}, {"key": "d2", "ko": "다음 글"}],
    }
    made = (
        Side(name, None, memory_output({"server": Contents(NESTED, {**tables, "QuestTable": rows}, refs=NESTED_REFS)}))
        for name, rows in (("old", old), ("new", new))
    )
    return compare(*made).targets["server"].tables["QuestTable"]


def test_a_value_that_refers_to_a_row_has_its_title_however_deep_it_lies() -> None:
    (change,) = quests([OLD_QUEST], [NEW_QUEST]).changed
    assert {one.path: (one.old_title, one.new_title) for one in change.fields if one.old_title or one.new_title} == {
        "item": ("검", "<b>활</b>"),
        "other": ("검", ""),
        "rewards[1].id": ("검", "민지"),
        "rewards[2].id": ("민지", ""),
        "by_day[mon]": ("검", "<b>활</b>"),
        'by_day["a.b\\u005d"]': ("검", "<b>활</b>"),
        "desc": ("첫 글", "다음 글"),
        "needs[2]": ("<b>활</b>", ""),
    }


def test_what_came_within_a_row_has_the_titles_of_what_it_refers_to() -> None:
    table = quests([{"id": 1}], [{"id": 1, "rewards": [{"kind": 1, "id": "h1"}], "needs": [1], "by_day": {"mon": 2}}])
    (row,) = (
        report_of(replace(sides(ROWS, ROWS), targets={"server": TargetDiff(Summary(), (), {table.name: table})}))
        .tables[0]
        .changed.shown
    )
    assert {one.name: one.new for one in row.values} == {
        "rewards[1]": "{kind KIND_HERO, id h1 (민지), count 0}",
        "needs[1]": "1 (검)",
        "by_day[mon]": "2 (<b>활</b>)",
    }


def test_a_value_that_means_no_reference_has_no_title() -> None:
    (change,) = quests([OLD_QUEST], [{**OLD_QUEST, "item": 9}]).changed
    assert [field_json(one) for one in change.fields] == [{"old": 1, "new": 9, "old_title": "검"}]


def test_a_maps_key_that_one_side_lacks_refers_to_nothing_there_and_stays_away() -> None:
    proto = """
    syntax = "proto3";
    message Item { int32 id = 1; string name = 2; }
    message ItemTable { repeated Item rows = 1; }
    message Shelf { string name = 1; map<string, int32> items = 2; int32 weight = 3; }
    message ShelfTable { repeated Shelf rows = 1; }
    """
    refs = {"ShelfTable": {"items": [Reference("ItemTable", ("id",))]}}

    def made(name: str, items: dict[str, int]) -> Side:
        rows = {"ItemTable": [{"id": 0, "name": "zero"}, {"id": 1, "name": "one"}], "ShelfTable": [{"items": items}]}
        return Side(name, None, memory_output({"server": Contents(proto, rows, refs=refs)}))

    diff = compare(made("old", {"a": 1, "b": 1}), made("new", {"a": 1, "c": 1}), category="off")
    (change,) = as_json(table_json(diff.targets["server"].tables["ShelfTable"]))["changed"]
    assert change["row"]["items"] == {"a": 1, "c": 1}
    assert change["fields"] == {
        "items[b]": {"old": 1, "new": None, "old_title": "one"},
        "items[c]": {"old": None, "new": 1, "new_title": "one"},
    }


def test_a_value_that_refers_to_a_list_finds_the_row_that_has_it() -> None:
    proto = """
    syntax = "proto3";
    message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; repeated int32 codes = 3; }
    message ItemTable { repeated Item rows = 1; }
    message Quest { int32 item = 1; }
    message QuestTable { repeated Quest rows = 1; }
    """.replace("message Item {", 'import "gdata/options.proto"; message Item {')
    items = [{"id": 1, "name": "one", "codes": [7, 8]}, {"id": 2, "name": "two", "codes": [9]}]
    refs = {"QuestTable": {"item": [Reference("ItemTable", ("codes",))]}}
    old, new = (
        Side(
            name, None, memory_output({"server": Contents(proto, {"ItemTable": rows, "QuestTable": quest}, refs=refs)})
        )
        for name, rows, quest in (("old", items, [{"item": 8}]), ("new", items[1:], [{"item": 9}]))
    )
    tables = compare(old, new, category="off").targets["server"].tables
    (change,), (removed,) = tables["QuestTable"].changed, tables["ItemTable"].removed
    assert [(one.old_title, one.new_title) for one in change.fields] == [("one", "two")]
    assert (removed.key, removed.users) == ((1,), 1)


def test_a_renamed_fields_value_has_its_title_on_either_side() -> None:
    renamed = NESTED.replace("int32 item = 2", "int32 prize = 2").replace(
        "string id = 2; int32 count", "string what = 2; int32 count"
    )
    renamed = renamed.replace("repeated Reward rewards", "repeated Reward gifts")
    gift = NESTED_REFS["QuestTable"]["rewards.id"]
    tables = {
        "ItemTable": [{"id": 1, "name": "검"}, {"id": 2, "name": "활"}],
        "HeroTable": [{"id": "h", "name": "민지"}],
    }
    old = {**tables, "QuestTable": [{"id": 1, "item": 1, "rewards": [{"kind": 0, "id": "검"}]}]}
    new = {**tables, "QuestTable": [{"id": 1, "prize": 2, "gifts": [{"kind": 1, "what": "h"}]}]}
    sides = (
        Side(name, None, memory_output({"server": Contents(proto, rows, refs={"QuestTable": refs})}))
        for name, proto, rows, refs in (
            ("old", NESTED, old, {"item": NESTED_ITEM, "rewards.id": gift}),
            ("new", renamed, new, {"prize": NESTED_ITEM, "gifts.what": gift}),
        )
    )
    (change,) = compare(*sides, category="off").targets["server"].tables["QuestTable"].changed
    assert {one.path: (one.old_title, one.new_title) for one in change.fields} == {
        "prize": ("검", "활"),
        "gifts[1].kind": ("", ""),
        "gifts[1].what": ("검", "민지"),
    }


def test_a_removed_rows_field_goes_by_todays_name_and_its_sheet_by_the_old_one() -> None:
    proto = """
    syntax = "proto3";
    import "gdata/options.proto";
    message Item {
      int32 id = 1 [(gdata.field).key = true]; string NAME = 2; int32 PRICE = 3 [(gdata.field).column = "가격"];
    }
    message ItemTable { repeated Item rows = 1; }
    """
    old, new = (
        proto.replace("NAME", "kind").replace("PRICE", "cost"),
        proto.replace("NAME", "sort").replace("PRICE", "price"),
    )
    key = {"server": {"ItemTable": {"[1]": {"cost": "Sale"}}}}
    diff = compare(
        Side(
            "old",
            None,
            memory_output(
                {"server": Contents(old, {"ItemTable": [{"id": 1, "cost": 5}, {"id": 2, "kind": "a", "cost": 7}]})}
            ),
            origins=key,
        ),
        Side("new", None, memory_output({"server": Contents(new, {"ItemTable": [{"id": 1, "price": 6}]})})),
        category="off",
    )
    words = presentation_of(compile_protos(new))
    (table,) = report_of(diff, words=words).tables
    assert [one.name for one in table.removed.shown[0].values] == ["sort", "가격"]
    assert as_json(table_json(items(diff)))["changed"][0]["fields"]["price"]["old_sheet"] == "Sale"
    assert table.changed.shown[0].values[0].origin == "was from Sale"


def test_a_row_that_an_overlay_took_out_is_told_with_it() -> None:
    diff = sides(ROWS, ROWS[:1])
    origins = {"server": {"ItemTable": {"[2]": {"@remove": "Event"}, '["@left"]': {"@left": "1234"}}}}
    diff = compare(diff.old, replace(diff.new, origins=origins))
    assert table_json(items(diff))["origins_left"] == 1234
    (note,) = report_of(diff).tables[0].notes
    assert (
        note == "overlays changed 1,234 more rows than a build remembers: a value without their name may be theirs too"
    )
    assert note in to_html(diff, judge(diff, Gate())) and "1,234 more rows" in to_markdown(diff, judge(diff, Gate()))
    assert as_json(table_json(items(diff)))["removed"][0]["removed_by"] == "Event"
    assert report_of(diff).tables[0].removed.shown[0].origin == "removed by Event"


def test_a_row_that_came_has_the_titles_of_what_it_refers_to() -> None:
    table = quests([], [NEW_QUEST])
    (row,) = table.added
    assert (row.referent("item"), row.referent("rewards"), row.referent("nothing")) == ("<b>활</b>", "", "")
    told = Presentation().value(table, "rewards", row.values["rewards"], title=row.referent)
    assert told == "[{kind KIND_HERO, id h1 (민지), count 2}, {kind KIND_HERO, id h2, count 0}]"


def test_people_see_the_titles_beside_the_values() -> None:
    diff = sides(ROWS, [{**ROWS[0], "next_id": 1, "name_key": "item.1"}, ROWS[1]])
    (table,) = report_of(diff).tables
    (value,) = table.changed.shown[0].values
    assert (value.old, value.new, value.ratio) == ("2 (은검)", "1 (Iron Sword)", "")
    (added,) = report_of(sides(ROWS[1:], ROWS)).tables[0].added.shown
    assert added.whole() == "price: 50 · next_id: 2 (은검)"


def test_a_value_says_which_overlay_it_came_from() -> None:
    old, new = (
        side(
            name,
            {"ItemTable": rows, "DropTable": [{"stage": 1, "slot": 2, "rate": rate}]},
        )
        for name, rows, rate in (
            ("old", [{"id": 1, "name": "검", "price": 50, "sell": 5}, {"id": 2, "price": 8}], 0.5),
            ("new", [{"id": 1, "name": "검", "price": 40, "sell": 6}, {"id": 3, "price": 9}], 0.25),
        )
    )
    old = replace(
        old, origins={"server": {"ItemTable": {"[2]": {"": "Item KR"}}, "DropTable": {"[1,2]": {"rate": "Easy"}}}}
    )
    new = replace(new, origins={"server": {"ItemTable": {"[1]": {"price": "Item Sale"}, "[3]": {"": "Item Sale"}}}})
    diff = compare(old, new, category="off")
    table = as_json(table_json(items(diff)))
    assert table["changed"][0]["fields"] == {
        "price": {"old": 50, "new": 40, "new_sheet": "Item Sale"},
        "sell": {"old": 5, "new": 6},
    }
    assert (table["added"][0]["sheet"], table["removed"][0]["sheet"]) == ("Item Sale", "Item KR")
    drops, told = report_of(diff).tables
    assert [one.note for one in told.changed.shown[0].values] == ["× 0.8 · from Item Sale", "× 1.2"]
    assert [one.note for one in drops.changed.shown[0].values] == ["× 0.5 · was from Easy"]
    assert told.added.shown[0].whole().startswith("from Item Sale · price: 9 · ")
    assert "from Item Sale" in to_markdown(diff, judge(diff, Gate("off")))
