"""Follow the references that the manifest lists: from a field's value to the row it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gdata.bundles.fieldpath import FieldPath
from gdata.bundles.manifest import Reference, TableEntry
from gdata.bundles.references import holds, is_none, leaf_at, value_reader
from gdata.errors import LookupFailed
from gdata.language import sentence
from gdata.text import nearest


class Tables(Protocol):
    """Where the rows that are referred to lie."""

    def __getitem__(self, name: str) -> Any: ...


class Resolver:
    """The references of all tables, by the message and the field that they stand on.

    A nested message (`Reward`) has its references wherever it is used, so a row is as good as a part of one.
    """

    def __init__(self, tables: Mapping[str, TableEntry], rows: Mapping[str, Descriptor]) -> None:
        """`rows` has the Descriptor of each table's rows."""
        self._by_field: dict[tuple[str, str], tuple[Reference, ...]] = {}
        for name, entry in tables.items():
            for path, references in entry.refs.items():
                leaf = leaf_at(rows[name], path)
                if leaf is not None:
                    self._by_field[_holder_name(leaf), leaf.name] = references

    def resolve(self, tables: Tables, row: Any, field: str) -> Any:
        """What `Snapshot.resolve` says."""
        descriptor = getattr(row, "DESCRIPTOR", None)
        if not isinstance(descriptor, Descriptor):
            raise LookupFailed(
                sentence(
                    "{value} is no row: resolve takes a row, or a message in one, and a field's name", value=repr(row)
                )
            )
        path = FieldPath.of(descriptor, field, table=descriptor.name)
        references = self._by_field.get((_holder_name(path.leaf), path.leaf.name))
        if references is None:
            raise LookupFailed(self._no_reference(path))
        found = [
            _follow(tables, references, holder, path.leaf, value)
            for holder in path.holders(row)
            for value in path.values_in(holder)
        ]
        if path.is_many:
            return [one for one in found if one is not None]
        return found[0] if found else None

    def _no_reference(self, path: FieldPath) -> str:
        own = [name for message, name in self._by_field if message == _holder_name(path.leaf)]
        near = nearest(path.leaf.name, own)
        known = f"did you mean {near}?" if near else f"references are {', '.join(own) or 'on none of its fields'}"
        return f"{path.leaf.full_name} is no reference to another table; {known}"


def _holder_name(field: FieldDescriptor) -> str:
    assert field.containing_type is not None  # only extensions have none
    return field.containing_type.full_name


def _follow(tables: Tables, references: Iterable[Reference], holder: Any, leaf: FieldDescriptor, value: Any) -> Any:
    if value is None:
        return None
    asked = []
    for reference in references:
        read = value_reader(leaf, reference)
        if read is None or is_none(reference, value) or not holds(reference.when, holder):
            continue
        row = _find(tables[reference.table], reference.fields, read(value))
        if row is not None:
            return row
        asked.append(reference.table)
    # Zero and "" may stand for a cell that was blank, which never is a reference.
    if asked and value:
        raise LookupFailed(
            sentence(
                "{field} = {value}: no such row in {tables}",
                field=leaf.full_name,
                value=repr(value),
                tables=", ".join(asked),
            )
        )
    return None


def _find(table: Any, fields: tuple[str, ...], value: Any) -> Any:
    if fields == table.key:
        return table.get(value)
    values = value if len(fields) > 1 else (value,)
    return next(iter(table.where(**dict(zip(fields, values, strict=True)))), None)
