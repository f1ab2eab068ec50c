"""The protovalidate rules of a schema, as far as their violations need them: which fields an expression names.

A violation of a rule over a message says where the message is. Which cells it is about only the rule's
CEL expression tells: those of the `this.x` in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from gdata.proto.options import ExtensionReader

FieldNames = tuple[str, ...]
"""From a message down to a field: ("reward", "count")."""

_CEL_TEXT = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
_THIS = re.compile(r"(?<![\w.])this((?:\s*\.\s*[A-Za-z_]\w*(?!\s*\())+)")


def named_fields(expression: str, message: Descriptor) -> list[FieldNames]:
    """The fields of `message` that a CEL expression names as `this.a.b`, in its order, each once."""
    found: dict[FieldNames, None] = {}
    for names in _names_after_this(expression):
        found[tuple(_known_names(names, message))] = None
    found.pop((), None)
    return list(found)


def unknown_fields(expression: str, message: Descriptor) -> list[str]:
    """The `x` of each `this.x` that `message` doesn't have: CEL itself notices only when the rule runs."""
    firsts = (
        match[1].strip(" .\t\n").split(".")[0].strip() for match in _THIS.finditer(_CEL_TEXT.sub("''", expression))
    )
    return [name for name in firsts if name not in message.fields_by_name]


def _names_after_this(expression: str) -> Iterator[list[str]]:
    """Of each `this.a.b` its names; what is followed by a parenthesis is a function, not a field."""
    for match in _THIS.finditer(_CEL_TEXT.sub("''", expression)):
        yield re.findall(r"\w+", match[1])


def _known_names(names: list[str], message: Descriptor | None) -> Iterator[str]:
    for name in names:
        field = message.fields_by_name.get(name) if message is not None else None
        if field is None:
            return
        yield name
        message = None if field.is_repeated else field.message_type


class RuleReader:
    """The protovalidate options of one pool's messages and fields."""

    def __init__(self, pool: DescriptorPool) -> None:
        extensions = {"MessageOptions": "message", "FieldOptions": "field", "OneofOptions": "oneof"}
        self._reader = ExtensionReader(pool, {owner: f"buf.validate.{name}" for owner, name in extensions.items()})
        self._known: dict[str, Any] = {}

    def of_message(self, message: Descriptor) -> Any | None:
        """The buf.validate.MessageRules of a message."""
        return self._read("MessageOptions", message)

    def of_field(self, field: FieldDescriptor) -> Any | None:
        """The buf.validate.FieldRules of a field."""
        return self._read("FieldOptions", field)

    def constrains(self, message: Descriptor) -> bool:
        """Whether any rule holds for `message` or for what lies in it."""
        if not self._reader.is_known:
            return False
        name = f"reached {message.full_name}"
        if name not in self._known:
            self._known[name] = any(map(self._has_rules, reachable_messages(message)))
        return bool(self._known[name])

    def expression(self, message: Descriptor, rule_id: str) -> str | None:
        """The CEL expression of the message rule with this id."""
        rules = self.of_message(message)
        if rules is None:
            return None
        found = next((str(rule.expression) for rule in rules.cel if rule.id == rule_id), None)
        # A rule written as a bare expression has the expression itself for an id.
        return found or (rule_id if rule_id in rules.cel_expression else None)

    def _has_rules(self, message: Descriptor) -> bool:
        return (
            self.of_message(message) is not None
            or any(self.of_field(field) is not None for field in message.fields)
            or any(self._read("OneofOptions", oneof) is not None for oneof in message.oneofs)
        )

    def _read(self, owner: str, descriptor: Any) -> Any | None:
        name = f"{owner} {descriptor.full_name}"
        if name not in self._known:
            self._known[name] = self._reader.read(owner, descriptor)
        return self._known[name]


def reachable_messages(message: Descriptor) -> list[Descriptor]:
    """`message` and every message that lies in it, each once."""
    found = {message.full_name: message}
    waiting = [message]
    while waiting:
        for field in waiting.pop().fields:
            inner = field.message_type
            if inner is not None and inner.full_name not in found:
                found[inner.full_name] = inner
                waiting.append(inner)
    return list(found.values())
