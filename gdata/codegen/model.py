"""What generated code is made of: a target's tables, indexes, references, constants and enums, in no language yet.

What a bundle carries comes from it: messages, keys, references. Unique fields, titles, constants and labels are
options that bundles don't carry; they come from the full descriptors, where there are any, cut to what the target sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from gdata.bundles.lookup import Table
from gdata.bundles.manifest import Reference, TableEntry
from gdata.bundles.reader import Bundle
from gdata.bundles.references import leaf_at
from gdata.errors import SchemaError
from gdata.language import sentence
from gdata.proto.descriptors import OptionReader, is_map
from gdata.runtime.messages import TableType, table_types
from gdata.runtime.snapshot import parse_table
from gdata.schema.plan import CONSTANT, TablePlan
from gdata.schema.schema import Schema


@dataclass(frozen=True)
class Index:
    """Fields whose values, taken together, stand in one row alone."""

    fields: tuple[Any, ...]
    """FieldDescriptors of the row."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names."""
        return tuple(field.name for field in self.fields)


@dataclass(frozen=True)
class Choice:
    """A table that a reference may point into, and when."""

    table: GeneratedTable
    field: Any
    """The FieldDescriptor of that table's row whose values are meant."""
    is_key: bool
    when: Any = None
    """The FieldDescriptor of the sibling that `when` names."""
    when_value: Any = None
    """The value that it must have: an enum's number, a bool, a number or a text."""
    none: tuple[Any, ...] = ()
    """Values that mean no reference."""


@dataclass(frozen=True)
class ResolvedField:
    """A field that refers to rows: of which message, and where to."""

    holder: Any
    field: Any
    choices: tuple[Choice, ...]

    @property
    def one_table(self) -> GeneratedTable | None:
        """The table it points into, where that is always the same."""
        tables = {choice.table.name: choice.table for choice in self.choices}
        return next(iter(tables.values())) if len(tables) == 1 else None


@dataclass(frozen=True)
class Constant:
    """A row's name in code, and its key."""

    name: str
    value: Any


@dataclass(frozen=True, eq=False)
class GeneratedTable:
    """One table of the target."""

    name: str
    message: Any
    """The Descriptor of the message that holds the rows."""
    kind: str
    """rows, map or record."""
    rows_field: Any
    """Its FieldDescriptor; of a record None."""
    row: Any
    """The Descriptor of a row; of a record that of the message."""
    key: tuple[Any, ...]
    indexes: tuple[Index, ...] = ()
    """By unique fields, and by those that references name which aren't the key."""
    constants: tuple[Constant, ...] = ()


@dataclass(frozen=True)
class LabelledEnum:
    """An enum, and for each number what planners call it."""

    enum: Any
    labels: Mapping[int, str]


@dataclass(frozen=True)
class Model:
    """All that a template is given of a target."""

    target: str
    tables: tuple[GeneratedTable, ...]
    references: tuple[ResolvedField, ...]
    enums: tuple[LabelledEnum, ...]
    """Those that have a label, by full name."""
    files: tuple[Any, ...]
    """The FileDescriptorProtos of the project's own messages, dependencies first."""
    schema: bytes
    """The serialized FileDescriptorSet."""
    has_options: bool
    """Whether unique fields, constants and labels are known."""


def make_model(bundle: Bundle, descriptors: bytes | None) -> Model:
    """What to generate for a bundle; `descriptors` are the full ones of the build that it is of, if they are known.

    Raises:
        DamagedError: the bundle's schema can't be read.
        SchemaError: a row's constant can't be a name.
    """
    schema = bundle.schema()
    manifest = bundle.manifest
    types = table_types(schema, manifest, place=bundle.place)
    options = _Options(descriptors)
    tables = {
        name: _table(bundle, name, entry, types[name], options.plan(entry))
        for name, entry in sorted(manifest.tables.items())
    }
    files = [one for one in FileDescriptorSet.FromString(schema).file if not one.name.startswith("google/protobuf/")]
    tables, references = _references(manifest.tables, tables)
    return Model(
        target=manifest.target,
        tables=tuple(tables.values()),
        references=references,
        enums=tuple(options.labelled(_enums_of(types.values()))),
        files=tuple(files),
        schema=schema,
        has_options=descriptors is not None,
    )


class _Options:
    """What only the full descriptors know."""

    def __init__(self, descriptors: bytes | None) -> None:
        self._schema = Schema(descriptors) if descriptors is not None else None

    def plan(self, entry: TableEntry) -> TablePlan | None:
        """The plan of a table; None where nothing is known of it."""
        if self._schema is None or self._schema.message(entry.message) is None:
            return None
        return self._schema.table(entry.message, is_record=entry.kind == "record")

    def labelled(self, enums: Iterable[EnumDescriptor]) -> Iterator[LabelledEnum]:
        """The enums that have labels, with these."""
        if self._schema is None:
            return
        reader = OptionReader(self._schema.pool)
        for enum in enums:
            try:
                known = self._schema.pool.FindEnumTypeByName(enum.full_name)
            except KeyError:
                continue
            labels: dict[int, str] = {}
            for value in known.values:
                options = reader.of_enum_value(value)
                if options is not None and options.label and value.number in enum.values_by_number:
                    labels.setdefault(value.number, options.label[0])
            if labels:
                yield LabelledEnum(enum, labels)


