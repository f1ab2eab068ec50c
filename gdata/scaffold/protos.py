"""Which .proto file gets what: a new one for each new spreadsheet, additions where the project has the message."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto

from gdata.scaffold.fields.enums import add_values
from gdata.scaffold.guess import GuessedEnum, GuessedField, GuessedTable
from gdata.scaffold.known import Known, NewValues
from gdata.scaffold.names import snake, words_of
from gdata.scaffold.proto_text import (
    ProtoEdit,
    ProtoFile,
    needed_imports,
    next_field_number,
    next_value_number,
    write_body,
    write_field,
    write_file,
    write_message,
    write_value,
)
from gdata.schema.protoc import compile_protos
from gdata.schema.schema import Schema

_MOST_TABLES = 20
"""A spreadsheet with more tables has a file for each."""
Texts = dict[str, tuple[str | None, str]]
"""By path under `protos:`, the old text (None: new) and the new one."""


@dataclass(frozen=True)
class ProtoChanges:
    """What a project's .proto files get: new tables and enums, new fields of tables and values of enums that exist."""

    known: Known
    protos: Path
    """The folder that they are in."""
    package: str
    """That of new files."""
    tables: Sequence[GuessedTable]
    extended: Sequence[GuessedTable]
    enums: Sequence[GuessedEnum]
    values: Sequence[NewValues]

    def propose(self) -> tuple[Texts, Schema | None]:
        """The .proto files with everything in them, and all of them compiled; no number that was given before changes.

        Raises:
            SchemaError: what would be written doesn't compile.
            RuntimeError: it would change what was there: a bug.
        """
        texts = self.texts()
        if not texts:
            return texts, self.known.schema
        return texts, _check(self.known.schema, self.protos, {name: new for name, (_, new) in texts.items()})

    @cached_property
    def _declared(self) -> Mapping[str, str]:
        """The files of what the project declares already."""
        return self.known.files_by_name()

    @cached_property
    def _file_of_table(self) -> Mapping[str, str]:
        return dict(self._place_tables()) | {one.name: self._declared[one.row] for one in self.extended}

    @cached_property
    def _enums_in(self) -> Mapping[str, list[GuessedEnum]]:
        """New enums by file: those of several files' tables lie in a common one."""
        found: dict[str, list[GuessedEnum]] = {}
        for enum in self.enums:
            files = {self._file_of_table[table] for table in enum.tables}
            found.setdefault(files.pop() if len(files) == 1 else self._path("common"), []).append(enum)
        return found

    @cached_property
    def _file_of_enum(self) -> Mapping[str, str]:
        new = {enum.name: file for file, enums in self._enums_in.items() for enum in enums}
        return {**self._declared, **new}

    def texts(self) -> Texts:
        """Every file that is new or changes."""
        tables: dict[str, list[GuessedTable]] = {}
        for table in self.tables:
            tables.setdefault(self._file_of_table[table.name], []).append(table)
        edits = self._edits()
        result: Texts = {}
        for file in dict.fromkeys([*tables, *self._enums_in]):
            mine, enums = tables.get(file, []), self._enums_in.get(file, [])
            imports = sorted({one for table in mine for one in self._imports(table.fields)} - {file})
            if file in edits:
                body = write_body(mine, enums)
                edits[file].append(body)
                edits[file].add_imports([*imports, *needed_imports(body)])
            else:
                result[file] = None, write_file(ProtoFile(file, self.package, _title(mine), mine, enums, imports))
        result |= {
            name: (edit.content.decode(), edit.text)
            for name, edit in edits.items()
            if edit.text != edit.content.decode()
        }
        return result

    def _place_tables(self) -> Iterator[tuple[str, str]]:
        counts: dict[str, int] = {}
        for table in self.tables:
            counts[table.spreadsheet.name] = counts.get(table.spreadsheet.name, 0) + 1
        for table in self.tables:
            name = table.spreadsheet.name
            words = table.words if counts[name] > _MOST_TABLES else words_of(name)[0]
            yield table.name, self._path(snake(words, "sheets"))

    def _path(self, stem: str) -> str:
        """A file of our package; one of that name with another package is left alone."""
        folder = "".join(f"{part}/" for part in self.package.split(".") if part)
        packages = {file.name: file.package for file in (self.known.schema.project_files if self.known.schema else [])}
        for name in (f"{folder}{stem}.proto", f"{folder}{stem}_sheets.proto"):
            if packages.get(name, self.package) == self.package:
                return name
        return f"{folder}{stem}_tables.proto"

    def _imports(self, fields: Sequence[GuessedField]) -> Iterator[str]:
        for field in fields:
            yield from self._imports(field.parts)
            if field.type.enum:
                yield self._file_of_enum[field.type.enum]

    # --- files that exist ------------------------------------------------------------------------------------

    def _edits(self) -> dict[str, ProtoEdit]:
        schema = self.known.schema
        if schema is None:
            return {}
        edits = {file.name: ProtoEdit(file, (self.protos / file.name).read_bytes()) for file in schema.project_files}
        for table in self.extended:
            self._add_fields(edits[self._declared[table.row]], table)
        for enum in dict.fromkeys(new.enum for new in self.values):
            self._add_values(edits[self._declared[enum]], enum)
        return edits

    def _add_fields(self, edit: ProtoEdit, table: GuessedTable) -> None:
        descriptor = self._descriptor(table.row)
        first = next_field_number(descriptor)
        lines: list[str] = []
        for number, field in enumerate(table.fields, start=first):
            lines += write_message(field, "  ")
            lines += write_field(field, number, "  ")
        edit.add_lines(table.row.removeprefix(f"{edit.file.package}."), lines)
        edit.add_imports([*self._imports(table.fields), *needed_imports("\n".join(lines))])

    def _descriptor(self, name: str) -> DescriptorProto:
        assert self.known.schema is not None
        descriptor = self.known.schema.message(name)
        assert descriptor is not None
        proto = DescriptorProto()
        descriptor.CopyToProto(proto)
        return proto

    def _add_values(self, edit: ProtoEdit, name: str) -> None:
        assert self.known.schema is not None
        proto = EnumDescriptorProto()
        self.known.schema.pool.FindEnumTypeByName(name).CopyToProto(proto)
        texts = [text for new in self.values if new.enum == name for text in new.texts]
        new = add_values(proto.name, [value.name for value in proto.value], texts)
        first = next_value_number(proto)
        inner = name.removeprefix(f"{edit.file.package}.")
        indent = "  " * (inner.count(".") + 1)
        lines = [f"{indent}// guess, unsure: texts that were in the sheets and no value had"]
        lines += [write_value(value, label, number, indent) for number, (value, label) in enumerate(new, first)]
        edit.add_lines(inner, lines)
        edit.add_imports(needed_imports("\n".join(lines)))


