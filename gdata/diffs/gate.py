"""The gate: the rules that a diff must pass before it goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import chain, compress, repeat
from typing import Literal

from gdata.config import Gate, GateRule, Limit
from gdata.diffs.changes import ChangedColumn, ChangedRows
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Diff, FieldChange, Json, Key, Row, RowChange, TableDiff, plain, row_name, value_text
from gdata.diffs.tables.fields import leaf_changes, number
from gdata.errors import UsageError
from gdata.language import Sentence, counted, say, sentence

SCHEMA_RULE = "schema"
"""The name that breaking schema changes go under."""
ALLOW_YANKED = "yanked"
"""What `--allow` may name beside rules: a release that was marked bad. Not a matter of the diff."""

_TABLE_GONE = sentence("the table {name} is gone")
_TABLE_NEW = sentence("the table {name} is new")
_ROW_ADDED = sentence("{name} was added")
_ROW_REMOVED = sentence("{name} was removed")
_ROW_CHANGED = sentence("{name} changed: {fields}")
_REORDERED = sentence("the rows stand in another order")
_TOO_MANY_ROWS = sentence("{touched} of {all} rows changed, more than {limit}")
_COLUMN_NEW = counted("{path} is new, with a value in {count} row", "{path} is new, with values in {count} rows", 0)
_COLUMN_GONE = counted("{path} is gone, {count} row had a value", "{path} is gone, {count} rows had values", 0)
_BELOW = sentence("{name}: {path} is {new}, less than {limit}")
_ABOVE = sentence("{name}: {path} is {new}, more than {limit}")
_NOT_COMPUTED = sentence("{metric} can't be computed: {why}")
_TOO_LARGE = sentence("{name}: {path} {old} → {new}, more than {limit}")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing in a diff that a rule forbids; None where it isn't about one table, row or field."""

    rule: str
    level: Literal["block", "warn"]
    sentence: Sentence
    target: str
    table: str | None = None
    key: Key | None = None
    field: str | None = None
    metric: str | None = None

    @property
    def message(self) -> str:
        """What is wrong, for programs and logs: in English."""
        return self.sentence.english

    @property
    def told(self) -> str:
        """The same for people, in the language in use."""
        return str(self.sentence)


@dataclass(frozen=True)
class GateVerdict:
    """What the gate says. `allowed` are the blocking rules that were broken and let through by name."""

    passed: bool
    violations: tuple[Violation, ...] = ()
    allowed: tuple[str, ...] = ()

    @property
    def blocking(self) -> tuple[str, ...]:
        """The names of the rules that stop this diff, in the order of their first violation."""
        broken = dict.fromkeys(one.rule for one in self.violations if one.level == "block")
        return tuple(rule for rule in broken if rule not in self.allowed)


def judge(diff: Diff, gate: Gate, allowed: Iterable[str] = (), own: Diff | None = None) -> GateVerdict:
    """Whether `diff` passes `gate`; the rules named in `allowed` don't stop it, but are still told.

    Against a side without a release everything passes: there is nobody yet whom it could break. Readers of one version
    of the game read no other's bundles: between two versions a broken schema is told and stops nothing; what is held to
    it is `own`, the diff against the last release of the new side's version.

    Raises:
        UsageError: `allowed` names a rule that the gate doesn't have.
    """
    allowed = tuple(allowed)
    _check_names(allowed, gate)
    if not diff.old.bundles:
        return GateVerdict(True)
    violations = (*_schemas_violations(diff, gate, own), *_rule_violations(diff, gate.rules))
    broken = dict.fromkeys(one.rule for one in violations if one.level == "block")
    return GateVerdict(
        all(rule in allowed for rule in broken), violations, tuple(rule for rule in broken if rule in allowed)
    )


def _schemas_violations(diff: Diff, gate: Gate, own: Diff | None) -> Iterator[Violation]:
    others = {
        name
        for name, bundle in diff.new.bundles.items()
        if name in diff.old.bundles and bundle.manifest.version != diff.old.bundles[name].manifest.version
    }
    for one in _schema_violations(diff, gate):
        yield replace(one, level="warn") if one.target in others else one
    if own is not None:
        yield from (one for one in _schema_violations(own, gate) if one.target in others)


def _check_names(allowed: Sequence[str], gate: Gate) -> None:
    known = [SCHEMA_RULE, ALLOW_YANKED, *(rule.name for rule in gate.rules)]
    for name in allowed:
        if name not in known:
            nearest = get_close_matches(name, known, 1)
            meant = (
                say("did you mean {nearest}?", nearest=nearest[0])
                if nearest
                else say("the rules are: {known}", known=", ".join(known))
            )
            raise UsageError(sentence("--allow {name}: the gate has no rule of this name", name=name), hint=meant)


