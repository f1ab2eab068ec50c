"""A project's own metrics: load the files that sheets.yaml names, compute what they give, hold it to its bounds.

A metric is somebody's Python: it may raise, give no number, print, or take long. None of that stops a diff; each
is told with the metric's name and place.
"""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

from gdata import kinds
from gdata.checks.functions import ProjectFunction, load_functions
from gdata.errors import ConfigError
from gdata.language import Sentence, say, sentence
from gdata.metrics import MARK, MetricMark
from gdata.problems import Cell, Problem
from gdata.text import did_you_mean

BUDGET = 10.0
"""Seconds after which a metric that still runs is told."""
MOST_NAMES = 10_000
"""Values of one metric; of more, nobody could look at any."""

_LOW = sentence("{metric} is {amount}, less than {limit}")
_HIGH = sentence("{metric} is {amount}, more than {limit}")
_STOPPED = sentence("the metric {metric} stopped here: {reason}")
_FAULT = sentence("this is a fault of the metric at {place}; ask the programmer who wrote it")

Tell = Callable[[str], None]
"""Says something while a metric runs."""


@dataclass(frozen=True)
class Metric(ProjectFunction):
    """One marked function."""

    mark: MetricMark

    @property
    def place(self) -> str:
        """`metrics/economy.py:12`."""
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"


@dataclass(frozen=True)
class Computed:
    """What a metric gave: its values by name ("" of a single number), or why there are none, and where."""

    values: Mapping[str, float]
    failed: Sentence | None = None
    place: str = ""


class NoValue(Exception):
    """What a metric gave is no number."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(why.english)
        self.why = why


def load_metrics(files: Sequence[Path], targets: Collection[str]) -> list[Metric]:
    """The metrics that the files declare, in the order of the files and of their lines.

    Raises:
        ConfigError: a file can't be loaded, declares no metric, one of a target that isn't in `targets`, or one whose
            name another has.
    """
    found: dict[str, Metric] = {}
    for number, file in enumerate(files):
        functions = [one for one in load_functions(file, number, "metrics") if hasattr(one, MARK)]
        if not functions:
            raise ConfigError(
                sentence("{file}: there is no metric in it", file=file),
                hint=sentence("write `from gdata.metrics import metric`, and @metric above a function of the data"),
            )
        for function in functions:
            one = Metric(function, file, function.__code__.co_firstlineno, getattr(function, MARK))
            _check_metric(one, targets, found.get(one.name))
            found[one.name] = one
    return list(found.values())


def _check_metric(one: Metric, targets: Collection[str], other: Metric | None) -> None:
    if one.mark.target and one.mark.target not in targets:
        raise ConfigError(
            sentence("{place}: there is no target {target}", place=one.place, target=one.mark.target),
            hint=did_you_mean(one.mark.target, targets) or say("the targets are {names}", names=", ".join(targets)),
        )
    if other is not None:
        raise ConfigError(
            sentence(
                "{place}: a metric {name} stands at {other_place} too",
                place=one.place,
                name=one.name,
                other_place=other.place,
            ),
            hint=sentence("rename one of them"),
        )


def compute(metric: Metric, data: Any, tell: Tell, *, budget: float = BUDGET) -> Computed:
    """What the metric gives of the data; while it takes longer than `budget` seconds, `tell` is told so."""
    slow = say(
        "the metric {name} ({place}) takes more than {seconds} s",
        name=metric.name,
        place=metric.place,
        seconds=f"{budget:g}",
    )
    timer = threading.Timer(budget, tell, [slow])
    timer.daemon = True
    timer.start()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return Computed(dict(_numbers(metric.function(data))))
    except NoValue as error:
        return Computed({}, error.why, metric.place)
    except (Exception, SystemExit) as error:
        reason = str(error) or type(error).__name__
        told = sentence("{reason} ({kind})", reason=reason.partition("\n")[0][:500], kind=type(error).__name__)
        return Computed({}, told, _place(metric, error))
    finally:
        timer.cancel()


def _numbers(given: Any) -> Iterator[tuple[str, float]]:
    if not isinstance(given, Mapping):
        yield "", _number(given, "")
        return
    if len(given) > MOST_NAMES:
        words = {"count": f"{len(given):,}", "most": f"{MOST_NAMES:,}"}
        raise NoValue(sentence("it gives {count} values, and no more than {most} can be shown", **words))
    seen: set[str] = set()
    for key, value in given.items():
        name = key if isinstance(key, str) else str(key)
        if name in seen:
            raise NoValue(sentence("it gives two values called {name}", name=name))
        seen.add(name)
        yield name, _number(value, name)


def _number(value: Any, name: str) -> float:
    if value is None:
        raise NoValue(sentence("it gives nothing; it must return a number, or a dict of numbers by name"))
    words = {"value": repr(value)[:80], "name": name}
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        if name:
            raise NoValue(sentence("it gives {value} for {name}, which is no number", **words))
        raise NoValue(sentence("it gives {value}, which is no number", **words))
    try:
        number = float(value)
    except (OverflowError, ValueError):
        number = math.inf
    if not math.isfinite(number):
        if name:
            raise NoValue(sentence("it gives {value} for {name}, which is no finite number", **words))
        raise NoValue(sentence("it gives {value}, which is no finite number", **words))
    return number


def _place(metric: Metric, error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(metric.file)]
    return f"{metric.file.parent.name}/{metric.file.name}:{lines[-1] if lines else metric.line}"


def check_metric(metric: Metric, data: Any, tell: Tell) -> Iterator[Problem]:
    """What is wrong with a metric: that it gives no numbers, or values outside of its bounds."""
    computed = compute(metric, data, tell)
    code = f"metric.{metric.name}"
    if computed.failed is not None:
        text = _STOPPED.with_words(metric=metric.name, reason=computed.failed)
        hint = _FAULT.with_words(place=computed.place)
        yield kinds.METRIC.at(Cell("", computed.place), code=code, text=text, hint=hint)
    low, high = metric.mark.min, metric.mark.max
    for name, value in computed.values.items():
        if low is not None and value < low:
            told, limit = _LOW, low
        elif high is not None and value > high:
            told, limit = _HIGH, high
        else:
            continue
        words = {"amount": amount_text(value, metric.mark.unit), "limit": f"{limit:.6g}"}
        text = told.with_words(metric=f"{metric.name} {name}".strip(), **words)
        yield kinds.METRIC.at(Cell("", metric.place), code=code, value=f"{value:.6g}", text=text, hint=metric.advice)


def amount_text(value: float, unit: str = "") -> str:
    """A metric's value for people, in six digits: `1,560 gold/h`."""
    text = f"{value:,.6g}" if abs(value) < 1e15 else f"{value:.6g}"
    return f"{text} {unit}".strip()
