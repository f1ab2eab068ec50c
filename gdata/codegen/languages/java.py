"""Java 8: messages by protoc, called as it calls them; the loader is one class beside them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from gdata.codegen.language import Language, Names, Settings, is_text, quoted, run_protoc, scoped
from gdata.codegen.languages.csharp import csharp_pascal
from gdata.codegen.model import Model
from gdata.schema.fieldtypes import kind_of

_FORBIDDEN = frozenset(
    "InitializationErrorString SerializedSize AllFields DescriptorForType UnknownFields CachedSize Class".split()
)
"""What a getter may not be called, for every message has it: java/helpers.cc."""


class JavaNames(Names):
    """Names with their packages."""

    keywords = frozenset(
        "abstract assert boolean break byte case catch char class const continue default do double else enum extends "
        "final finally float for goto if implements import instanceof int interface long native new package private "
        "protected public return short static strictfp super switch synchronized this throw throws transient try void "
        "volatile while true false null".split()
    )
    types: ClassVar = {
        "int32": "int", "int64": "long", "uint32": "int", "uint64": "long", "float": "float", "double": "double",
        "bool": "boolean", "string": "String", "bytes": "com.google.protobuf.ByteString",
    }  # fmt: skip
    boxes: ClassVar = {"int": "Integer", "long": "Long", "boolean": "Boolean"}

    def __init__(self, model: Model, settings: Settings) -> None:
        super().__init__(model, settings)
        found = Counter(_package(file) for file in model.files)
        self.package = self.package or (found.most_common(1)[0][0] if found else "")

    def message(self, message: Any) -> str:
        """game.Reward.Part is com.example.game.Reward.Part, or lies in the class of its file."""
        file = FileDescriptorProto()
        message.file.CopyToProto(file)
        outer = [] if file.options.java_multiple_files else [_outer_class(file)]
        return ".".join(part for part in [_package(file), *outer, *scoped(message)] if part)

    def _pascal(self, field: Any) -> str:
        name = csharp_pascal(field.name)
        return f"{name}_" if name in _FORBIDDEN else name

    def read(self, row: str, field: Any) -> str:
        """An expression for a field's value."""
        many = "List" if field.is_repeated else ""
        return f"{row}.get{self._pascal(field)}{many}()"

    def has(self, row: str, field: Any) -> str:
        """An expression for whether a field with presence is set."""
        return f"{row}.has{self._pascal(field)}()"

    def rows(self, table: Any) -> str:
        """How the rows are got of the table's message."""
        name = csharp_pascal(table.rows_field.name)
        return f"get{name}Map().values()" if table.kind == "map" else f"get{name}List()"

    def argument(self, field: Any) -> str:
        """What a method's parameter for a field's value is called."""
        name = csharp_pascal(field.name)
        return self.escaped(name[:1].lower() + name[1:])

    def parameters(self, fields: Any) -> str:
        """Of a method that is given a key."""
        return ", ".join(f"{self.type_of(field)} {self.argument(field)}" for field in fields)

    def key_type(self, fields: Any) -> str:
        """The type of a map's key; several values are a list."""
        type_ = self.type_of(fields[0])
        return self.boxes.get(type_, type_) if len(fields) == 1 else "java.util.List<Object>"

    def as_key(self, fields: Any, values: list[str]) -> str:
        """The key from its values."""
        return values[0] if len(fields) == 1 else f"java.util.Arrays.<Object>asList({', '.join(values)})"

    def all_set(self, fields: Any, row: str) -> str:
        """Whether those of the fields that may be unset are set."""
        return " && ".join(self.has(row, field) for field in fields if field.has_presence) or "true"

    def shown(self, field: Any) -> str:
        """A value in a message: numbers without a sign as they are meant."""
        name, kind = self.argument(field), kind_of(field)
        box = {"uint64": "Long", "uint32": "Integer"}.get(kind)
        return f"{box}.toUnsignedString({name})" if box else name

    def comparator(self, field: Any) -> str:
        """How keys of a map are put in order."""
        box = {"uint64": "Long", "uint32": "Integer"}.get(kind_of(field))
        if box:
            return f"{box}::compareUnsigned"
        return "Bundle::compareTexts" if is_text(field) else "java.util.Comparator.naturalOrder()"

    def joined(self, fields: Any) -> str:
        """HeroIdSlot."""
        return "".join(csharp_pascal(field.name) for field in fields)

    def resolver(self, reference: Any) -> str:
        """RewardId."""
        return f"{''.join(scoped(reference.holder))}{csharp_pascal(reference.field.name)}"

    def finder(self, choice: Any) -> str:
        """The method that finds the row."""
        return "find" if choice.is_key else f"findBy{csharp_pascal(choice.field.name)}"

    def converted(self, choice: Any, field: Any) -> str:
        """The value as the key of the table that is referred to."""
        wanted, given = self.type_of(choice.field), self.type_of(field)
        if wanted == given:
            return "value"
        if kind_of(field) == "uint32" and wanted == "long":
            return "Integer.toUnsignedLong(value)"
        return (
            f"({wanted}) value" if wanted in self.boxes and given in self.boxes else f"{wanted}.forNumber((int) value)"
        )

    def equal(self, value: str, field: Any, wanted: Any) -> str:
        """Whether a value is the wanted one."""
        written = self.literal(field, wanted)
        return f"{value}.equals({written})" if is_text(field) else f"{value} == {written}"

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds."""
        found = [f"!({self.equal('value', field, one)})" for one in choice.none]
        if choice.when is not None:
            found.append(self.equal(self.read("row", choice.when), choice.when, choice.when_value))
        return " && ".join(found) or "true"

    def is_zero(self, field: Any) -> str:
        """Whether `value` is what a blank cell may have left."""
        if field.enum_type is not None:
            return "value.getNumber() == 0"
        return "value.isEmpty()" if is_text(field) else "!value" if self.type_of(field) == "boolean" else "value == 0"

    def literal(self, field: Any, value: Any) -> str:
        """A constant; numbers without a sign as the signed ones of their bits."""
        if is_text(field):
            return quoted(value)
        if field.enum_type is not None:
            return f"{self.enum(field.enum_type)}.{field.enum_type.values_by_number[value].name}"
        if isinstance(value, bool):
            return str(value).lower()
        if self.type_of(field) == "long":
            return f"{value - 2**64 if value >= 2**63 else value}L"
        return str(value - 2**32 if value >= 2**31 else value)

    def constant(self, name: str) -> str:
        """SWORD, as the row has it."""
        return self.escaped(name)


def _package(file: Any) -> str:
    return str(file.options.java_package or file.package)


def _outer_class(file: Any) -> str:
    if file.options.java_outer_classname:
        return str(file.options.java_outer_classname)
    name = csharp_pascal(file.name.rpartition("/")[2].removesuffix(".proto"))
    taken = {one.name for one in (*file.message_type, *file.enum_type, *file.service)}
    return f"{name}OuterClass" if name in taken else name


def _messages(names: JavaNames, folder: Path) -> None:
    run_protoc(names.model, [f"--java_out={folder}"])


def _files(names: Names) -> dict[str, str]:
    folder = "".join(f"{part}/" for part in names.package.split(".") if part)
    return {f"{folder}{names.name}.java": "java/loader.java.j2"}


JAVA = Language("Java", JavaNames, _messages, _files)
