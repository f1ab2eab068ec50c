"""The versions of the game that a project names: who has them, what begins and ends with each, what nobody needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gdata.pipeline.versions.at import named_versions
from gdata.problems import Cell
from gdata.project import Project
from gdata.schema.plan import MessagePlan
from gdata.tables.stage import Parsed
from gdata.versions import Span, Version


@dataclass(frozen=True)
class Change:
    """Something that begins or ends with a version."""

    what: str
    """rows, column, overlay, table, field or value."""
    name: str
    """The table's short name; of a field or value, its full name."""
    version: Version
    ends: bool
    cells: tuple[Cell, ...] = ()
    """Where it stands in a sheet."""

    def as_json(self) -> dict[str, Any]:
        """The change in the shape of the JSON output."""
        return {"what": self.what, "name": self.name, "count": len(self.cells), "cells": list(map(str, self.cells))}


@dataclass(frozen=True)
class ListedVersion:
    """A version, who has it, and what begins and ends with it."""

    version: Version
    targets: tuple[str, ...]
    channels: tuple[str, ...]
    begins: tuple[Change, ...]
    ends: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """The version in the shape of the JSON output."""
        return {
            "version": str(self.version),
            "targets": list(self.targets),
            "channels": list(self.channels),
            "begins": [one.as_json() for one in self.begins],
            "ends": [one.as_json() for one in self.ends],
        }


def list_versions(project: Project, parsed: Parsed) -> list[ListedVersion]:
    """Every version that anything names, the earliest first."""
    changes, config = list(_changes(project, parsed)), project.config
    return [
        ListedVersion(
            version,
            tuple(one.name for one in config.targets if one.version == version),
            tuple(one.pattern for one in config.channels if one.version == version),
            tuple(one for one in changes if one.version == version and not one.ends),
            tuple(one for one in changes if one.version == version and one.ends),
        )
        for version in named_versions(project, parsed)
    ]


def not_needed(project: Project, versions: Sequence[ListedVersion]) -> list[Change]:
    """What has ended in every version that a target or channel has."""
    alive = [version for version in project.config.versions if version is not None]
    oldest = min(alive, default=None)
    return [one for listed in versions for one in listed.ends if oldest is None or one.version <= oldest]


def _changes(project: Project, parsed: Parsed) -> Iterator[Change]:
    for table in parsed.tables.values():
        for bound in table.bounds:
            cell = bound.cell
            is_across = any(entry.layout == "columns" and entry.title == cell.sheet for entry in project.config.entries)
            cells = [
                Cell(cell.spreadsheet, cell.sheet, *((0, line) if is_across else (line, 0))) for line in bound.lines
            ] or [cell]
            what = "column" if bound.word == "+" else "rows"
            yield Change(what, table.plan.name, bound.version, bound.word == "until", tuple(cells))
    for plan in project.plans.values():
        yield from _of_span("table", plan.name, plan.span)
    seen: set[str] = set()
    for plan in project.plans.values():
        yield from _of_message(plan.row, seen)
    for one in project.config.spreadsheets:
        for entry in one.sheets:
            names = ", ".join(name.rpartition(".")[2] for name in entry.tables)
            yield from _of_span("overlay", names, entry.span, (Cell(one.name, entry.title),))


def _of_message(message: MessagePlan, seen: set[str]) -> Iterator[Change]:
    if message.name in seen:
        return
    seen.add(message.name)
    for field in message.fields:
        yield from _of_span("field", field.descriptor.full_name, field.span)
        enum = field.value_type.enum_type
        if enum is not None and enum.full_name not in seen:
            seen.add(enum.full_name)
            for number, span in field.value_spans.items():
                yield from _of_span("value", f"{enum.full_name}.{field.enum_names[number]}", span)
        if field.message is not None:
            yield from _of_message(field.message, seen)


def _of_span(what: str, name: str, span: Span, cells: tuple[Cell, ...] = ()) -> Iterator[Change]:
    if span.since is not None:
        yield Change(what, name, span.since, False, cells)
    if span.until is not None:
        yield Change(what, name, span.until, True, cells)
