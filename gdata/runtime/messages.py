"""The message classes of a bundle's tables: made from the bundle's own schema, or the user's generated ones.

Generated classes may be narrower than the data: a class's `int32` reads an `int64` as long as the value has 32 bits;
another value it would cut without a word. The gate lets such a release pass by its values, so a server looks at them
too, and only where a type is narrower.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError, Message

from gdata.bundles.manifest import Manifest, TableEntry
from gdata.errors import DamagedError, UsageError
from gdata.language import Sentence, say, sentence
from gdata.proto.descriptors import element_field, is_map, is_map_entry, pool_of

logger = logging.getLogger("gdata")


Pair = tuple[str, str]
"""Full names of a message of the data, and of the class that reads it."""


@dataclass(frozen=True)
class TableType:
    """What is needed to read one table: its message's class, the field with the rows, and what a row is."""

    message: type[Message]
    rows_field: str
    """Empty: the message is the one record."""
    is_map: bool
    row: Descriptor
    key: tuple[str, ...]
    """The key fields, by the names that the class has for them."""
    narrow: NarrowTable | None = None
    """Where the class is narrower than the data: the values tell whether it reads them."""


def table_types(
    schema: bytes, manifest: Manifest, generated: Sequence[ModuleType] = (), *, place: str = "the bundle"
) -> dict[str, TableType]:
    """The types of all tables of a bundle, by table name.

    `generated` are modules of the user's own protoc output; tables whose message none of them has get classes
    made from the schema.

    Raises:
        DamagedError: the schema can't be read, or isn't that of the manifest's tables.
        UsageError: a generated class doesn't fit the data.
    """
    pool = _pool(schema, place)
    classes = {one.DESCRIPTOR.full_name: one for one in _message_classes(generated)}
    types = {}
    for name, entry in manifest.tables.items():
        made = _table_type(_descriptor(pool, name, entry, place), name, entry, place)
        own = classes.get(entry.message)
        types[name] = made if own is None else _generated_type(own, made, name, entry, place)
    if generated and not classes.keys() & {entry.message for entry in manifest.tables.values()}:
        names = ", ".join(module.__name__ for module in generated)
        raise UsageError(
            sentence("types=: no message of {place} is in {modules}", place=place, modules=names),
            hint=sentence("give the modules that protoc wrote for the .proto files of these tables: types=[game_pb2]"),
        )
    return types


def _pool(schema: bytes, place: str) -> descriptor_pool.DescriptorPool:
    try:
        return pool_of(FileDescriptorSet.FromString(schema))
    except (DecodeError, TypeError) as error:
        raise damaged(place, sentence("its schema can't be read ({error})", error=error)) from error


def _descriptor(pool: descriptor_pool.DescriptorPool, name: str, entry: TableEntry, place: str) -> Descriptor:
    try:
        return pool.FindMessageTypeByName(entry.message)
    except KeyError as error:
        raise damaged(
            place,
            sentence("its schema has no message {message} for the table {table}", message=entry.message, table=name),
        ) from error


def _table_type(message: Any, name: str, entry: TableEntry, place: str) -> TableType:
    message_class: type[Message] = message_factory.GetMessageClass(message)
    if entry.kind == "record":
        return TableType(message_class, "", False, message, ())
    is_map = entry.kind == "map"
    holders = [field for field in message.fields if _holds_rows(field, is_map)]
    if len(holders) != 1:
        raise damaged(place, sentence("its schema has no rows in {message}", message=entry.message))
    row = holders[0].message_type
    assert row is not None
    row = row.fields_by_name["value"].message_type if is_map else row
    if row is None or not set(entry.key) <= set(row.fields_by_name):
        raise damaged(
            place, sentence("its schema has no key {key} in the rows of {table}", key=", ".join(entry.key), table=name)
        )
    return TableType(message_class, holders[0].name, is_map, row, entry.key)


def _holds_rows(field: FieldDescriptor, is_map: bool) -> bool:
    message = field.message_type
    return message is not None and field.is_repeated and is_map_entry(message) is is_map


def damaged(place: str, why: Sentence) -> DamagedError:
    """The error for a bundle whose parts don't fit each other."""
    told = sentence("{place}: {why}", place=place, why=why)
    return DamagedError(told, hint=sentence("build or fetch the bundle again"))


def _message_classes(modules: Iterable[ModuleType]) -> Iterator[type[Message]]:
    for module in modules:
        if not isinstance(module, ModuleType):
            raise UsageError(
                sentence("types=: {value} is no module", value=repr(module)),
                hint=sentence("give the modules that protoc wrote: types=[game_pb2]"),
            )
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Message):
                yield value


