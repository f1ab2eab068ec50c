import math
import struct
from datetime import timedelta

from google.protobuf import message_factory
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st

from gdata.diffs.tables.schemas import BundleSchema
from gdata.diffs.tables.shapes import Shapes, write_float32
from gdata.testing.bundles import compile_protos

PROTO = """
syntax = "proto3";
package game;
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Kind { KIND_NONE = 0; KIND_RARE = 1; }
message Reward { int32 item_id = 1; int64 count = 2; Reward again = 3; }
message Row {
  int32 a = 1; int64 b = 2; uint64 c = 3; float d = 4; double e = 5; bool f = 6; string g = 7; bytes h = 8; Kind i = 9;
  optional int32 j = 10; Reward k = 11; repeated Reward l = 12; repeated float m = 13; map<string, int64> n = 14;
  map<bool, Reward> o = 15; map<int32, Kind> p = 16; google.protobuf.Timestamp q = 17; google.protobuf.Duration r = 18;
  google.protobuf.Struct s = 19; google.protobuf.Int64Value t = 20; google.protobuf.StringValue u = 21;
  google.protobuf.ListValue v = 22; repeated Kind w = 23; oneof x { int32 y = 24; string z = 25; }
}
"""
SCHEMA = BundleSchema(compile_protos(PROTO), "test")
ROW = message_factory.GetMessageClass(SCHEMA.messages["game.Row"])
SHAPE = Shapes().whole(SCHEMA.messages["game.Row"])

floats = st.floats(width=32)
rewards = st.fixed_dictionaries({}, optional={"item_id": st.integers(-9, 9), "count": st.integers(-(2**63), 2**63 - 1)})
plain_json = st.dictionaries(st.text(max_size=3), st.booleans() | st.text(max_size=3) | st.floats(-10, 10), max_size=2)
rows = st.fixed_dictionaries(
    {},
    optional={
        "a": st.integers(-(2**31), 2**31 - 1), "b": st.integers(-(2**63), 2**63 - 1), "c": st.integers(0, 2**64 - 1),
        "d": floats, "e": st.floats(), "f": st.booleans(), "g": st.text(), "h": st.binary(max_size=4),
        "i": st.sampled_from([0, 1, 7]), "j": st.integers(0, 1), "k": rewards, "l": st.lists(rewards, max_size=2),
        "m": st.lists(floats, max_size=2), "n": st.dictionaries(st.text(max_size=2), st.integers(0, 5), max_size=2),
        "o": st.dictionaries(st.booleans(), rewards, max_size=2), "w": st.lists(st.sampled_from([0, 1]), max_size=2),
        "p": st.dictionaries(st.integers(-2, 2), st.sampled_from([0, 1]), max_size=2),
        "q": st.datetimes(), "r": st.timedeltas(timedelta(-9999), timedelta(9999)), "s": plain_json,
        "t": st.fixed_dictionaries({}, optional={"value": st.integers(-5, 5)}), "y": st.integers(0, 2),
    },
)  # fmt: skip


@settings(max_examples=200)
@given(rows)
def test_a_row_is_written_as_protobufs_own_mapping_writes_it(row: dict[str, object]) -> None:
    message = ROW(**row)
    expected = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    assert SHAPE.to_json(message) == expected


@given(floats)
def test_a_float_is_written_as_short_as_32_bits_allow(value: float) -> None:
    written = write_float32(value)
    if math.isfinite(value):
        assert struct.pack("f", written) == struct.pack("f", value)
    assert write_float32(struct.unpack("f", struct.pack("f", 0.1))[0]) == 0.1


def test_paths_are_those_of_a_sheets_headers() -> None:
    assert SHAPE.path("l", (0, "count")) == "l[1].count"
    assert SHAPE.path("n", ("str",)) == "n[str]"
    assert SHAPE.path("o", ("true", "item_id")) == "o[true].item_id"
    assert SHAPE.path("k", ("again", "again", "count")) == "k.again.again.count"
    assert SHAPE.path("s", ("a", 1)) == "s[a][2]"
    assert SHAPE.path("n", ("a]b[",)) == 'n["a\\u005db\\u005b"]'


def test_a_message_inside_itself_ends_the_list_of_paths() -> None:
    paths = [path for path, _ in SHAPE.paths()]
    assert "k.again" in paths and "k.again.count" not in paths


def test_common_fields_go_by_number_under_the_new_names() -> None:
    old = BundleSchema(compile_protos('syntax = "proto3"; message R { int32 a = 1; string gone = 2; }'), "old")
    new = BundleSchema(compile_protos('syntax = "proto3"; message R { int32 b = 1; string fresh = 3; }'), "new")
    before, after = Shapes().common(old.messages["R"], new.messages["R"])
    assert [one.name for one in before.fields] == [one.name for one in after.fields] == ["b"]
    assert before.to_json(message_factory.GetMessageClass(old.messages["R"])(a=5)) == {"b": 5}


def test_what_json_cannot_hold_is_shown_as_its_bytes() -> None:
    far = ROW(r={"seconds": 2**60})
    assert SHAPE.to_json(far)["r"] == "CICAgICAgICAEA=="
