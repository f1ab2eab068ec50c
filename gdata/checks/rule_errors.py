"""Constraints that make no sense, found before any row is read, and told at their line of the .proto file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor

from gdata.checks.rules import RuleReader, reachable_messages, unknown_fields
from gdata.errors import SchemaError
from gdata.nearest import did_you_mean
from gdata.proto.fields import is_map_entry
from gdata.proto.lines import SourcePath
from gdata.schema.schema import SHIPPED_PACKAGES, Schema

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
            f"{self._place(message, failure)}: {_in_one_line(failure)}", hint="mend the rule in the .proto file"
        )

    def _check_names(self, message: Descriptor) -> None:
        rules = self._rules.of_message(message)
        for rule in rules.cel if rules is not None else ():
            for name in unknown_fields(rule.expression, message):
                place = self._place(message, f"expression {rule.id}: ")
                raise SchemaError(
                    f"{place}: the rule {rule.id} names {name}, a field that {message.full_name} doesn't have",
                    hint=did_you_mean(name, message.fields_by_name) + "mend the rule",
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