def _schema_violations(diff: Diff, gate: Gate) -> Iterator[Violation]:
    if gate.schema == "off":
        return
    for name, target in diff.targets.items():
        for one in target.misread if gate.schema == "readers" else ():
            level: Literal["block", "warn"] = "block" if one.blocks else "warn"
            yield Violation(SCHEMA_RULE, level, one.sentence, name, one.table, one.key, one.field)
        for change in target.schema:
            if change.breaking:
                told = sentence(
                    "{place}: {change} ({rule})", place=change.place, change=change.message, rule=change.rule
                )
                yield Violation(SCHEMA_RULE, "block", told, name)


def _rule_violations(diff: Diff, rules: Sequence[GateRule]) -> Iterator[Violation]:
    for rule in rules:
        if rule.metrics:
            for metric in diff.metrics:
                if _matches(rule.metrics, metric.name):
                    yield from _metric_violations(rule, metric)
            continue
        for target_name, target in diff.targets.items():
            for table in target.tables.values():
                if _matches(rule.tables, table.name) or (
                    table.renamed_from and _matches(rule.tables, table.renamed_from)
                ):
                    yield from _TableRule(rule, target_name, table).violations()


def _metric_violations(rule: GateRule, metric: MetricDiff) -> Iterator[Violation]:
    def violation(told: Sentence, **words: object) -> Violation:
        return Violation(rule.name, rule.level, told.with_words(**words), metric.target, metric=metric.name)

    if metric.is_broken and metric.failed is not None:
        yield violation(_NOT_COMPUTED, metric=metric.name, why=metric.failed)
        return
    limit = rule.limit_by
    if rule.limit in ("min", "max"):
        values = metric.new if metric.failed is not None else {**metric.added, **_new_of(metric)}
        for name, value in values.items():
            if value < limit.amount if rule.limit == "min" else value > limit.amount:
                told = _BELOW if rule.limit == "min" else _ABOVE
                words = {"name": metric.name, "path": name or say("it"), "new": f"{value:.6g}"}
                yield violation(told, limit=str(limit), **words)
        return
    for name, (old, new) in metric.changed.items():
        if _is_beyond(rule, old, new):
            words = {"name": metric.name, "path": name or say("it"), "old": f"{old:.6g}", "new": f"{new:.6g}"}
            yield violation(_TOO_LARGE, limit=str(limit), **words)


def _new_of(metric: MetricDiff) -> dict[str, float]:
    return {name: new for name, (_, new) in metric.changed.items()}


def _is_beyond(rule: GateRule, old: float, new: float) -> bool:
    """Whether a number moved farther than the rule lets it."""
    if (rule.limit == "max_increase" and new < old) or (rule.limit == "max_decrease" and new > old):
        return False
    # Written so that NaN, which is never less or equal, is too large.
    return old != new and not abs(new - old) <= _allowance(rule.limit_by, abs(old))


def _matches(globs: Sequence[str], name: str) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


