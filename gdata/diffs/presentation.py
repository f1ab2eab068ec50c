"""How planners call things: a sheet's own headers for fields, labels for enum values, dates in their time zone.

Used where people read (terminal, Markdown, HTML); programs get JSON with the names of the .proto files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gdata.diffs.model import Json, Key, TableDiff, TitlesByPath, bracketed, plain
from gdata.diffs.tables.fields import number
from gdata.language import say, say_counted
from gdata.proto.descriptors import element_field
from gdata.schema.fieldtypes import COLOR, bits_text, color_text
from gdata.text import fold, visible

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

_INDEX = re.compile(r"\[([^\]]*)\]")

TitleAt = Callable[[str], str]
"""What people call the row to which the value at a path refers; "" where it refers to none."""


def titled_by(titles: TitlesByPath) -> TitleAt:
    """The titles of what the values at some paths refer to."""
    return lambda path: titles.get(path, "")


_UNTITLED = titled_by({})


@dataclass(frozen=True)
class Flags:
    """What the bits of a number are called."""

    numbers: Mapping[str, int]
    """By every text that may be written, folded."""
    names: Mapping[int, str]


@dataclass(frozen=True)
class Presentation:
    """The words of one project; the default has none, and shows everything by its name in the .proto files.

    `headers` and `labels` go by table and path without indexes; a header's `{}` stands for the index, a label
    is found by the enum value's name.
    """

    headers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    labels: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    timezone: str = "UTC"
    texts: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict, repr=False)
    """By table and path, every text that names the field."""
    all_labels: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = field(default_factory=dict, repr=False)
    """By table and path, all labels of an enum's values."""

    flags: Mapping[tuple[str, str], Flags] = field(default_factory=dict, repr=False)
    """By table and path, whose values the bits of a number are."""
    colors: frozenset[tuple[str, str]] = frozenset()
    """Table and path of the numbers that are colors."""

    def codes(self, table: str) -> frozenset[str]:
        """The paths of a table's numbers that count nothing: one isn't so many times as large as another."""
        return frozenset(path for name, path in (*self.flags, *self.colors) if name == table)

    def find_field(self, table: str, text: str) -> str:
        """The path of the field that a planner's header names; the text itself where none does."""
        return self._paths.get((table, fold(text)), text)

    @cached_property
    def _paths(self) -> Mapping[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        # A table's own fields before those of messages in them.
        for (table, path), texts in sorted(self.texts.items(), key=lambda one: one[0][1].count(".")):
            header = self.headers.get((table, path), "").replace("[{}]", "")
            for text in (*texts, *([header] if header else [])):
                found.setdefault((table, fold(text)), path)
        return found

    def find_value(self, table: str, path: str, text: str) -> str:
        """The name of the enum's value that a planner's label names, the number that a color or names of bits are; the
        text itself where none does.
        """
        place = table, plain(path)
        if place in self.colors and text.startswith("#"):
            return str(int(text[1:], 16))
        if place in self.flags:
            bits, known = 0, self.flags[place].numbers
            for one in map(fold, text.split("|")):
                if one not in known:
                    return text
                bits |= known[one]
            return str(bits)
        labels, wanted = self.all_labels.get((table, plain(path)), {}), fold(text)
        return next((name for name, texts in labels.items() if wanted in map(fold, texts)), text)

    def field_name(self, table: str, path: str) -> str:
        """The sheet's header for a field, or its path where the sheet has none: `보상1 수량`, `rewards[1].count`."""
        header = self.headers.get((table, plain(path)))
        if header is None:
            return visible(path)
        indexes = iter(_INDEX.findall(path))
        named = re.sub(r"\{\}", lambda _: next(indexes, ""), header).replace("[]", "")
        return visible("".join((named, *(f"[{index}]" for index in indexes))))

    def value(
        self, table: TableDiff, path: str, value: Json, *, is_new: bool = True, title: TitleAt = _UNTITLED
    ) -> str:
        """A value on one line: dates in the time zone, enums by their label, None as (none).

        `is_new`: whether it is the new side's, which may call an enum's number otherwise than the old one. `title`
        gives that of the row to which the value at a path refers.
        """
        where = plain(path)
        if isinstance(value, dict):
            step = "{}[{}]" if where in table.maps else "{}.{}"
            parts = (
                f"{self._part_name(table, where, name)} "
                f"{self.value(table, step.format(path, bracketed(name)), one, is_new=is_new, title=title)}"
                for name, one in value.items()
            )
            return "{" + ", ".join(parts) + "}"
        if isinstance(value, list):
            elements = (
                self.value(table, f"{path}[{index}]", one, is_new=is_new, title=title)
                for index, one in enumerate(value, 1)
            )
            return "[" + ", ".join(elements) + "]"
        return called(self._single(table, path, value, is_new=is_new), title(path))

    def _single(self, table: TableDiff, path: str, value: Json, *, is_new: bool) -> str:
        where = plain(path)
        kind, labels = table.kinds.get(where, ""), self.labels.get((table.name, where), {})
        if kind == "enum" and isinstance(value, int) and where in table.moved:
            name = table.moved[where][is_new].get(value, "")
            return visible(f"{labels.get(name, name)} {value}".strip())
        place = table.name, where
        if place in self.flags or place in self.colors:
            coded = number(value, kind)
            return self._coded(place, int(coded)) if coded is not None else self._scalar(value, kind, labels)
        return self._scalar(value, kind, labels)

    def _coded(self, place: tuple[str, str], value: int) -> str:
        """Bits by their names, a color as sheets have it."""
        written = color_text(value) if place in self.colors else bits_text(self.flags[place].names, value)
        return visible(str(value) if written is None else written)

    def _part_name(self, table: TableDiff, where: str, name: str) -> str:
        """What a part of a message is called beside the others, where its index is told already."""
        columns = () if where in table.maps else self.texts.get((table.name, f"{where}.{name}"), ())[2:]
        return visible(" ".join(columns[0].replace("{}", "").split()) if columns else name)

    def _scalar(self, value: Json, kind: str, labels: Mapping[str, str]) -> str:
        if value is None:
            return say("(none)")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        if kind == "enum":
            return visible(labels.get(str(value), str(value)))
        if kind == "timestamp" and isinstance(value, str):
            return visible(local_time(value, self.timezone))
        if kind == "duration" and isinstance(value, str):
            return visible(length_of_time(value))
        return visible(str(value))


def key_text(key: Key | None, row_number: int) -> str:
    """A row as people call it: `1001`, `1001, 2`, or `row 7` where it has no key."""
    return say("row {number}", number=row_number) if key is None else visible(", ".join(map(str, key)))


def called(value: str, title: str) -> str:
    """A value with the title of what it refers to: `1001 (철검)`."""
    return f"{value} ({visible(title)})" if title and visible(title) != value else value


def local_time(value: str, timezone: str) -> str:
    """A timestamp of protobuf's JSON in the time zone, without seconds where they are zero."""
    from zoneinfo import ZoneInfo

    zone: tzinfo = ZoneInfo(timezone)
    try:
        moment = datetime.fromisoformat(value).astimezone(zone)
    except (ValueError, OverflowError):  # a year that only protobuf knows
        return value
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    seconds = f":{moment.second:02}{fraction}" if moment.second or fraction else ""
    return f"{moment:%Y-%m-%d %H:%M}{seconds}"


_LENGTH = re.compile(r"(-?)(\d+)(\.\d+)?s")


def length_of_time(value: str) -> str:
    """A duration of protobuf's JSON as sheets have it: `1h30m`."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return value
    minutes, seconds = divmod(int(found[2]), 60)
    parts = [(minutes // 60, "h"), (minutes % 60, "m"), (f"{seconds}{(found[3] or '').rstrip('.0')}", "s")]
    return found[1] + ("".join(f"{number}{unit}" for number, unit in parts if number not in (0, "0")) or "0s")


def zoned_time(moment: datetime, timezone: str) -> str:
    """A moment with its time zone: `2026-11-27 16:45 KST`."""
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M %Z}"


def presentation_of(sources: bytes | None, timezone: str = "UTC") -> Presentation:
    """The words that a project's full descriptors (a FileDescriptorSet with gdata's options) give."""
    if sources is None:
        return Presentation(timezone=timezone)
    from gdata.diffs.tables.schemas import BundleSchema

    headers: dict[tuple[str, str], str] = {}
    labels: dict[tuple[str, str], Mapping[str, str]] = {}
    texts: dict[tuple[str, str], Sequence[str]] = {}
    all_labels: dict[tuple[str, str], Mapping[str, Sequence[str]]] = {}
    flags: dict[tuple[str, str], Flags] = {}
    colors: set[tuple[str, str]] = set()
    words = _Words()
    for message in BundleSchema(sources, "the full descriptors").messages.values():
        rows = [one for one in message.fields if one.is_repeated and one.message_type is not None]
        # A message with one list of messages is a table of rows, or a record that has such a list.
        for holder in (message, *(element_field(one).message_type for one in rows if len(rows) == 1)):
            fields = list(_fields(holder, "", ()))
            for path, header in _headers(fields, words).items():
                headers.setdefault((message.name, path), header)
            for path, one in fields:
                place, columns, enum = (message.name, path), words.columns(one), element_field(one).enum_type
                texts.setdefault(place, (one.name, one.json_name, *columns))
                if enum is not None:
                    known = words.labels(enum)
                    labels.setdefault(place, {name: found[0] for name, found in known.items()})
                    all_labels.setdefault(place, known)
                bits = words.flags(one)
                if bits is not None:
                    flags.setdefault(place, bits)
                if words.options(one).unit == COLOR:
                    colors.add(place)
    return Presentation(headers, labels, timezone, texts, all_labels, flags, frozenset(colors))


def _fields(message: Descriptor | None, prefix: str, inside: tuple[str, ...]) -> Iterator[tuple[str, FieldDescriptor]]:
    """The fields of a message and of those in it, by path without indexes; none inside itself."""
    for one in message.fields if message is not None else ():
        path, inner = f"{prefix}{one.name}", element_field(one).message_type
        yield path, one
        if inner is not None and inner.full_name not in inside and not inner.full_name.startswith("google.protobuf."):
            yield from _fields(inner, f"{path}.", (*inside, inner.full_name))


def _headers(fields: Sequence[tuple[str, FieldDescriptor]], words: _Words) -> dict[str, str]:
    """What the fields with a `column` are called: its text, after that of the message that they lie in.

    A text with a place for the index (`보상{} 수량`), or that begins with the message's own, is a whole header; so is
    one within a message without a header, if no other field is called so.
    """
    often = Counter(columns[0] for _, one in fields if (columns := words.columns(one)))
    found: dict[str, str] = {}
    above: dict[str, str] = {}
    for path, one in fields:
        outer, _, _ = path.rpartition(".")
        before, columns = above.get(outer, ""), words.columns(one)
        text = columns[0] if columns else one.name
        is_whole = "{}" in text or (
            text.startswith(found[outer].replace("{}", "")) if outer in found else columns and often[text] == 1
        )
        told = text if is_whole or not before else f"{before}.{text}"
        if columns or outer in found:
            found[path] = told
        above[path] = f"{told}[{{}}]" if one.is_repeated and "{}" not in text else told
    return found


class _Words:
    """What the options say, read once for each field and enum: both a table and its rows have the same ones."""

    def __init__(self) -> None:
        from gdata import options_pb2

        self._options: Any = options_pb2
        self._fields: dict[str, Any] = {}
        self._labels: dict[str, Mapping[str, Sequence[str]]] = {}

    def options(self, one: FieldDescriptor) -> Any:
        """A field's (gdata.field)."""
        # The descriptors have a pool of their own; options are read by the classes that know gdata's extensions.
        from google.protobuf.descriptor_pb2 import FieldOptions

        if one.full_name not in self._fields:
            read = FieldOptions.FromString(one.GetOptions().SerializeToString())
            self._fields[one.full_name] = read.Extensions[self._options.field]
        return self._fields[one.full_name]

    def columns(self, one: FieldDescriptor) -> Sequence[str]:
        """The texts of a field's `column`."""
        return tuple(self.options(one).column)

    def flags(self, one: FieldDescriptor) -> Flags | None:
        """The enum whose values a field's bits are; None where they are no bits, or its file isn't there."""
        file: Any = one.file  # type: ignore[attr-defined]
        name, package = self.options(one).flags, file.package
        for full_name in (name, f"{package}.{name}") if name else ():
            try:
                enum = file.pool.FindEnumTypeByName(full_name)
            except KeyError:
                continue
            known = {value.name: self.labels(enum).get(value.name, ()) for value in enum.values}
            numbers = {value.name: value.number for value in enum.values}
            texts = {fold(text): numbers[name] for name, labels in known.items() for text in (name, *labels)}
            return Flags(texts, {numbers[name]: (*labels, name)[0] for name, labels in known.items()})
        return None

    def labels(self, enum: EnumDescriptor) -> Mapping[str, Sequence[str]]:
        """The labels of an enum's values that have some, by name."""
        from google.protobuf.descriptor_pb2 import EnumValueOptions

        if enum.full_name not in self._labels:
            read = {one.name: EnumValueOptions.FromString(one.GetOptions().SerializeToString()) for one in enum.values}
            labels = {name: tuple(one.Extensions[self._options.value].label) for name, one in read.items()}
            self._labels[enum.full_name] = {name: found for name, found in labels.items() if found}
        return self._labels[enum.full_name]


def when(moment: datetime, now: datetime | None = None) -> str:
    """`2026-11-27 16:45 (3 hours ago)`."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M} ({age(moment, now)})"


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago it was, in the largest unit that has one or more: `3 hours ago`; of clocks that differ, just now."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < 60:
        return say("just now")
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if not hours:
        return say_counted("{count} minute ago", "{count} minutes ago", minutes)
    if not days:
        return say_counted("{count} hour ago", "{count} hours ago", hours)
    if days < 60:
        return say_counted("{count} day ago", "{count} days ago", days)
    if days < 730:
        return say_counted("{count} month ago", "{count} months ago", days // 30)
    return say_counted("{count} year ago", "{count} years ago", days // 365)
