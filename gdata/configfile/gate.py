"""The `gate:`, `channels:` and `severity:` of sheets.yaml."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, cast

from gdata.config import DENIALS, LIMITS, Channel, Gate, GateRule, Limit, SchemaRule, SeverityRules
from gdata.configfile.document import Fields, Value, shown
from gdata.configfile.names import check_name, check_pattern, read_version
from gdata.language import say, sentence
from gdata.problems import Kind
from gdata.text import did_you_mean

_SCHEMA_RULES = ("readers", "wire", "wire_json", "file", "off")
_CODE_HINT = sentence("write the code as the problem shows it, like cell.blank")
_LEVELS = ("error", "warning", "off")
_RULE_KEYS = ("name", "tables", "fields", "metrics", "level", "deny", *LIMITS)
_RESERVED_RULES = {
    "schema": sentence("broken schemas go under that name"),
    "yanked": sentence("`--allow yanked` means something else"),
}
# These are about whole rows and tables, so a list of fields could only mislead.
_DENIALS_WITHOUT_FIELDS = ("added_rows", "removed_rows", "added_table", "removed_table")


def read_gate(value: Value) -> Gate:
    """`off`, or the schema's category and the rules."""
    if value.is_off:
        return Gate(schema="off")
    fields = value.fields(("schema", "rules"))
    schema = cast(SchemaRule, fields.get("schema", lambda one: one.choice(_SCHEMA_RULES), "readers"))
    return Gate(schema, fields.get("rules", _read_rules, ()))


def _read_rules(value: Value) -> tuple[GateRule, ...]:
    rules = value.each(_read_rule)
    lines: dict[str, int] = {}
    for rule in rules:
        if rule.name in lines:
            wrong = say("a rule {name} stands in line {lines} too", name=rule.name, lines=lines[rule.name])
            value.keep(value.document.error(rule.line, wrong, say("rename one of them")))
        lines.setdefault(rule.name, rule.line)
    return rules


def _read_rule(value: Value) -> GateRule:
    fields = value.fields(_RULE_KEYS)
    name = fields.required("name", "name: no-removed-items").word()
    check_name(name, fields.entries["name"])
    if name in _RESERVED_RULES:
        raise fields.entries["name"].error(
            say("{name} can't name a rule: {reason}", name=name, reason=_RESERVED_RULES[name]),
            say("choose another name"),
        )
    tables = fields.get("tables", _read_globs, ())
    globs = fields.get("fields", _read_globs, ())
    level: Any = fields.get("level", lambda one: one.choice(("block", "warn")), "block")
    what = _the_one_measure(fields)
    metrics = fields.get("metrics", _read_globs, ())
    if metrics:
        _check_metric_rule(fields, what)
    if what != "deny":
        limit_by = fields.get(what, _read_bound if what in ("min", "max") else _read_limit, Limit(0))
        return GateRule(name, tables, globs, level, limit=what, limit_by=limit_by, line=value.line, metrics=metrics)
    deny = fields.get("deny", lambda one: one.choice(DENIALS), "any")
    if globs and deny in _DENIALS_WITHOUT_FIELDS:
        raise fields.entries["fields"].error(
            say("deny: {deny} is about whole rows, not fields", deny=deny), say("delete the line `fields`")
        )
    return GateRule(name, tables, globs, level, deny=deny, line=value.line)


def _check_metric_rule(fields: Fields, what: str) -> None:
    """A rule over metrics is about no table, and about numbers alone."""
    for other in ("tables", "fields"):
        if other in fields:
            raise fields.entries[other].error(
                say("a rule is about metrics or about {subject}, not both", subject=other),
                say("make each a rule of its own"),
            )
    if what in ("deny", "max_changed_rows"):
        raise fields.entries[what].error(
            say("{condition} is about rows, not metrics", condition=what),
            say("write max_change, max_increase, max_decrease, min or max"),
        )


def _the_one_measure(fields: Fields) -> str:
    found = [key for key in ("deny", *LIMITS) if key in fields]
    if len(found) != 1:
        what = " and ".join(found) if found else say("none of them")
        raise fields.value.error(
            say("a rule needs exactly one of deny, {limits}, found {found}", limits=", ".join(LIMITS), found=what),
            say("make each a rule of its own"),
        )
    return found[0]


def _read_globs(value: Value) -> tuple[str, ...]:
    globs = tuple(item.word() for item in value.items())
    if not globs:
        raise value.error(say("the list is empty"), say("delete the line: without it, all are meant"))
    for item, glob in zip(value.items(), globs, strict=True):
        if not re.fullmatch(r"[\w.*?]+", glob):
            raise item.error(
                say("{shown} isn't a name or a glob of * and ?", shown=shown(glob)),
                say("write fields without indexes, like rewards.count"),
            )
    return globs


def _read_limit(value: Value) -> Limit:
    text = value.text() if value.type == "str" else value.written
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,15})?)\s*(%?)", text, re.ASCII)
    if found is None:
        raise value.error(
            say("{shown} isn't a limit", shown=shown(value.written)),
            say("write a number like 100, or a percentage like 20%"),
        )
    return Limit(float(found[1]), percent=bool(found[2]))


def _read_bound(value: Value) -> Limit:
    text = value.text() if value.type == "str" else value.written
    if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", text, re.ASCII) is None:
        raise value.error(
            say("{shown} isn't a number", shown=shown(value.written)), say("write a number like 100, -1 or 0.5")
        )
    return Limit(float(text))


def read_channels(value: Value) -> tuple[Channel, ...]:
    """The settings of channels, by name or glob."""
    return value.each_entry(_read_channel)


def _read_channel(pattern: str, value: Value) -> Channel:
    check_pattern(pattern, value)
    if value.is_null:
        return Channel(pattern)
    fields = value.fields(("protected", "gate", "version"))
    return Channel(
        pattern,
        fields.get("protected", Value.flag, False),
        fields.get("gate", read_gate, None),
        fields.get("version", read_version, None),
    )


def read_severity(value: Value) -> SeverityRules:
    """Levels by code; under a table's short name, levels by code for that table alone."""
    codes: dict[str, str] = {}
    tables: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    for key, entry in value.entries():
        if entry.type == "map":
            tables[key] = dict(entry.each_entry(_read_level))
            lines[key] = entry.line
        else:
            codes.update(entry.collect(partial(_read_level, key)))
    return SeverityRules(codes, tables, lines)


def _read_level(code: str, value: Value) -> tuple[str, str]:
    level = value.choice(_LEVELS)
    known = _known_codes()
    families = tuple(one.removesuffix("*") for one in known if one.endswith(".*"))
    if code.endswith("*") or not (code in known or code.startswith(families)):
        raise value.error(
            say("there is no problem of the code {shown}", shown=shown(code)),
            f"{did_you_mean(code, known)}{_CODE_HINT}",
        )
    return code, level


def _known_codes() -> list[str]:
    from gdata import kinds

    return sorted({kind.code for kind in vars(kinds).values() if isinstance(kind, Kind)})
