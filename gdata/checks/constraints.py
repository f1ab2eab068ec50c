"""protovalidate over whole tables, each violation at its cell.

A table that is right passes in one call of the native engine. Only where that call finds something are the
rows validated one by one: so a rule that fails while running condemns its row alone, the row's index is
known without tracing, and no more than one row's violations are in memory at a time (they take 3 KB each:
300,000 of them in one call 1 GB, and thrice the time).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from google.protobuf.descriptor import Descriptor

from gdata import kinds
from gdata.checks.proofs import RuleProofs
from gdata.checks.rules import RuleErrors, RuleReader
from gdata.checks.values import plain_text, value_at, value_text, written_path
from gdata.checks.violations import Tracer, is_on_table, is_standard
from gdata.language import Sentence, sentence
from gdata.parsing.view import Path, View
from gdata.problems import Cell, Kind, Problem
from gdata.schema.plan import MessagePlan, TablePlan
from gdata.schema.schema import Schema

_RULE_ID = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_FAILED_RULE = re.compile(r"(?:error evaluating|expression) (?P<rule>\S+?):? (?P<reason>.*)", re.DOTALL)
_MOST_RELATED = 20
_ENGINE_REASONS = {"divide by zero": sentence("divide by zero")}
"""What the engine says most of why a rule failed."""
_EXAMPLES_WITHIN = 100
"""Rows before and after a wrong one that are asked for a value to show as an example."""


class Constraints:
    """The protovalidate rules of one schema. What it compiles it keeps, so keep the object for all tables."""

    def __init__(self, schema: Schema, timezone: tzinfo = UTC) -> None:
        """`timezone`: in which the sheets' dates are written, and so the problems' values."""
        self._schema = schema
        self._timezone = timezone
        self._rules = RuleReader(schema.pool)
        self._paths: dict[tuple[str, Path], str] = {}
        self._examples: dict[tuple[str, Path], dict[str, Any]] = {}

    @cached_property
    def _proofs(self) -> RuleProofs:
        return RuleProofs(self._rules)

    @cached_property
    def _tracer(self) -> Tracer:
        return Tracer(self._rules)

    @cached_property
    def _errors(self) -> RuleErrors:
        return RuleErrors(self._schema, self._rules)

    @cached_property
    def _validator(self) -> Any:
        import protovalidate

        return protovalidate.Validator()

    def check_rules(self, plan: TablePlan) -> None:
        """Compile the rules of a table and of all that lies in it.

        Raises:
            SchemaError: one doesn't compile, or can't work; the message starts with its file and line.
        """
        # What the core knows compiles, and needn't where it is met.
        if self._rules.constrains(plan.descriptor) and not self._proofs.covers(plan.descriptor):
            self._errors.check(plan.descriptor, self._validator)

    def check(self, view: View) -> list[Problem]:
        """Every violation in a table, but those over fields that have a problem already.

        Raises:
            SchemaError: a rule doesn't compile.
        """
        if not self._rules.constrains(view.plan.descriptor):
            return []
        if view.clean:  # By its pieces: the table has no rule of its own.
            return [one for index in _rows_beside(view.clean, view.row_count) for one in self._check_row(view, index)]
        if self._proofs.holds(view) or self._is_clean(view):
            return []
        problems = [problem for index in range(len(view.rows)) for problem in self._check_row(view, index)]
        # Over a table with wrong rows, a rule of the table would only say again what they say.
        return problems or self._check_table(view)

    def note_clean(self, view: View) -> None:
        """Note whether a piece of a table breaks no rule: so all cores ask, and what is wrong only of wrong pieces.

        Raises:
            SchemaError: a rule doesn't compile.
        """
        table = view.plan.descriptor
        if self._rules.constrains(table) and not self._rules.has_rules(table):
            view.clean = ((0, view.row_count),) if self._proofs.holds(view) or self._is_clean(view) else ()

    def _is_clean(self, view: View) -> bool:
        """Whether one call over the whole table finds nothing."""
        if view.plan.kind == "map" and len(getattr(view.message, view.plan.rows_field)) != len(view.rows):
            return False  # Of rows with one key the map holds only one.
        violations, failure = self._validate(view.message, fail_fast=True)
        return not violations and failure is None

    def _validate(self, message: Any, *, fail_fast: bool = False) -> tuple[list[Any], str | None]:
        """The violations, or why a rule couldn't be run."""
        try:
            return self._validator.collect_violations(message, fail_fast=fail_fast), None
        except Exception as error:
            # An import takes longer than to validate a row, so the classes are asked for only now.
            from protovalidate import CompilationError, EvaluationError

            if isinstance(error, EvaluationError):
                return [], str(error)
            if isinstance(error, CompilationError):
                raise self._errors.error(message.DESCRIPTOR, str(error)) from error
            raise

    def _check_row(self, view: View, index: int) -> Iterable[Problem]:
        row = view.rows[index]
        violations, failure = self._validate(row)
        if failure is not None:
            return () if index in view.bad_fields else (self._row_failed(view, index, failure),)
        if not violations:
            return ()
        bad = view.bad_fields.get(index)
        traced = [(violation.proto, self._tracer.paths(row, violation.proto)) for violation in violations]
        if len(traced) > 1:
            traced = _without_consequences(traced)
        traced = [(proto, paths) for proto, paths in traced if _is_in_version(view, proto, paths)]
        return [self._problem(view, index, proto, paths) for proto, paths in traced if not (bad and _meets(paths, bad))]

    def _problem(self, view: View, index: int, proto: Any, paths: list[Path]) -> Problem:
        row = view.rows[index]
        # A rule that names no field is told by the row's key.
        path = paths[0] or tuple(field.name for field in view.plan.key[:1])
        value = plain_text(path[-1]) if proto.for_key else value_text(row, path, self._timezone)
        kind, words = self._kind(view, index, proto, paths, value)
        return kind.at(
            view.locate(index, path),
            table=view.plan.name,
            field=self._written(row.DESCRIPTOR, path),
            value=value,
            related=_related(view, index, paths),
            code=_code(proto.rule_id),
            rule_of=_rule_of(row.DESCRIPTOR, paths[0]),
            **words,
        )

    def _kind(
        self, view: View, index: int, proto: Any, paths: list[Path], value: str | None
    ) -> tuple[Kind, dict[str, Any]]:
        """How a violation is told: what a planner can't read gets other words than the rule's own."""
        row, path = view.rows[index], paths[0]
        if proto.rule_id in ("required", "message.oneof") and len(paths) > 1:
            members = ", ".join(written_path(row.DESCRIPTOR, one) for one in paths)
            is_blank = all(_is_empty(row, one) for one in paths)
            return kinds.CONSTRAINT_ONE_OF if is_blank else kinds.ONEOF_SEVERAL, {"members": members}
        if is_standard(proto.rule) and not proto.for_key and _is_empty(row, path):
            return kinds.CONSTRAINT_BLANK, {}
        if proto.rule_id == "string.pattern":
            pattern = self._tracer.broken_value(row, path, proto)
            example = {} if proto.for_key else self._example(view, index, path, pattern)
            kind = kinds.CONSTRAINT_PATTERN_LIKE if example else kinds.CONSTRAINT_PATTERN
            return kind, {"pattern": pattern, **example}
        return kinds.CONSTRAINT, {"text": self._tracer.words(row, path, proto, value, self._timezone)}

    def _example(self, view: View, index: int, path: Path, pattern: str) -> dict[str, Any]:
        """A value of the same field that has the form, from a row nearby; looked for once a field."""
        names = view.plan.name, tuple(step for step in path if isinstance(step, str))
        if names not in self._examples:
            self._examples[names] = next(_fitting(view, index, path, pattern), {})
        return self._examples[names]

    def _written(self, row: Descriptor, path: Path) -> str:
        known = self._paths.get((row.full_name, path))
        if known is None:
            known = self._paths[row.full_name, path] = written_path(row, path)
        return known

    def _row_failed(self, view: View, index: int, failure: str) -> Problem:
        row = view.rows[index]
        rule, reason = _rule_and_reason(failure)
        paths: list[Path] = [*self._tracer.names_of_rule(row.DESCRIPTOR, rule)] or [()]
        return kinds.CONSTRAINT_FAILED.at(
            view.locate(index, paths[0]),
            table=view.plan.name,
            field=written_path(row.DESCRIPTOR, paths[0]),
            value=value_text(row, paths[0]),
            related=_related(view, index, paths),
            rule=rule,
            reason=reason,
        )

    def _check_table(self, view: View) -> list[Problem]:
        """The rules on the table message itself, once its rows are right and all there."""
        if view.plan.kind == "record" or view.bad_fields or not view.whole:
            return []
        cell, table = _sheet_of(view), view.plan.name
        violations, failure = self._validate(view.message)
        if failure is not None:
            rule, reason = _rule_and_reason(failure)
            return [kinds.CONSTRAINT_TABLE.at(cell, table=table, rule=rule, reason=reason)]
        return [
            kinds.CONSTRAINT.at(
                cell,
                table=table,
                code=_code(proto.rule_id),
                text=self._tracer.words(view.message, (view.plan.rows_field,), proto, None, self._timezone),
                rule_of=view.plan.message,
            )
            for proto in (violation.proto for violation in violations)
            if is_on_table(proto)
        ]


