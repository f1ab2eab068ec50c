"""Fields of a serialized message are found without parsing it, whatever their sizes."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, UninterpretedOption
from hypothesis import given
from hypothesis import strategies as st

from gdata.proto.wire import field_ends

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
