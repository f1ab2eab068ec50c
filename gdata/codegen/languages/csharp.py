"""C#: messages by protoc, called as it calls them; the loader is plain enough for Unity's IL2CPP and its stripping."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from gdata.codegen.language import Language, Names, Settings, is_text, quoted, run_protoc, scoped
from gdata.codegen.model import Model
from gdata.schema.fieldtypes import kind_of


class CSharpNames(Names):
    """Names with `global::` before them: a game's own `Action`, `Type` or `System` takes none of .NET's."""

    keywords = frozenset(
        "abstract as base bool break byte case catch char checked class const continue decimal default delegate do "
        "double else enum event explicit extern false finally fixed float for foreach goto if implicit in int "
        "interface internal is lock long namespace new null object operator out override params private protected "
        "public readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this throw true "
        "try typeof uint ulong unchecked unsafe ushort using virtual void volatile while".split()
    )
    types: ClassVar = {
        "int32": "int", "int64": "long", "uint32": "uint", "uint64": "ulong", "float": "float", "double": "double",
        "bool": "bool", "string": "string", "bytes": "global::Google.Protobuf.ByteString",
    }  # fmt: skip

    def __init__(self, model: Model, settings: Settings) -> None:
        super().__init__(model, settings)
        found = Counter(_namespace(file) for file in model.files)
        self.package = self.package or (found.most_common(1)[0][0] if found else "")

    def message(self, message: Any) -> str:
        """game.Reward.Part is global::Game.Reward.Types.Part."""
        namespace = _namespace(message.file)
        name = ".Types.".join(scoped(message))
        return f"global::{namespace}.{name}" if namespace else f"global::{name}"

    def field(self, field: Any) -> str:
        """The property that a field is."""
        name = csharp_pascal(field.name)
        return f"{name}_" if name in (field.containing_type.name, "Types", "Descriptor") else name

    def read(self, row: str, field: Any) -> str:
        """An expression for a field's value."""
        return f"{row}.{self.field(field)}"

    def is_set(self, row: str, field: Any) -> str:
        """An expression for whether a field with presence is set."""
        oneof = field.containing_oneof
        if oneof is not None and not oneof.name.startswith("_"):
            cases = f"{self.message(field.containing_type)}.{csharp_pascal(oneof.name)}OneofCase"
            return f"{row}.{csharp_pascal(oneof.name)}Case == {cases}.{csharp_pascal(field.name)}"
        return f"{row}.{self.field(field)} != null" if field.message_type else f"{row}.Has{csharp_pascal(field.name)}"

    def unset(self, fields: Any, row: str) -> str:
        """Whether a field that may be unset is; "" where none may."""
        return " || ".join(f"!({self.is_set(row, field)})" for field in fields if field.has_presence)

    def argument(self, field: Any) -> str:
        """What a method's parameter for a field's value is called."""
        name = csharp_pascal(field.name)
        name = name[:1].lower() + name[1:]
        return f"@{name}" if name in self.keywords else name

    def parameters(self, fields: Any) -> str:
        """Of a method that is given a key."""
        return ", ".join(f"{self.type_of(field)} {self.argument(field)}" for field in fields)

    def key_type(self, fields: Any) -> str:
        """The type of a Dictionary's key. An enum's is its number: older Monos box the enum itself."""
        if len(fields) > 1:
            return f"{self.joined(fields)}Key"
        return "int" if kind_of(fields[0]) == "enum" else self.type_of(fields[0])

    def as_key(self, fields: Any, values: list[str]) -> str:
        """The key from its values."""
        if len(fields) > 1:
            return f"new {self.key_type(fields)}({', '.join(values)})"
        return f"(int){values[0]}" if kind_of(fields[0]) == "enum" else values[0]

    def equal(self, one: str, other: str, field: Any) -> str:
        """Whether two values of a field are the same."""
        return f"string.Equals({one}, {other})" if is_text(field) else f"{one} == {other}"

    def joined(self, fields: Any) -> str:
        """HeroIdSlot."""
        return "".join(csharp_pascal(field.name) for field in fields)

    def compound_keys(self, table: Any) -> list[Any]:
        """The keys and indexes over several fields, each of which is a struct of its own."""
        several = [fields for fields in (table.key, *(index.fields for index in table.indexes)) if len(fields) > 1]
        return list({self.joined(fields): fields for fields in several}.values())

    def hash(self, field: Any) -> str:
        """The hash of a value."""
        if kind_of(field) == "enum":
            return f"(int){self.argument(field)}"
        return f"{self.argument(field)}.GetHashCode()"

    def resolver(self, reference: Any) -> str:
        """RewardId."""
        return f"{''.join(scoped(reference.holder))}{csharp_pascal(reference.field.name)}"

    def finder(self, choice: Any) -> str:
        """The method that finds the row."""
        return "Find" if choice.is_key else f"FindBy{csharp_pascal(choice.field.name)}"

    def converted(self, choice: Any, field: Any) -> str:
        """The value as the key of the table that is referred to."""
        wanted = self.type_of(choice.field)
        return "value" if wanted == self.type_of(field) else f"({wanted})value"

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds; "" for always."""
        found = [f"!({self.equal('value', self.literal(field, one), field)})" for one in choice.none]
        if choice.when is not None:
            value = self.literal(choice.when, choice.when_value)
            found.append(self.equal(f"row.{self.field(choice.when)}", value, choice.when))
        return " && ".join(found)

    def zero(self, field: Any) -> str:
        """What a blank cell may have left."""
        return '""' if is_text(field) else f"default({self.type_of(field)})"

    def literal(self, field: Any, value: Any) -> str:
        """A constant."""
        if is_text(field):
            return quoted(value)
        if field.enum_type is not None:
            return f"({self.enum(field.enum_type)})({value})"
        return str(value).lower() if isinstance(value, bool) else f"({self.type_of(field)})({value})"

    def constants(self, table: Any) -> str:
        """ItemId."""
        return f"{table.row.name}{csharp_pascal(table.key[0].name)}"


def csharp_pascal(name: str) -> str:
    """As protoc makes properties: csharp_helpers.cc, UnderscoresToCamelCase."""
    made, upper = [], True
    for one in name:
        if one.isalpha():
            made.append(one.upper() if upper else one)
            upper = False
        else:
            made.append(one if one.isdigit() else "")
            upper = True
    return "".join(made)


def _namespace(file: Any) -> str:
    # Of a FileDescriptorProto, as of a FileDescriptor.
    options = file.options if hasattr(file, "options") else file.GetOptions()
    given: str = options.csharp_namespace
    return given or ".".join(csharp_pascal(part) for part in file.package.split(".") if part)


def _messages(names: CSharpNames, folder: Path) -> None:
    """Each file by itself: protoc calls 아이템.proto `.cs`, and refuses two files of one name in two folders."""
    for file in names.model.files:
        with TemporaryDirectory() as scratch:
            run_protoc(names.model, [f"--csharp_out={scratch}"], files=[file.name])
            (made,) = Path(scratch).iterdir()
            path = Path(file.name)
            target = folder / path.parent / f"{csharp_pascal(path.stem) or path.stem}.cs"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(made, target)


CSHARP = Language("C#", CSharpNames, _messages, lambda names: {f"{names.name}.cs": "csharp/loader.cs.j2"})
