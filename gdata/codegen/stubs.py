"""A .pyi for one bundle, so that editors complete `data.ItemTable[1001].price`, and mypy checks it.

    from typing import TYPE_CHECKING, cast
    import gdata
    if TYPE_CHECKING:
        from game_data import GameData            # game_data.pyi: what make_stubs wrote
    data = cast("GameData", gdata.load("output/server"))

Fields are properties, and maps have no `[…]`, for rows are shared by all threads and not to be written to.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from gdata.bundles.reader import Bundle
from gdata.proto.descriptors import is_map_entry
from gdata.runtime.data import TypedData
from gdata.runtime.messages import TableType, table_types

_SCALARS: Mapping[int, str] = {
    FieldDescriptor.CPPTYPE_BOOL: "_b.bool",
    FieldDescriptor.CPPTYPE_FLOAT: "_b.float",
    FieldDescriptor.CPPTYPE_DOUBLE: "_b.float",
    FieldDescriptor.CPPTYPE_STRING: "_b.str",
}
_WELL_KNOWN = "google/protobuf/"


def make_stubs(bundle: Bundle, *, name: str = "GameData") -> str:
    """The text of a .pyi with a class `name` for the data, and one for each message in it.

    Names that aren't Python's (a field called `from`) are left out; at run time `getattr` reads them.

    Raises:
        DamagedError: the bundle's schema can't be read.
    """
    manifest = bundle.manifest
    types = table_types(bundle.schema(), manifest, place=bundle.place)
    classes = _Classes((kind.row for kind in types.values()), {name, f"{name}Snapshot", *types})
    tables = [(table, _table_type(types[table], classes)) for table in sorted(types)]
    lines = [
        f"# The tables of the target {manifest.target}, written by `gdata stubs`: do not edit, write it again.",
        "import builtins as _b",
        "import collections.abc as _c",
        "import typing as _t",
        "",
        "import gdata.runtime as _r",
        "import google.protobuf.message as _m",
        *(f"import {module}" for module in classes.well_known_modules()),
        "",
        *(line for message in classes.own() for line in _message_class(message, classes)),
        "class _Tables:",
        *_properties((table, kind) for table, kind in tables if not hasattr(TypedData, table)),
        "",
        f"class {name}Snapshot(_Tables, _r.TypedSnapshot): ...",
        "",
        f"class {name}(_Tables, _r.TypedData):",
        f"    def snapshot(self) -> {name}Snapshot: ...",
        "",
    ]
    return "\n".join(lines)


class _Classes:
    """The messages that tables reach, and what each is called in the stubs."""

    def __init__(self, rows: Iterable[Any], taken: set[str]) -> None:
        self._messages: dict[str, Any] = {}
        for message in rows:
            self._collect(message)
        taken = taken | {field.name for message in self._messages.values() for field in message.fields}
        self._names: dict[str, str] = {}
        for full_name, message in sorted(self._messages.items()):
            self._names[full_name] = self._free_name(message, taken | set(self._names.values()))

    def own(self) -> list[Any]:
        """The messages that need a class in the stubs, by name."""
        mine = [one for one in self._messages.values() if not _is_well_known(one) and not is_map_entry(one)]
        return sorted(mine, key=lambda one: self._names[one.full_name])

    def name(self, message: Any) -> str:
        """How annotations call the class of `message`."""
        return f"{_module(message)}.{message.name}" if _is_well_known(message) else self._names[message.full_name]

    def well_known_modules(self) -> list[str]:
        """The modules of protobuf that annotations name."""
        return sorted({_module(one) for one in self._messages.values() if _is_well_known(one)})

    def _collect(self, message: Any) -> None:
        if message.full_name in self._messages:
            return
        self._messages[message.full_name] = message
        for field in () if _is_well_known(message) else message.fields:
            if field.message_type is not None:
                self._collect(field.message_type)

    def _free_name(self, message: Any, taken: set[str]) -> str:
        # Game.Item.Part is Item_Part; where a field or another package's message has the name, more is said.
        package = message.file.package
        short = message.full_name.removeprefix(f"{package}.").replace(".", "_")
        for name in (short, f"{short}_", message.full_name.replace(".", "_")):
            if name not in taken and not keyword.iskeyword(name) and not name.startswith("_"):
                return name
        return f"{message.full_name.replace('.', '_')}_message"


def _message_class(message: Any, classes: _Classes) -> Iterator[str]:
    yield f"class {classes.name(message)}(_m.Message):"
    yield from _properties((field.name, _field_type(field, classes)) for field in message.fields)
    yield ""


def _properties(members: Iterable[tuple[str, str]]) -> Iterator[str]:
    written = False
    for name, kind in members:
        if keyword.iskeyword(name) or name.startswith("__"):
            continue
        written = True
        ignored = "  # type: ignore[override]" if hasattr(Message, name) else ""
        yield "    @_b.property"
        yield f"    def {name}(self) -> {kind}: ...{ignored}"
    if not written:
        yield "    ..."


def _table_type(kind: TableType, classes: _Classes) -> str:
    if not kind.rows_field:
        return classes.name(kind.row)
    fields = [_scalar(kind.row.fields_by_name[name]) for name in kind.key]
    # Nothing is of the type Never, so looking up in a table without a key is an error of the checker, too.
    key = f"_b.tuple[{', '.join(fields)}]" if len(fields) > 1 else (fields or ["_t.Never"])[0]
    return f"_r.Table[{key}, {classes.name(kind.row)}]"


def _field_type(field: Any, classes: _Classes) -> str:
    message = field.message_type
    if is_map_entry(message):
        key, value = message.fields_by_name["key"], message.fields_by_name["value"]
        return f"_r.SharedMap[{_scalar(key)}, {_field_type(value, classes)}]"
    one = _scalar(field) if message is None else classes.name(message)
    return f"_c.Sequence[{one}]" if field.is_repeated else one


def _scalar(field: Any) -> str:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "_b.bytes"
    return _SCALARS.get(field.cpp_type, "_b.int")


def _is_well_known(message: Any) -> bool:
    return str(message.file.name).startswith(_WELL_KNOWN)


def _module(message: Any) -> str:
    return str(message.file.name).removesuffix(".proto").replace("/", ".") + "_pb2"
