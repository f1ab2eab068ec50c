"""Names and types in .proto files that a client's library calls otherwise, or reads otherwise than people think.

Each is a warning for whoever names that client: the schema is right, and code for it needs to know. What is said of a
library holds for the version in `CLIENTS`; docs/clients.md tells the same with its sources, and tests/codegen where the
toolchain is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf.descriptor import FieldDescriptor

from gdata.codegen.languages.csharp import csharp_pascal
from gdata.language import Sentence, sentence
from gdata.proto.descriptors import is_map, is_map_entry, key_field
from gdata.schema.plan import TablePlan

ClientName = Literal[
    "cpp", "csharp", "go", "google-protobuf", "java", "lua", "php", "protobufjs", "python", "rust", "typescript"
]
Found = Iterator[tuple[Any, Sentence]]
"""A descriptor, and what a client does with it."""

_BIG = frozenset(
    [
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
    ]
)
_UNSIGNED = frozenset([FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64])
_PYTHON = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally for from "
    "global if import in is lambda nonlocal not or pass raise return try while with yield".split()
)
_LUA = frozenset(
    "and break do else elseif end false for function goto if in local nil not or repeat return then true until "
    "while".split()
)
_MACROS = frozenset(
    "DELETE ERROR IN OUT OPTIONAL NEAR FAR CONST VOID TRUE FALSE NULL EOF DOMAIN OVERFLOW UNDERFLOW NAN INFINITY "
    "HUGE_VAL NO_ERROR IGNORE STRICT INTERFACE THIS PASSTHROUGH TRANSPARENT OPAQUE RELATIVE ABSOLUTE MIN MAX".split()
)
_PHP = frozenset(
    "abstract and array as bool break callable case catch class clone const continue declare default die do echo else "
    "elseif empty enddeclare endfor endforeach endif endswitch endwhile eval exit extends final finally float fn for "
    "foreach function global goto if implements include instanceof insteadof int interface isset list match mixed "
    "namespace never new null object or parent print private protected public readonly require return self static "
    "string switch throw trait true false try unset use var void while xor yield iterable".split()
)
_GO = frozenset("Reset String ProtoMessage Marshal Unmarshal ExtensionRangeArray ExtensionMap Descriptor".split())
_DOT_NET = frozenset("System Google UnityEngine UnityEditor Microsoft".split())
_CSHARP_MEMBERS = frozenset("ToString Equals GetHashCode Clone CalculateSize WriteTo MergeFrom Parser".split())
_JAVASCRIPT = frozenset("constructor toString toJSON valueOf".split())
_NOT_RAW = frozenset("self super extern crate".split())


@dataclass(frozen=True)
class Trip:
    """What code for one client has to know of one name."""

    client: ClientName
    name: str
    """The full name of the message, field or enum value; of a file its path."""
    message: Sentence


def trips_of(plans: Iterable[TablePlan], clients: Iterable[ClientName]) -> Iterator[Trip]:
    """What these clients do otherwise with what the tables reach, by client, in the order of the messages."""
    reached = _Reached()
    for plan in plans:
        reached.collect(plan.descriptor)
    for client in dict.fromkeys(clients):
        for descriptor, message in CLIENTS[client](reached):
            yield Trip(client, getattr(descriptor, "full_name", None) or descriptor.name, message)


class _Reached:
    """The messages and enums that tables reach, without those that come with protobuf."""

    def __init__(self) -> None:
        self._messages: dict[str, Any] = {}
        self._enums: dict[str, Any] = {}

    def collect(self, message: Any) -> None:
        """A message, and what its fields hold."""
        if message.full_name in self._messages or message.file.package == "google.protobuf":
            return
        self._messages[message.full_name] = message
        for field in message.fields:
            if field.enum_type is not None:
                self._enums[field.enum_type.full_name] = field.enum_type
            if field.message_type is not None:
                self.collect(field.message_type)

    @property
    def messages(self) -> list[Any]:
        """Those that .proto files declare: no maps' entries."""
        return [one for _, one in sorted(self._messages.items()) if not is_map_entry(one)]

    @property
    def fields(self) -> list[Any]:
        """All their fields."""
        return [field for message in self.messages for field in message.fields]

    @property
    def enums(self) -> list[Any]:
        """The enums."""
        return [one for _, one in sorted(self._enums.items())]

    @property
    def files(self) -> list[Any]:
        """The files that declare any of it."""
        found = {one.file.name: one.file for one in (*self._messages.values(), *self._enums.values())}
        return [found[name] for name in sorted(found)]

    def named(self, names: frozenset[str], message: Callable[[str], Sentence]) -> Found:
        """The fields with one of these names."""
        return ((field, message(field.name)) for field in self.fields if field.name in names)


def _is_big(field: Any) -> bool:
    if not is_map(field):
        return field.type in _BIG
    return key_field(field).type in _BIG or field.message_type.fields_by_name["value"].type in _BIG


def _big(reached: _Reached, message: Sentence) -> Found:
    return ((field, message) for field in reached.fields if _is_big(field))


def _unsigned(reached: _Reached, message: Sentence) -> Found:
    return ((field, message) for field in reached.fields if field.type in _UNSIGNED)


def _closed(reached: _Reached, message: Sentence) -> Found:
    return ((enum, message) for enum in reached.enums if enum.is_closed)


