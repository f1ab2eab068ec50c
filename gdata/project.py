"""A project opened: its config, its schema, and the plans of the tables that its sheets feed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from gdata.config import Audience, Config, GateRule, SheetEntry, Spreadsheet
from gdata.configfile import find_config, load_config
from gdata.errors import ConfigError, SchemaError
from gdata.language import say, sentence
from gdata.text import did_you_mean

if TYPE_CHECKING:
    from gdata.schema.plan import MessagePlan, TablePlan
    from gdata.schema.schema import Schema
    from gdata.sources.grid import SheetRequest


@dataclass(frozen=True)
class Project:
    """Everything that is known before a sheet is read."""

    config: Config
    schema: Schema
    plans: Mapping[str, TablePlan]
    """By short name."""
    opened: int = field(default_factory=time.time_ns, compare=False)
    """When, in nanoseconds: none of its files was read before."""
    protos: Mapping[str, str] = field(default_factory=dict, compare=False)
    """`digests_of_protos` then; what is saved while a build goes on isn't in it."""

    def plans_of(self, entry: SheetEntry) -> tuple[TablePlan, ...]:
        """The tables that a line under `sheets:` feeds."""
        return tuple(self._by_message[name] for name in entry.tables)

    @cached_property
    def _by_message(self) -> dict[str, TablePlan]:
        return {plan.message: plan for plan in self.plans.values()}

    def spreadsheets_of(self, plan: TablePlan) -> Sequence[Spreadsheet]:
        """The spreadsheets that feed a table, in the order of sheets.yaml."""
        return self._feeding.get(plan.message, ())

    @cached_property
    def _feeding(self) -> dict[str, list[Spreadsheet]]:
        feeding: dict[str, list[Spreadsheet]] = {}
        for spreadsheet in self.config.spreadsheets:
            for message in dict.fromkeys(name for entry in spreadsheet.sheets for name in entry.tables):
                feeding.setdefault(message, []).append(spreadsheet)
        return feeding

    def only(self, named: frozenset[str]) -> Project:
        """The project with only those sheets that feed the named tables."""
        messages = {self.plans[name].message for name in named}

        def keep(entry: SheetEntry) -> bool:
            return not messages.isdisjoint(entry.tables)

        spreadsheets = [
            replace(spreadsheet, sheets=tuple(filter(keep, spreadsheet.sheets)))
            for spreadsheet in self.config.spreadsheets
            if any(map(keep, spreadsheet.sheets))
        ]
        return replace(self, config=replace(self.config, spreadsheets=tuple(spreadsheets)))

    def requests(self, spreadsheet: Spreadsheet) -> list[SheetRequest]:
        """What to ask a spreadsheet's source for, an entry a request."""
        return self.requests_of(spreadsheet.sheets)

    def requests_of(self, entries: Iterable[SheetEntry]) -> list[SheetRequest]:
        """The same for some of its entries."""
        from gdata.sources.grid import SheetRequest

        return [
            SheetRequest(
                entry.title,
                is_glob=entry.is_glob,
                has_times=any(plan.has_times for plan in self.plans_of(entry)),
                needs_merges=entry.merged == "fill",
                header_row=entry.header_row if entry.layout == "rows" else 0,
            )
            for entry in entries
        ]

    @cached_property
    def audiences(self) -> list[Audience]:
        """The different tags and versions that targets have: each sees the sheets in its own way."""
        return list(dict.fromkeys(target.audience for target in self.config.targets))

    @property
    def slot(self) -> str:
        """What the files that are kept for it end with, where its targets are given other versions for once."""
        if self.config.asked_at is None:
            return ""
        return f"@{crc32(repr(self.audiences).encode()):08x}"

    @property
    def state(self) -> Path:
        """`.gdata/`."""
        return self.config.state


def read_config(path: Path | None = None) -> Config:
    """The config in `path`, else the sheets.yaml found upwards from the current folder.

    Raises:
        UsageError: there is none.
        ConfigError: it is wrong; file and line lead the message.
    """
    return load_config(path or find_config(Path.cwd()), os.environ)


def open_project(config: Config) -> Project:
    """Compile the schemas and plan the tables that the sheets feed.

    Raises:
        SchemaError: a .proto doesn't compile, or a message that sheets are mapped to is no table.
        ConfigError: sheets.yaml names a message that doesn't exist, or a rule in it is about nothing.
    """
    # Commands that compile nothing read the config through this module too, and start in half the time.
    from gdata.schema.protoc import compile_protos
    from gdata.schema.schema import Schema

    opened, protos = time.time_ns(), digests_of_protos(config.protos)
    project = plan_project(config, Schema(compile_protos(config.protos, config.state)))
    return replace(project, opened=opened, protos=protos)


def digests_of_protos(folder: Path) -> dict[str, str]:
    """The hex SHA-256 of each .proto file that a build goes by, by its path there; none where one can't be read."""
    from gdata.schema.protoc import read_protos

    with suppress(SchemaError):
        own, imported = read_protos(folder)
        return {name: hashlib.sha256(content).hexdigest() for name, content in (own | imported).items()}
    return {}


def plan_project(config: Config, schema: Schema) -> Project:
    """The project with a schema that is compiled already."""
    _check_messages(config, schema)
    plans = schema.tables(_tables(config))
    check_against_schema(config, plans)
    return Project(config, schema, plans)


def _check_messages(config: Config, schema: Schema) -> None:
    wrong: list[str] = []
    layouts: dict[str, tuple[bool, SheetEntry]] = {}
    for entry in config.entries:
        for name in entry.tables:
            place = f"{config.path.name}:{entry.line}: {entry.title}"
            if schema.message(name) is None:
                wrong.append(
                    say(
                        "{place}: there is no message {name}; {nearest}",
                        place=place,
                        name=name,
                        nearest=_nearest_message(name, schema.message_names),
                    )
                )
                continue
            is_record = entry.layout == "vertical"
            known, other = layouts.setdefault(name, (is_record, entry))
            if known != is_record:
                wrong.append(
                    say(
                        "{place}: {name} is one record here and many rows in {title} (line {line})",
                        place=place,
                        name=name,
                        title=other.title,
                        line=other.line,
                    )
                )
    if wrong:
        raise ConfigError(
            "\n".join(wrong), hint=sentence("write the full name of the table's message: package.Message")
        )


def _nearest_message(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known).strip() or say("the messages are {names}", names=", ".join(known[:8]))


def _tables(config: Config) -> list[tuple[str, bool]]:
    pairs = ((name, entry.layout == "vertical") for entry in config.entries for name in entry.tables)
    return list(dict.fromkeys(pairs))


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
    for entry in (entry for entry in config.entries if entry.multirow):
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
    for entry in (entry for entry in config.entries if entry.keys):
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
    own = {message for entry in config.entries if not entry.overlay for message in entry.tables}
    for plan in tables.values():
        for entry in (entry for entry in config.entries if entry.overlay and plan.message in entry.tables):
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
    for rule in config.gate_rules:
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
    for one in message.fields:
        yield prefix + one.name
        # A message may hold itself; no column reaches that deep.
        if one.message is not None and one.message.name not in above:
            yield from _paths(one.message, f"{prefix}{one.name}.", (*above, one.message.name))


def _nearest(name: str, choices: Mapping[str, object]) -> str:
    return did_you_mean(name, choices).strip() or say("there are {names}", names=", ".join(sorted(choices)[:10]))
