"""What changed between two builds, which of it the gate forbids, and how to show it."""

from __future__ import annotations

from gdata.diffs.compare import compare
from gdata.diffs.gate import GateVerdict, Violation, judge
from gdata.diffs.model import Diff, Side, Summary
from gdata.diffs.presentation import Presentation, presentation_of

__all__ = ["Diff", "GateVerdict", "Presentation", "Side", "Summary", "Violation", "compare", "judge", "presentation_of"]
