"""The sheets as other versions of the game have them, without anything being written: checked at each version, as a
side of a diff, or listed with what begins and ends with each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gdata.bundles.encode import EncodedBundle, encode_build
from gdata.bundles.manifest import FileEntry
from gdata.bundles.reader import Bundle
from gdata.checks.references.existing import gone_once, gone_place
from gdata.diffs.model import Side
from gdata.errors import DataError
from gdata.events import Listener
from gdata.language import Sentence, counted, sentence
from gdata.pipeline.build import BuildInput, Checked, check, check_from, with_links
from gdata.pipeline.check import check_all, views_for
from gdata.pipeline.origins import origins_of
from gdata.pipeline.releasing.channels import read_version
from gdata.problems import Cell, Problem
from gdata.project import Project
from gdata.schema.plan import MessagePlan
from gdata.tables import Parsed
from gdata.versions import Span, Version

AT = "at:"
"""What begins the name of a side that is built in memory: `at:1.5`."""


def check_every(project: Project, listener: Listener, *, offline: bool = False, strict: bool = False) -> Checked:
    """Check each version that anything names; every problem says at which of them it holds."""
    now = check(project, listener, offline=offline, strict=strict)
    versions = named_versions(project, now.parsed)
    if not versions:
        return now
    targets = [replace(target, version=version) for version in versions for target in project.config.targets]
    every = replace(project, config=replace(project.config.at(versions[0]), targets=tuple(targets)))
    checked = check_from(every, listener, BuildInput(pulled=now.parsed.pulled, is_now=True))
    found = {version: check_all(_at(project, version), checked.parsed, listener, strict=strict) for version in versions}
    problems = with_links(project, _joined(found), now.parsed.gids, may_ask=not offline)
    return replace(now, problems=problems)


def named_versions(project: Project, parsed: Parsed) -> list[Version]:
    """Every version that sheets, schemas, targets or channels name, the earliest first."""
    found = {version for version in project.config.versions if version is not None}
    spans = [plan.span for plan in project.plans.values()]
    spans += [span for plan in project.plans.values() for span in plan.row.spans]
    spans += [entry.span for entry in project.config.entries]
    found |= {bound for span in spans for bound in (span.since, span.until) if bound is not None}
    found |= {bound.version for table in parsed.tables.values() for bound in table.bounds}
    return sorted(found)


def at_side(project: Project, name: str, listener: Listener) -> Side:
    """The side `at:VERSION`: built in memory from the last pull.

    Raises:
        UsageError: it is no version, or nothing was pulled yet.
        DataError: the sheets have errors in that version.
    """
    version = read_version(name.removeprefix(AT))
    one = _at(project, version)
    checked = check(one, listener, offline=True)
    if not checked.ok:
        errors = sum(problem.severity == "error" for problem in checked.problems)
        raise DataError(
            sentence(
                "in version {version} the sheets have {errors}",
                version=version,
                errors=counted("{count} error", "{count} errors", errors),
            ),
            hint=sentence("`gdata check --at {version}` tells them", version=version),
        )
    targets = {target.name: (target, views_for(checked.parsed, target.audience)) for target in one.config.targets}
    bundles = {one.manifest.target: _in_memory(one, name) for one in encode_build(project.schema, targets)}
    origins = origins_of({target: views for target, (_, views) in targets.items()})
    return Side(name, None, bundles, project.schema.descriptors, origins=origins)


def _at(project: Project, version: Version) -> Project:
    return replace(project, config=project.config.at(version))


def _in_memory(encoded: EncodedBundle, place: str) -> Bundle:
    def fetch(entry: FileEntry) -> bytes:
        return bytes(encoded.files[entry.file])

    return Bundle(encoded.manifest, encoded.manifest.to_bytes(), place, fetch)


def _joined(found: Mapping[Version, Sequence[Problem]]) -> Iterator[Problem]:
    """Each problem once, with the versions in which it holds; in the order of the last one that has it.

    A row that is gone is one mistake, however many cells of each version refer to it.
    """
    holds: dict[object, dict[Version, Problem]] = {}
    for version, problems in found.items():
        for problem in problems:
            holds.setdefault(gone_place(problem) or problem, {})[version] = problem
    versions = list(found)
    joined = [
        replace(gone_once(list(held.values())), versions=versions_words(held, versions)) for held in holds.values()
    ]
    order = {problem.cell: number for problems in found.values() for number, problem in enumerate(problems)}
    yield from sorted(joined, key=lambda one: order[one.cell])


def versions_words(held: Iterable[Version], versions: Sequence[Version]) -> Sentence | str:
    """In which of the versions something holds, for people; "" where that is all of them."""
    numbers = [versions.index(version) for version in held]
    first, last = numbers[0], numbers[-1]
    if len(numbers) == len(versions):
        return ""
    if len(numbers) < last - first + 1:
        return ", ".join(str(versions[number]) for number in numbers)
    if last == len(versions) - 1:
        return sentence("{version} and later", version=versions[first])
    if first == 0:
        return sentence("versions before {version}", version=versions[last + 1])
    if first == last:
        return str(versions[first])
    return sentence("{first} to {last}", first=versions[first], last=versions[last])


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
