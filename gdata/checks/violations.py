"""From a protovalidate violation to the paths of the values it is about.

A rule on a field is about that field. A rule over a message is about the fields that it names: those of the
`this.x` in its CEL expression, or the members of its oneof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

from google.protobuf.descriptor import Descriptor

from gdata.checks.rowpaths import last_field, value_at
from gdata.checks.rule_words import rule_words
from gdata.checks.rules import FieldNames, RuleReader, named_fields
from gdata.language import Sentence, sentence
from gdata.parsing.view import Path
from gdata.proto.fields import element_field, key_field


class Tracer:
    """Traces the violations of one schema's rows; what it learns of a rule it keeps."""

    def __init__(self, rules: RuleReader) -> None:
        self._rules = rules
        self._told: dict[tuple[str, tuple[str, ...], str, bool], Sentence | None] = {}
        self._named: dict[tuple[str, ...], list[FieldNames]] = {}

    def paths(self, row: Any, violation: Any) -> list[Path]:
        """The paths in `row` that a violation (its protobuf form) is about, the one to show first."""
        path = tuple(_steps(violation.field.elements)) if violation.field is not None else ()
        if violation.for_key or is_standard(violation.rule):
            return [path]
        holder = value_at(row, path[:-1])
        if path and _is_oneof(holder, path[-1]):
            return [(*path[:-1], member.name) for member in holder.DESCRIPTOR.oneofs_by_name[path[-1]].fields]
        value = value_at(row, path)
        if not hasattr(value, "DESCRIPTOR"):
            return [path]
        return [(*path, *names) for names in self._names(row, path, value, violation)] or [path]

    def names_of_rule(self, message: Descriptor, rule_id: str) -> list[FieldNames]:
        """The fields that the message rule with this id names; none where there is no such rule."""
        known = self._named.get((message.full_name, rule_id))
        if known is None:
            expression = self._rules.expression(message, rule_id)
            known = named_fields(expression, message) if expression else []
            self._named[message.full_name, rule_id] = known
        return known

    def broken_value(self, row: Any, path: Path, violation: Any) -> Any:
        """What the broken rule of a field has in the .proto file: a pattern, a bound."""
        rules = self._rules_of(row, path, violation.rule.elements[:-1])
        return getattr(rules, violation.rule.elements[-1].field_name)

    def words(self, row: Any, path: Path, violation: Any, now: str | None, timezone: tzinfo) -> Sentence | str:
        """What a rule on the field at `path` asks for, whose value is `now`."""
        if not is_standard(violation.rule):
            # An expression without words of its own is all that there is to tell.
            is_bare = violation.message in ("", f'"{violation.rule_id}" returned false')
            return sentence("breaks the rule {rule}", rule=violation.rule_id) if is_bare else str(violation.message)
        names = tuple(step for step in path if isinstance(step, str))
        rule = row.DESCRIPTOR.full_name, names, violation.rule_id, violation.for_key
        if rule not in self._told:
            self._told[rule] = self._standard_words(row, path, violation, timezone)
        told = self._told[rule]
        return told.with_words(now=now or "") if told is not None else str(violation.message)

    def _standard_words(self, row: Any, path: Path, violation: Any, timezone: tzinfo) -> Sentence | None:
        field = last_field(row.DESCRIPTOR, path)
        field = key_field(field) if violation.for_key else element_field(field)
        rules = self._rules_of(row, path, violation.rule.elements[:-1])
        return rule_words(violation.rule_id, violation.rule.elements[-1].field_name, rules, field, timezone)

    def _names(self, row: Any, path: Path, value: Any, violation: Any) -> list[FieldNames]:
        if violation.rule is not None and violation.rule.elements:
            rule = self._rules_of(row, path, violation.rule.elements)
            expression = rule if isinstance(rule, str) else getattr(rule, "expression", None)
            return named_fields(expression, value.DESCRIPTOR) if expression else []
        if violation.rule_id == "message.oneof":
            return self._names_of_oneof(value, violation.message)
        return self.names_of_rule(value.DESCRIPTOR, violation.rule_id)

    def _names_of_oneof(self, value: Any, text: str) -> list[FieldNames]:
        rules = self._rules.of_message(value.DESCRIPTOR)
        for oneof in rules.oneof if rules is not None else ():
            if ", ".join(oneof.fields) in text:
                filled = [name for name in oneof.fields if _is_filled(value, name)]
                return [(name,) for name in filled or oneof.fields]
        return []

    def _rules_of(self, row: Any, path: Path, elements: Iterable[Any]) -> Any:
        """What the rules of a field have at `elements`: a group of rules, or one of them."""
        rule: Any = self._rules.of_field(last_field(row.DESCRIPTOR, path))
        for element in elements:
            rule = getattr(rule, element.field_name)
            if element.subscript is not None:
                rule = rule[element.subscript.value]
        return rule


def is_on_table(violation: Any) -> bool:
    """Whether a violation found in a table message is the table's own, not one of a row in it."""
    elements = violation.field.elements if violation.field is not None else ()
    return not elements or (len(elements) == 1 and elements[0].subscript is None)


def _steps(elements: Iterable[Any]) -> Iterator[str | int | bool]:
    for element in elements:
        yield element.field_name
        if element.subscript is not None:
            yield element.subscript.value


def is_standard(rule: Any) -> bool:
    """Whether a rule is one of protovalidate's own on a field, as `int64.gt`, not an expression."""
    return rule is not None and bool(rule.elements) and not rule.elements[-1].field_name.startswith("cel")


def _is_oneof(holder: Any, name: Any) -> bool:
    descriptor = getattr(holder, "DESCRIPTOR", None)
    return descriptor is not None and name in descriptor.oneofs_by_name and name not in descriptor.fields_by_name


def _is_filled(message: Any, name: str) -> bool:
    field = message.DESCRIPTOR.fields_by_name[name]
    return bool(message.HasField(name) if field.has_presence else getattr(message, name))
