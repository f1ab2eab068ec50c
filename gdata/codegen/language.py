"""What makes a language: how it names things, who writes its messages, and which templates are its loader."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal

from google.protobuf.descriptor import FieldDescriptor

from gdata.codegen.model import Model
from gdata.errors import UsageError
from gdata.language import sentence
from gdata.schema.fieldtypes import kind_of

LanguageName = Literal["cpp", "csharp", "go", "java", "lua", "python", "rust", "typescript"]


@dataclass(frozen=True)
class Settings:
    """What the command line says of the code."""

    name: str = "GameData"
    """The class that holds the data; its companions begin with it."""
    package: str = ""
    """Where the loader lies, in the language's own words: a namespace, a package, an import path."""
    out: Path = Path()
    """Where the code goes: tools that a project installs for itself are looked for from here upwards."""


class Names:
    """How templates call the model's things in one language. `package` is where the loader lies."""

    keywords: ClassVar[frozenset[str]] = frozenset()
    types: ClassVar[Mapping[str, str]] = {}
    """The language's types by the kind of a field: int32, int64, uint32, uint64, float, double, bool, string, bytes."""

    def __init__(self, model: Model, settings: Settings) -> None:
        self.model = model
        self.settings = settings
        self.name = settings.name
        self.package = settings.package

    def type_of(self, field: Any) -> str:
        """The type of one value of a field that is no message."""
        kind = kind_of(field)
        return self.enum(field.enum_type) if kind == "enum" else self.types[kind]

    def message(self, message: Any) -> str:
        """A message's type."""
        raise NotImplementedError

    def enum(self, enum: Any) -> str:
        """An enum's type, which is called as messages are."""
        return self.message(enum)

    def read(self, row: str, field: Any) -> str:
        """An expression for the value of a row's field."""
        raise NotImplementedError

    def argument(self, field: Any) -> str:
        """What a function's parameter for a field's value is called."""
        raise NotImplementedError

    def arguments(self, fields: Any) -> str:
        """What a function that is given a key is called with."""
        return ", ".join(self.argument(field) for field in fields)

    def as_key(self, fields: Any, values: list[str]) -> str:
        """The key from its values."""
        raise NotImplementedError

    def row_key(self, fields: Any, row: str) -> str:
        """The key of a row."""
        return self.as_key(fields, [self.read(row, field) for field in fields])

    def given_key(self, fields: Any) -> str:
        """The key that a function is given."""
        return self.as_key(fields, [self.argument(field) for field in fields])

    def constants(self, table: Any) -> str:
        """What a table's constants lie in: ItemId."""
        return f"{table.row.name}{pascal(table.key[0].name)}"

    def constant(self, name: str) -> str:
        """Sword of the row SWORD."""
        return pascal(name)

    def literal(self, field: Any, value: Any) -> str:
        """A value of a field as the language writes it."""
        raise NotImplementedError

    def key_names(self, table: Any) -> str:
        """The key as messages name it."""
        return ", ".join(field.name for field in table.key)

    def verbs(self, fields: Any) -> str:
        """As many places for values as there are fields, for a format of C's kind."""
        return ", ".join("%v" for _ in fields)

    def escaped(self, name: str) -> str:
        """A name that is no word of the language."""
        return f"{name}_" if name in self.keywords else name


@dataclass(frozen=True)
class Language:
    """A language that code is generated in."""

    title: str
    names: Callable[[Model, Settings], Names]
    messages: Callable[[Any, Path], None]
    """Writes the code of the messages into a folder, called as the `Names` that it is given call them."""
    files: Callable[[Names], Mapping[str, str]]
    """The loader's files, and the template of each."""
    formatter: tuple[str, ...] = ()
    """A program that the language's people have, from stdin to stdout; without it the code is less pretty."""


def words(name: str) -> list[str]:
    """`ItemTable`, `item_table` and `ITEM_TABLE` as their words, in small letters."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word.lower() for word in re.split(r"[_\W]+", spaced) if word]


def pascal(name: str) -> str:
    """ItemTable."""
    return "".join(word[0].upper() + word[1:] for word in words(name))


def camel(name: str) -> str:
    """The same with a small letter first."""
    joined = pascal(name)
    return joined[:1].lower() + joined[1:]


def snake(name: str) -> str:
    """item_table."""
    return "_".join(words(name))


def scoped(descriptor: Any) -> list[str]:
    """A message's or enum's name with those it lies in, without its package: ["Reward", "Kind"]."""
    package = descriptor.file.package
    return str(descriptor.full_name).removeprefix(f"{package}." if package else "").split(".")


def quoted(text: str) -> str:
    """A text as C's relatives write it; what isn't ASCII stays."""
    shown = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(shown.get(one, one if one >= " " else f"\\u{ord(one):04x}") for one in text) + '"'


def is_text(field: Any) -> bool:
    """Whether a field holds texts."""
    return bool(field.type == FieldDescriptor.TYPE_STRING)


def run_protoc(
    model: Model, arguments: Sequence[str], *, own: bool = False, files: Sequence[str] | None = None
) -> None:
    """Run protoc over the project's files, or these; `own`: gdata's, which knows Python and plugins alone.

    Raises:
        UsageError: there is none, or it refuses, with its own words.
    """
    protoc = [sys.executable, "-m", "grpc_tools.protoc"] if own else [_find("protoc")]
    with TemporaryDirectory() as scratch:
        schema = Path(scratch, "schema.binpb")
        schema.write_bytes(model.schema)
        command = [
            *protoc,
            f"--descriptor_set_in={schema}",
            *arguments,
            *(files or [file.name for file in model.files]),
        ]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        first = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        raise UsageError(
            sentence("{name} refuses: {first}", name=Path(protoc[-1]).name, first=first),
            hint=sentence("its version is that of the language's protobuf library"),
        )


def formatted(code: str, formatter: tuple[str, ...]) -> str:
    """Code as the language's own formatter writes it, where that is installed."""
    if not formatter or shutil.which(formatter[0]) is None:
        return code
    done = subprocess.run(formatter, input=code, capture_output=True, encoding="utf-8", check=False)
    return code if done.returncode else done.stdout


def plugin(name: str, out: Path) -> str:
    """The protoc plugin called `name`: one that the project around `out` installed, else that on the PATH."""
    for folder in (out.absolute(), *out.absolute().parents):
        found = folder / "node_modules" / ".bin" / name
        if found.exists():
            return str(found)
    return _find(name)


_WHERE = {
    "protoc": "install the protoc of the protobuf version that the client uses",
    "protoc-gen-go": "go install google.golang.org/protobuf/cmd/protoc-gen-go@latest",
    "protoc-gen-es": "npm install --save-dev @bufbuild/protoc-gen-es",
}


def _find(program: str) -> str:
    """Where a program is; raises UsageError where it isn't installed."""
    found = shutil.which(program)
    if found is None:
        raise UsageError(sentence("{program} isn't on the PATH", program=program), hint=_WHERE[program])
    return found
