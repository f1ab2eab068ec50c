"""How a message's fields are read and written as JSON, compiled once for each message.

The same JSON as `json_format.MessageToDict(…, always_print_fields_with_no_presence=True)` with proto names (a
test holds it to that), at fifteen times its speed. Two shapes made for each other read the two sides
of a diff: they hold only the fields, by number, that both sides have, under the new side's names.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from gdata.diffs.model import Json, bracketed
from gdata.proto.descriptors import is_map_entry, shortest_float32
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind, kind_of

Step = str | int
"""One step from a field into its value: a field's name or a map's key, or a list's index from 0."""
Write = Callable[[Any], Json]


@dataclass(frozen=True)
class FieldShape:
    """One field: where it is in the message, what it is called in JSON, how its value becomes JSON."""

    source: str
    name: str
    kind: str
    write: Write = field(repr=False)
    """Of one value: an element of a list, a value of a map."""
    is_list: bool = False
    is_map: bool = False
    has_presence: bool = False
    shape: Shape | None = field(default=None, repr=False)
    """Of a message of the schema's own; None for scalars, dates, wrappers and free JSON."""

    as_it_is: bool = False
    """Whether a value that `read` gives is its JSON already."""
    moved: Mapping[int, str] = field(default_factory=dict, repr=False)
    """Of an enum, the names that this side has for the numbers of values that have another number on the other
    side: they are written as numbers, since their name would say that nothing changed."""

    is_plain: bool = False
    """Whether `read` gives a number, text, bytes or bool: something that compares with the other side's as it is."""
    number: int = 0

    def read(self, message: Message) -> Any:
        """The field's value as protobuf gives it; None where a field with presence is unset."""
        if self.has_presence and not message.HasField(self.source):
            return None
        return getattr(message, self.source)

    def to_json(self, value: Any) -> Json:
        """A value that `read` gave, as JSON."""
        if value is None:
            return None
        if self.is_list:
            return [self.write(one) for one in value]
        if self.is_map:
            return {_key_text(key): self.write(value[key]) for key in sorted(value)}
        return self.write(value)


class Shape:
    """The fields of a message, in the order of the .proto file."""

    def __init__(self) -> None:
        self.fields: list[FieldShape] = []
        self._by_name: dict[str, FieldShape] = {}

    def to_json(self, message: Message) -> dict[str, Json]:
        """The message as JSON: everything but unset fields that know presence."""
        found = {}
        for one in self.fields:
            value = one.read(message)
            if value is not None:
                found[one.name] = one.to_json(value)
        return found

    def field(self, name: str) -> FieldShape:
        """The field that JSON calls `name`."""
        return self._by_name[name]

    def path(self, name: str, steps: Sequence[Step]) -> str:
        """The path of a value as people write it: `rewards[1].count`, `stats[str]`."""
        text, current, entered = name, self._by_name.get(name), False
        for step in steps:
            if current is not None and (current.is_list or current.is_map) and not entered:
                text += f"[{step + 1}]" if isinstance(step, int) else f"[{bracketed(step)}]"
                entered = True
            elif current is not None and current.shape is not None:
                text += f".{step}"
                current, entered = current.shape._by_name.get(str(step)), False
            else:  # inside free JSON
                text += f"[{step + 1}]" if isinstance(step, int) else f"[{bracketed(step)}]"
        return text

    def paths(self, prefix: str = "", inside: tuple[int, ...] = ()) -> Iterator[tuple[str, FieldShape]]:
        """Every path without indexes and its field; a message inside itself isn't entered again."""
        for one in self.fields:
            path = f"{prefix}{one.name}"
            yield path, one
            if one.shape is not None and id(one.shape) not in inside:
                yield from one.shape.paths(f"{path}.", (*inside, id(one.shape)))

    def add(self, one: FieldShape) -> None:
        """Add a field while the shape is being compiled."""
        self.fields.append(one)
        self._by_name[one.name] = one