def _plain_files(reached: _Reached, suffix: str) -> Found:
    for file in reached.files:
        if not csharp_pascal("".join(one for one in file.name.rpartition("/")[2][:-6] if one.isascii())):
            yield (
                file,
                sentence(
                    "protoc makes {suffix} files' names of ASCII letters, so this one is {name}: give the "
                    ".proto file a name in ASCII",
                    suffix=suffix,
                    name=suffix,
                ),
            )


def _csharp(reached: _Reached) -> Found:
    yield from _plain_files(reached, ".cs")
    for message in reached.messages:
        if message.name in _DOT_NET:
            yield (
                message,
                sentence(
                    "code in its namespace reads {name} as this message: there it writes global::{name}",
                    name=message.name,
                ),
            )
        for field in message.fields:
            name = csharp_pascal(field.name)
            if name in _CSHARP_MEMBERS:
                yield (
                    field,
                    sentence("protoc's C# doesn't compile: every message has a {name}; call it otherwise", name=name),
                )
            if name in (message.name, "Types", "Descriptor"):
                yield field, sentence("it is {name}_ in C#, for {name} is taken", name=name)


def _java(reached: _Reached) -> Found:
    yield from _plain_files(reached, ".java")
    clash = sentence(
        "protoc's Java doesn't compile: every message has a method of its getter's name; call it otherwise"
    )
    yield from reached.named(frozenset(["descriptor", "default_instance"]), lambda _: clash)
    yield from reached.named(frozenset(["class"]), lambda _: sentence("its getter is getClass_() in Java"))
    yield from _unsigned(reached, sentence("Java's long has a sign: from 2^63 on it is negative"))


def _lua(reached: _Reached) -> Found:
    yield from reached.named(_LUA, lambda name: sentence('it is a word of Lua: write row["{name}"]', name=name))
    yield from _big(reached, sentence('LuaJIT holds it as a text such as "#9007199254740993" where 32 bits don\'t do'))
    yield from _unsigned(reached, sentence("Lua 5.3 and later have 64 bits with a sign: from 2^63 on it is negative"))


def _protobufjs(reached: _Reached) -> Found:
    yield from _big(
        reached,
        sentence("it is a Long object where the package long is there, else a number that loses digits beyond 2^53"),
    )
    for field in reached.fields:
        if is_map(field) and key_field(field).type in _BIG:
            yield (
                field,
                sentence("its keys are eight characters with the bits, not digits: util.longFromHash reads them"),
            )
    for field in reached.fields:
        # An underscore before a digit stays there, and in no json_name.
        name = field.name[:1] + re.sub("_([a-z])", lambda found: found[1].upper(), field.name[1:])
        if name != field.json_name:
            yield (
                field,
                sentence("it is {name} in protobufjs and in its JSON, not {other}", name=name, other=field.json_name),
            )
    yield from _closed(reached, sentence("from protobufjs 8 on a number that it doesn't declare is dropped"))


def _google_protobuf(reached: _Reached) -> Found:
    yield from _big(
        reached, sentence("it is a number that loses digits beyond 2^53, unless the option jstype = JS_STRING")
    )


def _php(reached: _Reached) -> Found:
    for one in (*reached.messages, *reached.enums):
        if one.name.lower() in _PHP:
            yield one, sentence("it is PB{name} in PHP, for {name} is a word of the language", name=one.name)
    yield from _unsigned(reached, sentence("PHP's int has a sign: from 2^63 on it is negative"))


def _cpp(reached: _Reached) -> Found:
    for enum in reached.enums:
        for value in enum.values:
            if value.name in _MACROS:
                yield value, sentence("{name} is a macro of <windows.h> or <math.h>: give it a prefix", name=value.name)


def _python(reached: _Reached) -> Found:
    return reached.named(_PYTHON, lambda name: sentence('it is a word of Python: getattr(row, "{name}")', name=name))


def _go(reached: _Reached) -> Found:
    for field in reached.fields:
        name = "".join(part[:1].upper() + part[1:] for part in field.name.split("_"))
        if name in _GO:
            yield field, sentence("it is {name}_ in Go, for every message has a method {name}", name=name)


def _rust(reached: _Reached) -> Found:
    yield from reached.named(_NOT_RAW, lambda name: sentence("it is {name}_ in Rust", name=name))


def _typescript(reached: _Reached) -> Found:
    for field in reached.fields:
        name = str(field.camelcase_name)
        if name in _JAVASCRIPT:
            yield field, sentence("it is {name}$ in TypeScript, for every object has {name}", name=name)
    yield from _big(reached, sentence("it is a bigint: 1n, and JSON.stringify refuses it"))


CLIENTS: Mapping[ClientName, Callable[[_Reached], Found]] = {
    "cpp": _cpp,  # protobuf 21
    "csharp": _csharp,  # Google.Protobuf 3.21
    "go": _go,  # protoc-gen-go 1.28
    "google-protobuf": _google_protobuf,  # 3.21
    "java": _java,  # protobuf-java 3.21
    "lua": _lua,  # lua-protobuf 0.5
    "php": _php,  # ext-protobuf 3.21
    "protobufjs": _protobufjs,  # 7 and 8
    "python": _python,  # protobuf 7
    "rust": _rust,  # prost 0.11
    "typescript": _typescript,  # protobuf-es 2
}
"""Of each client, what it does otherwise."""
