import pytest
from diffcases import PROTO, table_of

from gdata.diffs.patterns import columns
from gdata.diffs.presentation import Presentation, key_text, length_of_time, local_time, presentation_of, visible
from gdata.testing.bundles import compile_protos

WORDS = presentation_of(compile_protos(PROTO), "Asia/Seoul")
TABLE = table_of({"ItemTable": [{"id": 1}]}, {"ItemTable": [{"id": 2}]})


def test_fields_are_called_as_in_the_sheet() -> None:
    assert WORDS.field_name("ItemTable", "price") == "가격"
    assert WORDS.field_name("ItemTable", "rewards[2].count") == "보상2 수량"
    assert WORDS.field_name("ItemTable", "rewards[2].item_id") == "rewards[2].item_id"
    assert WORDS.field_name("ItemMap", "name") == "이름"
    assert Presentation().field_name("ItemTable", "price") == "price"


def test_values_are_shown_as_in_the_sheet() -> None:
    assert WORDS.value(TABLE, "grade", "GRADE_RARE") == "희귀"
    assert WORDS.value(TABLE, "grade", "GRADE_EPIC") == "GRADE_EPIC"
    assert WORDS.value(TABLE, "opens", "2026-01-01T00:00:00Z") == "2026-01-01 09:00"
    assert WORDS.value(TABLE, "level", None) == "(none)"
    assert WORDS.value(TABLE, "rate", 3.0) == "3" and WORDS.value(TABLE, "rate", 0.1) == "0.1"
    assert WORDS.value(TABLE, "rewards[1]", {"item_id": 5, "count": 2}) == "{item_id 5, 보상 수량 2}"
    assert WORDS.value(TABLE, "stats", {"str": 1}) == "{str 1}"
    assert WORDS.value(TABLE, "steps", [1, 2]) == "[1, 2]"


NESTED = """
syntax = "proto3";
import "gdata/options.proto";
message Reward {
  int32 id = 1 [(gdata.field).column = "대상"];
  int32 count = 2 [(gdata.field).column = "보상{} 수량"];
  int32 rate = 3;
}
message Quest {
  Reward goal = 1 [(gdata.field).column = "목표"];
  repeated Reward prizes = 2 [(gdata.field).column = "상품"];
  repeated Reward rest = 3;
  map<string, Reward> by_day = 4 [(gdata.field).column = "요일"];
  Once once = 5;
}
message Once { int32 alone = 1 [(gdata.field).column = "하나뿐"]; }
message QuestTable { repeated Quest rows = 1; }
"""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("goal.id", "목표.대상"),
        ("goal.rate", "목표.rate"),
        ("prizes[2].id", "상품[2].대상"),
        ("prizes[2].count", "보상2 수량"),
        ("prizes.id", "상품.대상"),
        ("rest[1].id", "rest[1].대상"),
        ("rest[1].rate", "rest[1].rate"),
        ("by_day[mon].id", "요일[mon].대상"),
        ("once.alone", "하나뿐"),
    ],
)
def test_a_field_in_a_message_is_called_by_both_headers_as_the_sheet_has_them(path: str, name: str) -> None:
    words = presentation_of(compile_protos(NESTED))
    assert words.field_name("QuestTable", path) == name
    assert words.find_field("QuestTable", "상품.대상") == "prizes.id"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("604800s", "168h"),
        ("5400s", "1h30m"),
        ("90.500s", "1m30.5s"),
        ("0s", "0s"),
        ("-0.25s", "-0.25s"),
        ("10s", "10s"),
        ("odd", "odd"),
    ],
)
def test_a_length_of_time_is_written_as_in_a_sheet(value: str, told: str) -> None:
    assert length_of_time(value) == told


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("검 of 불", "검 of 불"),
        ("two\nlines", "two⏎lines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb\u200bc", "a\\u202eb\\u200bc"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_rows_are_called_by_their_key_or_number() -> None:
    assert key_text((1001,), 7) == "1001"
    assert key_text((1, "a\n"), 7) == "1, a⏎"
    assert key_text(None, 7) == "row 7"


def test_times_of_years_that_only_protobuf_knows_stay_as_they_are() -> None:
    assert local_time("9999-12-31T23:59:59Z", "Asia/Seoul") == "9999-12-31T23:59:59Z"
    assert local_time("2026-01-01T00:00:00.500Z", "UTC") == "2026-01-01 00:00:00.5"


CODED = """
syntax = "proto3";
package game;
import "gdata/options.proto";
enum Element {
  NONE = 0; FIRE = 1 [(gdata.value).label = "불"]; ICE = 2 [(gdata.value).label = "얼음"]; ALL = 7;
}
message Item {
  int32 id = 1 [(gdata.field).key = true];
  int64 element = 2 [(gdata.field) = {column: "속성", flags: "Element"}];
  uint32 tint = 3 [(gdata.field) = {column: "색", unit: "color"}];
}
message ItemTable { repeated Item rows = 1; }
"""


def test_bits_and_colors_are_shown_as_in_the_sheet_and_count_nothing() -> None:
    words = presentation_of(compile_protos(CODED))
    old, new = ([{"id": n, "element": 1, "tint": 255 * by} for n in range(9)] for by in (1, 2))
    table = table_of(
        {"ItemTable": old}, {"ItemTable": [{**one, "element": 3} for one in new]}, old_protos=CODED, new_protos=CODED
    )
    assert words.value(table, "element", "3") == "불|얼음"  # 64 bits are text in JSON
    assert [words.value(table, "element", number) for number in (0, 2, 9)] == ["NONE", "얼음", "9"]
    assert words.value(table, "tint", 0xFF8800) == "#FF8800"
    texts = ("얼음|불", "불|All", "불|wind", "3")
    assert [words.find_value("ItemTable", "element", text) for text in texts] == ["3", "7", "불|wind", "3"]
    assert words.find_value("ItemTable", "tint", "#ff8800") == str(0xFF8800)
    changed = columns(table, words.codes("ItemTable"))
    assert {one.path for one in changed} == {"element", "tint"} and not any(one.numbers for one in changed)