class Shapes:
    """Compiles shapes, each once."""

    def __init__(self) -> None:
        self._made: dict[tuple[Descriptor, Descriptor | None, bool], Shape] = {}

    def whole(self, message: Descriptor) -> Shape:
        """All fields of `message`."""
        return self._shape(message, None, False)

    def common(self, old: Descriptor, new: Descriptor) -> tuple[Shape, Shape]:
        """The fields that both messages have, to read the old side and the new side by."""
        return self._shape(old, new, True), self._shape(new, old, False)

    def _shape(self, message: Descriptor, other: Descriptor | None, is_old: bool) -> Shape:
        made = self._made.get((message, other, is_old))
        if made is None:
            made = self._made[message, other, is_old] = Shape()
            for one in message.fields:
                twin = None if other is None else other.fields_by_number.get(one.number)
                if other is None or twin is not None:
                    made.add(self._field(one, twin, is_old))
        return made

    def _field(self, one: FieldDescriptor, twin: FieldDescriptor | None, is_old: bool) -> FieldShape:
        source, name = one.name, (twin.name if twin is not None and is_old else one.name)
        is_map = is_map_entry(one.message_type)
        value, value_twin = (_map_value(one), _map_value(twin)) if is_map else (one, twin)
        kind, write, shape = self._value(value, value_twin, is_old)
        as_it_is = write is _same and not one.is_repeated
        is_list = one.is_repeated and not is_map
        is_plain = one.message_type is None and not one.is_repeated
        # Where only one side tells unset from zero, neither is told apart: else each zero would be a change.
        has_presence = one.has_presence and (twin is None or twin.has_presence)
        moved = _moved_names(value, value_twin)
        return FieldShape(
            source, name, kind, write, is_list, is_map, has_presence, shape, as_it_is, moved, is_plain, one.number
        )

    def _value(
        self, one: FieldDescriptor, twin: FieldDescriptor | None, is_old: bool
    ) -> tuple[str, Write, Shape | None]:
        kind, message = kind_of(one), one.message_type
        match kind:
            case "message" | "nested":
                assert message is not None
                shape = self._shape(message, None if twin is None else twin.message_type, is_old)
                return "message", shape.to_json, shape
            case "wrapper":
                assert message is not None
                kind_of_value, write, _ = _scalar(message.fields_by_name["value"], None, is_old)
                return kind_of_value, lambda wrapper: write(wrapper.value), None
            case "struct":
                return "json", write_known, None
        if FIELD_TYPES[kind].is_scalar:
            return _scalar(one, twin, is_old)
        return kind if FIELD_TYPES[kind].is_time else "other", write_known, None


def _map_value(one: FieldDescriptor | None) -> Any:
    entry = None if one is None else one.message_type
    return entry.fields_by_name.get("value") if entry is not None else None


def _scalar(one: FieldDescriptor, twin: FieldDescriptor | None, is_old: bool) -> tuple[str, Write, None]:
    kind = kind_of(one)
    if kind == "enum":
        # Both sides say the new names: a value renamed is told in `schema`, and isn't a change of each row.
        newer = twin.enum_type if twin is not None and is_old else None
        moved = _moved_names(one, twin)
        names = {**_enum_names(one.enum_type), **_enum_names(newer), **{number: number for number in moved}}
        return kind, lambda number: names.get(number, number), None
    return *_SCALARS[kind], None


def _moved_names(one: FieldDescriptor, twin: FieldDescriptor | None) -> Mapping[int, str]:
    """By number, the names on one side of all values whose name has different numbers on the two sides."""
    other = None if twin is None else twin.enum_type
    if one.enum_type is None or other is None:
        return {}
    theirs = {value.name: value.number for value in other.values}
    moved = {
        number
        for value in one.enum_type.values
        if theirs.get(value.name, value.number) != value.number
        for number in (value.number, theirs[value.name])
    }
    names = _enum_names(one.enum_type)
    return {number: names.get(number, "") for number in moved}


def _enum_names(enum: EnumDescriptor | None) -> Mapping[int, str]:
    return {} if enum is None else {value.number: value.name for value in reversed(enum.values)}


def _same(value: Json) -> Json:
    return value


def write_bytes(value: bytes) -> str:
    """Bytes as JSON has them: base64."""
    return base64.b64encode(value).decode()


def write_float64(value: float) -> float | str:
    """A double as JSON has it."""
    return value if math.isfinite(value) else _not_finite(value)


def write_float32(value: float) -> float | str:
    """A float as it was written: the shortest decimal that 32 bits keep apart (0.1, not 0.10000000149)."""
    return shortest_float32(value) if math.isfinite(value) else _not_finite(value)


_SCALARS: Mapping[FieldKind, tuple[str, Write]] = {
    **dict.fromkeys(("int32", "uint32"), ("int", _same)),
    **dict.fromkeys(("int64", "uint64"), ("int64", str)),
    "float": ("float", write_float32),
    "double": ("float", write_float64),
    "bool": ("bool", _same),
    "string": ("string", _same),
    "bytes": ("bytes", write_bytes),
}
"""By kind: what it is called in a diff, and how JSON writes it."""


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_known(value: Message) -> Json:
    """A date, a duration, free JSON: as protobuf's own mapping writes it; what can't be written, as its bytes."""
    from google.protobuf.json_format import MessageToDict

    try:
        return _sorted(MessageToDict(value, preserving_proto_field_name=True))
    except (ValueError, TypeError, OverflowError, AttributeError):
        return write_bytes(value.SerializeToString(deterministic=True))


def _sorted(value: Json) -> Json:
    """Free JSON with its names in order: protobuf gives them in another one at each run."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _key_text(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
