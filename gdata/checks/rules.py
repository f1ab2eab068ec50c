"""The protovalidate rules of a schema: which fields an expression names, and which rules make no sense.

A violation of a rule over a message says where the message is. Which cells it is about only the rule's CEL expression
tells: those of the `this.x` in it. Rules that make no sense are found before any row is read, and told at their line
of the .proto file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from gdata.errors import SchemaError
from gdata.language import say, sentence
from gdata.proto.descriptors import ExtensionReader, SourcePath, is_map_entry
from gdata.schema.schema import SHIPPED_PACKAGES, Schema
from gdata.text import did_you_mean

FieldNames = tuple[str, ...]
"""From a message down to a field: ("reward", "count")."""

_CEL_TEXT = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
_CLOCK = re.compile(r"\b(?:[lg]t_)?now\b|\bwithin\b")
"""What a rule that asks the clock has in its text: `lt_now`, `within`, or `now` in an expression."""
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

    def of_oneof(self, oneof: Any) -> Any | None:
        """The buf.validate.OneofRules of a oneof."""
        return self._read("OneofOptions", oneof)

    def constrains(self, message: Descriptor) -> bool:
        """Whether any rule holds for `message` or for what lies in it."""
        if not self._reader.is_known:
            return False
        name = f"reached {message.full_name}"
        if name not in self._known:
            self._known[name] = any(map(self.has_rules, reachable_messages(message)))
        return bool(self._known[name])

    def ask_for_now(self, message: Descriptor) -> bool:
        """Whether a rule for `message` or what lies in it compares with the clock: it may be broken tomorrow."""
        return self._reader.is_known and any(
            _asks_for_now(rules)
            for one in reachable_messages(message)
            for rules in (self.of_message(one), *map(self.of_field, one.fields))
            if rules is not None
        )

    def expression(self, message: Descriptor, rule_id: str) -> str | None:
        """The CEL expression of the message rule with this id."""
        rules = self.of_message(message)
        if rules is None:
            return None
        found = next((str(rule.expression) for rule in rules.cel if rule.id == rule_id), None)
        # A rule written as a bare expression has the expression itself for an id.
        return found or (rule_id if rule_id in rules.cel_expression else None)

    def has_rules(self, message: Descriptor) -> bool:
        """Whether a message has rules, or one of its own fields."""
        return (
            self.of_message(message) is not None
            or any(self.of_field(field) is not None for field in message.fields)
            or any(self.of_oneof(oneof) is not None for oneof in message.oneofs)
        )

    def _read(self, owner: str, descriptor: Any) -> Any | None:
        name = f"{owner} {descriptor.full_name}"
        if name not in self._known:
            self._known[name] = self._reader.read(owner, descriptor)
        return self._known[name]


def _asks_for_now(rules: Any) -> bool:
    """Whether it stands in their text, or in that of a project's own rule (buf.validate.predefined) that they name."""
    return _CLOCK.search(str(rules)) is not None or any(b"now" in options for options in _own_rules(rules))


def _own_rules(rules: Any) -> Iterator[bytes]:
    """The options of each extension among the rules, on the wire."""
    for field, value in rules.ListFields():
        if field.is_extension:
            yield field.GetOptions().SerializeToString()
        elif field.message_type is not None:
            for one in value if field.is_repeated else (value,):
                yield from _own_rules(one)


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


# Field numbers of descriptor.proto and of buf/validate/validate.proto, from which source paths are made.
_MESSAGE_OPTIONS, _FIELD_OPTIONS, _BUF_VALIDATE = 7, 8, 1159
_MESSAGE_CEL, _FIELD_CEL = 3, 23

_RULE = re.compile(r"(?:expression|program|evaluating) (?P<rule>\S+?):? ")
_FIELD = re.compile(r"on field \"(?P<field>[\w.]+)\"")
_TYPE = re.compile(r"embedded type (?P<type>[\w.]+) for")

# What the engine says when it runs a rule on an empty message: these are never the data's fault. A null is: an
# unset wrapper is one.
_NONSENSE = re.compile(r"no_such_field|Applying SELECT|unexpected type|No matching overloads(?!.*null)", re.DOTALL)


