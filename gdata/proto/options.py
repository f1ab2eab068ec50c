"""Read custom options from descriptors of a private pool.

The options of a private pool's descriptors are messages of the default pool, which doesn't know the
extensions; they are parsed again with the pool's own classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumValueDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass


class ExtensionReader:
    """One extension for each kind of options (`FieldOptions` …) of one pool."""

    def __init__(self, pool: DescriptorPool, extensions: Mapping[str, str]) -> None:
        self._of: dict[str, tuple[Any, Any]] = {}
        try:
            for owner, extension in extensions.items():
                options = GetMessageClass(pool.FindMessageTypeByName(f"google.protobuf.{owner}"))
                self._of[owner] = options, pool.FindExtensionByName(extension)
        except KeyError:
            # No file imports the one that declares them, so none can use them.
            self._of.clear()

    @property
    def is_known(self) -> bool:
        """Whether any file of the pool may use them."""
        return bool(self._of)

    def read(self, owner: str, descriptor: Any) -> Any | None:
        """What a descriptor has in the extension of its kind of options; None where that is nothing."""
        if owner not in self._of or not descriptor.has_options:
            return None
        options_class, extension = self._of[owner]
        options = options_class.FromString(descriptor.GetOptions().SerializeToString())
        return options.Extensions[extension] if options.HasExtension(extension) else None


class OptionReader:
    """The gdata options of fields, enum values and messages of one pool; None where there are none."""

    def __init__(self, pool: DescriptorPool) -> None:
        extensions = {"FieldOptions": "field", "EnumValueOptions": "value", "MessageOptions": "table"}
        self._reader = ExtensionReader(pool, {owner: f"gdata.{name}" for owner, name in extensions.items()})

    def of_field(self, field: FieldDescriptor) -> Any | None:
        """The gdata.FieldOptions of a field."""
        return self._reader.read("FieldOptions", field)

    def of_enum_value(self, value: EnumValueDescriptor) -> Any | None:
        """The gdata.EnumValueOptions of an enum's value."""
        return self._reader.read("EnumValueOptions", value)

    def of_message(self, message: Descriptor) -> Any | None:
        """The gdata.TableOptions of a message."""
        return self._reader.read("MessageOptions", message)
