"""Schemas that change at random, rows that fit them, and what each row truly says.

Fields and enum values have an identity that no change touches, so what a reader of the old schema should see is
known without asking the code under test.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "sfixed32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "fixed32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
NUMBERS = (0, 1, 2, 3, 5, -1, -7, 200, 2**31 - 1, 2**31, 3_000_000_000, 2**40, -(2**35))
SCALARS = (*RANGES, "bool", "float", "double", "string", "bytes", "enum")


@dataclass
class Value:
    uid: int
    name: str
    number: int


@dataclass
class Field:
    uid: int
    name: str
    number: int
    type: str
    """A scalar, `enum`, or `part`: the nested message."""
    label: str = ""
    """"", optional, repeated, or map (its keys are strings)."""
    oneof: str = ""

    def declared(self) -> str:
        kind = {"enum": "Grade", "part": "PART"}.get(self.type, self.type)
        if self.label == "map":
            return f"map<string, {kind}> {self.name} = {self.number};"
        return f"{'' if self.oneof else self.label} {kind} {self.name} = {self.number};".strip()


@dataclass
class Schema:
    fields: list[Field]
    part: list[Field]
    values: list[Value]
    part_name: str = "Part"
    rows_number: int = 1
    key: str = "id"
    next_uid: int = 1000
    touched: set[int] = field(default_factory=set)

    def uid(self) -> int:
        self.next_uid += 1
        return self.next_uid

    def text(self, package: str) -> str:
        values = " ".join(f"{one.name} = {one.number};" for one in self.values)
        return f"""syntax = "proto3"; package {package};
enum Grade {{ {values} }}
message {self.part_name} {{ {_members(self.part)} }}
message Item {{ int32 id = 1; int32 code = 2; {_members(self.fields).replace("PART", self.part_name)} }}
message ItemTable {{ repeated Item rows = {self.rows_number}; }}
"""


def _members(fields: list[Field]) -> str:
    plain = " ".join(one.declared() for one in fields if not one.oneof)
    oneofs = {one.oneof: [other for other in fields if other.oneof == one.oneof] for one in fields if one.oneof}
    held = (f"oneof {name} {{ {' '.join(one.declared() for one in ones)} }}" for name, ones in oneofs.items())
    return " ".join((plain, *held))


def make_schema(rng: Random) -> Schema:
    schema = Schema([], [], [Value(1, "G_NONE", 0), Value(2, "G_A", 1), Value(3, "G_B", 2), Value(4, "G_C", 3)])
    for number in range(1, 4):
        schema.part.append(Field(schema.uid(), f"p{number}", number, rng.choice(SCALARS), _label(rng)))
    for number in range(10, 16):
        schema.fields.append(Field(schema.uid(), f"f{number}", number, rng.choice((*SCALARS, "part")), _label(rng)))
    if rng.random() < 0.3:
        for one in [one for one in schema.fields if one.label in ("", "optional")][:2]:
            one.oneof = "pick"
    return schema


def _label(rng: Random) -> str:
    return rng.choice(("", "", "", "optional", "repeated", "map"))


def change_schema(old: Schema, rng: Random) -> tuple[Schema, list[str]]:
    """The schema after one to three changes, each of another field, and what they were."""
    new = copy.deepcopy(old)
    new.touched = set()
    changes = [rng.choice(CHANGES) for _ in range(rng.randint(1, 3))]
    done = [change.__name__ for change in changes if change(new, rng)]
    return new, done


def _untouched(schema: Schema, rng: Random, count: int = 1) -> list[Any]:
    """Fields of one message that no change has touched yet; none where there aren't so many."""
    fields = rng.choice((schema.fields, schema.fields, schema.part))
    left = [one for one in fields if one.uid not in schema.touched and one.oneof in ("", "pick")]
    found = rng.sample(left, count) if len(left) >= count else []
    schema.touched |= {one.uid for one in found}
    return found


def rename_field(schema: Schema, rng: Random) -> bool:
    found = _untouched(schema, rng)
    for one in found:
        one.name = f"{one.name}_renamed"
    return bool(found)


def renumber_field(schema: Schema, rng: Random) -> bool:
    found = _untouched(schema, rng)
    for one in found:
        one.number = schema.uid()
    return bool(found)


def swap_numbers(schema: Schema, rng: Random) -> bool:
    found = _untouched(schema, rng, 2)
    if found:
        found[0].number, found[1].number = found[1].number, found[0].number
    return bool(found)


def change_type(schema: Schema, rng: Random) -> bool:
    found = _untouched(schema, rng)
    for one in found:
        one.type = rng.choice(SCALARS)
    return bool(found)


def widen_type(schema: Schema, rng: Random) -> bool:
    found = [one for one in _untouched(schema, rng) if one.type in ("int32", "uint32", "bool", "string", "enum")]
    wider = {"int32": "int64", "uint32": "uint64", "bool": "int32", "string": "bytes", "enum": "int32"}
    for one in found:
        one.type = wider[one.type]
    return bool(found)


