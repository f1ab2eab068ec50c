"""Rust: prost-build makes the messages when the crate is built, from the schema beside the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from gdata.codegen.language import Language, Names, is_text, pascal, scoped, snake
from gdata.schema.fieldtypes import kind_of

_NOT_RAW = frozenset("self super extern crate Self".split())


class RustNames(Names):
    """Names below `proto`, the module that the loader includes what prost made in."""

    keywords = frozenset(
        "as break const continue else enum false fn for if impl in let loop match mod move mut pub ref return static "
        "struct trait true type unsafe use where while dyn abstract become box do final macro override priv typeof "
        "unsized virtual yield async await try gen".split()
    )
    types: ClassVar = {
        "int32": "i32", "int64": "i64", "uint32": "u32", "uint64": "u64", "float": "f32", "double": "f64",
        "bool": "bool", "string": "String", "bytes": "Vec<u8>",
    }  # fmt: skip

    def escaped(self, name: str) -> str:
        """A name that is no word of the language."""
        return f"{name}_" if name in _NOT_RAW else f"r#{name}" if name in self.keywords else name

    def _module(self, descriptor: Any) -> str:
        parts = [self.escaped(snake(part)) for part in descriptor.file.package.split(".") if part]
        return "::".join(["proto", *parts, *(self.escaped(snake(outer)) for outer in scoped(descriptor)[:-1])])

    def message(self, message: Any) -> str:
        """game.Reward.Part is proto::game::reward::Part."""
        return f"{self._module(message)}::{self.escaped(pascal(scoped(message)[-1]))}"

    def field(self, field: Any) -> str:
        """The field of the struct."""
        return self.escaped(snake(field.name))

    def _in_oneof(self, field: Any) -> bool:
        oneof = field.containing_oneof
        return oneof is not None and not str(oneof.name).startswith("_")

    def variant(self, field: Any) -> str:
        """proto::game::item::Effect::Heal."""
        message = field.containing_type
        inner = f"{self._module(message)}::{self.escaped(snake(message.name))}"
        return f"{inner}::{pascal(field.containing_oneof.name)}::{pascal(field.name)}"

    def read(self, row: str, field: Any) -> str:
        """An owned value of a field; an Option of one where it may be unset."""
        if self._in_oneof(field):
            oneof = self.escaped(snake(field.containing_oneof.name))
            return f"(match &{row}.{oneof} {{ Some({self.variant(field)}(value)) => Some(value.clone()), _ => None }})"
        return f"{row}.{self.field(field)}.clone()" if is_text(field) else f"{row}.{self.field(field)}"

    def key_type(self, fields: Any) -> str:
        """The type of a key; enums are their numbers, as in rows."""
        types = ["i32" if kind_of(field) == "enum" else self.type_of(field) for field in fields]
        return types[0] if len(types) == 1 else f"({', '.join(types)})"

    def index_key(self, fields: Any, row: str) -> str:
        """An Option of the key of a row in an index."""
        values = [f"{self.read(row, field)}?" if field.has_presence else self.read(row, field) for field in fields]
        return f"Some({self.as_key(fields, values)})"

    def as_key(self, fields: Any, values: list[str]) -> str:  # noqa: ARG002 - a tuple has no name
        """The key from its values."""
        return values[0] if len(values) == 1 else f"({', '.join(values)})"

    def argument(self, field: Any) -> str:
        """What a function's parameter for a field's value is called."""
        return self.escaped(snake(field.name))

    def parameters(self, fields: Any) -> str:
        """Of a function that is given a key."""
        return ", ".join(f"{self.argument(field)}: {self._parameter(field)}" for field in fields)

    def _parameter(self, field: Any) -> str:
        return "&str" if is_text(field) else self.type_of(field)

    def given_key(self, fields: Any) -> str:
        """A reference to the key that a function is given."""
        if len(fields) == 1 and is_text(fields[0]):
            return self.argument(fields[0])
        values = [
            f"{self.argument(field)}.to_string()" if is_text(field)
            else f"{self.argument(field)} as i32" if kind_of(field) == "enum"
            else self.argument(field)
            for field in fields
        ]  # fmt: skip
        return f"&{self.as_key(fields, values)}" if len(values) > 1 else f"&({values[0]})"

    def shown(self, fields: Any) -> str:
        """What fills the places of a message's key."""
        return ", ".join(
            f"{self.argument(field)} as i32" if kind_of(field) == "enum" else self.argument(field) for field in fields
        )

    def places(self, fields: Any) -> str:
        """As many places as there are fields."""
        return ", ".join("{}" for _ in fields)

    def joined(self, index: Any) -> str:
        """hero_id_and_slot."""
        return "_and_".join(snake(name) for name in index.names)

    def resolver(self, reference: Any) -> str:
        """resolve_reward_id."""
        return f"resolve_{snake('_'.join(scoped(reference.holder)))}_{snake(reference.field.name)}"

    def finder(self, choice: Any) -> str:
        """The function that finds the row."""
        return "find" if choice.is_key else f"find_by_{snake(choice.field.name)}"

    def converted(self, choice: Any, field: Any) -> str:
        """The value as the key of the table that is referred to."""
        if is_text(field):
            return "value"
        if kind_of(choice.field) == "enum":
            return f"{self.enum(choice.field.enum_type)}::from_i32(value as i32).unwrap_or_default()"
        return "value" if self.type_of(choice.field) == self._raw(field) else f"value as {self.type_of(choice.field)}"

    def _raw(self, field: Any) -> str:
        return "i32" if kind_of(field) == "enum" else self.type_of(field)

    def value_type(self, field: Any) -> str:
        """The type of a reference's value."""
        return "&str" if is_text(field) else self._raw(field)

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds."""
        found = [f"value != {self.literal(field, one)}" for one in choice.none]
        if choice.when is not None:
            value = self.read("row", choice.when)
            wanted = self.literal(choice.when, choice.when_value)
            wanted = f"{wanted}.to_string()" if is_text(choice.when) else wanted
            found.append(f"{value} == {f'Some({wanted})' if choice.when.has_presence else wanted}")
        return " && ".join(found) or "true"

    def zero(self, field: Any) -> str:
        """What a blank cell may have left."""
        return '""' if is_text(field) else "false" if kind_of(field) == "bool" else "0"

    def literal(self, field: Any, value: Any) -> str:
        """A constant."""
        if is_text(field):
            return self.quoted(value)
        return str(value).lower()

    def quoted(self, text: str) -> str:
        """A text as Rust reads it."""
        written = json.dumps(text, ensure_ascii=False)
        for code in range(32):
            written = written.replace(f"\\u{code:04x}", f"\\u{{{code:x}}}")
        return written.replace("\\b", "\\u{8}").replace("\\f", "\\u{c}")

    def constants(self, table: Any) -> str:
        """The module item_id."""
        return f"{snake(table.row.name)}_{snake(table.key[0].name)}"

    def constant(self, name: str) -> str:
        """SWORD."""
        return snake(name).upper()

    def constant_type(self, table: Any) -> str:
        """The type of a constant."""
        return "&str" if is_text(table.key[0]) else self._raw(table.key[0])

    @property
    def several(self) -> list[Any]:
        """The tables that references to several tables may point into."""
        found = {
            choice.table.name: choice.table
            for reference in self.model.references
            if reference.one_table is None
            for choice in reference.choices
        }
        return [found[name] for name in sorted(found)]


def _messages(names: RustNames, folder: Path) -> None:
    (folder / "schema.binpb").write_bytes(names.model.schema)


def _files(names: Names) -> dict[str, str]:
    name = snake(names.name)
    return {f"{name}.rs": "rust/loader.rs.j2", f"{name}_build.rs": "rust/build.rs.j2"}


RUST = Language("Rust", RustNames, _messages, _files)
