"""Where in the .proto files a message, field or enum value is declared, from protoc's source info."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

# Field numbers in descriptor.proto, from which the paths of a SourceCodeInfo.Location are made.
_FILE_MESSAGE, _FILE_ENUM = 4, 5
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM = 2, 3, 4
_ENUM_VALUE = 2

_Path = tuple[int, ...]


class Places:
    """`file.proto:12` of every full name declared in the given files."""

    def __init__(self, files: Sequence[FileDescriptorProto]) -> None:
        self._files = files

    def of(self, name: str) -> str:
        """Where `name` (game.Item, game.Item.price) is declared; without source info, the name itself."""
        return self._by_name.get(name, name)

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {name: place for file in self._files for name, place in _places(file)}


def _places(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    lines = {tuple(location.path): location.span[0] + 1 for location in file.source_code_info.location}
    package = f"{file.package}." if file.package else ""
    for name, path in _declarations(package, file.message_type, file.enum_type, (_FILE_MESSAGE,), (_FILE_ENUM,)):
        if path in lines:
            yield name, f"{file.name}:{lines[path]}"


def _declarations(
    prefix: str,
    messages: Iterable[DescriptorProto],
    enums: Iterable[EnumDescriptorProto],
    message_path: _Path,
    enum_path: _Path,
) -> Iterator[tuple[str, _Path]]:
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