def change_label(schema: Schema, rng: Random) -> bool:
    found = [one for one in _untouched(schema, rng) if one.label != "map" and not one.oneof]
    for one in found:
        one.label = rng.choice([label for label in ("", "optional", "repeated") if label != one.label])
    return bool(found)


def remove_field(schema: Schema, rng: Random) -> bool:
    found = _untouched(schema, rng)
    for one in found:
        (schema.fields if one in schema.fields else schema.part).remove(one)
    return bool(found)


def add_field(schema: Schema, rng: Random) -> bool:
    uid = schema.uid()
    rng.choice((schema.fields, schema.part)).append(Field(uid, f"new{uid}", uid, rng.choice(SCALARS), _label(rng)))
    schema.touched.add(uid)
    return True


def into_a_oneof(schema: Schema, rng: Random) -> bool:
    found = [one for one in _untouched(schema, rng, rng.choice((1, 2))) if one.label in ("", "optional")]
    for one in found:
        one.oneof = "choice"
    return bool(found)


def out_of_a_oneof(schema: Schema, rng: Random) -> bool:
    found = [one for one in schema.fields if one.oneof == "pick"]
    for one in found:
        one.oneof = ""
    return bool(found)


def rename_message(schema: Schema, rng: Random) -> bool:
    schema.part_name = "Piece"
    return True


def move_rows(schema: Schema, rng: Random) -> bool:
    schema.rows_number = rng.choice((1, 1, 2))
    return schema.rows_number == 2


def move_key(schema: Schema, rng: Random) -> bool:
    schema.key = rng.choice(("id", "id", "code"))
    return schema.key == "code"


def change_values(schema: Schema, rng: Random) -> bool:
    one, other = rng.sample(schema.values[1:], 2)
    if schema.touched & {one.uid, other.uid}:
        return False
    schema.touched |= {one.uid, other.uid}
    what = rng.choice(("rename", "renumber", "swap", "add"))
    if what == "rename":
        one.name = f"{one.name}_RENAMED"
    elif what == "renumber":
        one.number = schema.uid()
    elif what == "swap":
        one.number, other.number = other.number, one.number
    else:
        schema.values.append(Value(schema.uid(), "G_NEW", schema.next_uid))
    return True


CHANGES: tuple[Callable[[Schema, Random], bool], ...] = (
    *(rename_field, renumber_field, swap_numbers, change_type, widen_type, widen_type, change_label, remove_field),
    *(add_field, into_a_oneof, out_of_a_oneof, rename_message, move_rows, move_key, change_values, change_values),
)

Row = dict[int, Any]
"""What a row says, by the identity of its fields; enum values by theirs; a field that says nothing is absent."""


def make_rows(schema: Schema, rng: Random) -> list[Row]:
    return [_row(schema, schema.fields, rng) for _ in range(rng.randint(0, 3))]


def _row(schema: Schema, fields: list[Field], rng: Random) -> Row:
    row: Row = {}
    for one in fields:
        if rng.random() < 0.7 and not (
            one.oneof and any(other.uid in row for other in fields if other.oneof == one.oneof)
        ):
            row[one.uid] = _held(schema, one, rng)
    return row


def _held(schema: Schema, one: Field, rng: Random) -> Any:
    if one.label == "repeated":
        return [_value(schema, one, rng) for _ in range(rng.randint(0, 2))]
    if one.label == "map":
        return {key: _value(schema, one, rng) for key in rng.sample("abc", rng.randint(0, 2))}
    return _value(schema, one, rng)


def _value(schema: Schema, one: Field, rng: Random) -> Any:
    if one.type == "part":
        return _row(schema, schema.part, rng)
    if one.type == "enum":
        return rng.choice(schema.values).uid
    if one.type in RANGES:
        least, most = RANGES[one.type]
        return rng.choice([number for number in NUMBERS if least <= number <= most])
    choices: dict[str, tuple[Any, ...]] = {
        "bool": (False, True),
        "float": (0.0, 0.5, -1.5),
        "double": (0.0, 0.25),
        "string": ("", "a", "한글"),
        "bytes": (b"", b"a", b"\xff\xfe"),
    }
    return rng.choice(choices[one.type])


def as_dict(schema: Schema, fields: list[Field], row: Row) -> dict[str, Any]:
    """The row as protobuf's classes of the schema take it."""
    numbers = {one.uid: one.number for one in schema.values}

    def plain(one: Field, value: Any) -> Any:
        if one.type == "part":
            return as_dict(schema, schema.part, value)
        return numbers[value] if one.type == "enum" else value

    found: dict[str, Any] = {}
    for one in fields:
        if one.uid in row:
            held = row[one.uid]
            if one.label == "repeated":
                found[one.name] = [plain(one, value) for value in held]
            elif one.label == "map":
                found[one.name] = {key: plain(one, value) for key, value in held.items()}
            else:
                found[one.name] = plain(one, held)
    return found


