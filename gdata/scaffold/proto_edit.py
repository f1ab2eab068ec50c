"""Add to .proto files that exist: fields, enum values, messages, imports. What stands there isn't touched.

Places come from protoc's source info, whose columns count bytes and take a tab to the next multiple of eight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

from gdata.proto.lines import declarations

_PACKAGE, _IMPORT, _SYNTAX = 2, 3, 12
_TAB = 8
# Numbers that protobuf keeps for itself.
_RESERVED = range(19_000, 20_000)


@dataclass
class ProtoEdit:
    """A .proto file and what is to be added to it, by offset in its bytes."""

    file: FileDescriptorProto
    content: bytes
    _inserted: list[tuple[int, bytes]] = field(default_factory=list)

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
