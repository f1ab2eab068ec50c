"""Python: messages and their .pyi by gdata's own protoc; the loader gives `gdata.load` their types."""

from __future__ import annotations

import keyword
from pathlib import Path
from typing import Any, ClassVar

from gdata.codegen.language import Language, Names, is_text, quoted, run_protoc, scoped, snake


class PythonNames(Names):
    """Names behind the imports of protoc's modules."""

    keywords = frozenset(keyword.kwlist)
    types: ClassVar = {
        "int32": "int", "int64": "int", "uint32": "int", "uint64": "int", "float": "float", "double": "float",
        "bool": "bool", "string": "str", "bytes": "bytes",
    }  # fmt: skip

    @property
    def modules(self) -> list[str]:
        """protoc's modules of the project's files."""
        return sorted(_module(file.name) for file in self.model.files)

    def message(self, message: Any) -> str:
        """game.item_pb2.Item."""
        return f"{_module(message.file.name)}.{'.'.join(scoped(message))}"

    def labels(self, enum: Any) -> str:
        """REWARD_KIND_LABELS."""
        return f"{snake('_'.join(scoped(enum))).upper()}_LABELS"

    def table(self, table: Any) -> str:
        """What `data.ItemTable` is."""
        row = self.message(table.row)
        return row if table.kind == "record" else f"Table[{self.key(table.key)}, {row}]"

    def key(self, fields: Any) -> str:
        """The type of a key."""
        types = [self.type_of(field) for field in fields]
        return types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]" if types else "typing.Never"

    def key_tuple(self, table: Any) -> str:
        """The names of the key's fields."""
        if table.kind == "record":
            return "None"
        inner = ", ".join(quoted(field.name) for field in table.key)
        return f"({inner},)" if len(table.key) == 1 else f"({inner})"

    def parameters(self, fields: Any) -> str:
        """Of a function that is given a key."""
        return ", ".join(f"{self.escaped(field.name)}: {self.type_of(field)}" for field in fields)

    def finder(self, table: Any, index: Any) -> str:
        """find_item_by_code."""
        return f"find_{snake(table.row.name)}_by_{'_and_'.join(index.names)}"

    def conditions(self, index: Any) -> str:
        """What `where` is asked for; a name that is a word of Python goes in by a mapping."""
        return ", ".join(f'"{field.name}": {self.escaped(field.name)}' for field in index.fields)

    def resolver(self, reference: Any) -> str:
        """resolve_reward_id."""
        return f"resolve_{snake('_'.join(scoped(reference.holder)))}_{reference.field.name}"

    def resolved(self, reference: Any) -> str:
        """What it gives."""
        rows = dict.fromkeys(self.message(choice.table.row) for choice in reference.choices)
        row = " | ".join(rows)
        return f"list[{row}]" if reference.field.is_repeated else f"{row} | None"

    def literal(self, field: Any, value: Any) -> str:
        """A constant."""
        return quoted(value) if is_text(field) else repr(value)

    def constants_class(self, table: Any) -> str:
        """ItemId."""
        return f"{table.row.name}{''.join(part.title() for part in table.key[0].name.split('_'))}"

    def constant(self, name: str) -> str:
        """SWORD, as the row has it."""
        return self.escaped(name)

    def is_integer(self, field: Any) -> bool:
        """Whether keys are numbers, so that the constants are an IntEnum."""
        return not is_text(field) and self.type_of(field) == "int"


def _module(file: str) -> str:
    return file.removesuffix(".proto").replace("/", ".").replace("-", "_") + "_pb2"


def _messages(names: PythonNames, folder: Path) -> None:
    run_protoc(names.model, [f"--python_out={folder}", f"--pyi_out={folder}"], own=True)


PYTHON = Language("Python", PythonNames, _messages, lambda names: {f"{snake(names.name)}.py": "python/loader.py.j2"})