def verdicts(old: Schema, new: Schema, row: Row, read: dict[str, Any]) -> Iterator[str]:
    """`wrong` or `unknown` for each value that generated code of the old schema (`read`) doesn't see as it is."""
    yield from _verdicts(old, new, (old.fields, new.fields), row, read)


def _verdicts(
    old: Schema, new: Schema, fields: tuple[list[Field], list[Field]], row: Row, read: dict[str, Any] | None
) -> Iterator[str]:
    now = {one.uid: one for one in fields[1]}
    for one in fields[0]:
        if one.uid in now:
            yield from _judge(old, new, one, now[one.uid], row, None if read is None else read.get(one.name))


def _judge(old: Schema, new: Schema, one: Field, other: Field, row: Row, read: Any) -> Iterator[str]:
    said = row.get(other.uid)
    if (one.label == "map") != (other.label == "map"):
        raise AssertionError("no change makes a map of anything else")
    if one.label == "map":
        said, read = said or {}, read or {}
        if said.keys() != read.keys():
            yield "wrong"
        for key in said.keys() & read.keys():
            yield from _judge_value(old, new, one, other, said[key], read[key])
        return
    lists = one.label == "repeated", other.label == "repeated"
    if any(lists):
        reads = list(read or []) if lists[0] else [] if _is_zero(read) else [read]
        says = (
            list(said or [])
            if lists[1]
            else []
            if _is_zero(said) and not _knows(other)
            else [said]
            if said is not None
            else []
        )
        if (
            lists[0] != lists[1]
            and len(reads) != len(says)
            and not any(not _is_zero(each) for each in (*reads, *says))
            and len((*reads, *says)) == 1
        ):
            return
        if len(reads) != len(says):
            yield "wrong"
            return
        for value, seen in zip(says, reads, strict=True):
            yield from _judge_value(old, new, one, other, value, seen)
        return
    yield from _judge_value(old, new, one, other, said, read)


def _knows(one: Field) -> bool:
    return one.label == "optional" or bool(one.oneof) or one.type == "part"


def _is_zero(value: Any) -> bool:
    return value in (None, 0, "", b"", False, {}) or (isinstance(value, dict) and all(map(_is_zero, value.values())))


def _judge_value(old: Schema, new: Schema, one: Field, other: Field, said: Any, read: Any) -> Iterator[str]:
    """`read` is the number, the text's bytes in hex, or the fields of a message, of what generated code gave."""
    if one.type == "part" and other.type == "part":
        yield from _verdicts(old, new, (old.part, new.part), said or {}, read)
    elif one.type == "part" or other.type == "part":
        if not _is_zero(said) or not _is_zero(read):
            yield "wrong"
    elif one.type == "enum" and other.type == "enum":
        yield from _judge_enum(old, new, said or 1, read or 0)
    else:
        numbers = {value.uid: value.number for value in new.values}
        number = numbers[said] if other.type == "enum" and said else said
        if _plain(number) != _plain_read(one, read):
            yield "wrong"
        elif one.type == "enum" and (read or 0) not in {value.number for value in old.values}:
            yield "unknown"


def _judge_enum(old: Schema, new: Schema, said: int, read: int) -> Iterator[str]:
    seen = next((value.uid for value in old.values if value.number == read), None)
    if seen == said:
        return
    number = next(value.number for value in new.values if value.uid == said)
    yield "unknown" if seen is None and number == read and said not in {one.uid for one in old.values} else "wrong"


def _plain(value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        return (value.encode() if isinstance(value, str) else value) or 0
    return value or 0


def _plain_read(one: Field, read: Any) -> Any:
    return (bytes.fromhex(read) or 0) if isinstance(read, str) else read or 0


def had_values(old: Schema, new: Schema, rows: list[Row]) -> bool:
    """Whether a field that the new schema lacks said something in any row."""
    top = {one.uid for one in old.fields} - {one.uid for one in new.fields}
    inner = {one.uid for one in old.part} - {one.uid for one in new.part}
    parts = {one.uid for one in old.fields if one.type == "part"}
    still = {one.uid for one in new.fields if one.type == "part"}
    labels = {one.uid: one for one in (*old.fields, *old.part)}

    def says(uid: int, value: Any) -> bool:
        one = labels[uid]
        if one.label in ("repeated", "map"):
            return bool(value)
        return _knows(one) or not (_is_zero(value) or (one.type == "enum" and value == 1))

    for row in rows:
        if any(uid in top and says(uid, value) for uid, value in row.items()):
            return True
        for uid in parts & still & row.keys():
            held = row[uid]
            held = held if isinstance(held, list) else held.values() if labels[uid].label == "map" else [held]
            if any(name in inner and says(name, value) for one in held for name, value in one.items()):
                return True
    return False