class RuleErrors:
    """Finds the rules of one schema that can't work."""

    def __init__(self, schema: Schema, rules: RuleReader) -> None:
        self._schema = schema
        self._rules = rules
        self._sound: set[str] = set()

    def check(self, message: Descriptor, validator: Any) -> None:
        """Compile the rules of `message` and of all that lies in it, and run them on empty messages.

        Raises:
            SchemaError: a rule doesn't compile, names a field that isn't there, or compares unlike types.
        """
        for one in reachable_messages(message):
            own = one.file.package not in SHIPPED_PACKAGES and not is_map_entry(one)
            if own and one.full_name not in self._sound:
                self._check_names(one)
                self._check_empty(one, validator)
                self._sound.add(one.full_name)

    def error(self, message: Descriptor, failure: str) -> SchemaError:
        """The error for what the engine says of a rule of `message`."""
        return SchemaError(
            f"{self._place(message, failure)}: {_in_one_line(failure)}",
            hint=sentence("mend the rule in the .proto file"),
        )

    def _check_names(self, message: Descriptor) -> None:
        rules = self._rules.of_message(message)
        for rule in rules.cel if rules is not None else ():
            for name in unknown_fields(rule.expression, message):
                place = self._place(message, f"expression {rule.id}: ")
                raise SchemaError(
                    sentence(
                        "{place}: the rule {id} names {field}, a field that {message} doesn't have",
                        place=place,
                        id=rule.id,
                        field=name,
                        message=message.full_name,
                    ),
                    hint=did_you_mean(name, message.fields_by_name) + say("mend the rule"),
                )

    def _check_empty(self, message: Descriptor, validator: Any) -> None:
        from protovalidate import CompilationError, EvaluationError

        try:
            validator.collect_violations(self._schema.message_class(message)())
        except CompilationError as error:
            raise self.error(message, str(error)) from error
        except EvaluationError as error:
            if _NONSENSE.search(str(error)):
                raise self.error(message, str(error)) from error

    def _place(self, message: Descriptor, failure: str) -> str:
        field, rule, inner = _FIELD.search(failure), _RULE.search(failure), _TYPE.search(failure)
        if field is not None:
            return self._schema.places.of(field["field"])
        owner = inner["type"] if inner is not None else message.full_name
        found = self._line_of(owner, rule["rule"]) if rule is not None else ""
        return found or self._schema.places.of(owner)

    def _line_of(self, message: str, rule: str) -> str:
        """`file.proto:12` of a CEL rule, on a message or one of its fields; "" where it isn't found."""
        found = (self._schema.places.below(name, *steps) for name, steps in self._places_of(message, rule))
        return next(filter(None, found), "")

    def _places_of(self, name: str, rule: str) -> Iterator[tuple[str, SourcePath]]:
        """Declarations and steps below them where the rule may stand, the closest first."""
        message = self._schema.message(name)
        if message is None:
            return
        own = self._rules.of_message(message)
        for number, one in enumerate(own.cel if own is not None else ()):
            if one.id == rule:
                yield name, (_MESSAGE_OPTIONS, _BUF_VALIDATE, _MESSAGE_CEL, number)
                yield name, (_MESSAGE_OPTIONS, _BUF_VALIDATE)
        for field in message.fields:
            rules = self._rules.of_field(field)
            for number, one in enumerate(rules.cel if rules is not None else ()):
                if one.id == rule:
                    yield field.full_name, (_FIELD_OPTIONS, _BUF_VALIDATE, _FIELD_CEL, number)
                    yield field.full_name, (_FIELD_OPTIONS, _BUF_VALIDATE)
            if rules is not None and rule.partition(".")[0] == rules.WhichOneof("type"):
                yield field.full_name, ()


def _in_one_line(failure: str) -> str:
    """The engine's words without the drawing of the expression below them."""
    words = failure.replace("ERROR: <input>:", "at ").splitlines()
    return " ".join(line.strip() for line in words[:1]) + "".join(
        f" in `{line.strip(' |')}`" for line in words[1:2] if line.strip(" |")
    )
