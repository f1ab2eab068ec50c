"""Where in the .proto files a message, field or enum value is declared, from protoc's source info."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

# Field numbers in descriptor.proto, from which the paths of a SourceCodeInfo.Location are made.
_FILE_MESSAGE, _FILE_ENUM = 4, 5
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM = 2, 3, 4
_ENUM_VALUE = 2

SourcePath = tuple[int, ...]


class SourceLines:
    """`file.proto:12` of every full name declared in the given files."""

    def __init__(self, files: Sequence[FileDescriptorProto]) -> None:
        self._files = files

    def of(self, name: str) -> str:
        """Where `name` (game.Item, game.Item.price) is declared; without source info, the name itself."""
        return self.below(name) or name

    def below(self, name: str, *steps: int) -> str:
        """Where the part of a declaration stands that `steps` lead to, its options for example; "" if nowhere."""
        file, path = self._declared.get(name, (None, ()))
        line = self._lines[file.name].get((*path, *steps)) if file is not None else None
        return f"{file.name}:{line}" if file is not None and line is not None else ""

    def comment(self, name: str) -> str:
        """What the .proto file says of `name` above it or behind it, as one text; "" where it says nothing."""
        file, path = self._declared.get(name, (None, ()))
        if file is None:
            return ""
        comment = self._comments[file.name].get(path, "")
        return "\n".join(line.strip() for line in comment.strip().splitlines())

    @cached_property
    def _comments(self) -> dict[str, dict[SourcePath, str]]:
        return {
            file.name: {
                tuple(one.path): f"{one.leading_comments}\n{one.trailing_comments}"
                for one in file.source_code_info.location
                if one.leading_comments or one.trailing_comments
            }
            for file in self._files
        }

    @cached_property
    def _declared(self) -> dict[str, tuple[FileDescriptorProto, SourcePath]]:
        return {name: (file, path) for file in self._files for name, path in declarations(file)}

    @cached_property
    def _lines(self) -> dict[str, dict[SourcePath, int]]:
        return {
            file.name: {tuple(one.path): one.span[0] + 1 for one in file.source_code_info.location}
            for file in self._files
        }


def declarations(file: FileDescriptorProto) -> Iterator[tuple[str, SourcePath]]:
    """The full name of each message, field, enum and enum value of a file, with its path in the source info."""
    package = f"{file.package}." if file.package else ""
    return _declarations(package, file.message_type, file.enum_type, (_FILE_MESSAGE,), (_FILE_ENUM,))


def _declarations(
    prefix: str,
    messages: Iterable[DescriptorProto],
    enums: Iterable[EnumDescriptorProto],
    message_path: SourcePath,
    enum_path: SourcePath,
) -> Iterator[tuple[str, SourcePath]]:
    for index, message in enumerate(messages):
        name, path = prefix + message.name, (*message_path, index)
        yield name, path
        for number, field in enumerate(message.field):
            yield f"{name}.{field.name}", (*path, _MESSAGE_FIELD, number)
        yield from _declarations(
            f"{name}.", message.nested_type, message.enum_type, (*path, _MESSAGE_NESTED), (*path, _MESSAGE_ENUM)
        )
    for index, enum in enumerate(enums):
        name, path = prefix + enum.name, (*enum_path, index)
        yield name, path
        for number, value in enumerate(enum.value):
            yield f"{name}.{value.name}", (*path, _ENUM_VALUE, number)