def _table(bundle: Bundle, name: str, entry: TableEntry, type_: TableType, plan: TablePlan | None) -> GeneratedTable:
    row: Any = type_.row
    message: Any = type_.message.DESCRIPTOR
    key = tuple(row.fields_by_name[one] for one in type_.key)
    return GeneratedTable(
        name=name,
        message=message,
        kind=entry.kind,
        rows_field=message.fields_by_name[type_.rows_field] if type_.rows_field else None,
        row=row,
        key=key,
        indexes=tuple(_unique(row, key, plan)) if plan is not None else (),
        constants=_constants(bundle, name, entry, type_, plan) if plan is not None and plan.constants else (),
    )


def _unique(row: Any, key: tuple[Any, ...], plan: TablePlan) -> Iterator[Index]:
    wanted = [(field.name,) for field in plan.row.fields if field.unique] + list(plan.unique)
    for names in dict.fromkeys(wanted):
        fields = tuple(row.fields_by_name.get(name) for name in names)
        if any(field is None or field.is_repeated or field.message_type is not None for field in fields):
            continue  # The target doesn't see it, or it lies in a message within the row.
        if fields != key:
            yield Index(fields)


def _constants(bundle: Bundle, name: str, entry: TableEntry, type_: TableType, plan: TablePlan) -> tuple[Constant, ...]:
    field: Any = type_.row.fields_by_name.get(plan.constants)
    if field is None or len(type_.key) != 1:
        return ()
    parts = [bundle.read_part(part) for part in entry.parts]
    table: Table[Any, Any] = parse_table(name, type_, entry, parts, bundle.place)
    constants: dict[str, Constant] = {}
    for row in table:
        text, key = getattr(row, field.name), getattr(row, type_.key[0])
        if not text:
            continue
        if not CONSTANT.fullmatch(text):
            raise SchemaError(
                sentence(
                    "{table}: {field} of the row {key} is {text}, which can't be the name of a constant",
                    table=name,
                    field=field.name,
                    key=key,
                    text=repr(text),
                ),
                hint=sentence(
                    "write a letter first, then letters, digits and _; or leave it blank, and it has no constant"
                ),
            )
        known = constants.setdefault(text.casefold(), Constant(text, key))
        if known.value != key:
            raise SchemaError(
                sentence(
                    "{table}: {field} is {text} in the rows {other_key} and {key}, and a constant has one value",
                    table=name,
                    field=field.name,
                    text=repr(text),
                    other_key=known.value,
                    key=key,
                ),
                hint=sentence("mark {name} unique, and gdata check tells the cells", name=field.name),
            )
    return tuple(constants.values())


def _references(
    entries: Mapping[str, TableEntry], tables: Mapping[str, GeneratedTable]
) -> tuple[dict[str, GeneratedTable], tuple[ResolvedField, ...]]:
    """The references of all tables, by holder and field; and the tables with the indexes that these need."""
    needed: dict[str, dict[str, Index]] = {}
    found: dict[tuple[str, str], tuple[Any, tuple[Reference, ...]]] = {}
    for name, entry in sorted(entries.items()):
        for path, refs in sorted(entry.refs.items()):
            leaf: Any = leaf_at(tables[name].row, path)
            if is_map(leaf):  # Its keys refer, and are looked up as they are; an entry is no message in any language.
                continue
            found.setdefault((leaf.containing_type.full_name, leaf.name), (leaf, refs))
    for _, refs in found.values():
        for ref in refs:
            target = tables[ref.table]
            field = target.row.fields_by_name[ref.fields[0]]
            if (field,) != target.key and not any(index.fields == (field,) for index in target.indexes):
                needed.setdefault(ref.table, {})[field.name] = Index((field,))
    tables = dict(tables)
    for name, indexes in needed.items():
        tables[name] = replace(tables[name], indexes=(*tables[name].indexes, *indexes.values()))
    resolved = [
        ResolvedField(
            leaf.containing_type, leaf, tuple(_choice(tables, leaf, ref) for ref in refs if len(ref.fields) == 1)
        )
        for leaf, refs in found.values()
    ]
    return tables, tuple(one for one in resolved if one.choices)


def _choice(tables: Mapping[str, GeneratedTable], leaf: FieldDescriptor, ref: Reference) -> Choice:
    table = tables[ref.table]
    field = table.row.fields_by_name[ref.fields[0]]
    name, _, text = ref.when.partition("=")
    holder: Any = leaf.containing_type
    sibling: Any = holder.fields_by_name.get(name.strip()) if name else None
    none = tuple(value for value in (_value(leaf, one) for one in ref.none) if value is not None)
    return Choice(
        table,
        field,
        (field,) == table.key,
        sibling,
        _value(sibling, text.strip()) if sibling is not None else None,
        none,
    )


def _value(field: Any, text: str) -> Any:
    """A value of a field from the text that an option has; None where it can't be one."""
    try:
        if field.enum_type is not None:
            named = field.enum_type.values_by_name.get(text)
            return named.number if named is not None else int(text)
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return {"true": True, "false": False}.get(text)
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return text
        return int(text)
    except ValueError:
        return None


def _enums_of(types: Iterable[TableType]) -> list[EnumDescriptor]:
    found: dict[str, EnumDescriptor] = {}
    seen: set[str] = set()

    def collect(message: Any) -> None:
        if message.full_name in seen:
            return
        seen.add(message.full_name)
        for field in message.fields:
            if field.enum_type is not None:
                found[field.enum_type.full_name] = field.enum_type
            if field.message_type is not None:
                collect(field.message_type)

    for type_ in types:
        collect(type_.message.DESCRIPTOR)
    return [found[name] for name in sorted(found)]
