"""What is guessed of columns and headers, case by case."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gdata.config import SheetEntry, Spreadsheet
from gdata.kinds import CELL_PARTS
from gdata.problems import Cell, Problem
from gdata.scaffold.cells import Cells
from gdata.scaffold.declared import read_type
from gdata.scaffold.fields.columns import guess_fields
from gdata.scaffold.fields.types import guess_type
from gdata.scaffold.guess import GuessedTable, SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.known import Additions
from gdata.scaffold.mending import mend
from gdata.scaffold.propose import Draft
from gdata.scaffold.sheets.table import find_tables
from gdata.scaffold.tables import guess_tables
from gdata.sources.grid import CellValue, DateCell, Grid

UTC_ZONE = ZoneInfo("UTC")
BOOK = Spreadsheet("book", (SheetEntry("*", ()),), path=Path("book"), location="book")
DAY = DateCell((datetime(2026, 12, 1, tzinfo=UTC) - datetime(1899, 12, 30, tzinfo=UTC)).days, "2026-12-01")


def found(title: str, rows: list[list[CellValue]]) -> SheetFound:
    (one,) = find_tables([(BOOK, Grid("book", title, rows, "workbook"))])
    assert isinstance(one, SheetFound), one
    return one


def tables(**sheets: list[list[CellValue]]) -> dict[str, GuessedTable]:
    guessed = guess_tables([found(title, rows) for title, rows in sheets.items()], UTC_ZONE)
    return {table.name: table for table in guessed.tables}


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("price", [1, 2.0, 3], "int32"),
        ("price", ["1", "2", ""], "int32"),
        ("price", [1, 3_000_000_000], "int64"),
        ("price", ["18446744073709551615"], "uint64"),
        ("rate", [1, 0.5], "double"),
        ("rate", ["1", "1.0"], "double"),
        ("code", ["007", "008"], "string"),
        ("zip", ["1,000", "2,500"], "string"),
        ("flag", [True, False], "bool"),
        ("is_open", [1, 0], "bool"),
        ("count", [1, 0], "int32"),
        ("거래", ["O", "X"], "bool"),
        ("axis", ["x", "y"], "string"),
        ("open_at", [DAY, DAY], "timestamp"),
        ("open_at", ["2026-12-01", "2026-12-02 10:00"], "timestamp"),
        ("open_at", ["2026/12/01", "2026/12/02"], "string"),
        ("length", [DateCell(0.5, "12:00:00")], "duration"),
        ("length", ["90s", "1h30m"], "duration"),
        ("data", ['{"a": 1}', "{}"], "struct"),
        ("value", [1, "#N/A", 3], "int32"),
        ("value", ["Loading...", "2"], "int32"),
        ("memo", ["a, b and c.", "d"], "string"),
    ],
)
def test_a_column_has_the_type_that_all_its_cells_fit(header: str, cells: list[CellValue], kind: str) -> None:
    guessed = guess_type(Cells(cells), header.split("_"), UTC_ZONE)
    assert (guessed.kind, guessed.is_list) == (kind, False)


@pytest.mark.parametrize("word", ["-", "--", "null", "N/A", "없음"])
def test_a_word_among_numbers_means_that_nothing_is_there(word: str) -> None:
    rows: list[list[CellValue]] = [["id", "rank", "memo"], *([n, n * 2, word] for n in range(1, 9)), [9, word, word]]
    sheet = found("Item", rows)
    (item,) = tables(Item=rows).values()
    assert sheet.entry.blank == (word,)
    assert {field.name: (field.type.kind, field.optional) for field in item.fields} == {
        "id": ("int32", False),
        "rank": ("int32", True),
        "memo": ("string", False),
    }


@pytest.mark.parametrize(
    ("cells", "kind", "separator"),
    [
        (["1,2", "3"], "int32", ""),
        (["1;2", "3;4"], "int32", ";"),
        (["0.5|1", "2|3"], "double", "|"),
        (["fire|ice", "ice"], "string", "|"),
    ],
)
def test_several_values_in_a_cell_are_a_list(cells: list[CellValue], kind: str, separator: str) -> None:
    guessed = guess_type(Cells(cells), ["things"], UTC_ZONE)
    assert (guessed.kind, guessed.is_list, guessed.separator) == (kind, True, separator)


def columns(**cells: list[CellValue]) -> list[SourceColumn]:
    return [SourceColumn(index, header, Cells(values)) for index, (header, values) in enumerate(cells.items())]


@pytest.mark.parametrize(
    "headers",
    [
        ["reward1_id", "reward1_count", "reward2_id", "reward2_count"],
        ["reward_id_1", "reward_count_1", "reward_id_2", "reward_count_2"],
        ["rewardId1", "rewardCount1", "rewardId2", "rewardCount2"],
        ["보상1 번호", "보상1 수량", "보상2 번호", "보상2 수량"],
        ["보상번호1", "보상수량1", "보상번호2", "보상수량2"],
        ["reward1", "reward1_count", "reward2", "reward2_count"],
    ],
)
def test_columns_of_one_number_are_a_list_of_messages(headers: list[str]) -> None:
    (field,) = guess_fields(columns(**{header: [1, 2, 3] for header in headers}), UTC_ZONE)
    assert (field.name, [part.name for part in field.parts]) == ("rewards", ["id", "count"])


def test_columns_of_one_number_are_a_list_of_scalars() -> None:
    (field,) = guess_fields(columns(tag1=["a", "b"], tag2=["c", ""], tag3=["d", ""]), UTC_ZONE)
    assert (field.name, field.type.proto, field.is_list, field.columns) == ("tags", "string", True, ("tag{}",))


def test_numbers_that_do_not_count_from_zero_or_one_are_no_list() -> None:
    fields = guess_fields(columns(lv10=[1], lv20=[2], hp0=[1], hp1=[2]), UTC_ZONE)
    assert [field.name for field in fields] == ["lv10", "lv20", "hps"]


def test_columns_that_have_nothing_in_common_are_no_list() -> None:
    fields = guess_fields(columns(arg1=[1, 2, 3], arg2=["a", "b", "c"]), UTC_ZONE)
    assert [field.type.kind for field in fields] == ["int32", "string"]


def test_what_lies_under_a_merged_header_is_texts_where_it_does_not_fit() -> None:
    merged = [SourceColumn(n, "odd", Cells([n, 5]), declared=read_type("Dyn"), is_merged=n > 0) for n in range(3)]
    (field,) = guess_fields(merged, UTC_ZONE)
    assert [part.type.proto for part in field.parts] == ["int32", "int32", "int32"]
    table = GuessedTable("Odd", "OddTable", ("odd",), (), (field,))
    draft = Draft((table,), (), (), Additions(), (), (), 0, "UTC", "")
    problem = Problem(CELL_PARTS, "cell.parts", "error", Cell("book", "Odd", 2, 1), "OddTable", "odd")
    (mended,) = mend(draft, [problem]).tables[0].fields
    assert [(part.name, part.type.proto) for part in mended.parts] == [(f"value{n}", "string") for n in (1, 2, 3)]
    assert mended.is_single


def test_messages_in_a_cell_are_told_from_times_of_day() -> None:
    cost, kinds, time = guess_fields(
        columns(cost=["1001:10, 1002:5", "1001:1"], gift=["item:7:1", "gold:1:500"], at=["10:30", "9:05"]), UTC_ZONE
    )
    assert [part.name for part in cost.parts] == ["id", "count"]
    assert [part.name for part in kinds.parts] == ["type", "id", "count"]
    assert not time.parts


# --- sheets --------------------------------------------------------------------------------------------------


def test_a_title_above_and_rows_of_types_and_words_below_are_no_records() -> None:
    sheet = found(
        "Item",
        [
            ["아이템 시트", "", ""], ["id", "name", "price"], ["int", "string", "int"], ["번호", "이름", "가격"],
            [1, "a", 5], [2, "b", 6],
        ],
    )  # fmt: skip
    assert (sheet.entry.header_row, sheet.entry.first_row, sheet.records) == (2, 5, 2)


@pytest.mark.parametrize(
    ("place", "odd"),
    [
        (0, [1, "all", "none"]),
        (0, ["1", "none", "none"]),
        (4, [1, "all", "none"]),
        (4, ["sword", "all", "none"]),  # As the first it would be a row of flags.
    ],
)
def test_a_record_of_words_that_flags_have_too_is_a_record(place: int, odd: list[CellValue]) -> None:
    records: list[list[CellValue]] = [[2, "fire", "ice"], [3, "ice", "bow"], [4, "bow", "ice"], [5, "ice", "axe"]] * 2
    sheet = found("Item", [["id", "target", "effect"], *records[:place], odd, *records[place:]])
    assert (sheet.entry.header_row, sheet.entry.first_row, sheet.records) == (1, 0, 9)


def test_the_programmers_names_below_the_planners_are_the_header() -> None:
    sheet = found("Item", [["번호", "이름"], ["id", "name"], [1, "칼"], [2, "활"], [3, "창"]])
    assert [column.header for column in sheet.columns] == ["id", "name"]


def test_notes_directives_and_variants_are_no_fields() -> None:
    header: list[CellValue] = ["id", "#note", "price", "price@jp", "@tags", "", "name"]
    sheet = found("Item", [header, [1, "x", 2, 3, "kr", "?", "a"], [2, "", 2, "", "", "", "b"]])
    assert [column.header for column in sheet.columns] == ["id", "price", "name"]
    assert sheet.tags == ("jp", "kr")


def test_a_sheet_of_settings_is_one_record() -> None:
    sheet = found("Config", [["key", "value", "memo"], ["max_level", 60, ""], ["rate", 0.5, ""], ["open", True, ""]])
    assert (sheet.layout, [column.header for column in sheet.columns]) == ("vertical", ["max_level", "rate", "open"])


def test_a_sheet_on_its_side_is_read_so() -> None:
    sheet = found(
        "Job", [["job", "knight", "mage", "rogue"], ["hp", 9, 5, 6], ["atk", 1, 2, 3], ["melee", True, False, True]]
    )
    assert (sheet.layout, [column.header for column in sheet.columns]) == ("columns", ["job", "hp", "atk", "melee"])


@pytest.mark.parametrize("title", ["README", "변경 이력", "_tmp", "#old"])
def test_notes_are_left_out(title: str) -> None:
    (one,) = find_tables([(BOOK, Grid("book", title, [["a", "b"], [1, 2]], "workbook"))])
    assert isinstance(one, SkippedSheet)


# --- tables --------------------------------------------------------------------------------------------------


def test_a_key_of_several_fields_is_found_where_one_is_not_enough() -> None:
    rows: list[list[CellValue]] = [[skill, level, 5] for skill in range(20) for level in range(1, 6)]
    guessed = tables(SkillLevel=[["skill_id", "level", "cost"], *rows])["SkillLevelTable"]
    assert [field.name for field in guessed.key] == ["skill_id", "level"]


def test_a_table_without_anything_unique_has_no_key() -> None:
    rows: list[list[CellValue]] = [[1, "a"]] * 4
    assert tables(Drop=[["group", "what"], *rows])["DropTable"].key == ()


def test_zero_and_minus_one_mean_no_reference() -> None:
    items: list[list[CellValue]] = [[n, f"i{n}"] for n in range(101, 131)]
    shop: list[list[CellValue]] = [[n, 0 if n == 1 else -1 if n == 2 else 100 + n] for n in range(1, 20)]
    field = tables(Item=[["id", "name"], *items], Shop=[["id", "item_id"], *shop])["ShopTable"].fields[1]
    assert [(ref.table, ref.none) for ref in field.refs] == [("ItemTable", ("-1", "0"))]


def test_a_name_alone_makes_no_reference() -> None:
    items: list[list[CellValue]] = [[n, f"i{n}"] for n in range(101, 131)]
    guessed = guess_tables(
        [
            found("Item", [["id", "name"], *items]),
            found("Shop", [["id", "item_id"], *([n, 100 + n if n < 19 else 999] for n in range(1, 20))]),
        ],
        UTC_ZONE,
    )
    assert guessed.tables[1].fields[1].refs == ()
    assert [(miss.to, miss.missing) for miss in guessed.near] == [("ItemTable", ("999",))]


def test_prices_that_happen_to_be_numbers_of_items_refer_to_nothing() -> None:
    items: list[list[CellValue]] = [[n, f"i{n}"] for n in range(1, 500)]
    shop: list[list[CellValue]] = [[f"p{n}", n * 7] for n in range(1, 50)]
    assert tables(Item=[["id", "name"], *items], Shop=[["code", "price"], *shop])["ShopTable"].fields[1].refs == ()


def test_sheets_with_the_same_columns_are_one_table() -> None:
    guessed = guess_tables(
        [
            found("Weapon Bow", [["id", "name"], *([n, f"b{n}"] for n in range(101, 111))]),
            found("Weapon Axe", [["id", "name"], *([n, f"a{n}"] for n in range(201, 211))]),
            found("Text ko", [["key", "text"], *([f"k{n}", "가"] for n in range(9))]),
            found("Text en", [["key", "text"], *([f"k{n}", "a"] for n in range(9))]),
        ],
        UTC_ZONE,
    )
    assert [table.name for table in guessed.tables] == ["WeaponTable", "TextKoTable", "TextEnTable"]


ONES: list[list[CellValue]] = [["id", "value"], ["1", "5"], ["2", "6"]]
TENS: list[list[CellValue]] = [["id", "value"], ["11", "5"], ["12", "6"]]


@pytest.mark.parametrize(
    ("sheets", "names"),
    [
        ({"Lv1": ONES, "Lv2": TENS}, ["LvTable"]),
        ({"Lv1": ONES, "Lv2": ONES}, ["Lv1Table", "Lv2Table"]),
        # Numbers and words under one header are two things; one word among numbers is a slip.
        ({"Lv1": ONES, "Lv2": [["id", "value"], ["11", "long"], ["12", "short"]]}, ["Lv1Table", "Lv2Table"]),
        ({"Lv1": [["id", "value"], ["11", "long"], ["12", "short"]], "Lv2": ONES}, ["Lv1Table", "Lv2Table"]),
        ({"Lv1": ONES, "Lv2": [*TENS, ["13", "soon"]]}, ["LvTable"]),
        ({"W1_Boss": ONES, "W1_Pet": [["id", "value"], ["31", "5"]], "W2_Boss": TENS}, ["WBossTable", "W1PetTable"]),
        # What a spreadsheet calls its sheets by itself is no name.
        ({"Sheet1": ONES, "Sheet2": TENS}, ["BookTable"]),
        # A double that is too large for any number.
        ({"Lv1": ONES, "Lv2": [["id", "value"], ["1.5e999", "5"], ["12", "6"]]}, ["Lv1Table", "Lv2Table"]),
    ],
)
def test_numbered_sheets_are_one_table_if_they_hold_the_same(
    sheets: dict[str, list[list[CellValue]]], names: list[str]
) -> None:
    assert list(tables(**sheets)) == names


@pytest.mark.parametrize(
    ("firsts", "notes", "records", "told"),
    [
        ([1, 2, "_3", 4], "_", 3, 0),
        # Those that begin with # would be records.
        ([1, 2, "_3", "# later", 4], "#", 4, 0),
        (["axe", "bow", "//cat", "#dog", "elk"], "#", 4, 0),
        (["axe", "bow", "Weapons!", "cat"], "Weapons", 3, 1),
        (["axe", "bow", "cat", "Weapons!"], "#", 4, 0),  # Its cells may have yet to be filled.
        (["axe", "Weapons!", None, "cat"], "#", 4, 0),  # What it has stands in the next row.
    ],
)
def test_a_sign_of_notes_is_found_where_none_of_them_becomes_a_record(
    firsts: list[CellValue], notes: str, records: int, told: int
) -> None:
    rows = [[one] if str(one).endswith("!") else [one, 1, 2, 3, 4] for one in firsts]
    cells = [[one[0].rstrip("!") if isinstance(one[0], str) else one[0], *one[1:]] for one in rows]
    sheet = found("Item", [["code", "a", "b", "c", "d"], *cells])
    assert (sheet.entry.notes, sheet.records, len(sheet.left_out)) == (notes, records, told)


def test_a_name_that_two_tables_have_a_part_of_means_neither() -> None:
    rewards: list[list[CellValue]] = [[n, n * 10] for n in range(1, 21)]
    stages: list[list[CellValue]] = [[n, n % 5 + 1] for n in range(1, 21)]
    sheets = {"DailyReward": [["id", "gold"], *rewards], "Stage": [["id", "reward_id"], *stages]}
    assert [ref.table for ref in tables(**sheets)["StageTable"].fields[1].refs] == ["DailyRewardTable"]
    sheets["WeeklyReward"] = [["id", "gem"], *rewards]
    assert tables(**sheets)["StageTable"].fields[1].refs == ()


def test_an_enum_is_shared_where_two_tables_say_the_same() -> None:
    texts = ["common", "rare", "epic"]
    rows: list[list[CellValue]] = [[n, texts[n % 3]] for n in range(30)]
    guessed = guess_tables(
        [found("Item", [["id", "rarity"], *rows]), found("Hero", [["id", "rarity"], *rows])], UTC_ZONE
    )
    assert [(enum.name, enum.tables) for enum in guessed.enums] == [("Rarity", ("ItemTable", "HeroTable"))]