def _generated_type(own: type[Message], made: TableType, name: str, entry: TableEntry, place: str) -> TableType:
    own_descriptor: Any = own.DESCRIPTOR
    fit = _Fit(place)
    fit.compare(made.message.DESCRIPTOR, own_descriptor)
    fit.report(own.__module__)
    narrow = fit.narrow_table(made.message, own)
    if not made.rows_field:
        return TableType(own, "", False, own_descriptor, (), narrow)
    number = made.message.DESCRIPTOR.fields_by_name[made.rows_field].number
    try:
        holder = own_descriptor.fields_by_number[number]
        row = holder.message_type.fields_by_name["value"].message_type if made.is_map else holder.message_type
        key = [row.fields_by_number[made.row.fields_by_name[field].number].name for field in entry.key]
    except KeyError as error:
        raise UsageError(
            sentence(
                "types=: {module}: {message} lacks the rows or the key of the table {table}",
                module=own.__module__,
                message=entry.message,
                table=name,
            ),
            hint=sentence("generate the classes again from the .proto files that this data was built with"),
        ) from error
    return TableType(own, holder.name, made.is_map, row, tuple(key), narrow)


_VARINTS = frozenset(["int32", "int64", "uint32", "uint64", "bool", "enum"])
_SAME_WIRE = (_VARINTS, frozenset(["sint32", "sint64"]), frozenset(["fixed32", "sfixed32"]))
"""Types that are read as each other without an error: the value tells whether it is the same."""
_READ_AS_WELL: Mapping[str, frozenset[str]] = {
    "int32": frozenset(["bool", "enum"]),
    "int64": frozenset(["bool", "enum", "int32", "uint32"]),
    "uint32": frozenset(["bool"]),
    "uint64": frozenset(["bool", "uint32"]),
    "sint64": frozenset(["sint32"]),
}
"""What a class's field reads beside its own type, whatever the value. The other way round it may lose bits."""