def _rows_beside(clean: Sequence[tuple[int, int]], count: int) -> Iterator[int]:
    """The rows that are in none of the ranges, which are in order."""
    for (_, start), (end, _) in pairwise([(0, 0), *clean, (count, count)]):
        yield from range(start, end)


def _without_consequences(traced: list[tuple[Any, list[Path]]]) -> list[tuple[Any, list[Path]]]:
    """The violations without those of rules over several fields, where one of the fields breaks a rule of its own."""
    own = {paths[0] for _, paths in traced if len(paths) == 1}
    return [(proto, paths) for proto, paths in traced if len(paths) == 1 or own.isdisjoint(paths)]


def _is_empty(row: Any, path: Path) -> bool:
    """Whether what is at `path` is unset, or a text, list or map with nothing in it."""
    holder = value_at(row, path[:-1])
    name = path[-1]
    if not hasattr(holder, "DESCRIPTOR") or not isinstance(name, str) or name not in holder.DESCRIPTOR.fields_by_name:
        return False
    field = holder.DESCRIPTOR.fields_by_name[name]
    if field.has_presence:
        return not holder.HasField(name)
    value = getattr(holder, name)
    return hasattr(value, "__len__") and len(value) == 0


def _fitting(view: View, index: int, path: Path, pattern: str) -> Iterator[dict[str, Any]]:
    """Values at `path` of the rows around `index` that match, with their cells, the nearest first."""
    for step in range(1, _EXAMPLES_WITHIN):
        for other in (index - step, index + step):
            value = value_text(view.rows[other], path) if 0 <= other < len(view.rows) else None
            if value and _matches(pattern, value):
                yield {"example": value, "example_cell": view.locate(other, path)}


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # RE2 knows a few things that Python doesn't.
        return False


