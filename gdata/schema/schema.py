"""A project's schema: the descriptors of its .proto files, and the plans of the tables in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumValueDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.internal import api_implementation
from google.protobuf.message_factory import GetMessageClass

from gdata.errors import OutsideError, SchemaError
from gdata.language import say, sentence
from gdata.proto.descriptors import OptionReader, SourceLines, pool_of
from gdata.schema.enums import EnumReader
from gdata.schema.plan import TablePlan
from gdata.schema.planner import Planner
from gdata.text import did_you_mean
from gdata.versions import Span, Version

SHIPPED_PACKAGES = ("google.protobuf", "buf.validate", "gdata")
"""Packages of the files that come with the tools; no table of a project lies in them."""


class Schema:
    """The compiled .proto files of a project, in a descriptor pool of their own."""

    def __init__(self, descriptors: bytes) -> None:
        """`descriptors` is a serialized FileDescriptorSet, dependencies first, with source info where it matters."""
        if api_implementation.Type() != "upb":
            raise OutsideError(
                sentence(
                    "protobuf runs as {Type} here, without the C code (upb) that gdata needs",
                    Type=api_implementation.Type(),
                ),
                hint=sentence(
                    "unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION, or install protobuf from a wheel for this platform"
                ),
            )
        self.descriptors = descriptors
        self.files = FileDescriptorSet.FromString(descriptors)
        self.pool = pool_of(self.files)
        self._options = OptionReader(self.pool)
        self._planner = Planner(self._options, self.places)

    @cached_property
    def places(self) -> SourceLines:
        """Where in the .proto files each name is declared."""
        return SourceLines(self.project_files)

    @property
    def project_files(self) -> list[FileDescriptorProto]:
        """The files that aren't shipped with the tools."""
        return [file for file in self.files.file if file.package not in SHIPPED_PACKAGES]

    @cached_property
    def message_names(self) -> list[str]:
        """Full names of the project's top-level messages."""
        prefix_of = {file.name: f"{file.package}." if file.package else "" for file in self.project_files}
        return [prefix_of[file.name] + message.name for file in self.project_files for message in file.message_type]

    def message(self, name: str) -> Descriptor | None:
        """The message with this full name."""
        try:
            found: Descriptor = self.pool.FindMessageTypeByName(name)
        except KeyError:
            return None
        return found

    def message_class(self, descriptor: Descriptor) -> Any:
        """The class to make messages of `descriptor`."""
        return GetMessageClass(descriptor)

    def groups_of(self, field: FieldDescriptor) -> tuple[str, ...]:
        """The groups of a field: which targets with `groups` see it."""
        options = self._options.of_field(field)
        return tuple(options.groups) if options is not None else ()

    def has_field(self, field: FieldDescriptor, version: Version | None) -> bool:
        """Whether there is a field in `version`."""
        return _is_in(self._options.of_field(field), version)

    def has_value(self, value: EnumValueDescriptor, version: Version | None) -> bool:
        """Whether there is an enum's value in `version`."""
        return _is_in(self._options.of_enum_value(value), version)

    def enum_labels(self, name: str) -> Mapping[str, int]:
        """Every folded text that means a value of the enum with this full name; {} where there is no such enum.

        Raises:
            SchemaError: a text means two of its values.
        """
        try:
            enum = self.pool.FindEnumTypeByName(name)
        except KeyError:
            return {}
        return EnumReader(self._options, self.places).labels(enum)

    def table(self, name: str, *, is_record: bool = False) -> TablePlan:
        """The plan of the table `name` (a full name); `is_record`: the message itself is the one record.

        Raises:
            SchemaError: there is no such message, it is no table, or an option in it makes no sense.
        """
        descriptor = self.message(name)
        if descriptor is None:
            raise SchemaError(
                sentence("there is no message {name} in the .proto files", name=name),
                hint=did_you_mean(name, self.message_names) + say("write the full name: package.Message"),
            )
        return self._planner.plan_table(descriptor, is_record=is_record)

    def tables(self, names: Iterable[tuple[str, bool]]) -> dict[str, TablePlan]:
        """The plans of several tables, each given as full name and `is_record`, by short name.

        Raises:
            SchemaError: as for `table`; or two short names are equal without regard to case.
        """
        plans: dict[str, TablePlan] = {}
        taken: dict[str, str] = {}
        for name, is_record in names:
            plan = self.table(name, is_record=is_record)
            other = taken.setdefault(plan.name.casefold(), name)
            if other != name:
                raise SchemaError(
                    sentence(
                        "{place}: the tables {other} and {name} have the same short name",
                        place=self.places.of(name),
                        other=other,
                        name=name,
                    ),
                    hint=sentence(
                        "a table's file has its short name, so it must be unique without regard to case; rename one"
                    ),
                )
            plans[plan.name] = plan
        return plans


def _is_in(options: Any, version: Version | None) -> bool:
    # What is no version the planner has refused.
    return options is None or Span(Version.read(options.since), Version.read(options.until)).has(version)
