"""A project opened: its config, its schema, and the plans of the tables that its sheets feed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from gdata.config import Audience, Config, SheetEntry, Spreadsheet
from gdata.configfile import find_config, load_config
from gdata.errors import ConfigError
from gdata.language import say, sentence
from gdata.sources.grid import SheetRequest
from gdata.text import did_you_mean

if TYPE_CHECKING:
    from gdata.schema.plan import TablePlan
    from gdata.schema.schema import Schema


@dataclass(frozen=True)
class Project:
    """Everything that is known before a sheet is read."""

    config: Config
    schema: Schema
    plans: Mapping[str, TablePlan]
    """By short name."""

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

    def requests(self, spreadsheet: Spreadsheet) -> list[SheetRequest]:
        """What to ask a spreadsheet's source for, an entry a request."""
        return self.requests_of(spreadsheet.sheets)

    def requests_of(self, entries: Iterable[SheetEntry]) -> list[SheetRequest]:
        """The same for some of its entries."""
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

    return plan_project(config, Schema(compile_protos(config.protos, config.state)))


def plan_project(config: Config, schema: Schema) -> Project:
    """The project with a schema that is compiled already."""
    from gdata.schema.config_rules import check_against_schema

    _check_messages(config, schema)
    plans = schema.tables(_tables(config))
    check_against_schema(config, plans)
    return Project(config, schema, plans)


def _entries(config: Config) -> Iterator[tuple[Spreadsheet, SheetEntry]]:
    for spreadsheet in config.spreadsheets:
        for entry in spreadsheet.sheets:
            yield spreadsheet, entry


def _check_messages(config: Config, schema: Schema) -> None:
    wrong: list[str] = []
    layouts: dict[str, tuple[bool, SheetEntry]] = {}
    for _, entry in _entries(config):
        for name in entry.tables:
            place = f"{config.path.name}:{entry.line}: {entry.title}"
            if schema.message(name) is None:
                wrong.append(
                    say(
                        "{place}: there is no message {name}; {nearest}",
                        place=place,
                        name=name,
                        nearest=_nearest(name, schema.message_names),
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


def _nearest(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known).strip() or say("the messages are {names}", names=", ".join(known[:8]))


def _tables(config: Config) -> list[tuple[str, bool]]:
    pairs = ((name, entry.layout == "vertical") for _, entry in _entries(config) for name in entry.tables)
    return list(dict.fromkeys(pairs))
