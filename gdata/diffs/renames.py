"""Tables that only changed their name: the same rows, for the most part, under another message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gdata.diffs.schemas import means_the_same
from gdata.diffs.tables import TableSide

_ENOUGH = 0.5
"""The share of equal rows, of the longer side, from which two tables are one."""


def find_renames(removed: Mapping[str, TableSide], added: Mapping[str, TableSide]) -> dict[str, str]:
    """New name → old name, for each table that goes on under another name. The likest pairs first."""
    likeness = [
        (_likeness(old, new), new_name, old_name)
        for old_name, old in sorted(removed.items())
        for new_name, new in sorted(added.items())
        if old.entry.kind == new.entry.kind and means_the_same(old.shape.row, new.shape.row)
    ]
    renames: dict[str, str] = {}
    for share, new_name, old_name in sorted(likeness, key=lambda one: (-one[0], *one[1:])):
        if share >= _ENOUGH and new_name not in renames and old_name not in renames.values():
            renames[new_name] = old_name
    return renames


def _likeness(old: TableSide, new: TableSide) -> float:
    if [part.sha256 for part in old.entry.parts] == [part.sha256 for part in new.entry.parts]:
        return 1.0 if old.entry.size else 0.0
    longer = max(old.entry.rows, new.entry.rows)
    if not longer or min(old.entry.rows, new.entry.rows) < longer * _ENOUGH:
        return 0.0
    return sum((Counter(old.cut().rows) & Counter(new.cut().rows)).values()) / longer
