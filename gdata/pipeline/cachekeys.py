"""The keys of the parse cache: everything that a table's rows and problems depend on, and nothing else."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from google.protobuf.descriptor import Descriptor

from gdata.config import SheetEntry
from gdata.pipeline.cache import cache_key
from gdata.pipeline.project import Project
from gdata.pipeline.tables import TableInput
from gdata.schema.closure import schema_part
from gdata.schema.plan import TablePlan
from gdata.sources.adapters import source_of
from gdata.sources.grid import Pulled

if TYPE_CHECKING:
    from gdata.checks.rules import RuleReader


class CacheKeys:
    """Keys of one project's tables."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of(self, table: TableInput) -> bytes:
        """The key of a table made of these bytes."""
        fed_too = [plan for entry in self._entries(table) for plan in self._project.plans_of(entry)]
        return cache_key(
            {
                "table": table.plan.message,
                "schema": schema_part([table.plan, *fed_too], self._project.schema.project_files),
                "tags": self._project.tag_sets,
                "timezone": self._project.config.timezone,
                "sheets": [(name, self._sheets(name), self._bytes(one)) for name, one in table.pulled.items()],
                "now": time.time_ns() if self._asks_for_now(table.plan) else 0,
            }
        )

    def _entries(self, table: TableInput) -> list[SheetEntry]:
        sheets = [one.sheets for one in self._project.config.spreadsheets if one.name in table.pulled]
        return [entry for entries in sheets for entry in entries if table.plan.message in entry.tables]

    def _sheets(self, name: str) -> list[tuple[object, ...]]:
        """The lines of a spreadsheet under `sheets:`: others than the table's decide what a glob takes."""
        (spreadsheet,) = [one for one in self._project.config.spreadsheets if one.name == name]
        return [
            (
                one.title,
                one.tables,
                one.layout,
                one.header_row,
                one.first_row,
                one.multirow,
                one.unknown_columns,
                one.merged,
            )
            for one in spreadsheet.sheets
        ]

    def _bytes(self, pulled: Pulled) -> tuple[object, ...]:
        # Files that are of no sheet tell of other tables' sheets; of this one's they say nothing.
        own = source_of(pulled).files_of(pulled)
        names = pulled.files if own is None else own.by_title.values()
        files = [(name, pulled.digests[name]) for name in sorted(names)]
        return pulled.kind, pulled.encoding, pulled.location, files

    def _asks_for_now(self, plan: TablePlan) -> bool:
        """Whether a constraint compares with the clock: what it says today may be wrong tomorrow."""
        return any(word in rules for rules in self._rules(plan.descriptor, set()) for word in ("now", "within"))

    def _rules(self, message: Descriptor, seen: set[str]) -> list[str]:
        if message.full_name in seen:
            return []
        seen.add(message.full_name)
        rules = [str(self._reader.of_message(message) or "")]
        for field in message.fields:
            rules.append(str(self._reader.of_field(field) or ""))
            if field.message_type is not None:
                rules += self._rules(field.message_type, seen)
        return rules

    @cached_property
    def _reader(self) -> RuleReader:
        from gdata.checks.rules import RuleReader

        return RuleReader(self._project.schema.pool)
