"""What changed inside a nested value: lists by position, as columns stand in a sheet; maps by key.

DeepDiff is asked wherever elements came or went, and for free JSON. It takes 0.3 ms a question, so that after
the first ASK_LIMIT of a table its answer is worked out here; a property test holds the two to each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from gdata.diffs.model import Json
from gdata.diffs.shapes import Step

ASK_LIMIT = 200
"""Questions to DeepDiff for one table."""

Steps = tuple[Step, ...]
NestedChange = tuple[Steps, Json, Json]
"""Where, old, new; None: not there."""


class NestedComparer:
    """Compares the nested values of one table."""

    def __init__(self, ask_limit: int = ASK_LIMIT) -> None:
        self._questions_left = ask_limit

    def changes(self, old: Json, new: Json) -> list[NestedChange]:
        """What differs between two values."""
        if self._questions_left and not _same_outline(old, new):
            self._questions_left -= 1
            return ask_deepdiff(old, new)
        return list(walk(old, new))


def _same_outline(old: Json, new: Json) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same_outline(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same_outline, old, new))
    return not isinstance(old, (dict, list)) and not isinstance(new, (dict, list))


def walk(old: Json, new: Json, steps: Steps = ()) -> Iterator[NestedChange]:
    """What differs, worked out directly."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from walk(old.get(key), new.get(key), (*steps, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index, (before, after) in enumerate(zip_longest(old, new)):
            yield from walk(before, after, (*steps, index))
    elif old != new or type(old) is not type(new):
        yield steps, old, new


def ask_deepdiff(old: Json, new: Json) -> list[NestedChange]:
    """What differs, in DeepDiff's words brought to ours."""
    from deepdiff import DeepDiff

    found = DeepDiff(
        old,
        new,
        view="tree",
        zip_ordered_iterables=True,
        threshold_to_diff_deeper=0,  # else values with little in common are one change, whole
        ignore_private_variables=False,
        verbose_level=2,
    )
    changes = [
        (tuple(level.path(output_format="list")), _present(level.t1), _present(level.t2))
        for levels in found.values()
        for level in levels
    ]
    return sorted((one for one in changes if one[1:] != (None, None)), key=lambda one: list(map(_step_order, one[0])))


def _present(value: Json) -> Json:
    from deepdiff.helper import NotPresent

    return None if isinstance(value, NotPresent) else value


def _step_order(step: Step) -> tuple[bool, Step]:
    return isinstance(step, str), step
