"""What a kind of field is: which types of protobuf are of it, and what holds for all of them, whoever asks.

How a cell is read as one stands in a table of its own, `gdata.parsing.cells.readings`, for reading knows of sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from google.protobuf.descriptor import FieldDescriptor

from gdata.language import Sentence, sentence

FieldKind = Literal[
    "int32", "int64", "uint32", "uint64", "float", "double", "bool", "string", "bytes", "enum",
    "message", "nested", "timestamp", "duration", "field_mask", "wrapper", "struct", "any",
]  # fmt: skip
"""How a field's cells are read. int32 covers sint32 and sfixed32, and so on. `nested` is a message within itself,
which has no end of columns and so is written as JSON; `wrapper` is a scalar that may be unset; `struct` is Struct,
Value or ListValue, written as JSON; `any` is what no cell can hold."""

_A_NUMBER, _TEXT, _TRUE_OR_FALSE = sentence("a number"), sentence("text"), sentence("TRUE or FALSE")
LENGTHS = ("ms", "s", "m", "h", "d")
"""What a number in a Duration's cell may count."""
SHARES: Mapping[str, int] = {"%": 100, "‰": 1_000, "‱": 10_000}
"""How many of each unit make a whole."""
COLOR = "color"
_PERCENT = tuple(SHARES)


@dataclass(frozen=True, kw_only=True)
class FieldType:
    """What holds for every field of one kind."""

    of: tuple[int | str, ...] = ()
    """Protobuf's types, and full names of messages, that are of this kind."""
    holds: Sentence | str = _A_NUMBER
    """What a field holds, for people."""
    typed: Sentence | str = ""
    """What a planner types into its cells."""
    bounds: tuple[int, int] | None = None
    """Of whole numbers: the least and the largest."""
    is_number: bool = False
    is_scalar: bool = False
    """Protobuf takes a value by attribute."""
    is_time: bool = False
    """Dates, times and lengths of time: their cells are read by what they hold, not by what they show."""
    may_be_blank: bool = False
    """A blank cell is what its zero looks like. Of any other kind it is a problem, unless the field may be unset."""
    may_be_key: bool = False
    """Two values are equal where their bytes are."""
    has_parts: bool = False
    """One cell holds its parts, or JSON."""
    has_one_value: bool = True
    """Rows can be compared by it."""
    is_changed: bool = False
    """A spreadsheet would change what is typed there, unless the column is formatted as plain text."""
    units: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number."""
        return self.bounds is not None


_WHOLE = partial(
    FieldType,
    typed=sentence("a whole number"),
    is_number=True,
    is_scalar=True,
    may_be_key=True,
    units=(*_PERCENT, COLOR),
)
_DECIMAL = partial(FieldType, typed=_A_NUMBER, is_number=True, is_scalar=True, units=_PERCENT)

FIELD_TYPES: dict[FieldKind, FieldType] = {
    "int32": _WHOLE(
        of=(FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SFIXED32),
        bounds=(-(2**31), 2**31 - 1),
    ),
    "int64": _WHOLE(
        of=(FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_SINT64, FieldDescriptor.TYPE_SFIXED64),
        bounds=(-(2**63), 2**63 - 1),
    ),
    "uint32": _WHOLE(of=(FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_FIXED32), bounds=(0, 2**32 - 1)),
    "uint64": _WHOLE(of=(FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64), bounds=(0, 2**64 - 1)),
    "float": _DECIMAL(of=(FieldDescriptor.TYPE_FLOAT,)),
    "double": _DECIMAL(of=(FieldDescriptor.TYPE_DOUBLE,)),
    "bool": FieldType(
        of=(FieldDescriptor.TYPE_BOOL,), holds=_TRUE_OR_FALSE, typed=_TRUE_OR_FALSE, is_scalar=True, may_be_key=True
    ),
    "string": FieldType(
        of=(FieldDescriptor.TYPE_STRING,),
        holds=_TEXT,
        typed=sentence("a text"),
        is_changed=True,
        is_scalar=True,
        may_be_blank=True,
        may_be_key=True,
    ),
    "bytes": FieldType(
        of=(FieldDescriptor.TYPE_BYTES,),
        holds=_TEXT,
        typed="base64",
        is_changed=True,
        is_scalar=True,
        may_be_blank=True,
    ),
    "enum": FieldType(
        of=(FieldDescriptor.TYPE_ENUM,), holds=sentence("one of a few choices"), is_scalar=True, may_be_key=True
    ),
    "message": FieldType(
        of=(FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_GROUP), may_be_blank=True, has_parts=True
    ),
    "nested": FieldType(is_changed=True, may_be_blank=True, has_parts=True, has_one_value=False),
    "timestamp": FieldType(
        of=("google.protobuf.Timestamp",), typed=sentence("a date and time: 2026-12-01 18:00"), is_time=True
    ),
    "duration": FieldType(
        of=("google.protobuf.Duration",),
        typed=sentence("a length of time: 90s, 1h30m, 1:30:00"),
        is_time=True,
        is_changed=True,
        units=LENGTHS,
    ),
    "field_mask": FieldType(
        of=("google.protobuf.FieldMask",), holds=_TEXT, is_changed=True, may_be_blank=True, has_one_value=False
    ),
    "wrapper": FieldType(
        of=tuple(
            f"google.protobuf.{name}Value"
            for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
        ),
    ),
    "struct": FieldType(
        of=("google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"),
        typed="JSON",
        is_changed=True,
        may_be_blank=True,
        has_one_value=False,
    ),
    "any": FieldType(of=("google.protobuf.Any",), has_parts=True, has_one_value=False),
}
NUMBERS = frozenset(kind for kind, type_ in FIELD_TYPES.items() if type_.is_number)
_KINDS: dict[int | str, FieldKind] = {one: kind for kind, type_ in FIELD_TYPES.items() for one in type_.of}


def kind_of(field: Any) -> FieldKind:
    """How the cells of a field are read, by its descriptor; `nested` is for whoever has seen the message before."""
    known = _KINDS.get(field.message_type.full_name) if field.message_type is not None else None
    return known if known is not None else _KINDS[field.type]


def color_text(value: int) -> str:
    """A color as a cell has it: `#FF8800`; one with more bits than that has as 0x…."""
    return f"#{value:06X}" if 0 <= value <= 0xFFFFFF else hex(value)


def bits_text(names: Mapping[int, str], value: int) -> str | None:
    """The names of a value's bits, as a cell has them: `불|얼음`; None where one of them has no name."""
    if value in names:
        return names[value]
    single = [one for one in sorted(names) if one and value & one == one and one & (one - 1) == 0]
    return "|".join(names[one] for one in single) if sum(single) == value else None
