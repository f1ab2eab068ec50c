"""A gate's violations for people: those of one rule in one table together, a flood of them folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gdata.diffs.gate import Violation
from gdata.language import translate

SHOWN = 5
"""Violations of one rule in one table shown one by one."""


@dataclass(frozen=True)
class FoldedViolations:
    """What one rule forbids in one table, in all targets that carry it."""

    rule: str
    level: str
    table: str | None
    targets: tuple[str, ...]
    shown: tuple[Violation, ...]
    more: int

    def title(self, allowed: bool) -> str:
        """`blocks price-swing · ItemTable`."""
        levels = {"block": translate("blocks"), "warn": translate("warns")}
        level = translate("allowed") if allowed and self.level == "block" else levels[self.level]
        return " · ".join(part for part in (f"{level} {self.rule}", self.table or ", ".join(self.targets)) if part)

    @property
    def more_text(self) -> str:
        """How many are left out."""
        return translate("… and {count} more like it").format(count=f"{self.more:,}")


def fold_violations(violations: Sequence[Violation]) -> list[FoldedViolations]:
    """The violations by rule and table, each told once however many targets have it."""
    found: dict[tuple[str, str, str | None], dict[str, Violation]] = {}
    targets: dict[tuple[str, str, str | None], dict[str, None]] = {}
    for one in violations:
        place = (one.rule, one.level, one.table)
        found.setdefault(place, {}).setdefault(one.message, one)
        targets.setdefault(place, {})[one.target] = None
    return [
        FoldedViolations(*place, tuple(targets[place]), tuple(ones.values())[:SHOWN], max(0, len(ones) - SHOWN))
        for place, ones in found.items()
    ]
