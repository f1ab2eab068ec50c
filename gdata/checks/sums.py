"""`sum` and `sequence` of a table's options: rates that sum to 1, levels that count 1, 2, 3.

A sum without `equals` is 1. Whole numbers must fit exactly, others to nine digits (six in a `float`, which has
32 bits); a `tolerance` comes on top of that. A sequence without `step` counts by 1; without `start` (which
can't be told from 0) it begins at 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from gdata import kinds
from gdata.checks.values import Column, column_at, scalar_text, value_text, walk_column, written_path
from gdata.language import Sentence
from gdata.parsing.view import Path, View
from gdata.problems import MOST_RELATED, Cell, Problem
from gdata.proto.descriptors import float32_text
from gdata.schema.plan import Sequence, Sum

OF_GROUPS = (kinds.SUM_WRONG, kinds.SUM_WRONG_ALONE, kinds.SEQUENCE_BROKEN)
_DOUBLE_ROUNDING = 1e-9
_FLOAT_ROUNDING = 1e-6

Place = tuple[int, Path]


def check_groups(view: View) -> list[Problem]:
    """The groups of rows whose values don't have the sum that the schema asks for, or don't count up: each of these is
    told where it first breaks.
    """
    sums = (_check_sum(view, rule) for rule in view.plan.sums if _can_run(view, rule))
    sequences = (_check_sequence(view, rule) for rule in view.plan.sequences if _can_run(view, rule))
    return list(chain.from_iterable((*sums, *sequences)))


def _can_run(view: View, rule: Sum | Sequence) -> bool:
    """Whether every row is there and right in the rule's fields: else the sum is wrong because of that mistake."""
    tops = {field.partition(".")[0] for field in (rule.field, *rule.by)}
    return view.whole and not any(tops & bad for bad in view.bad_fields.values())


def _groups(view: View, rule: Sum | Sequence) -> dict[tuple[Any, ...], list[tuple[Place, Any]]]:
    """By the values of `by`, each value with its place, in sheet order."""
    column = _column(view, rule.field)
    by = [_column(view, name) for name in rule.by]
    groups: dict[tuple[Any, ...], list[tuple[Place, Any]]] = {}
    for index, row in enumerate(view.rows):
        group = tuple(next((value for _, value in walk_column(row, one)), None) for one in by)
        values = groups.setdefault(group, [])
        values.extend(((index, path), value) for path, value in walk_column(row, column))
    return groups


def _column(view: View, name: str) -> Column:
    column = column_at(view.plan.row, name)
    assert column is not None, "the plan of a table names only fields that are there"
    return column


def _check_sum(view: View, rule: Sum) -> Iterator[Problem]:
    kind = _column(view, rule.field).kind
    expected = rule.equals or 1.0
    tolerance = rule.tolerance + _rounding(kind, expected)
    for group, values in _groups(view, rule).items():
        total = math.fsum(value for _, value in values)
        if values and abs(total - expected) > tolerance:
            places = [place for place, _ in values]
            yield _wrong_sum(view, rule, group, places, (_number(total, kind), _number(expected, "double")))


def _rounding(kind: str, expected: float) -> float:
    """How far a right sum can be off because the numbers are binary."""
    if kind not in ("float", "double"):
        return 0.0
    return (_FLOAT_ROUNDING if kind == "float" else _DOUBLE_ROUNDING) * max(1.0, abs(expected))


def _wrong_sum(view: View, rule: Sum, group: tuple[Any, ...], places: list[Place], numbers: tuple[str, str]) -> Problem:
    cells = [view.locate(*place) for place in places]
    kind = kinds.SUM_WRONG if len(cells) > 1 else kinds.SUM_WRONG_ALONE
    return kind.at(
        cells[-1],
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, places[-1][1]),
        value=value_text(view.rows[places[-1][0]], places[-1][1]),
        related=_bounded(cells[:-1]),
        group=_group_text(view, rule.by, group),
        sum=numbers[0],
        expected=numbers[1],
        count=len(cells),
        first=cells[0],
        last=cells[-1],
    )


def _check_sequence(view: View, rule: Sequence) -> Iterator[Problem]:
    step = rule.step or 1
    for group, values in _groups(view, rule).items():
        start = rule.start
        if start == 0 and values and values[0][1] in (0, 1):
            start = values[0][1]
        elif start == 0:
            start = 1
        for position, (place, value) in enumerate(values):
            if value != start + position * step:
                before = [place for place, _ in values[max(0, position - 1) : position]]
                words = {"start": start, "step": step, "expected": start + position * step}
                yield _broken(view, rule, group, (place, before), words)
                break


def _broken(
    view: View,
    rule: Sequence,
    group: tuple[Any, ...],
    places: tuple[Place, list[Place]],
    words: dict[str, Any],
) -> Problem:
    (index, path), before = places
    return kinds.SEQUENCE_BROKEN.at(
        view.locate(index, path),
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, path),
        value=value_text(view.rows[index], path),
        related=[view.locate(*place) for place in before],
        group=_group_text(view, rule.by, group),
        **words,
    )


def _group_text(view: View, by: tuple[str, ...], group: tuple[Any, ...]) -> Sentence | str:
    """The group for people: `box = 3`; a table that is one group, by its name."""
    if not by:
        return view.plan.name
    fields = (_column(view, name).field.descriptor for name in by)
    texts = (scalar_text(field, value) if value is not None else "" for field, value in zip(fields, group, strict=True))
    words: list[tuple[str, str | Sentence]] = []
    for at, (name, text) in enumerate(zip(by, texts, strict=True)):
        words += (f"by{at}", name), (f"is{at}", text or "")
    return Sentence(", ".join(f"{{by{at}}} = {{is{at}}}" for at in range(len(by))), tuple(words))


def without_groups_of(problems: Iterable[Problem], foreign: Collection[tuple[str, str]]) -> list[Problem]:
    """The problems without those of groups that `foreign` keys have a part in, which aren't their sheet's, by table and
    field: what one group lacks and another has too much is that one mistake.
    """
    return [
        one
        for one in problems
        if one.kind not in OF_GROUPS or all((one.table, name) not in foreign for name in _fields_of(one))
    ]


def _fields_of(problem: Problem) -> Iterator[str]:
    yield problem.field.partition(".")[0]
    group = dict(problem.words)["group"]
    if isinstance(group, Sentence):
        yield from (str(word).partition(".")[0] for name, word in group.words if name.startswith("by"))


def with_headers(problem: Problem, header: str, header_of: Callable[[str], str]) -> Problem:
    """A problem of a group with its fields called as the sheet calls them: its own `header`, and `header_of` others."""
    words = dict(problem.words)
    group = words.get("group")
    if isinstance(group, Sentence):
        called = [(one, header_of(str(word)) or word if one.startswith("by") else word) for one, word in group.words]
        words["group"] = replace(group, words=tuple(called))
    return replace(problem, words=tuple({**words, "field": header or problem.field}.items()))


def _number(value: float, kind: str) -> str:
    if kind == "float":
        return float32_text(value)
    return f"{value:.12g}"


def _bounded(cells: list[Cell]) -> list[Cell]:
    return list(dict.fromkeys(cells))[:MOST_RELATED]