class _Fit:
    """Whether generated classes can read the data: fields match by number, as they do on the wire.

    Names don't count, as they don't on the wire; what the gate asks of the readers before a release is no less.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.wrong: list[str] = []
        self.not_in_data: list[str] = []
        self.seen: set[Pair] = set()
        self.narrow = NarrowFields()

    def compare(self, data: Any, own: Any) -> None:
        if (data.full_name, own.full_name) in self.seen:
            return
        self.seen.add((data.full_name, own.full_name))
        for number, mine in own.fields_by_number.items():
            theirs = data.fields_by_number.get(number)
            if theirs is None:
                self.not_in_data.append(mine.full_name)
            else:
                self._compare_field(theirs, mine, (data.full_name, own.full_name))

    def _compare_field(self, field: FieldDescriptor, mine: FieldDescriptor, pair: Pair) -> None:
        theirs, ours = element_field(field).message_type, element_field(mine).message_type
        if _may_read(mine, field):
            self.narrow.fields.setdefault(pair, []).append((field, mine))
        elif not _reads(mine, field):
            self.wrong.append(
                say(
                    "{field} is {in_data} in the data and {in_class} in the class",
                    field=field.full_name,
                    in_data=_type_name(field),
                    in_class=_type_name(mine),
                )
            )
        elif theirs is not None and ours is not None:
            self.narrow.inner.setdefault(pair, []).append((field, mine, (theirs.full_name, ours.full_name)))
            self.compare(theirs, ours)

    def narrow_table(self, made: type[Message], own: type[Message]) -> NarrowTable | None:
        """What has to be looked at by its values; None where the class reads any."""
        self.narrow.prune()
        return NarrowTable(made, own, self.narrow) if self.narrow.fields else None

    def report(self, module: str) -> None:
        if self.wrong:
            raise UsageError(
                sentence(
                    "types=: {module} doesn't fit {place}: {why}",
                    module=module,
                    place=self.place,
                    why="; ".join(self.wrong),
                ),
                hint=sentence("generate the classes again from the .proto files that this data was built with"),
            )
        if self.not_in_data:
            fields = ", ".join(self.not_in_data)
            logger.warning("%s: not in this data, so always unset in the classes of %s: %s", self.place, module, fields)


_TYPE_NAMES: Mapping[int, str] = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


def _may_read(mine: FieldDescriptor, field: FieldDescriptor) -> bool:
    """Whether a class's field gives some of the data's values as they are, and others not."""
    if is_map_entry(field.message_type) and is_map_entry(mine.message_type):
        key, value = (
            (mine.message_type.fields_by_name[part], field.message_type.fields_by_name[part])  # type: ignore[union-attr]
            for part in ("key", "value")
        )
        return _reads(*key) and _may_read(*value)
    ours, theirs = _TYPE_NAMES[mine.type], _TYPE_NAMES[field.type]
    is_single = mine.is_repeated or not field.is_repeated
    return is_single and not _reads(mine, field) and any(ours in same and theirs in same for same in _SAME_WIRE)


def _reads(mine: FieldDescriptor, field: FieldDescriptor) -> bool:
    """Whether a class's field gives every value of the data's as it is; a single value may become a list of one."""
    if is_map_entry(field.message_type) or is_map_entry(mine.message_type):
        return is_map_entry(field.message_type) == is_map_entry(mine.message_type) and all(
            _reads(mine.message_type.fields_by_name[part], field.message_type.fields_by_name[part])  # type: ignore[union-attr]
            for part in ("key", "value")
        )
    ours, theirs = _TYPE_NAMES[mine.type], _TYPE_NAMES[field.type]
    is_read = ours == theirs or theirs in _READ_AS_WELL.get(ours, ())
    return is_read and (mine.is_repeated or not field.is_repeated)


def _type_name(field: FieldDescriptor) -> str:
    message: Any = field.message_type
    if is_map_entry(message):
        key, value = message.fields_by_name["key"], message.fields_by_name["value"]
        return f"map<{_type_name(key)}, {_type_name(value)}>"
    kind = field.message_type or field.enum_type
    name = kind.full_name if kind is not None else _TYPE_NAMES[field.type]
    return f"repeated {name}" if field.is_repeated else name


@dataclass
class NarrowFields:
    """The fields of two schemas that have to be compared by value, and the way to them."""

    fields: dict[Pair, list[tuple[Any, Any]]] = field(default_factory=dict)
    """By message: the fields (their descriptors) that are narrower in the class."""
    inner: dict[Pair, list[tuple[Any, Any, Pair]]] = field(default_factory=dict)
    """By message: the fields that hold messages, and which pair these are."""

    def prune(self) -> None:
        """Forget the ways that lead to no narrower field."""
        wanted = set(self.fields)
        while more := {at for at, ways in self.inner.items() if any(to in wanted for *_, to in ways)} - wanted:
            wanted |= more
        kept = {at: [way for way in ways if way[2] in wanted] for at, ways in self.inner.items()}
        self.inner = {at: ways for at, ways in kept.items() if ways}


@dataclass(frozen=True)
class NarrowTable:
    """A table whose class is narrower than its data."""

    made: type[Message]
    own: type[Message]
    narrow: NarrowFields

    def check(self, contents: Iterable[bytes], place: str) -> None:
        """Compare what the class reads with what the data is.

        Raises:
            UsageError: a value doesn't fit.
        """
        pair = self.made.DESCRIPTOR.full_name, self.own.DESCRIPTOR.full_name
        for content in contents:
            try:
                wrong = next(self._differing(self.made.FromString(content), self.own.FromString(content), pair), None)
            except DecodeError as error:
                wrong = str(error)
            if wrong is not None:
                raise UsageError(
                    sentence(
                        "types=: {module} doesn't fit {place}: {why}",
                        module=self.own.__module__,
                        place=place,
                        why=wrong,
                    ),
                    hint=sentence("generate the classes again from the .proto files that this data was built with"),
                )

    def _differing(self, data: Any, own: Any, pair: Pair) -> Iterator[str]:
        for theirs, ours in self.narrow.fields.get(pair, ()):
            value, read = _plain(getattr(data, theirs.name)), _plain(getattr(own, ours.name))
            if ours.is_repeated and not theirs.is_repeated:
                value = [value] if data.HasField(theirs.name) or value else []
            if value != read:
                yield f"{ours.full_name} = {value!r} → {read!r}"
        for theirs, ours, inner in self.narrow.inner.get(pair, ()):
            for one, other in _messages(data, theirs, own, ours):
                yield from self._differing(one, other, inner)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, int | str | bytes) else list(value)


def _messages(data: Any, theirs: Any, own: Any, ours: Any) -> Iterator[tuple[Any, Any]]:
    """The messages in a field, side by side."""
    value, read = getattr(data, theirs.name), getattr(own, ours.name)
    if is_map(theirs):
        yield from ((value[key], read[key]) for key in value)
    elif theirs.is_repeated:
        yield from zip(value, read, strict=True)
    elif data.HasField(theirs.name):
        yield value, read[0] if ours.is_repeated else read
