"""How a project's own metrics are written: numbers derived from the data, compared before and after a change.

    from gdata.metrics import metric

    @metric(unit="gold/h", min=0)
    def income(data):
        return {stage.name: stage.gold * 3600 / stage.seconds for stage in data.StageTable}

A metric gives a number, or a dict of numbers by name. The decorator only marks the function, so a unit test can
call it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])

MARK = "__gdata_metric__"
"""The attribute of a marked function: its `MetricMark`."""


@dataclass(frozen=True)
class MetricMark:
    """What the decorator says of a function: what it counts in, where it must stay, whose data it is computed on."""

    unit: str = ""
    min: float | None = None
    max: float | None = None
    target: str = ""
    """"": the first of sheets.yaml."""


@overload
def metric(function: Function, /) -> Function: ...
@overload
def metric(
    *, unit: str = "", min: float | None = None, max: float | None = None, target: str = ""
) -> Callable[[Function], Function]: ...
def metric(
    function: Function | None = None,
    /,
    *,
    unit: str = "",
    min: float | None = None,
    max: float | None = None,
    target: str = "",
) -> Any:
    """Mark a function of the data as a metric; `min` and `max` are held by every check and build."""
    for name, text in (("unit", unit), ("target", target)):
        if not isinstance(text, str):
            raise TypeError(f"{name} is {text!r}; it is a text")
    bounds = [one for one in (min, max) if one is not None]
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) and one == one for one in bounds):
        raise TypeError("min and max are numbers")
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        raise ValueError(f"min is {min}, which is more than max, {max}")

    def mark(marked: Function) -> Function:
        setattr(marked, MARK, MetricMark(unit, min, max, target))
        return marked

    if function is None:
        return mark
    if not callable(function):
        raise TypeError('write @metric or @metric(unit="gold/h")')
    return mark(function)
