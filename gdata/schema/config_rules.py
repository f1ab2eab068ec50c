"""Hold the rules of sheets.yaml to the schema: one that matches nothing is a typo, or outlived its table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from gdata.config import Config, GateRule
from gdata.errors import ConfigError
from gdata.language import say, sentence
from gdata.schema.plan import MessagePlan, TablePlan
from gdata.text import did_you_mean


def check_against_schema(config: Config, tables: Mapping[str, TablePlan]) -> None:
    """Check that every gate rule and severity rule is about a table, and fields, of the schema, and that there is a key
    where rows without one go on.

    `tables` is by short name.

    Raises:
        ConfigError: some match nothing; the message names each with its line.
    """
    wrong = [
        *_overlay_mistakes(config, tables),
        *_multirow_mistakes(config, tables),
        *_keys_mistakes(config, tables),
        *_severity_mistakes(config, tables),
        *_gate_mistakes(config, tables),
    ]
    if wrong:
        found = sorted(dict.fromkeys(wrong))
        lines = "\n".join(f"{config.path.name}:{line}: {text}" for line, text in found)
        raise ConfigError(lines, hint=sentence("mend the name, or delete the rule"))


def _multirow_mistakes(config: Config, tables: Mapping[str, TablePlan]) -> Iterator[tuple[int, str]]:
    keyless = {plan.message: plan.row.name for plan in tables.values() if not plan.key}
    for entry in (entry for spreadsheet in config.spreadsheets for entry in spreadsheet.sheets if entry.multirow):
        for message in keyless.keys() & set(entry.tables):
            yield (
                entry.line,
                say(
                    "{title}: multirow: {message} has no key that tells which rows belong together; "
                    "mark it in {row}: [(gdata.field).key = true]",
                    title=entry.title,
                    message=message,
                    row=keyless[message],
                ),
            )


def _keys_mistakes(config: Config, tables: Mapping[str, TablePlan]) -> Iterator[tuple[int, str]]:
    plans = {plan.message: plan for plan in tables.values()}
    for entry in (entry for spreadsheet in config.spreadsheets for entry in spreadsheet.sheets if entry.keys):
        for plan in (plans[message] for message in entry.tables if message in plans):
            if not plan.key or not plan.key[0].type.is_whole:
                what = (
                    say("the key {name} of {message} is no number", name=plan.key[0].name, message=plan.message)
                    if plan.key
                    else say("{message} has no key", message=plan.message)
                )
                yield (
                    entry.line,
                    say("{title}: keys: {reason}, so there are no ranges of keys", title=entry.title, reason=what),
                )


def _overlay_mistakes(config: Config, tables: Mapping[str, TablePlan]) -> Iterator[tuple[int, str]]:
    """Overlays of tables that have no rows of their own, or whose rows nothing tells apart."""
    entries = [entry for spreadsheet in config.spreadsheets for entry in spreadsheet.sheets]
    own = {message for entry in entries if not entry.overlay for message in entry.tables}
    for plan in tables.values():
        for entry in (entry for entry in entries if entry.overlay and plan.message in entry.tables):
            title, name = entry.title, plan.name
            if plan.message not in own:
                yield entry.line, say("{title}: overlay: no other sheet feeds {name}", title=title, name=name)
            elif plan.kind != "record" and not plan.key:
                yield (
                    entry.line,
                    say("{title}: overlay: {name} has no key by which its rows are found", title=title, name=name),
                )


def _severity_mistakes(config: Config, tables: Mapping[str, TablePlan]) -> Iterator[tuple[int, str]]:
    for name in config.severity.tables:
        if name not in tables:
            line = config.severity.lines.get(name, 1)
            yield line, say("severity: there is no table {name}; {near}", name=name, near=_nearest(name, tables))


def _gate_mistakes(config: Config, tables: Mapping[str, TablePlan]) -> Iterator[tuple[int, str]]:
    gates = [config.gate, *(channel.gate for channel in config.channels if channel.gate is not None)]
    for rule in (rule for gate in gates for rule in gate.rules):
        for glob in rule.tables:
            if not any(fnmatchcase(name, glob) for name in tables):
                yield (
                    rule.line,
                    say(
                        "the gate rule {rule}: no table matches {glob}; {near}",
                        rule=rule.name,
                        glob=glob,
                        near=_nearest(glob, tables),
                    ),
                )
        paths = _field_paths(rule, tables)
        for glob in rule.fields:
            if paths and not any(fnmatchcase(path, glob) for path in paths):
                yield (
                    rule.line,
                    say(
                        "the gate rule {rule}: no field matches {glob}; {near}",
                        rule=rule.name,
                        glob=glob,
                        near=_nearest(glob, paths),
                    ),
                )


def _field_paths(rule: GateRule, tables: Mapping[str, TablePlan]) -> dict[str, None]:
    """Every field path, without indexes, of the tables that the rule is about; empty where it is about none."""
    return {
        path: None
        for name, table in tables.items()
        if not rule.tables or any(fnmatchcase(name, glob) for glob in rule.tables)
        for path in _paths(table.row, "", ())
    }


def _paths(message: MessagePlan, prefix: str, above: tuple[str, ...]) -> Iterator[str]:
    for field in message.fields:
        yield prefix + field.name
        # A message may hold itself; no column reaches that deep.
        if field.message is not None and field.message.name not in above:
            yield from _paths(field.message, f"{prefix}{field.name}.", (*above, field.message.name))


def _nearest(name: str, choices: Mapping[str, object]) -> str:
    return did_you_mean(name, choices).strip() or say("there are {names}", names=", ".join(sorted(choices)[:10]))
