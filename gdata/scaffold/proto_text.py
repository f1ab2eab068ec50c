"""Guesses as the text of .proto files, new ones and additions to those that exist, where nothing else is touched.

What was guessed is marked, with how sure it is and why. Places in files that exist come from protoc's source info,
whose columns count bytes and take a tab to the next multiple of eight.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

from gdata.language import Sentence, sentence
from gdata.proto.descriptors import declarations
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
    rules = ["buf/validate/validate.proto"] if "(buf.validate." in text else []
    return [*rules, *([_OPTIONS] if "(gdata." in text else []), *found]


def _write_table(table: GuessedTable) -> str:
    sheets = ", ".join(sheet.title for sheet in table.sheets)
    about = f"{table.spreadsheet.name}: {sheets}"
    count = "one record" if table.is_record else f"{table.records:,} row{'s' if table.records != 1 else ''}"
    said = _comment_lines(dict.fromkeys(sheet.comment for sheet in table.sheets), "")
    groups = "  option (gdata.table) = {" + ", ".join(f"groups: {quoted(one)}" for one in table.groups) + "};"
    options = [groups] if table.groups else []
    lines = [f"// {comment(about)} ({count})", *said, f"message {table.row} {{"]
    lines += options if table.is_record else []
    for field in table.fields:
        lines += write_message(field, "  ")
    lines += [*_numbered(table.fields, 1, "  "), "}"]
    if not table.is_record:
        lines += ["", f"message {table.name} {{", *options, f"  repeated {table.row} rows = 1;", "}"]
    return "\n".join(lines) + "\n"


def write_message(field: GuessedField, indent: str) -> Iterator[str]:
    """The message of a field that has parts, with those of its parts in it; nothing for others."""
    if field.parts:
        yield f"{indent}message {field.message} {{"
        for part in field.parts:
            yield from write_message(part, f"{indent}  ")
        yield from _numbered(field.parts, 1, f"{indent}  ")
        yield f"{indent}}}"


def _numbered(fields: Sequence[GuessedField], first: int, indent: str) -> Iterator[str]:
    for number, field in enumerate(fields, start=first):
        yield from write_field(field, number, indent)


def write_field(field: GuessedField, number: int, indent: str) -> list[str]:
    """A field's lines: what was guessed of it, then itself."""
    label = "" if field.type.map_key else "repeated " if field.is_list else "optional " if field.optional else ""
    type_ = field.message if field.parts else field.type.proto
    options = _options(field)
    start = f"{indent}{label}{type_} {field.name} = {number}"
    lines = _comment_lines(dict.fromkeys(field.comments), indent)
    lines += [f"{indent}// guess, {guess.sure}: {comment(what.english)}" for what, guess in marked(field)]
    if field.rules:
        options = [f"(gdata.field) = {{{', '.join(options)}}}"] if options else []
        every = [*options, *field.rules]
        if len(every) == 1:
            return [*lines, f"{start} [{every[0]}];"]
        inner = f",\n{indent}  ".join(every)
        return [*lines, f"{start} [\n{indent}  {inner}\n{indent}];"]
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


def marked(field: GuessedField) -> Iterator[tuple[Sentence, Guess]]:
    """What is worth a look in a field, and how sure it is."""
    if field.key is not None:
        yield sentence("the key, {why}", why=field.key.why), field.key
    if field.referred is not None:
        yield sentence("refers, {why}", why=field.referred.why), field.referred
    if field.grouped is not None:
        yield sentence("a list, {why}", why=field.grouped.why), field.grouped
    type_ = field.type.guess
    plain = field.type.kind in _PLAIN and not (field.type.enum or field.type.is_list)
    if not field.parts and (type_.sure == "unsure" or (type_.sure == "likely" and not plain) or field.type.enum):
        yield sentence("{type}, {why}", type=field.type.enum or field.type.kind, why=type_.why), type_
    if field.named.sure == "unsure":
        yield sentence("the name, {why}", why=field.named.why), field.named


def _options(field: GuessedField) -> list[str]:
    options = ["key: true"] if field.key is not None else []
    options += [f"column: {quoted(text)}" for text in field.columns]
    if field.type.separator:
        options.append(f"separator: {quoted(field.type.separator)}")
    if field.absent_ok:
        options.append("absent_ok: true")
    if field.is_unique:
        options.append("unique: true")
    if field.path:
        options.append(f"path: {quoted(field.path)}")
    if field.type.flags:
        options.append(f"flags: {quoted(field.type.flags)}")
    # The two must differ, whether both are needed or not.
    inner = field.type.subseparator or (";" if field.type.separator == ":" else "")
    if inner:
        options.append(f"subseparator: {quoted(inner)}")
    options += [f"groups: {quoted(group)}" for group in field.groups]
    for ref in field.refs:
        parts = [f"table: {quoted(ref.table)}"]
        parts += [f"field: {quoted(ref.field)}"] if ref.field else []
        parts += [f"when: {quoted(ref.when)}"] if ref.when else []
        parts += [f"none: {quoted(one)}" for one in ref.none]
        options.append(f"ref: {{{', '.join(parts)}}}")
    return options


