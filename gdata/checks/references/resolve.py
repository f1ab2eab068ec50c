"""References: every value of a field with `ref` is there, in the table it points at; and choices are in the version.

Whole columns are compared as sets; rows are walked only for values that are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gdata import kinds
from gdata.checks.keys import decomposed_words
from gdata.checks.proofs import refers_at_once
from gdata.checks.references.existing import ExistingValues, column_text
from gdata.checks.references.rules import ReferenceRule, Referent
from gdata.checks.values import (
    Column,
    column_values,
    marked_columns,
    numbered_sound_rows,
    sound_rows,
    value_text,
    walk_column,
    written_path,
)
from gdata.language import Sentence, sentence
from gdata.parsing.places import LeftOut
from gdata.parsing.view import Path, View
from gdata.problems import Cell, Kind, Problem
from gdata.versions import ALWAYS, Span, Version

_INDEX = re.compile(r"\[[^\]]*\]")
_MOST_HINTS = 200
"""So many different missing values of a column get a nearest one; a flood has another cause than typing."""


class ReferenceChecks:
    """Runs reference rules. What was found for a set of views is kept for the next set that shares them."""

    def __init__(self, rules: Sequence[ReferenceRule]) -> None:
        self._rules = rules
        self._existing: dict[tuple[int, tuple[str, ...]], ExistingValues] = {}
        self._found: dict[tuple[int, ...], tuple[list[View], list[Problem]]] = {}

    def check(self, views: Mapping[str, View], texts: Mapping[Cell, str] | None = None) -> list[Problem]:
        """The references of one target's tables, by short name.

        `texts` are what stands in cells that have a problem already: a value that such a key may have been
        meant to be isn't reported as missing.
        """
        return [
            problem
            for number, rule in enumerate(self._rules)
            if rule.table in views
            for problem in self._check_once(number, rule, views, texts or {})
        ]

    def check_off(self, off: Mapping[str, View], seen: Sequence[Mapping[str, View]]) -> list[Problem]:
        """The references of rows that are switched off, by table: they may be to any row that is there, off or not."""
        found: list[Problem] = []
        for rule in self._rules:
            fed = all(one.plan.name in seen[0] for one in rule.referents)
            if rule.table not in off or not fed or not _is_in_version(off[rule.table], rule):
                continue
            values = set(_values(off[rule.table], rule)) - rule.none - {""}
            existing = [
                self._existing_values(views[one.plan.name], one)
                for one in rule.referents
                for views in (*seen, off)
                if one.plan.name in views
            ]
            missing = values.difference(*(one.values for one in existing)) if values else set()
            if missing and all(one.view.whole for one in existing):
                found += _report(off[rule.table], rule, missing, existing[: len(rule.referents)])
        return found

    def answer_titles(self, views: Mapping[str, View], problems: Iterable[Problem]) -> list[Problem]:
        """The problems; where somebody wrote what a row is called in place of its number, the number is told."""
        return [self._answered(views, one) if one.kind is kinds.CELL_NOT_INTEGER else one for one in problems]

    def _answered(self, views: Mapping[str, View], problem: Problem) -> Problem:
        name = _INDEX.sub("", problem.field)
        for rule in self._rules:
            if (rule.table, rule.column.name) == (problem.table, name):
                for one in rule.referents:
                    known = self._existing_values(views[one.plan.name], one) if one.plan.name in views else None
                    titled = known.titled((problem.value or "").strip()) if known is not None else None
                    if titled is not None:
                        before = called(problem.value or "", rule.column, *titled)
                        return replace(problem, words=(*problem.words, ("before", before)))
        return problem

    def _check_once(
        self, number: int, rule: ReferenceRule, views: Mapping[str, View], texts: Mapping[Cell, str]
    ) -> list[Problem]:
        if not _is_in_version(views[rule.table], rule):
            return []
        used = [views[rule.table], *(views[one.plan.name] for one in rule.referents if one.plan.name in views)]
        # The views are kept with what was found, so that no other can get the identity of one of them.
        key = (number, *map(id, used))
        if key not in self._found:
            self._found[key] = used, self._check_rule(rule, views, texts)
        return self._found[key][1]

    def _check_rule(self, rule: ReferenceRule, views: Mapping[str, View], texts: Mapping[Cell, str]) -> list[Problem]:
        view = views[rule.table]
        if refers_at_once(view, rule, views):
            return []
        values = set(_values(view, rule)) - rule.none
        values.discard("")
        if not values:
            return []
        unfed = [one for one in rule.referents if one.plan.name not in views]
        if unfed:
            return [_no_sheet(view, rule, unfed[0])]
        existing = [self._existing_values(views[one.plan.name], one) for one in rule.referents]
        missing = values.difference(*(one.values for one in existing))
        if not missing or not all(one.view.whole for one in existing):
            return []
        missing = {value for value in missing if not any(one.may_be_meant(value, texts) for one in existing)}
        for one in existing:
            missing -= one.between_bad_keys(missing)
        return list(_report(view, rule, missing, existing))

    def _existing_values(self, view: View, referent: Referent) -> ExistingValues:
        key = (id(view), tuple(column.name for column in referent.columns))
        if key not in self._existing:
            self._existing[key] = ExistingValues(view, referent)
        return self._existing[key]


def _values(view: View, rule: ReferenceRule) -> list[Any]:
    rows = sound_rows(view, _fields_of(rule))
    found = column_values(rows, rule.column, rule.when.holds if rule.when is not None else None)
    return list(map(rule.value_of, found)) if rule.value_of is not None else found


def _fields_of(rule: ReferenceRule) -> list[str]:
    """The top-level fields that the rule reads: with a problem in one of them it isn't run."""
    names = [rule.column.top]
    if rule.when is not None and len(rule.column.steps) == 1:
        names.append(rule.when.field.name)
    return names


