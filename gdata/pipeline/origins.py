"""Which values came from an overlay, so that a diff can say from which sheet.

It is kept beside a build, in `.gdata/` and in the release's record under `overlaid`, never in a bundle: values that are
the same make the same bytes, wherever they came from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from gdata.diffs.model import LEFT, REMOVED

if TYPE_CHECKING:
    from gdata.diffs.model import Origins
    from gdata.parsing.view import View

_MOST = 10_000
"""Rows whose overlays a release's record names: every server reads it. Of those beyond it has their number."""

_LEFT_KEY = json.dumps([LEFT])

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


def origins_as_json(targets: Targets, left: Mapping[str, int]) -> list[dict[str, Any]]:
    """The same, each row once for all targets that have it so; of those beyond the first, how many a table has.

    `left`: how many were beyond in the release that some tables come from.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for target, tables in origins_of(targets).items():
        for table, rows in tables.items():
            for key, fields in rows.items():
                found.setdefault((table, key, json.dumps(fields, ensure_ascii=False)), []).append(target)
    told = [
        {"table": table, "key": json.loads(key), "fields": json.loads(fields), "targets": names}
        for (table, key, fields), names in islice(found.items(), _MOST)
    ]
    beyond = Counter(left)
    beyond.update(table for table, _, _ in islice(found, _MOST, None))
    counts = beyond.items()
    return told + [
        {"table": one, "key": [LEFT], "fields": {LEFT: str(count)}, "targets": [*targets]} for one, count in counts
    ]


def left_in(origins: Origins) -> Mapping[str, int]:
    """Of how many rows of each table they aren't known."""
    found = (
        (table, rows.get(_LEFT_KEY, {}).get(LEFT, "")) for tables in origins.values() for table, rows in tables.items()
    )
    return {table: int(count) for table, count in found if count.isdecimal()}


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
