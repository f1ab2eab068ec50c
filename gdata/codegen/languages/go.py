"""Go: messages by protoc-gen-go, called as it calls them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from gdata.codegen.language import Language, Names, Settings, is_text, pascal, plugin, quoted, run_protoc, scoped, snake
from gdata.codegen.model import Model
from gdata.errors import UsageError
from gdata.language import sentence
from gdata.schema.fieldtypes import kind_of

_TAKEN = frozenset("Reset String ProtoMessage Marshal Unmarshal ExtensionRangeArray ExtensionMap Descriptor".split())


class GoNames(Names):
    """Names in the package of the loader, or behind the import of another."""

    keywords = frozenset(
        "break case chan const continue default defer else fallthrough for func go goto if import interface map "
        "package range return select struct switch type var".split()
    )
    types: ClassVar = {
        "int32": "int32", "int64": "int64", "uint32": "uint32", "uint64": "uint64", "float": "float32",
        "double": "float64", "bool": "bool", "string": "string", "bytes": "[]byte",
    }  # fmt: skip

    def __init__(self, model: Model, settings: Settings) -> None:
        super().__init__(model, settings)
        self._paths = {file.name: file.options.go_package.partition(";")[0] for file in model.files}
        known = Counter(path for path in self._paths.values() if path)
        if not self.package and len(known) != 1:
            raise UsageError(
                "the .proto files name " + (f"{len(known)} Go packages" if known else "no Go package"),
                hint=sentence("say where the loader lies: --package example.com/game/gamedata"),
            )
        self.package = self.package or next(iter(known))
        for file, path in self._paths.items():
            if path and path != self.package and not path.startswith(f"{self.package}/"):
                raise UsageError(
                    sentence(
                        "{file} has the Go package {path}, which isn't within {package}",
                        file=file,
                        path=path,
                        package=self.package,
                    ),
                    hint=sentence(
                        "name with --package what all of them lie in, or mend the option go_package of {file}",
                        file=file,
                    ),
                )
        self._prefix_of: dict[str, str] = {}

    @property
    def short_package(self) -> str:
        """The loader's package clause."""
        named = {file.options.go_package for file in self.model.files if self.path(file.name) == self.package}
        given = {name.partition(";")[2] for name in named} - {""}
        last = self.package.rpartition("/")[2]
        return min(given) if given else "".join(one if one.isalnum() else "_" for one in last)

    def path(self, file: str) -> str:
        """The import path of a .proto file's package."""
        return self._paths[file] or self.package

    @property
    def imports(self) -> dict[str, str]:
        """The other packages that the loader imports, and what it calls them."""
        others = sorted({path for path in map(self.path, self._paths) if path != self.package})
        return {path: f"pb{number}" for number, path in enumerate(others, 1)}

    def _qualified(self, descriptor: Any, name: str) -> str:
        prefix = self.imports.get(self.path(descriptor.file.name), "")
        return f"{prefix}.{name}" if prefix else name

    def message(self, message: Any) -> str:
        """game.Reward.Part is Reward_Part."""
        return self._qualified(message, go_camel(".".join(scoped(message))))

    def field(self, field: Any) -> str:
        """The field of the struct; its getter is Get and this."""
        taken, getters = set(_TAKEN), set()
        for one in field.containing_type.fields:
            name = go_camel(one.name)
            while name in taken or f"Get{name}" in getters:
                name += "_"
            taken |= {name, f"Get{name}"}
            getters |= {name, f"Get{name}"}
            if one.name == field.name:
                break
        return name

    def read(self, row: str, field: Any) -> str:
        """An expression for a field's value."""
        return f"{row}.Get{self.field(field)}()"

    def is_set(self, row: str, field: Any) -> str:
        """An expression for whether a field with presence is set."""
        oneof = field.containing_oneof
        if oneof is not None and not oneof.name.startswith("_"):
            wrapper = f"{self.message(field.containing_type)}_{self.field(field)}"
            return f"func() bool {{ _, ok := {row}.{go_camel(oneof.name)}.(*{wrapper}); return ok }}()"
        return f"{row}.{self.field(field)} != nil"

    def argument(self, field: Any) -> str:
        """What a function's parameter for a field's value is called."""
        name = go_camel(field.name)
        return self.escaped(name[:1].lower() + name[1:])

    def literal(self, field: Any, value: Any) -> str:
        """A constant."""
        if field.enum_type is not None:
            return f"{self.enum(field.enum_type)}({value})"
        if is_text(field):
            return quoted(value)
        return str(value).lower() if isinstance(value, bool) else str(value)

    exported = staticmethod(lambda name: go_camel(name[:1].upper() + name[1:]))

    def joined(self, index: Any) -> str:
        """IdSlot of the index over id and slot."""
        return "".join(go_camel(name) for name in index.names)

    def map_key(self, fields: Any) -> str:
        """The type of a Go map's key."""
        if len(fields) == 1:
            return self.type_of(fields[0])
        members = "; ".join(f"{self.argument(field)} {self.type_of(field)}" for field in fields)
        return f"struct{{ {members} }}"

    def as_key(self, fields: Any, values: list[str]) -> str:
        """The key from its values."""
        return values[0] if len(fields) == 1 else f"{self.map_key(fields)}{{{', '.join(values)}}}"

    def parameters(self, fields: Any) -> str:
        """Of a function that is given a key."""
        return ", ".join(f"{self.argument(field)} {self.type_of(field)}" for field in fields)

    def all_set(self, fields: Any, row: str) -> str:
        """Whether those of the fields that may be unset are set; "" where none may."""
        return " && ".join(self.is_set(row, field) for field in fields if field.has_presence)

    def less(self, table: Any, one: str, other: str) -> str:
        """Whether the key of one row of a map comes before another's."""
        (field,) = table.key
        one, other = self.read(one, field), self.read(other, field)
        return f"!{one} && {other}" if self.type_of(field) == "bool" else f"{one} < {other}"

    def resolver(self, reference: Any) -> str:
        """RewardId of the reference in the field id of Reward."""
        return f"{go_camel('.'.join(scoped(reference.holder)))}{go_camel(reference.field.name)}"

    def finder(self, choice: Any) -> str:
        """The function that finds the row."""
        return "Find" if choice.is_key else f"FindBy{go_camel(choice.field.name)}"

    def converted(self, choice: Any, field: Any) -> str:
        """The value as the key of the table that is referred to."""
        wanted = self.type_of(choice.field)
        return "value" if wanted == self.type_of(field) else f"{wanted}(value)"

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds; "" for always."""
        found = [f"value != {self.literal(field, one)}" for one in choice.none]
        if choice.when is not None:
            found.append(f"{self.read('row', choice.when)} == {self.literal(choice.when, choice.when_value)}")
        return " && ".join(found)

    def zero(self, field: Any) -> str:
        """What a blank cell may have left."""
        return '""' if is_text(field) else "false" if self.types.get(kind_of(field)) == "bool" else "0"

    def constant_of(self, table: Any, name: str) -> str:
        """ItemIdSword of the row SWORD."""
        return f"{go_camel(table.row.name)}{go_camel(table.key[0].name)}{pascal(name)}"


def go_camel(name: str) -> str:
    """As protoc-gen-go makes names: https://pkg.go.dev/google.golang.org/protobuf/compiler/protogen."""
    made: list[str] = []
    for at, one in enumerate(name):
        after = name[at + 1 : at + 2]
        if one == "." and "a" <= after <= "z":
            continue
        if one == ".":
            made.append("_")
        elif one == "_" and (at == 0 or name[at - 1] == "."):
            made.append("X")
        elif one == "_" and "a" <= after <= "z":
            continue
        elif "a" <= one <= "z" and (at == 0 or not ("a" <= name[at - 1] <= "z" or "A" <= name[at - 1] <= "Z")):
            made.append(one.upper())
        else:
            made.append(one)
    return "".join(made)


def _messages(names: GoNames, folder: Path) -> None:
    mapped = [
        f"--go_opt=M{file.name}={names.path(file.name)}" for file in names.model.files if not file.options.go_package
    ]
    arguments = [f"--plugin={plugin('protoc-gen-go', names.settings.out)}", f"--go_out={folder}"]
    run_protoc(names.model, [*arguments, f"--go_opt=module={names.package}", *mapped], own=True)


GO = Language("Go", GoNames, _messages, lambda names: {f"{snake(names.name)}.go": "go/loader.go.j2"}, ("gofmt",))