def _report(
    view: View, rule: ReferenceRule, missing: set[Any], existing: Sequence[ExistingValues]
) -> Iterator[Problem]:
    if not missing:
        return
    accept = rule.when.holds if rule.when is not None else None
    hints: dict[Any, tuple[Any, Cell] | None] = {}
    for index, row in numbered_sound_rows(view, _fields_of(rule)):
        for path, found in walk_column(row, rule.column, accept):
            value = rule.value_of(found) if rule.value_of is not None else found
            if value not in missing:
                continue
            if value not in hints:
                hints[value] = _nearest(value, existing) if len(hints) < _MOST_HINTS else None
            yield _missing(view, rule, (index, path), value, existing, hints[value])


def _nearest(value: Any, existing: Sequence[ExistingValues]) -> tuple[Any, Cell] | None:
    return next((near for near in (one.nearest(value) for one in existing) if near is not None), None)


def _missing(
    view: View,
    rule: ReferenceRule,
    place: tuple[int, Path],
    value: Any,
    existing: Sequence[ExistingValues],
    near: tuple[Any, Cell] | None,
) -> Problem:
    kind = kinds.REFERENCE_MISSING
    words: dict[str, Any] = {
        "target": " / ".join(dict.fromkeys(one.referent.plan.name for one in existing)),
        "key": existing[0].referent.key,
        "place": ", ".join(dict.fromkeys(one.place for one in existing)),
        "before": _meant(rule.column, value, existing, near),
    }
    left_out = next(filter(None, (one.left_out(value) for one in existing)), None)
    if left_out is not None:
        kind, more = _why_left_out(left_out, view.version)
        words |= {"place": left_out.cell, "before": "", **more}
    cell = view.locate(*place)
    alike = next(filter(None, (one.looking_like(value) for one in existing)), None) if isinstance(value, str) else None
    if alike is not None:
        kind = kinds.REFERENCE_DECOMPOSED
        words |= {"place": alike[1], "before": "", **decomposed_words((value, cell), alike)}
    return kind.at(
        cell,
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, place[1]),
        value=column_text(rule.column, value),
        **words,
    )


