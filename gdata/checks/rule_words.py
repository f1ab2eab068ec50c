"""protovalidate's own rules in words: whole sentences with the bounds as people write them in a cell.

The engine's text has a float's bound as 0.10000000149011612, an enum's values by number, points in time in UTC, and is
English. A rule that a team wrote itself has the words that the team gave it.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from gdata.checks.text import element_text
from gdata.language import Sentence, sentence

_BY_ID: dict[str, Sentence] = {
    "required": sentence("must not be {now}"),
    "string.const": sentence("must equal {value}"),
    "string.len": sentence("must be {value} characters"),
    "string.min_len": sentence("must be at least {value} characters"),
    "string.max_len": sentence("must be at most {value} characters"),
    "string.len_bytes": sentence("must be {value} bytes"),
    "string.min_bytes": sentence("must be at least {value} bytes"),
    "string.max_bytes": sentence("must be at most {value} bytes"),
    "string.pattern": sentence("must have the form {value}"),
    "string.prefix": sentence("must begin with {value}"),
    "string.suffix": sentence("must end with {value}"),
    "string.contains": sentence("must have {value} in it"),
    "string.not_contains": sentence("must not have {value} in it"),
    "bytes.len": sentence("must be {value} bytes"),
    "bytes.min_len": sentence("must be at least {value} bytes"),
    "bytes.max_len": sentence("must be at most {value} bytes"),
    "enum.defined_only": sentence("must be one of the defined enum values"),
    "repeated.min_items": sentence("must have at least {value} elements"),
    "repeated.max_items": sentence("must have at most {value} elements"),
    "repeated.unique": sentence("must not have the same value twice"),
    "map.min_pairs": sentence("must have at least {value} entries"),
    "map.max_pairs": sentence("must have at most {value} entries"),
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
    return told.with_words(**_bounds(name, rules, field, timezone)) if told is not None else None


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