def _title(tables: Sequence[GuessedTable]) -> str:
    if not tables:
        return "What several sheets have in common."
    names = list(dict.fromkeys(table.spreadsheet.name for table in tables))
    return f"The tables of {', '.join(names)}." if len(tables) > 1 else f"{tables[0].name}, of {names[0]}."


def _check(old: Schema | None, protos: Path, new: Mapping[str, str]) -> Schema:
    """Compile what would be written beside what is there, and hold it to what the numbers were."""
    with tempfile.TemporaryDirectory(prefix="gdata-scaffold-") as name:
        folder = Path(name)
        for path in protos.rglob("*.proto"):
            copy = folder / path.relative_to(protos)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        for file, text in new.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8", newline="")
        schema = Schema(compile_protos(folder))
    after = set(_numbers(schema))
    for before in _numbers(old):
        if before not in after:
            raise RuntimeError(f"scaffolding would have changed {before}")
    return schema


def _numbers(schema: Schema | None) -> Iterator[tuple[str, int, int]]:
    """Every field and enum value with its number and type."""
    for name in schema.message_names if schema is not None else []:
        descriptor = schema.message(name) if schema is not None else None
        assert descriptor is not None
        yield from _numbers_of(descriptor)


def _numbers_of(message: Descriptor) -> Iterator[tuple[str, int, int]]:
    for field in message.fields:
        yield field.full_name, field.number, field.type
        if field.enum_type is not None:
            for value in field.enum_type.values:
                yield f"{field.enum_type.full_name}.{value.name}", value.number, 0
    for nested in message.nested_types:
        yield from _numbers_of(nested)