def _why_left_out(one: LeftOut, version: Version | None) -> tuple[Kind, dict[str, Any]]:
    """How it is told that the row with a value isn't in the view: it begins later, has ended, is for others,
    or an overlay takes it out."""
    if one.remover is not None:
        return kinds.REFERENCE_REMOVED, {"overlay": one.remover}
    if one.span != ALWAYS:
        return version_kind(one.span, version, kinds.REFERENCE_LATER, kinds.REFERENCE_ENDED)
    return kinds.REFERENCE_OTHER_TAGS if one.tags else kinds.REFERENCE_OFF, {"tags": ", ".join(one.tags)}


def version_kind(span: Span, version: Version | None, later: Kind, ended: Kind) -> tuple[Kind, dict[str, Any]]:
    """The kind for what begins after a version, or has ended by then, and the words that both have."""
    if version is not None and span.since is not None and version < span.since:
        return later, {"version": span.since, "own": version}
    return ended, {"version": span.until}


def _meant(
    column: Column, value: Any, existing: Sequence[ExistingValues], near: tuple[Any, Cell] | None
) -> Sentence | str:
    """What is told before the hint: the key of the row that is called so, or the value that is a slip away."""
    if isinstance(value, str):
        titled = next(filter(None, (one.titled(value) for one in existing)), None)
        if titled is not None:
            return called(value, column, *titled)
    if near is None:
        return ""
    return sentence("did you mean {near} ({near_cell})?", near=column_text(column, near[0]), near_cell=near[1])


def called(title: str, column: Column, value: Any, cell: Cell) -> Sentence:
    """That a row is called `title`, and has this value."""
    return sentence("{title} is {key} ({cell})", title=title, key=column_text(column, value), cell=cell)


def _is_in_version(view: View, rule: ReferenceRule) -> bool:
    """Whether the field that refers, and the one that its condition is about, are in the view's version."""
    *above, own = [step.name for step in rule.column.steps]
    names = [own, *([rule.when.field.name] if rule.when is not None else [])]
    return all(view.plan.row.has(".".join([*above, name])) for name in names)


def _no_sheet(view: View, rule: ReferenceRule, unfed: Referent) -> Problem:
    """A reference to a table that isn't there, told once, at the first cell that has one."""
    accept = rule.when.holds if rule.when is not None else None
    index, path = next(
        (index, path)
        for index, row in numbered_sound_rows(view, _fields_of(rule))
        for path, value in walk_column(row, rule.column, accept)
        if value not in rule.none
    )
    kind, words = kinds.REFERENCE_UNFED, dict[str, Any]()
    if not unfed.plan.span.has(view.version):
        kind, words = version_kind(unfed.plan.span, view.version, kinds.REFERENCE_LATER, kinds.REFERENCE_ENDED)
        words |= {"place": unfed.plan.name}
    return kind.at(
        view.locate(index, path),
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, path),
        value=unfed.plan.name if words else None,
        target=unfed.plan.name,
        **words,
    )


def check_values(view: View) -> list[Problem]:
    """The cells with a choice that isn't in the view's version."""
    columns = [column for column in marked_columns(view.plan.row) if column.field.value_spans]
    return [problem for column in columns for problem in _check_column(view, column)]


def _check_column(view: View, column: Column) -> Iterator[Problem]:
    spans = column.field.value_spans
    wrong = {number for number, span in spans.items() if not span.has(view.version)}
    if not wrong or wrong.isdisjoint(column_values(sound_rows(view, (column.top,)), column)):
        return
    for index, row in numbered_sound_rows(view, (column.top,)):
        for path, value in walk_column(row, column):
            if value in wrong:
                kind, words = version_kind(spans[value], view.version, kinds.VALUE_LATER, kinds.VALUE_ENDED)
                yield kind.at(
                    view.locate(index, path),
                    table=view.plan.name,
                    field=written_path(view.plan.row.descriptor, path),
                    value=value_text(row, path),
                    **words,
                )
