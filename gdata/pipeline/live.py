"""What tables had in the last release: asked for where something is wrong, so that a message can tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from gdata.checks.existing import title_field
from gdata.checks.text import value_text
from gdata.errors import GdataError
from gdata.project import Project

if TYPE_CHECKING:
    from gdata.bundles.reader import Bundle


class LiveTables:
    """The tables of the default channel's release. A store that can't be read has none: it is only asked for words."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, Mapping[str, str]] = {}

    def __call__(self, table: str) -> Mapping[str, str]:
        """The keys of a table as texts, in its order, with what each row is called."""
        if table not in self._known:
            self._known[table] = self._read(table)
        return self._known[table]

    def _read(self, table: str) -> Mapping[str, str]:
        from google.protobuf.message import DecodeError
        from google.protobuf.message_factory import GetMessageClass

        plan = self._project.plans[table]
        bundle = next((one for one in self._bundles if table in one.manifest.tables), None)
        if bundle is None or len(plan.key) != 1:
            return {}
        try:
            message = GetMessageClass(plan.descriptor).FromString(bundle.table(table))
        except (GdataError, DecodeError):
            return {}
        key, title = plan.key[0].name, title_field(plan.row)
        return {
            value_text(row, (key,)) or "": getattr(row, title.name) if title is not None else ""
            for row in plan.rows_of(message)
        }

    @cached_property
    def _bundles(self) -> list[Bundle]:
        from gdata.pipeline.sides import store_of
        from gdata.releases.reader import bundles_of

        config = self._project.config
        try:
            published = bundles_of(store_of(config), config.default_channel, missing_ok=True)
        except GdataError:
            return []
        # A target without groups has every field.
        full = {target.name for target in config.targets if not target.groups}
        return sorted(published.bundles.values(), key=lambda one: one.manifest.target not in full)
