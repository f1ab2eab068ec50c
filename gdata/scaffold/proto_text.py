"""Guesses as the text of .proto files. What was guessed is marked, with how sure it is and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gdata.scaffold.guess import Guess, GuessedEnum, GuessedField, GuessedTable

_LINE = 110
_PLAIN = ("int32", "int64", "uint64", "double", "bool", "string", "timestamp")
_IMPORTS = {
    "timestamp": "google/protobuf/timestamp.proto",
    "duration": "google/protobuf/duration.proto",
    "struct": "google/protobuf/struct.proto",
}
_OPTIONS = "gdata/options.proto"
_HEAD = """\
// {title}
//
// Written by `gdata scaffold`. Whatever is marked "guess" follows from the values that are in the sheets now: read it,
// correct it, delete the mark. Names and types may change freely until the first release; numbers never after it.
syntax = "proto3";
"""


@dataclass(frozen=True)
class ProtoFile:
    """A new .proto file: its path under `protos:`, and what is in it."""

    path: str
    package: str
    title: str
    tables: Sequence[GuessedTable] = ()
    enums: Sequence[GuessedEnum] = ()
    imports: Sequence[str] = ()
    """Files of the project that it needs."""


def write_file(file: ProtoFile) -> str:
    """The text of a new .proto file."""
    package = f"\npackage {file.package};\n" if file.package else ""
    body = write_body(file.tables, file.enums)
    imports = "".join(f'import "{name}";\n' for name in sorted({*needed_imports(body), *file.imports}))
    return f"{_HEAD.format(title=comment(file.title))}{package}{chr(10) if imports else ''}{imports}{body}"


def write_body(tables: Iterable[GuessedTable], enums: Iterable[GuessedEnum]) -> str:
    """Messages and enums, each after a blank line."""
    return "".join(f"\n{text}" for text in (*map(write_enum, enums), *(_write_table(table) for table in tables)))


def needed_imports(text: str) -> list[str]:
    """The files that come with the tools and whose names the text uses."""
    found = [path for kind, path in _IMPORTS.items() if f"google.protobuf.{kind.capitalize()}" in text]
    return [*([_OPTIONS] if "(gdata." in text else []), *found]


def _write_table(table: GuessedTable) -> str:
    sheets = ", ".join(sheet.title for sheet in table.sheets)
    about = f"{table.spreadsheet.name}: {sheets}"
    count = "one record" if table.is_record else f"{table.records:,} row{'s' if table.records != 1 else ''}"
    lines = [f"// {comment(about)} ({count})", f"message {table.row} {{"]
    for field in table.fields:
        if field.parts:
            lines += [f"  message {field.message} {{", *_numbered(field.parts, 1, "    "), "  }"]
    lines += [*_numbered(table.fields, 1, "  "), "}"]
    if not table.is_record:
        lines += ["", f"message {table.name} {{", f"  repeated {table.row} rows = 1;", "}"]
    return "\n".join(lines) + "\n"


def _numbered(fields: Sequence[GuessedField], first: int, indent: str) -> Iterator[str]:
    for number, field in enumerate(fields, start=first):
        yield from write_field(field, number, indent)


def write_field(field: GuessedField, number: int, indent: str) -> list[str]:
    """A field's lines: what was guessed of it, then itself."""
    label = "repeated " if field.is_list else "optional " if field.optional else ""
    type_ = field.message if field.parts else field.type.proto
    options = _options(field)
    start = f"{indent}{label}{type_} {field.name} = {number}"
    lines = [f"{indent}// guess, {guess.sure}: {comment(what)}" for what, guess in marked(field)]
    if not options:
        return [*lines, f"{start};"]
    if len(options) == 1 and not options[0].startswith("ref"):
        name, _, value = options[0].partition(": ")
        return [*lines, f"{start} [(gdata.field).{name} = {value}];"]
    one_line = f"{start} [(gdata.field) = {{{', '.join(options)}}}];"
    if len(one_line) <= _LINE:
        return [*lines, one_line]
    inner = f",\n{indent}  ".join(options)
    return [*lines, f"{start} [(gdata.field) = {{\n{indent}  {inner}\n{indent}}}];"]


def marked(field: GuessedField) -> Iterator[tuple[str, Guess]]:
    """What is worth a look in a field, and how sure it is."""
    if field.key is not None:
        yield f"the key, {field.key.why}", field.key
    if field.referred is not None:
        yield f"refers, {field.referred.why}", field.referred
    if field.grouped is not None:
        yield f"a list, {field.grouped.why}", field.grouped
    type_ = field.type.guess
    plain = field.type.kind in _PLAIN and not (field.type.enum or field.type.is_list)
    if not field.parts and (type_.sure == "unsure" or (type_.sure == "likely" and not plain) or field.type.enum):
        yield f"{field.type.enum or field.type.kind}, {type_.why}", type_
    if field.named.sure == "unsure":
        yield f"the name, {field.named.why}", field.named


def _options(field: GuessedField) -> list[str]:
    options = ["key: true"] if field.key is not None else []
    options += [f"column: {quoted(text)}" for text in field.columns]
    if field.type.separator:
        options.append(f"separator: {quoted(field.type.separator)}")
    for ref in field.refs:
        parts = [f"table: {quoted(ref.table)}"]
        parts += [f"field: {quoted(ref.field)}"] if ref.field else []
        parts += [f"when: {quoted(ref.when)}"] if ref.when else []
        parts += [f"none: {quoted(one)}" for one in ref.none]
        options.append(f"ref: {{{', '.join(parts)}}}")
    return options


def write_enum(enum: GuessedEnum) -> str:
    """An enum's declaration."""
    lines = [f"enum {enum.name} {{"]
    lines += [write_value(name, label, number) for number, (name, label) in enumerate(enum.values)]
    return "\n".join([*lines, "}"]) + "\n"


def write_value(name: str, label: str, number: int, indent: str = "  ") -> str:
    """An enum value's line."""
    option = f" [(gdata.value).label = {quoted(label)}]" if label else ""
    return f"{indent}{name} = {number}{option};"


def quoted(text: str) -> str:
    """A text as a .proto file writes it."""
    plain = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\{ord(found[0]):03o}", plain) + '"'


def comment(text: str) -> str:
    """A text from a sheet as part of a one-line comment."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:200]
