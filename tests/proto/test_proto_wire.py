"""Fields of a message are found without parsing it; maps stand in the order of their keys, and all else stays."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto, UninterpretedOption
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from gdata.proto.wire import field_ends, sort_maps
from gdata.schema.schema import Schema
from gdata.testing.bundles import compile_protos

SIZES = st.sampled_from([0, 1, 120, 127, 128, 129, 300, 16_383, 16_384, 2_097_151, 2_097_152])


@given(st.lists(SIZES, max_size=4), st.booleans())
def test_rows_of_any_size(sizes: list[int], far: bool) -> None:
    """In a field with a small number and in one whose tag takes two bytes."""
    tag = b"\xc2\x3e" if far else b"\x1a"
    rows = [FileDescriptorProto(dependency=["x" * size]).SerializeToString().replace(b"\x1a", tag, 1) for size in sizes]
    content = b"".join(rows)
    ends = list(field_ends(content))
    assert [content[start:end] for start, end in zip([0, *ends], ends, strict=False)] == rows


def test_fields_of_every_wire_type() -> None:
    message = UninterpretedOption(
        identifier_value="a", positive_int_value=2**40, negative_int_value=-1, double_value=0.5, string_value=b"b"
    )
    content = message.SerializeToString()
    pieces = [content[start:end] for start, end in zip([0, *field_ends(content)], field_ends(content), strict=False)]
    assert len(pieces) == 5 and b"".join(pieces) == content
    assert UninterpretedOption.FromString(pieces[3]).double_value == 0.5


@pytest.mark.parametrize("content", [b"\x0a", b"\x0a\x80", b"\x0b", b"\x08\xff"])
def test_no_message(content: bytes) -> None:
    with pytest.raises(IndexError):
        list(field_ends(content))


SCHEMA = """
edition = "2023";
package t;
import "google/protobuf/struct.proto";
message Part {
  map<sint32, string> a = 1;
  repeated Part within = 2;
  fixed32 f = 3;
  Part delimited = 4 [features.message_encoding = DELIMITED];
  double d = 5;
}
message Row {
  map<int32, int32> i = 1;
  map<uint64, Part> u = 2;
  map<string, string> s = 3;
  map<bool, bytes> b = 4;
  map<sfixed64, int32> x = 5;
  google.protobuf.Struct any = 6;
  repeated Part parts = 7;
  Part group = 8 [features.message_encoding = DELIMITED];
  string name = 9;
}
"""


@cache
def row_class() -> Any:
    return GetMessageClass(Schema(compile_protos(SCHEMA)).pool.FindMessageTypeByName("t.Row"))


part = st.recursive(
    st.fixed_dictionaries({}, optional={"f": st.integers(0, 9), "d": st.floats(-9, 9)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "a": st.dictionaries(st.integers(-3, 3).map(str), st.text(max_size=2), max_size=4),
            "within": st.lists(inner, max_size=2),
            "delimited": inner,
        },
    ),
    max_leaves=4,
)
values = st.recursive(
    st.text("aé가😀", max_size=2), lambda one: st.dictionaries(st.text("aé가😀z", max_size=2), one), max_leaves=6
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "i": st.dictionaries(st.integers(-(2**31), 2**31 - 1).map(str), st.integers(0, 300), max_size=6),
        "u": st.dictionaries(st.integers(0, 2**64 - 1).map(str), part, max_size=4),
        "s": st.dictionaries(st.text("aAé가😀\uffff", max_size=3), st.text(max_size=200), max_size=6),
        "b": st.dictionaries(st.sampled_from(["true", "false"]), st.just("AAAA")),
        "x": st.dictionaries(st.integers(-5, 5).map(str), st.integers(0, 3), max_size=6),
        "any": st.dictionaries(st.text("ab", max_size=2), values, max_size=4),
        "parts": st.lists(part, max_size=2),
        "group": part,
        "name": st.text(max_size=3),
    },
)


@given(content=rows)
def test_the_same_message_gives_the_same_bytes(content: dict[str, Any]) -> None:
    row = json_format.ParseDict(content, row_class()())
    ordered = sort_maps(row.SerializeToString(deterministic=True), row.DESCRIPTOR)
    assert row_class().FromString(ordered) == row
    shuffled = json_format.ParseDict(_shuffled(content), row_class()())
    assert sort_maps(shuffled.SerializeToString(), row.DESCRIPTOR) == ordered


def _shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        names = list(value)
        random.Random(len(names)).shuffle(names)
        return {name: _shuffled(value[name]) for name in names}
    return [_shuffled(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("i", [-(2**31), -1, 0, 5, 2**31 - 1]),
        ("s", ["", "A", "AA", "a", "é", "가", "\uffff", "😀"]),
        ("x", [-2, -1, 0, 3]),
    ],
)
def test_keys_rise(field: str, keys: list[Any]) -> None:
    row = row_class()(**{field: dict.fromkeys(keys, 1 if field != "s" else "")})
    entries = [
        row_class()(**{field: {key: 1 if field != "s" else ""}}).SerializeToString(deterministic=True) for key in keys
    ]
    assert sort_maps(row.SerializeToString(deterministic=True), row.DESCRIPTOR) == b"".join(entries)
