"""What a tool's own sheets define: enums and messages, by the names that columns declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from gdata.scaffold.declared import Declared
from gdata.scaffold.fields.enums import prefix_of
from gdata.scaffold.guess import GuessedEnum, SheetFound, SourceColumn
from gdata.scaffold.names import TakenNames, camel, words_of

_LONGEST_NUMBER = 12
_NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]+|\d+)")
Item = tuple[str, str, str]
"""One value of an enum: its name, what sheets write for it ("": its name), its number ("": the next)."""


@dataclass(frozen=True)
class Message:
    """A message: what separates its parts in a cell ("": nothing is said), and its fields."""

    separator: str
    fields: tuple[tuple[str, Declared], ...]


@dataclass
class Definitions:
    """Enums and messages by name, without and with what stands before its last dot."""

    package: str
    enums: dict[str, GuessedEnum] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    """Enums whose values are or-ed."""
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def every_enum(self) -> list[GuessedEnum]:
        """Each enum once."""
        return list({enum.name: enum for enum in self.enums.values()}.values())

    def add_enum(self, full_name: str, items: Iterable[Item], *, is_flags: bool = False) -> None:
        """Keep an enum under its name."""
        last = full_name.rpartition(".")[2]
        enum = make_enum(camel(words_of(last)[0]) or "Enum", list(items))
        if is_flags:
            self.flags.add(enum.name)
        self.enums |= {enum.name: enum, last: enum, full_name: enum}

    def resolved(self, declared: Declared, above: tuple[str, ...] = ()) -> Declared:
        """What is declared, with the enum or the message that it names; `above` are messages that it is a field of."""
        name = declared.name.rpartition(".")[2]
        enum = self.enums.get(declared.name) or self.enums.get(name)
        if enum is not None:
            kind = "flags" if enum.name in self.flags and not declared.is_list else "enum"
            tags = {**declared.tags, "given": kind, "flags": f"{self.package}.{enum.name}"}
            return replace(declared, name=enum.name, tags=tags)
        message = self.messages.get(declared.name) or self.messages.get(name)
        if message is None or not declared.is_own or not message.fields or name in above:
            return declared
        parts = tuple((text, self.resolved(one, (*above, name))) for text, one in message.fields)
        if any(one.parts for _, one in parts if one is not None):
            return declared  # Messages in messages have no place in a cell.
        own = "" if declared.is_list else declared.subseparator or declared.tags.get("sep", "")
        return replace(declared, parts=parts, subseparator=own or message.separator or declared.subseparator)

    def in_columns(self, found: SheetFound) -> SheetFound:
        """A sheet, what its columns declare with the enums and messages that they name."""
        known = [
            column if column.declared is None else replace(column, declared=self.resolved(column.declared))
            for column in found.columns
        ]
        # Of two rows of names the upper one may name a message: `cost.id` and `cost.count` are its fields.
        above = {
            column.header.rpartition(".")[0]: dict(column.declared.parts)
            for column in known
            if column.declared is not None and column.declared.parts and "." in column.header
        }
        return replace(found, columns=tuple(_of_message(column, above) for column in known))


def _of_message(column: SourceColumn, above: dict[str, dict[str, Declared | None]]) -> SourceColumn:
    before, _, name = column.header.rpartition(".")
    fields = above.get(before, {})
    return replace(column, declared=fields[name]) if before and name in fields else column


def number_of(text: str) -> int | None:
    """The number that an enum's value has; None where the text is none that protobuf takes."""
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST_NUMBER:
        return None
    # Not in base 0, which takes no 007.
    number = int(text, 16 if "x" in text.lower() else 10)
    return number if -(1 << 31) <= number < 1 << 31 else None


def _next(numbers: Sequence[int]) -> int:
    """The number after the largest, or the smallest free one where there is none."""
    after = max(numbers, default=-1) + 1
    return after if after < 1 << 31 else next(one for one in count(0) if one not in numbers)


def make_enum(name: str, items: Sequence[Item]) -> GuessedEnum:
    """An enum with these values; one of proto3 begins with 0."""
    prefix, names = prefix_of(name), TakenNames()
    numbers: list[int] = []
    values: list[tuple[str, str]] = []
    for text, label, number in items:
        bare = "_".join(words_of(text)[0]).upper().removeprefix(f"{prefix}_") or "VALUE"
        own = number_of(number)
        numbers.append(_next(numbers) if own is None or own in numbers else own)
        values.append((f"{prefix}_{names.take(bare)}", label if label != text else ""))
    if 0 not in numbers:
        values.insert(0, (f"{prefix}_{names.take('UNSPECIFIED')}", ""))
        numbers.insert(0, 0)
    order = sorted(range(len(values)), key=lambda index: numbers[index] != 0)
    return GuessedEnum(name, tuple(values[one] for one in order), (), tuple(numbers[one] for one in order))
