"""Lua: lua-protobuf reads messages by the bundle's own schema, so the loader is all there is to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from gdata.codegen.language import Language, Names, is_text, scoped, snake
from gdata.proto.descriptors import is_map, key_field
from gdata.schema.fieldtypes import kind_of


class LuaNames(Names):
    """Names as the .proto files have them."""

    keywords = frozenset(
        "and break do else elseif end false for function goto if in local nil not or repeat return then true until "
        "while".split()
    )
    types: ClassVar = {
        "int32": "integer", "int64": "integer|string", "uint32": "integer", "uint64": "integer|string",
        "float": "number", "double": "number", "bool": "boolean", "string": "string", "bytes": "string",
    }  # fmt: skip

    def message(self, message: Any) -> str:
        """game.Reward.Part, for annotations."""
        return str(message.full_name)

    def enum(self, enum: Any) -> str:
        """Its values are their names."""
        return "|".join(f"'{value.name}'" for value in enum.values) or "string"

    def annotation(self, field: Any) -> str:
        """The type of a field for LuaLS."""
        if is_map(field):
            value = field.message_type.fields_by_name["value"]
            return f"table<{self._one(key_field(field))}, {self._one(value)}>"
        one = self._one(field)
        return f"{one}[]" if field.is_repeated else one

    def _one(self, field: Any) -> str:
        return self.message(field.message_type) if field.message_type is not None else self.type_of(field)

    @property
    def messages(self) -> list[Any]:
        """The messages that tables reach, for annotations."""
        found: dict[str, Any] = {}

        def collect(message: Any) -> None:
            if message.full_name in found:
                return
            found[message.full_name] = message
            for field in message.fields:
                entry = field.message_type.fields_by_name["value"] if is_map(field) else field
                if entry.message_type is not None:
                    collect(entry.message_type)

        for table in self.model.tables:
            collect(table.row)
        return [found[name] for name in sorted(found)]

    def read(self, row: str, field: Any) -> str:
        """A field of a row; one that is a word of Lua in brackets."""
        return f'{row}["{field.name}"]' if field.name in self.keywords else f"{row}.{field.name}"

    def argument(self, field: Any) -> str:
        """What a function's parameter for a field's value is called."""
        return self.escaped(field.name)

    def as_key(self, fields: Any, values: list[str]) -> str:
        """What rows are found by: 64 bits as their text, several values as one."""
        parts = [self._part(field, value) for field, value in zip(fields, values, strict=True)]
        return parts[0] if len(parts) == 1 else "key_of(" + ", ".join(parts) + ")"

    def _part(self, field: Any, value: str) -> str:
        return f"text_of({value})" if kind_of(field) in ("int64", "uint64") else value

    def set(self, fields: Any, row: str) -> str:
        """Whether fields that may be unset are set; "" where none may."""
        return " and ".join(f"{self.read(row, field)} ~= nil" for field in fields if field.has_presence)

    def joined(self, index: Any) -> str:
        """hero_id_slot."""
        return "_".join(index.names)

    def resolver(self, reference: Any) -> str:
        """reward_id."""
        return f"{snake('_'.join(scoped(reference.holder)))}_{reference.field.name}"

    def finder(self, choice: Any) -> str:
        """The method that finds the row."""
        return "find" if choice.is_key else f"find_by_{choice.field.name}"

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds; "" for always."""
        found = [f"not ({self.equal('value', field, one)})" for one in choice.none]
        if choice.when is not None:
            found.append(self.equal(self.read("row", choice.when), choice.when, choice.when_value))
        return " and ".join(found)

    def equal(self, value: str, field: Any, wanted: Any) -> str:
        """Whether a value is the wanted one; 64 bits are compared as texts."""
        if kind_of(field) in ("int64", "uint64"):
            return f'text_of({value}) == "{wanted}"'
        return f"{value} == {self.literal(field, wanted)}"

    def is_zero(self, field: Any) -> str:
        """Whether `value` is what a blank cell may have left."""
        return self.equal("value", field, "" if is_text(field) else False if kind_of(field) == "bool" else 0)

    def less(self, table: Any) -> str:
        """Whether the key of `one` comes before that of `other`."""
        (field,) = table.key
        one, other = self.read("one", field), self.read("other", field)
        if kind_of(field) in ("int64", "uint64"):
            return f"less({one}, {other})"
        return f"not {one} and {other}" if kind_of(field) == "bool" else f"{one} < {other}"

    def resolved(self, reference: Any) -> str:
        """The types of the rows that a reference may give."""
        return "|".join(dict.fromkeys(self.message(choice.table.row) for choice in reference.choices))

    def literal(self, field: Any, value: Any) -> str:
        """A constant; 64 bits beyond what a number holds are a text, as in rows."""
        if field.enum_type is not None:
            known = field.enum_type.values_by_number.get(value)
            return f'"{known.name}"' if known is not None else str(value)
        if is_text(field):
            return self.quoted(value)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if abs(value) < 2**32 else f'"#{value}"'

    def quoted(self, text: str) -> str:
        """A text as every Lua reads it."""
        shown = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}
        return '"' + "".join(shown.get(one, one if one >= " " else f"\\{ord(one):03d}") for one in text) + '"'

    def member(self, name: str) -> str:
        """A name as the key of a table."""
        return f'["{name}"]' if name in self.keywords else name


def _messages(names: LuaNames, folder: Path) -> None:
    """There are none to write."""


LUA = Language("Lua", LuaNames, _messages, lambda names: {f"{snake(names.name)}.lua": "lua/loader.lua.j2"})
