"""What a change does to a project's metrics: each one's values before and after, the largest change first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gdata.diffs.model import Json
from gdata.language import Sentence

_SAME = 1e-12
"""How far two values may lie apart and be one: sums of floats come out so in another order."""


@dataclass(frozen=True)
class MetricDiff:
    """One metric on both sides. A single number stands under the name ""."""

    name: str
    target: str
    unit: str = ""
    old: Mapping[str, float] = field(default_factory=dict)
    new: Mapping[str, float] = field(default_factory=dict)
    failed: Sentence | None = None
    """Why it can't be compared."""
    is_broken: bool = False
    """Whether it gives nothing of the new side."""

    @property
    def changed(self) -> dict[str, tuple[float, float]]:
        """Old and new of each name that has another value now, the largest change first."""
        if self.failed is not None:
            return {}
        both = ((name, (self.old[name], new)) for name, new in self.new.items() if name in self.old)
        moved = (one for one in both if not math.isclose(*one[1], rel_tol=_SAME, abs_tol=0))
        return dict(sorted(moved, key=lambda one: -change_size(*one[1])))

    @property
    def added(self) -> dict[str, float]:
        """The values under names that are new."""
        return {} if self.failed is not None else {name: one for name, one in self.new.items() if name not in self.old}

    @property
    def removed(self) -> dict[str, float]:
        """The values under names that are gone."""
        return {} if self.failed is not None else {name: one for name, one in self.old.items() if name not in self.new}

    @property
    def differs(self) -> bool:
        """Whether there is something to tell."""
        return self.failed is not None or bool(self.changed or self.added or self.removed)

    @property
    def size(self) -> float:
        """How far it moved at the most."""
        return max((change_size(old, new) for old, new in self.changed.values()), default=0.0)

    def as_json(self) -> dict[str, Json]:
        """The metric as the diff's JSON has it."""
        changed: dict[str, Any] = {name: {"old": old, "new": new} for name, (old, new) in self.changed.items()}
        return {
            "unit": self.unit,
            "target": self.target,
            "changed": changed,
            "added": self.added,
            "removed": self.removed,
            "failed": None if self.failed is None else self.failed.english,
        }


def change_size(old: float, new: float) -> float:
    """How large a change is, whichever way it goes: by ratio, so that a half and a double are alike."""
    if old == new:
        return 0.0
    if not old or not new or (old < 0) != (new < 0):
        return math.inf
    return abs(math.log(new / old))
