"""A diff for programs: the JSON that docs/diff.schema.json describes."""

from __future__ import annotations

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff, Json


def to_json(diff: Diff, verdict: GateVerdict) -> dict[str, Json]:
    """The diff and the gate's verdict as one JSON object."""
    return {**diff.as_json(), "gate": verdict.as_json()}
