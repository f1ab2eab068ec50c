"""Which values came from an overlay, so that a diff can say from which sheet.

It is kept beside a build, in `.gdata/` and in the release's record under `overlaid`, never in a bundle: values that are
the same make the same bytes, wherever they came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gdata.diffs.model import REMOVED

if TYPE_CHECKING:
    from gdata.diffs.model import Origins
    from gdata.parsing.view import View

_MOST = 10_000
"""Rows whose overlays a release's record names: every server reads it. Diffs say nothing of those beyond."""

Targets = Mapping[str, Mapping[str, "View"]]
"""By target and table, the rows that it gets."""


def origins_of(targets: Targets) -> Origins:
    """Which values of these rows came from an overlay."""
    return {target: found for target, views in targets.items() if (found := _of_views(views))}


def _of_views(views: Mapping[str, View]) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    from gdata.parsing.view import key_text  # which none needs who reads a build

    return {
        name: {
            **{key: {REMOVED: sheet} for key, sheet in view.removed.items()},
            **{key_text(view.plan, view.rows[index]): origins for index, origins in view.overlaid.items()},
        }
        for name, view in views.items()
        if view.overlaid or view.removed
    }


def origins_as_json(targets: Targets) -> list[dict[str, Any]]:
    """The same, each row once for all targets that have it so."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for target, tables in origins_of(targets).items():
        for table, rows in tables.items():
            for key, fields in rows.items():
                found.setdefault((table, key, json.dumps(fields, ensure_ascii=False)), []).append(target)
    return [
        {"table": table, "key": json.loads(key), "fields": json.loads(fields), "targets": names}
        for (table, key, fields), names in list(found.items())[:_MOST]
    ]


def origins_in(provenance: Mapping[str, Any]) -> Origins:
    """What a build's provenance says; whatever isn't as this version writes it counts as not known."""
    found: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    if "overlaid" not in provenance:
        return found
    from gdata.parsing.view import key_json

    try:
        for one in provenance["overlaid"]:
            fields = {str(name): str(title) for name, title in one["fields"].items()}
            for target in one["targets"]:
                found.setdefault(target, {}).setdefault(one["table"], {})[key_json(one["key"])] = fields
    except (TypeError, KeyError, AttributeError):
        return {}
    return found
