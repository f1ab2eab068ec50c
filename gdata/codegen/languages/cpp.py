"""C++17: messages by protoc, called as it calls them; one header without exceptions or RTTI, as Unreal builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from gdata.codegen.language import Language, Names, is_text, pascal, quoted, run_protoc, scoped, snake
from gdata.schema.fieldtypes import kind_of


class CppNames(Names):
    """Names from the global namespace on."""

    keywords = frozenset(
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const constexpr "
        "const_cast continue decltype default delete do double dynamic_cast else enum explicit export extern false "
        "float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq "
        "private protected public register reinterpret_cast return short signed sizeof static static_assert "
        "static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned "
        "using virtual void volatile wchar_t while xor xor_eq NULL char16_t char32_t concept requires".split()
    )
    types: ClassVar = {
        "int32": "int32_t", "int64": "int64_t", "uint32": "uint32_t", "uint64": "uint64_t", "float": "float",
        "double": "double", "bool": "bool", "string": "std::string", "bytes": "std::string",
    }  # fmt: skip

    @property
    def namespace(self) -> str:
        """Where the loader lies; by default where most messages do."""
        package = self.package or next((file.package for file in reversed(self.model.files)), "")
        return "::".join(self.escaped(part) for part in package.replace("::", ".").split(".") if part)

    @property
    def headers(self) -> list[str]:
        """protoc's headers of the project's files."""
        return [f"{file.name.removesuffix('.proto')}.pb.h" for file in self.model.files]

    def message(self, message: Any) -> str:
        """game.Reward.Part is ::game::Reward::Part."""
        package = [part for part in message.file.package.split(".") if part]
        return "".join(f"::{self.escaped(part)}" for part in [*package, *scoped(message)])

    def field(self, field: Any) -> str:
        """The getter."""
        return self.escaped(field.name.lower())

    argument = field

    def read(self, row: str, field: Any) -> str:
        """An expression for a field's value."""
        return f"{row}.{self.field(field)}()"

    def has(self, row: str, field: Any) -> str:
        """An expression for whether a field with presence is set."""
        return f"{row}.has_{field.name.lower()}()"

    def parameter(self, field: Any) -> str:
        """The type of a parameter."""
        type_ = self.type_of(field)
        return f"const {type_}&" if type_ == "std::string" else type_

    def parameters(self, fields: Any) -> str:
        """Of a function that is given a key."""
        return ", ".join(f"{self.parameter(field)} {self.field(field)}" for field in fields)

    def index_type(self, table: Any, fields: Any) -> str:
        """The map from a key to its row."""
        row = f"const {self.message(table.row)}*"
        if len(fields) > 1:
            return f"std::map<{self.key_type(fields)}, {row}>"
        return f"std::unordered_map<{self.key_type(fields)}, {row}>"

    def key_type(self, fields: Any) -> str:
        """The type of a key; enums are their numbers."""
        types = ["int" if kind_of(field) == "enum" else self.type_of(field) for field in fields]
        return types[0] if len(types) == 1 else f"std::tuple<{', '.join(types)}>"

    def as_key(self, fields: Any, values: list[str]) -> str:
        """The key from its values."""
        return values[0] if len(values) == 1 else f"{self.key_type(fields)}({', '.join(values)})"

    def all_set(self, fields: Any, row: str) -> str:
        """Whether those of the fields that may be unset are set."""
        return " && ".join(self.has(row, field) for field in fields if field.has_presence) or "true"

    def shown(self, fields: Any) -> str:
        """The key in a message."""
        return ' + ", " + '.join(f"internal::Shown({self.field(field)})" for field in fields)

    def joined(self, fields: Any) -> str:
        """HeroIdSlot."""
        return "".join(pascal(field.name) for field in fields)

    def resolver(self, reference: Any) -> str:
        """RewardId."""
        return f"{''.join(map(pascal, scoped(reference.holder)))}{pascal(reference.field.name)}"

    def finder(self, choice: Any) -> str:
        """The method that finds the row."""
        return "Find" if choice.is_key else f"FindBy{pascal(choice.field.name)}"

    def resolved(self, reference: Any) -> str:
        """What a reference gives: a pointer, or one of several."""
        rows = list(dict.fromkeys(f"const {self.message(choice.table.row)}*" for choice in reference.choices))
        return rows[0] if len(rows) == 1 else f"std::variant<std::nullptr_t, {', '.join(rows)}>"

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds."""
        found = [f"value != {self.literal(field, one)}" for one in choice.none]
        if choice.when is not None:
            found.append(f"{self.read('row', choice.when)} == {self.literal(choice.when, choice.when_value)}")
        return " && ".join(found) or "true"

    def zero(self, field: Any) -> str:
        """What a blank cell may have left."""
        return '""' if is_text(field) else f"static_cast<{self.type_of(field)}>(0)"

    def literal(self, field: Any, value: Any) -> str:
        """A constant."""
        if is_text(field):
            return quoted(value)
        if isinstance(value, bool):
            return str(value).lower()
        if value == -(2**63):
            return "INT64_MIN"
        suffix = {"int64": "LL", "uint64": "ULL", "uint32": "U"}.get(kind_of(field), "")
        return f"static_cast<{self.type_of(field)}>({value}{suffix})"

    def constant(self, name: str) -> str:
        """kSword of the row SWORD."""
        return f"k{pascal(name)}"

    def constant_type(self, table: Any) -> str:
        """The type of a constant."""
        return "const char*" if is_text(table.key[0]) else self.type_of(table.key[0])


def _messages(names: CppNames, folder: Path) -> None:
    run_protoc(names.model, [f"--cpp_out={folder}"])


CPP = Language("C++", CppNames, _messages, lambda names: {f"{snake(names.name)}.h": "cpp/loader.h.j2"})
