"""What two schemas read out of the same bytes: every value that the old one gives otherwise than the new one.

Fields and enum values are followed by their name where the name lives on, else by number: a name that changed alone
is a rename, which no reader of bytes notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import attrgetter, ne
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from gdata.diffs.model import Json, bracketed
from gdata.diffs.tables.fields import is_filled
from gdata.diffs.tables.schemas import descriptor_of
from gdata.diffs.tables.shapes import Shapes
from gdata.proto.descriptors import element_field, is_map


@dataclass(frozen=True)
class Finding:
    """One value that a reader of the old schema gets wrong; `path` is "" where it can't read the row at all."""

    path: str
    reads: Json
    should: Json
    is_unknown: bool = False
    """Whether it is an enum's number without a name in the old schema, and no more than that."""


@dataclass(frozen=True)
class FieldPair:
    """A field of the old schema, and the field of the new one that means the same; None: there is none."""

    old: FieldDescriptor
    new: FieldDescriptor | None


class Readings:
    """Compares what two schemas read out of the same bytes; knows which messages can't be read differently."""

    def __init__(self) -> None:
        self.shapes = Shapes()
        self._alike: dict[tuple[str, str], bool] = {}
        self._enums: dict[tuple[str, str], Mapping[int, bool]] = {}

    def pairs(self, old: Descriptor, new: Descriptor) -> list[FieldPair]:
        """The fields of `old` that the same bytes may give another value."""
        return [pair for pair in pair_fields(old, new) if not self._is_alike(pair, new)]

    def _is_alike(self, pair: FieldPair, new: Descriptor) -> bool:
        if not self._is_alike_itself(pair, new):
            return False
        other = pair.new
        inner = (pair.old.message_type, other.message_type if other is not None else None)
        return inner[0] is None or inner[1] is None or self.are_alike(inner[0], inner[1])

    def are_alike(self, old: Descriptor, new: Descriptor) -> bool:
        """Whether no field in either message, however deep, can be read differently."""
        place = old.full_name, new.full_name
        if place not in self._alike:
            reached = {place: (old, new)}
            waiting = [(old, new)]
            alike = True
            while waiting and alike:
                one, other = waiting.pop()
                for pair in pair_fields(one, other):
                    alike = alike and self._is_alike_itself(pair, other)
                    if pair.new is not None and pair.old.message_type is not None and pair.new.message_type is not None:
                        inner = pair.old.message_type, pair.new.message_type
                        if reached.setdefault((inner[0].full_name, inner[1].full_name), inner) is inner:
                            waiting.append(inner)
            self._alike[place] = alike
        return self._alike[place]

    def _is_alike_itself(self, pair: FieldPair, holder: Descriptor) -> bool:
        """Whether the same bytes give the field the same value, whatever is inside that."""
        old, new = pair.old, pair.new
        if new is None:
            return old.number not in holder.fields_by_number
        if not is_same_place(pair) or _may_lose_to_twin(old, new):
            return False
        if (
            old.enum_type is not None
            and new.enum_type is not None
            and self.strange_values(old.enum_type, new.enum_type)
        ):
            return False
        return bool(old.is_repeated or old.default_value == new.default_value)

    def strange_values(self, old: EnumDescriptor, new: EnumDescriptor) -> Mapping[int, bool]:
        """The numbers that readers of `old` don't take for what they are in `new`; True: they only lack a name."""
        place = old.full_name, new.full_name
        if place not in self._enums:
            self._enums[place] = dict(_strange_values(old, new))
        return self._enums[place]

    def of_rows(
        self, old: Descriptor, new: Descriptor, olds: Sequence[Message], news: Sequence[Message]
    ) -> Iterator[tuple[int, Finding]]:
        """What is wrong in which of the rows, read by either schema."""
        for pair in self.pairs(old, new):
            yield from self._column(pair, olds, news)

    def _column(
        self, pair: FieldPair, olds: Sequence[Message], news: Sequence[Message]
    ) -> Iterator[tuple[int, Finding]]:
        for index in self._suspects(pair, olds, news):
            for finding in self._field(pair, olds[index], news[index], "", whole=False):
                yield index, finding

    def _suspects(self, pair: FieldPair, olds: Sequence[Message], news: Sequence[Message]) -> Iterable[int]:
        """The rows whose values of a field are worth a look; of a plain column, they are found at once."""
        one, other = pair.old, pair.new
        if other is None or not (_is_plain(one) and _is_plain(other)) or (one.enum_type and not other.enum_type):
            return range(len(olds))
        before = list(map(attrgetter(one.name), olds))
        differ = compress(count(), map(ne, before, map(attrgetter(other.name), news)))
        if one.enum_type is None or other.enum_type is None:
            return differ
        strange = self.strange_values(one.enum_type, other.enum_type)
        return sorted({*differ, *(at for at, value in enumerate(before) if value in strange)})

    def message(self, old: Message, new: Message, prefix: str = "", *, whole: bool = False) -> Iterator[Finding]:
        """What is wrong in one message, read by either schema; `whole`: the two don't come of the same bytes."""
        messages = descriptor_of(old), descriptor_of(new)
        for pair in pair_fields(*messages) if whole else self.pairs(*messages):
            yield from self._field(pair, old, new, prefix, whole=whole)

    def _field(self, pair: FieldPair, old: Message, new: Message, prefix: str, *, whole: bool) -> Iterator[Finding]:
        one, other, path = pair.old, pair.new, f"{prefix}{pair.old.name}"
        if other is None:  # gone; where its number went to another field, that field's values are read as its own
            if one.number in descriptor_of(new).fields_by_number and is_filled(old, one):
                yield Finding(path, self._json(one, old), None)
            return
        whole = whole or not is_same_place(pair)
        if not (is_filled(old, one) or is_filled(new, other)) and (one.is_repeated or one.message_type is not None):
            return
        if is_map(one) != is_map(other):
            yield Finding(path, self._json(one, old), self._json(other, new))
        elif is_map(one):
            yield from self._entries(one, other, old, new, path, whole)
        elif one.is_repeated or other.is_repeated:
            yield from self._elements(one, other, old, new, path, whole)
        else:
            yield from self._value(one, other, getattr(old, one.name), getattr(new, other.name), path, whole)

    def _entries(
        self, one: FieldDescriptor, other: FieldDescriptor, old: Message, new: Message, path: str, whole: bool
    ) -> Iterator[Finding]:
        before, after = getattr(old, one.name), getattr(new, other.name)
        was, now = element_field(one), element_field(other)
        for key in sorted({*before, *after}, key=str):
            where = f"{path}[{bracketed(str(key))}]"
            if key in before and key in after:
                yield from self._value(was, now, before[key], after[key], where, whole)
            elif key in after:
                yield Finding(where, None, self._one_json(now, after[key]))
            else:
                yield Finding(where, self._one_json(was, before[key]), None)

    def _elements(
        self, one: FieldDescriptor, other: FieldDescriptor, old: Message, new: Message, path: str, whole: bool
    ) -> Iterator[Finding]:
        before, after = _as_list(one, old), _as_list(other, new)
        if len(before) != len(after):
            longer = before or after
            if one.is_repeated != other.is_repeated and len(longer) == 1 and not _has_content(longer[0]):
                return  # a list of one zero, and a zero that isn't written
            yield Finding(path, self._json(one, old), self._json(other, new))
            return
        for index, (was, now) in enumerate(zip(before, after, strict=True), 1):
            yield from self._value(one, other, was, now, f"{path}[{index}]" if one.is_repeated else path, whole)

    def _value(
        self, one: FieldDescriptor, other: FieldDescriptor, was: Any, now: Any, path: str, whole: bool
    ) -> Iterator[Finding]:
        if one.message_type is not None and other.message_type is not None:
            yield from self.message(was, now, f"{path}.", whole=whole)
        elif not _is_same(was, now):
            yield Finding(path, self._one_json(one, was), self._one_json(other, now))
        elif one.enum_type is not None:
            strange = self._strange(one.enum_type, other.enum_type, now)
            if strange is not None:
                yield Finding(path, self._one_json(one, was), self._one_json(other, now), strange)

    def _strange(self, old: EnumDescriptor, new: EnumDescriptor | None, number: int) -> bool | None:
        if new is not None:
            return self.strange_values(old, new).get(number)
        return None if number in old.values_by_number else True

    def _json(self, field: FieldDescriptor, message: Message) -> Json:
        return self.shapes.whole(descriptor_of(message)).field(field.name).to_json(getattr(message, field.name))

    def _one_json(self, field: FieldDescriptor, value: Any) -> Json:
        assert field.containing_type is not None  # only extensions have none
        return self.shapes.whole(field.containing_type).field(field.name).write(value)


