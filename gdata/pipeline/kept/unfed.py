"""What is there and goes nowhere: sheets that no line of sheets.yaml names, and tables that no sheet feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor

from gdata.config import Config
from gdata.files import unseal, write_sealed
from gdata.language import say, say_counted
from gdata.pipeline.kept.state import UNFED
from gdata.project import Project
from gdata.tables.stage import Parsed

_SHOWN = 8


@dataclass(frozen=True)
class Unfed:
    """Sheets, as `spreadsheet / title`, and full names of table messages."""

    sheets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def unfed_of(project: Project, parsed: Parsed) -> Unfed:
    """What a build left alone; of a source that doesn't tell its titles nothing is known."""
    sheets = tuple(f"{spreadsheet} / {title}" for spreadsheet, title in parsed.unnamed)
    return Unfed(sheets, tuple(_tables_without_sheets(project)))


def known_unfed(config: Config) -> Unfed:
    """What the last build found."""
    known = _read(config).get(config.path.name, {})
    return Unfed(tuple(known.get("sheets", ())), tuple(known.get("tables", ())))


def note_unfed(project: Project, parsed: Parsed) -> str:
    """Keep it for the next build, and say it in one line; what wasn't there at the last one by name."""
    config = project.config
    before, now = known_unfed(config), unfed_of(project, parsed)
    if now != before:
        known = {**_read(config), config.path.name: {"sheets": now.sheets, "tables": now.tables}}
        write_sealed(config.state / UNFED, UNFED, json.dumps(known, sort_keys=True).encode())
    parts = []
    if now.sheets:
        words = say_counted(
            "no line of {file} names {count} sheet",
            "no line of {file} names {count} sheets",
            len(now.sheets),
            file=config.path.name,
        )
        parts.append(_told(words, now.sheets, before.sheets))
    if now.tables:
        words = say_counted("{count} table has no sheet", "{count} tables have no sheet", len(now.tables))
        parts.append(_told(words, now.tables, before.tables))
    return "; ".join(parts) + say(" (`gdata doctor` lists them)") if parts else ""


def _told(words: str, now: Sequence[str], before: Sequence[str]) -> str:
    new = [name for name in now if name not in before]
    if not new:
        return words
    more = f" (+{len(new) - _SHOWN})" if len(new) > _SHOWN else ""
    return say("{words}, new: {names}", words=words, names=", ".join(new[:_SHOWN]) + more)


def _tables_without_sheets(project: Project) -> Iterator[str]:
    fed = {name for one in project.config.spreadsheets for entry in one.sheets for name in entry.tables}
    messages = [found for name in project.schema.message_names if (found := project.schema.message(name)) is not None]
    parts = {field.message_type.full_name for one in messages for field in one.fields if field.message_type}
    for message in messages:
        if message.full_name not in fed | parts and message.containing_type is None and _looks_like_a_table(message):
            yield message.full_name


def _looks_like_a_table(message: Descriptor) -> bool:
    """A message of nothing but rows."""
    fields: Sequence[Any] = message.fields
    return len(fields) == 1 and fields[0].is_repeated and fields[0].message_type is not None


def _read(config: Config) -> dict[str, Any]:
    try:
        content = unseal((config.state / UNFED).read_bytes(), UNFED)
    except OSError:
        return {}
    known: dict[str, Any] = json.loads(bytes(content)) if content is not None else {}
    return known
