"""Read the options of gdata/options.proto from descriptors of a private pool.

The options of a private pool's descriptors are messages of the default pool, which doesn't know the
extensions; they are parsed again with the pool's own classes.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, EnumValueDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass


class OptionReader:
    """The gdata options of fields, enum values and messages of one pool; None where there are none."""

    def __init__(self, pool: DescriptorPool) -> None:
        self._of: dict[str, tuple[Any, Any]] = {}
        for owner, extension in (
            ("FieldOptions", "gdata.field"),
            ("EnumValueOptions", "gdata.value"),
            ("MessageOptions", "gdata.table"),
        ):
            try:
                options = GetMessageClass(pool.FindMessageTypeByName(f"google.protobuf.{owner}"))
                self._of[owner] = options, pool.FindExtensionByName(extension)
            except KeyError:
                # No file imports gdata/options.proto, so none can use it.
                return

    def of_field(self, field: FieldDescriptor) -> Any | None:
        """The gdata.FieldOptions of a field."""
        return self._read("FieldOptions", field)

    def of_enum_value(self, value: EnumValueDescriptor) -> Any | None:
        """The gdata.EnumValueOptions of an enum's value."""
        return self._read("EnumValueOptions", value)

    def of_message(self, message: Descriptor) -> Any | None:
        """The gdata.TableOptions of a message."""
        return self._read("MessageOptions", message)

    def _read(self, owner: str, descriptor: Any) -> Any | None:
        if owner not in self._of or not descriptor.has_options:
            return None
        options_class, extension = self._of[owner]
        options = options_class.FromString(descriptor.GetOptions().SerializeToString())
        return options.Extensions[extension] if options.HasExtension(extension) else None
