"""TypeScript: messages by protoc-gen-es (protobuf-es 2), called as it calls them; the loader runs in browsers too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf.descriptor_pb2 import FieldOptions

from gdata.codegen.language import Language, Names, is_text, pascal, plugin, run_protoc, scoped, snake

_PROPERTIES = frozenset("constructor toString toJSON valueOf".split())


class TypeScriptNames(Names):
    """Names behind an import of each file's module, so that no message's name takes one of JavaScript's."""

    keywords = frozenset(
        "break case catch class const continue debugger default delete do else export extends false finally for "
        "function if import in instanceof new null return super switch this throw true try typeof var void while with "
        "yield enum implements interface let package private protected public static Object bigint number boolean "
        "string object globalThis Uint8Array Partial arguments eval await undefined".split()
    )
    types: ClassVar = {
        "int32": "number", "int64": "bigint", "uint32": "number", "uint64": "bigint", "float": "number",
        "double": "number", "bool": "boolean", "string": "string", "bytes": "Uint8Array",
    }  # fmt: skip

    @property
    def imports(self) -> dict[str, str]:
        """Each file's module, and what the loader calls it."""
        return {
            f"./{file.name.removesuffix('.proto')}_pb.js": f"pb{number}"
            for number, file in enumerate(self.model.files, 1)
        }

    def _behind(self, descriptor: Any, name: str) -> str:
        module = self.imports[f"./{descriptor.file.name.removesuffix('.proto')}_pb.js"]
        return f"{module}.{name}"

    def _identifier(self, descriptor: Any) -> str:
        return "_".join(scoped(descriptor))

    def message(self, message: Any) -> str:
        """pb1.Reward_Part."""
        return self._behind(message, self._safe(self._identifier(message)))

    def schema(self, message: Any) -> str:
        """pb1.Reward_PartSchema."""
        return self._behind(message, self._safe(f"{self._identifier(message)}Schema"))

    def _safe(self, name: str) -> str:
        return f"{name}$" if name in self.keywords - {"arguments", "eval", "await", "undefined"} else name

    def type_of(self, field: Any) -> str:
        """As ever, but for 64 bits that the option jstype makes texts."""
        found = super().type_of(field)
        return "string" if found == "bigint" and field.GetOptions().jstype == FieldOptions.JS_STRING else found

    def property(self, name: str) -> str:
        """The property of a message that a field or oneof is."""
        made, upper = [], False
        for one in name:
            made.append(one.upper() if upper and not one.isdigit() and one != "_" else one if one != "_" else "")
            upper = one == "_"
        joined = "".join(made)
        return f"{joined}$" if joined in _PROPERTIES else joined

    def read(self, row: str, field: Any) -> str:
        """An expression for a field's value; undefined where it isn't set."""
        oneof = field.containing_oneof
        if oneof is not None and not oneof.name.startswith("_"):
            of = f"{row}.{self.property(oneof.name)}"
            return f'({of}.case === "{self.property(field.name)}" ? {of}.value : undefined)'
        return f"{row}.{self.property(field.name)}"

    def argument(self, field: Any) -> str:
        """What a function's parameter for a field's value is called."""
        name = self.property(field.name)
        return f"{name}_" if name in self.keywords else name

    def parameters(self, fields: Any) -> str:
        """Of a function that is given a key."""
        return ", ".join(f"{self.argument(field)}: {self.type_of(field)}" for field in fields)

    def map_key(self, fields: Any) -> str:
        """The type of a Map's key."""
        return self.type_of(fields[0]) if len(fields) == 1 else "string"

    def as_key(self, fields: Any, values: list[str]) -> str:
        """The key from its values; several are one text."""
        return values[0] if len(fields) == 1 else f"keyOf({', '.join(values)})"

    def unset(self, fields: Any, row: str) -> str:
        """Whether a field that may be unset is; "" where none may."""
        return " || ".join(f"{self.read(row, field)} === undefined" for field in fields if field.has_presence)

    def joined(self, index: Any) -> str:
        """HeroIdSlot."""
        return "".join(pascal(name) for name in index.names)

    def resolver(self, reference: Any) -> str:
        """resolveRewardId."""
        return f"resolve{''.join(map(pascal, scoped(reference.holder)))}{pascal(reference.field.name)}"

    def finder(self, choice: Any) -> str:
        """The function that finds the row."""
        return "find" if choice.is_key else f"findBy{pascal(choice.field.name)}"

    def converted(self, choice: Any, field: Any) -> str:
        """The value as the key of the table that is referred to."""
        wanted, given = self.type_of(choice.field), self.type_of(field)
        if wanted == given:
            return "value"
        return {"bigint": "BigInt(value)", "number": "Number(value)", "string": "String(value)"}.get(
            wanted, f"Number(value) as {wanted}"
        )

    def conditions(self, choice: Any, field: Any) -> str:
        """When a reference holds; "" for always."""
        found = [f"value !== {self.literal(field, one)}" for one in choice.none]
        if choice.when is not None:
            found.append(f"{self.read('row', choice.when)} === {self.literal(choice.when, choice.when_value)}")
        return " && ".join(found)

    def resolved(self, reference: Any) -> str:
        """What a reference gives."""
        return " | ".join(dict.fromkeys(self.message(choice.table.row) for choice in reference.choices))

    def zero(self, field: Any) -> str:
        """What a blank cell may have left."""
        return {"bigint": "0n", "string": '""', "boolean": "false"}.get(self.type_of(field), "0")

    def literal(self, field: Any, value: Any) -> str:
        """A constant."""
        if is_text(field) or self.type_of(field) == "string":
            return self.quoted(str(value))
        if isinstance(value, bool):
            return str(value).lower()
        return f"{value}n" if self.type_of(field) == "bigint" else str(value)

    def quoted(self, text: str) -> str:
        """A text as JSON writes it, which JavaScript reads."""
        return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _messages(names: TypeScriptNames, folder: Path) -> None:
    found = plugin("protoc-gen-es", names.settings.out)
    arguments = [f"--plugin=protoc-gen-es={found}", f"--es_out={folder}", "--es_opt=target=ts,import_extension=js"]
    run_protoc(names.model, arguments, own=True)


TYPESCRIPT = Language(
    "TypeScript", TypeScriptNames, _messages, lambda names: {f"{snake(names.name)}.ts": "typescript/loader.ts.j2"}
)
