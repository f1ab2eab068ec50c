"""From a protovalidate violation to the paths of the values it is about, and to words.

A rule on a field is about that field. A rule over a message is about the fields that it names: those of the
`this.x` in its CEL expression, or the members of its oneof.

The engine's text has a float's bound as 0.10000000149011612, an enum's values by number, points in time in UTC, and
is English: its own rules are said here in whole sentences, with the bounds as people write them in a cell. A rule that
a team wrote itself has the words that the team gave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gdata.checks.rules import FieldNames, RuleReader, named_fields
from gdata.checks.values import element_text, last_field, value_at
from gdata.language import Sentence, counted, sentence
from gdata.parsing.view import Path
from gdata.proto.descriptors import element_field, key_field


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


_BY_ID: dict[str, Sentence] = {
    "required": sentence("must not be {now}"),
    "string.const": sentence("must equal {value}"),
    "string.len": counted("must be {count} character", "must be {count} characters", 0),
    "string.min_len": counted("must be at least {count} character", "must be at least {count} characters", 0),
    "string.max_len": counted("must be at most {count} character", "must be at most {count} characters", 0),
    "string.len_bytes": counted("must be {count} byte", "must be {count} bytes", 0),
    "string.min_bytes": counted("must be at least {count} byte", "must be at least {count} bytes", 0),
    "string.max_bytes": counted("must be at most {count} byte", "must be at most {count} bytes", 0),
    "string.pattern": sentence("must have the form {value}"),
    "string.prefix": sentence("must begin with {value}"),
    "string.suffix": sentence("must end with {value}"),
    "string.contains": sentence("must have {value} in it"),
    "string.not_contains": sentence("must not have {value} in it"),
    "bytes.len": counted("must be {count} byte", "must be {count} bytes", 0),
    "bytes.min_len": counted("must be at least {count} byte", "must be at least {count} bytes", 0),
    "bytes.max_len": counted("must be at most {count} byte", "must be at most {count} bytes", 0),
    "enum.defined_only": sentence("must be one of the defined enum values"),
    "repeated.min_items": counted("must have at least {count} element", "must have at least {count} elements", 0),
    "repeated.max_items": counted("must have at most {count} element", "must have at most {count} elements", 0),
    "repeated.unique": sentence("must not have the same value twice"),
    "map.min_pairs": counted("must have at least {count} entry", "must have at least {count} entries", 0),
    "map.max_pairs": counted("must have at most {count} entry", "must have at most {count} entries", 0),
    "timestamp.lt_now": sentence("must lie in the past"),
    "timestamp.gt_now": sentence("must lie in the future"),
    "timestamp.within": sentence("must be within {value} of now"),
}
_BY_NAME: dict[str, Sentence] = {
    "const": sentence("must equal {value}"),
    "in": sentence("must be one of: {values}"),
    "not_in": sentence("must be none of: {values}"),
    "finite": sentence("must be finite"),
    "gt": sentence("must be greater than {low}"),
    "gte": sentence("must be at least {low}"),
    "lt": sentence("must be less than {high}"),
    "lte": sentence("must be at most {high}"),
    "gt_lt": sentence("must be greater than {low} and less than {high}"),
    "gt_lte": sentence("must be greater than {low} and at most {high}"),
    "gte_lt": sentence("must be at least {low} and less than {high}"),
    "gte_lte": sentence("must be from {low} to {high}"),
    "gt_lt_exclusive": sentence("must be greater than {low} or less than {high}"),
    "gt_lte_exclusive": sentence("must be greater than {low} or at most {high}"),
    "gte_lt_exclusive": sentence("must be at least {low} or less than {high}"),
    "gte_lte_exclusive": sentence("must be at least {low} or at most {high}"),
}
"""By the part of the id after the type, which many types share."""
_FORMS: dict[str, Sentence | str] = {
    "email": sentence("email address"),
    "hostname": sentence("host name"),
    "address": sentence("host name or IP address"),
    "host_and_port": sentence("host and port"),
    "ip": sentence("IP address"),
    "ipv4": sentence("IPv4 address"),
    "ipv6": sentence("IPv6 address"),
    "ip_prefix": sentence("IP prefix"),
    "ipv4_prefix": sentence("IPv4 prefix"),
    "ipv6_prefix": sentence("IPv6 prefix"),
    "ip_with_prefixlen": sentence("IP address with its prefix length"),
    "ipv4_with_prefixlen": sentence("IPv4 address with its prefix length"),
    "ipv6_with_prefixlen": sentence("IPv6 address with its prefix length"),
    "uri": sentence("address (https://…)"),
    "uri_ref": sentence("address or path"),
    "uuid": "UUID",
    "tuuid": "UUID",
    "ulid": "ULID",
    "protobuf_fqn": sentence("full name of protobuf"),
    "protobuf_dot_fqn": sentence("full name of protobuf"),
    "header_name": sentence("HTTP header name"),
    "header_value": sentence("HTTP header value"),
}
"""What a text (or bytes) must be one of, by the end of the rule's id."""


def rule_words(rule_id: str, name: str, rules: Any, field: FieldDescriptor, timezone: tzinfo) -> Sentence | None:
    """What a standard rule asks for; None where it is none of these. `{now}` is left to fill.

    `rules` are the protovalidate rules of the field's type (FloatRules …), `name` is the one that is broken, and
    `field` describes a value that they are about.
    """
    end = rule_id.rpartition(".")[2].removesuffix("_empty")
    if end in _FORMS:
        return sentence("must be a valid {form}", form=_FORMS[end])
    told = _BY_ID.get(rule_id) or _BY_NAME.get(end)
    if told is None:
        return None
    words = _bounds(name, rules, field, timezone)
    return told.counting(int(words.get("value", "0")), **words) if told.plural else told.with_words(**words)


def _bounds(name: str, rules: Any, field: FieldDescriptor, timezone: tzinfo) -> dict[str, str]:
    known = rules.DESCRIPTOR.fields_by_name
    has_labels = rules.DESCRIPTOR.name == "EnumRules"

    def text(which: str) -> str:
        value, own = getattr(rules, which), field if has_labels else known[which]
        values = value if known[which].is_repeated else [value]
        return ", ".join(element_text(own, one, timezone) or "" for one in values)

    places = {"value": [name], "values": [name], "low": ["gt", "gte"], "high": ["lt", "lte"]}
    return {
        word: text(one)
        for word, names in places.items()
        for one in names
        if one in known and (known[one].is_repeated or rules.HasField(one))
    }