def write_enum(enum: GuessedEnum) -> str:
    """An enum's declaration."""
    about, *said = enum.comments or [""] * (1 + len(enum.values))
    lines = [*_comment_lines([about], ""), f"enum {enum.name} {{"]
    numbers = enum.numbers or range(len(enum.values))
    for number, (name, label), one in zip(numbers, enum.values, said, strict=True):
        lines += [*_comment_lines([one], "  "), write_value(name, label, number)]
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


def _comment_lines(texts: Iterable[str], indent: str) -> list[str]:
    return [f"{indent}// {comment(text)}" for text in texts if text]


_PACKAGE, _IMPORT, _SYNTAX = 2, 3, 12
_TAB = 8
# Numbers that protobuf keeps for itself.
_RESERVED = range(19_000, 20_000)


@dataclass
class ProtoEdit:
    """A .proto file and what is to be added to it, by offset in its bytes."""

    file: FileDescriptorProto
    content: bytes
    _inserted: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)

    def add_lines(self, name: str, lines: Sequence[str]) -> None:
        """Put lines before the closing brace of the message or enum `name` (without the package)."""
        end = self._offset(*self._end_of(name)) - 1
        start = self.content.rfind(b"\n", 0, end) + 1
        newline = self._newline
        if self.content[start:end].strip():
            # The brace stands behind something: `enum E { A = 0; }`.
            text = newline + newline.join(lines) + newline
            self._inserted.append((end, text.encode()))
        else:
            self._inserted.append((start, (newline.join(lines) + newline).encode()))

    def add_imports(self, names: Sequence[str]) -> None:
        """Import the files that aren't yet."""
        new = sorted(set(names) - set(self.file.dependency) - {self.file.name})
        if new:
            lines = "".join(f'import "{name}";{self._newline}' for name in new)
            blank = "" if self.file.dependency else self._newline
            self._inserted.append((self._after_head(), (blank + lines).encode()))

    def append(self, text: str) -> None:
        """Put messages and enums at the end."""
        start = "" if self.content.endswith(b"\n") else self._newline
        self._inserted.append((len(self.content), (start + text.replace("\n", self._newline)).encode()))

    @property
    def text(self) -> str:
        """The file with everything added."""
        result = self.content
        for offset, text in sorted(self._inserted, key=lambda one: one[0], reverse=True):
            result = result[:offset] + text + result[offset:]
        return result.decode()

    @property
    def _newline(self) -> str:
        return "\r\n" if b"\r\n" in self.content else "\n"

    def _end_of(self, name: str) -> tuple[int, int]:
        package = f"{self.file.package}." if self.file.package else ""
        path = dict(declarations(self.file))[package + name]
        return next(_span_end(one.span) for one in self.file.source_code_info.location if tuple(one.path) == path)

    def _after_head(self) -> int:
        """Behind the line of the last import; without one, of the package or the syntax."""
        heads = (_IMPORT,) if self.file.dependency else (_SYNTAX, _PACKAGE)
        ends = [_span_end(one.span) for one in self.file.source_code_info.location if one.path and one.path[0] in heads]
        end = self.content.find(b"\n", self._offset(*max(ends))) if ends else -1
        return end + 1 if ends and end >= 0 else 0

    def _offset(self, line: int, column: int) -> int:
        start = 0
        for _ in range(line):
            start = self.content.index(b"\n", start) + 1
        if not line and self.content.startswith(b"\xef\xbb\xbf"):
            start = 3
        reached = 0
        while reached < column:
            reached += _TAB - reached % _TAB if self.content[start : start + 1] == b"\t" else 1
            start += 1
        return start


def _span_end(span: Sequence[int]) -> tuple[int, int]:
    """protoc leaves the end's line out where it is that of the start."""
    return (span[2], span[3]) if len(span) == 4 else (span[0], span[2])


def next_field_number(message: DescriptorProto) -> int:
    """The first number behind all that a message uses, has reserved, or leaves to extensions."""
    used = [field.number + 1 for field in message.field]
    ends = [*(one.end for one in message.reserved_range), *(one.end for one in message.extension_range)]
    used += [end for end in ends if end < _RESERVED.start]
    number = max(used, default=1)
    return _RESERVED.stop if number in _RESERVED else number


def next_value_number(enum: EnumDescriptorProto) -> int:
    """The first number behind all that an enum uses or has reserved."""
    used = [value.number + 1 for value in enum.value] + [one.end + 1 for one in enum.reserved_range]
    return max([one for one in used if one < 2**31 - 1], default=1)