def _is_in_version(view: View, proto: Any, paths: list[Path]) -> bool:
    """Whether what a violation is about is there in the view's version: fields that begin later are unset in it."""
    there = [_has_path(view.plan.row, path) for path in paths]
    return any(there) if proto.rule_id in ("required", "message.oneof") else all(there)


def _has_path(message: MessagePlan | None, path: Path) -> bool:
    steps = iter(path)
    for step in steps:
        field = message.field(str(step)) if message is not None else None
        if field is None:
            return message is None
        if field.is_list or field.is_map:
            next(steps, None)
        message = field.message
    return True


def _meets(paths: list[Path], bad: frozenset[str]) -> bool:
    """Whether any of the paths is about one of the bad fields, or about the row as a whole."""
    return any(not path or path[0] in bad for path in paths)


def _related(view: View, index: int, paths: list[Path]) -> list[Cell]:
    if len(paths) == 1:
        return []
    _, *others = dict.fromkeys(view.locate(index, path) for path in paths[: _MOST_RELATED + 1])
    return others


@lru_cache(maxsize=1_000)
def _code(rule_id: str) -> str:
    # A rule written as a bare expression has the expression for an id, and one may have none: not stable codes.
    return f"constraint.{rule_id if _RULE_ID.fullmatch(rule_id) else 'cel'}"


def _rule_of(row: Descriptor, path: Path) -> str:
    return f"{row.full_name}.{path[0]}" if path else str(row.full_name)


def _rule_and_reason(failure: str) -> tuple[str, Sentence | str]:
    """The rule that failed and why, out of protovalidate's sentence."""
    match = _FAILED_RULE.match(failure)
    rule, reason = (match["rule"], match["reason"]) if match else ("?", failure)
    return rule, _ENGINE_REASONS.get(reason, reason)


def _sheet_of(view: View) -> Cell:
    if not view.rows:
        return Cell("", view.plan.name)
    first = view.locate(0, ())
    return Cell(first.spreadsheet, first.sheet)