@dataclass(frozen=True)
class _TableRule:
    """One rule over what changed in one table of one target."""

    rule: GateRule
    target: str
    table: TableDiff

    def violations(self) -> Iterator[Violation]:
        if self.rule.limit == "max_changed_rows":
            yield from self._too_many_rows()
        elif self.rule.limit in ("min", "max"):
            yield from self._out_of_bounds()
        elif self.rule.limit:
            yield from self._too_large_changes()
        else:
            yield from self._denied()

    def _denied(self) -> Iterator[Violation]:
        deny, table = self.rule.deny, self.table
        gone = table.status == "removed" or (table.renamed_from and _matches(self.rule.tables, table.renamed_from))
        if deny in ("removed_table", "any") and gone:
            yield self._violation(_TABLE_GONE, name=table.renamed_from or table.name)
        if deny in ("added_table", "any") and table.status in ("added", "renamed"):
            yield self._violation(_TABLE_NEW, name=table.name)
        if deny in ("added_rows", "any"):
            for row in table.added:
                yield self._violation(_ROW_ADDED, row.key, name=row_name(row.key, row.number, row.title))
        if deny in ("removed_rows", "any"):
            for row in table.removed:
                yield self._violation(_ROW_REMOVED, row.key, name=row_name(row.key, row.number, row.title))
        if deny in ("changed_rows", "any"):
            yield from self._changed_rows()
        if deny == "any":
            yield from self._columns()
            if table.reordered and not self.rule.fields:
                yield self._violation(_REORDERED)

    def _columns(self) -> Iterator[Violation]:
        for column in self.table.columns:
            if self._looks_at(column.path):
                told = _COLUMN_NEW if column.is_new else _COLUMN_GONE
                yield self._violation(told.counting(len(column.rows)), None, column.path, path=column.path)

    def _out_of_bounds(self) -> Iterator[Violation]:
        """Values that changed or are new, in changed rows, new rows and new columns, and don't keep a bound."""
        for row, leaf in self._new_values():
            if self._looks_at(leaf.path) and self._is_out(self.table.kinds.get(plain(leaf.path), ""), None, leaf.new):
                name = row_name(row.key, row.number, row.title)
                words = {"name": name, "path": leaf.path, "new": value_text(leaf.new, leaf.new_title)}
                told = _BELOW if self.rule.limit == "min" else _ABOVE
                yield self._violation(told, row.key, leaf.path, limit=str(self.rule.limit_by), **words)

    def _is_out(self, kind: str, _: Json, new: Json) -> bool:
        bound, value = self.rule.limit_by.amount, number(new, kind)
        if value is None:
            return False
        # Written so that NaN, which is never on the right side, is out of bounds.
        return not (value >= bound if self.rule.limit == "min" else value <= bound)

    def _suspects(self, test: Callable[[str, Json, Json], bool] | None = None) -> Iterable[RowChange]:
        """The changed rows in which the rule may find something; `test` says so of a kind, an old and a new value."""
        changed = self.table.changed
        if not isinstance(changed, ChangedRows):
            return changed
        return changed.at(sorted(set().union(*(self._suspects_of(column, test) for column in changed.columns()))))

    def _suspects_of(self, column: ChangedColumn, test: Callable[[str, Json, Json], bool] | None) -> Iterable[int]:
        if test is None or column.has_parts:
            return column.rows if column.has_parts or self._looks_at(column.path) else ()
        if not self._looks_at(column.path):
            return ()
        kind = self.table.kinds.get(column.path, "")
        return compress(column.rows, map(test, repeat(kind), column.old, column.new))

    def _new_values(self) -> Iterator[tuple[Row | RowChange, FieldChange]]:
        columns = (row for column in self.table.columns if column.is_new for row in column.rows)
        for change in chain(self._suspects(self._is_out), columns):
            yield from ((change, leaf) for one in change.fields for leaf in self._leaves(one))
        for row in self.table.added:
            for name, value in row.values.items():
                yield from ((row, leaf) for leaf in self._leaves(FieldChange(name, None, value)))

    def _changed_rows(self) -> Iterator[Violation]:
        for change in self._suspects():
            paths = self._paths(change)
            if paths:
                field = paths[0] if len(paths) == 1 else None
                fields = ", ".join(paths[:3]) + (", …" if len(paths) > 3 else "")
                name = row_name(change.key, change.number, change.title)
                yield self._violation(_ROW_CHANGED, change.key, field, name=name, fields=fields)

    def _paths(self, change: RowChange) -> list[str]:
        """The paths of the row's changes that the rule looks at."""
        if not self.rule.fields:
            return [one.path for one in change.fields]
        return [one.path for one in change.fields if any(self._looks_at(leaf.path) for leaf in self._leaves(one))]

    def _leaves(self, change: FieldChange) -> Iterator[FieldChange]:
        return leaf_changes(change, self.table.maps)

    def _looks_at(self, path: str) -> bool:
        return _matches(self.rule.fields, plain(path))

    def _too_many_rows(self) -> Iterator[Violation]:
        table, limit = self.table, self.rule.limit_by
        changed = sum(1 for one in self._suspects() if self._paths(one)) if self.rule.fields else len(table.changed)
        touched = len(table.added) + len(table.removed) + changed
        if touched and (touched > _allowance(limit, table.old_rows)):
            yield self._violation(_TOO_MANY_ROWS, touched=f"{touched:,}", all=f"{table.old_rows:,}", limit=str(limit))

    def _too_large_changes(self) -> Iterator[Violation]:
        for change in self._suspects(self._is_too_large):
            for one in change.fields:
                for leaf in self._leaves(one):
                    kind = self.table.kinds.get(plain(leaf.path), "")
                    if self._looks_at(leaf.path) and self._is_too_large(kind, leaf.old, leaf.new):
                        yield self._violation(
                            _TOO_LARGE,
                            change.key,
                            leaf.path,
                            name=row_name(change.key, change.number, change.title),
                            path=leaf.path,
                            old=value_text(leaf.old, leaf.old_title),
                            new=value_text(leaf.new, leaf.new_title),
                            limit=str(self.rule.limit_by),
                        )

    def _is_too_large(self, kind: str, old: Json, new: Json) -> bool:
        before, after = number(old, kind), number(new, kind)
        # Unset counts as zero: a price where none was is as large a change as one from 0.
        return not (before is None and after is None) and _is_beyond(self.rule, before or 0, after or 0)

    def _violation(
        self, told: Sentence, key: Key | None = None, field: str | None = None, **words: Sentence | str
    ) -> Violation:
        rule, place = self.rule, (self.target, self.table.name, key, field)
        return Violation(rule.name, rule.level, told.with_words(**words), *place)


def _allowance(limit: Limit, old: float) -> float:
    return old * limit.amount / 100 if limit.percent else limit.amount