def pair_fields(old: Descriptor, new: Descriptor) -> Iterator[FieldPair]:
    """Each old field with the new one that means the same: of its name, else of its number where that is a rename."""
    by_name = {one.name: one for one in new.fields}
    old_names = {one.name for one in old.fields}
    for one in old.fields:
        there = new.fields_by_number.get(one.number)
        renamed = there if there is not None and there.name not in old_names else None
        yield FieldPair(one, by_name.get(one.name, renamed))


def is_same_place(pair: FieldPair) -> bool:
    """Whether both fields take the same bytes, whatever they make of them."""
    old, new = pair.old, pair.new
    return new is not None and (
        (old.number, old.type, old.is_repeated, is_map(old)) == (new.number, new.type, new.is_repeated, is_map(new))
    )


def _may_lose_to_twin(old: FieldDescriptor, new: FieldDescriptor) -> bool:
    """Whether bytes may set two members of what is one oneof to readers of the old schema: the later one stays."""
    oneof = old.containing_oneof
    if oneof is None or len(oneof.fields) < 2 or new.containing_type is None:
        return False
    others = {one.number for one in oneof.fields} - {old.number}
    theirs = {one.number for one in new.containing_oneof.fields} if new.containing_oneof is not None else set()
    return any(number in new.containing_type.fields_by_number and number not in theirs for number in others)


def _strange_values(old: EnumDescriptor, new: EnumDescriptor) -> Iterator[tuple[int, bool]]:
    old_names = {one.name: one.number for one in old.values}
    new_names = {one.name: one.number for one in new.values}
    for number in new.values_by_number:
        before = {name for name, one in old_names.items() if one == number}
        after = {name for name, one in new_names.items() if one == number}
        if before & after:
            continue
        if before & new_names.keys() or after & old_names.keys():
            yield number, False
        elif not before:
            yield number, True


def _is_same(was: Any, now: Any) -> bool:
    if isinstance(was, Message) or isinstance(now, Message):
        return not (_has_content(was) or _has_content(now))
    if isinstance(was, (str, bytes)) or isinstance(now, (str, bytes)):
        texts = [one.encode() if isinstance(one, str) else one for one in (was, now)]
        return bool(texts[0] == texts[1] or not (was or now))
    return bool(was == now or (was != was and now != now))


def _has_content(value: Any) -> bool:
    return bool(value.ByteSize() if isinstance(value, Message) else value)


def _is_plain(field: FieldDescriptor) -> bool:
    return not field.is_repeated and field.message_type is None


def _as_list(field: FieldDescriptor, message: Message) -> list[Any]:
    if field.is_repeated:
        return list(getattr(message, field.name))
    return [getattr(message, field.name)] if is_filled(message, field) else []
