"""One report of a diff, in the words that people read: what a terminal, a comment and a page show, each in its form.

Every text in it is on one line, in the language in use, with the project's own words. Programs get `to_json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from gdata.diffs.fields import number
from gdata.diffs.gate import GateVerdict, Violation
from gdata.diffs.grouping import group_tables
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import (
    ColumnDiff,
    Diff,
    FieldChange,
    Json,
    Past,
    Row,
    RowChange,
    SchemaChange,
    Side,
    Summary,
    TableDiff,
    plain,
)
from gdata.diffs.patterns import Column, Pattern, columns, find_patterns, ratio_text
from gdata.diffs.presentation import Presentation, TitleAt, age, key_text, title_of
from gdata.language import counted, say, say_counted, sentence
from gdata.text import visible

METRIC_VALUES = 100
"""Values of one metric told where not everything is; of an overview, a tenth."""
SHOWN = 5
"""Violations of one rule in one table told one by one."""


@dataclass(frozen=True)
class ValueReport:
    """One value: what its field is called, its path without indexes, what it was and is; None: not there."""

    name: str
    path: str
    old: str | None
    new: str | None
    is_text: bool = False
    """Whether both are texts, in which single words may have changed."""
    ratio: str = ""
    """New by old where both are numbers that count something: `× 1.4`."""
    past: tuple[str, ...] = ()
    """Its last changes before this one, each in one line."""


@dataclass(frozen=True)
class RowReport:
    """A row that changed, or a whole one that came or went; `key` is None where it has none."""

    key: str | None
    number: int
    values: tuple[ValueReport, ...]
    title: str = ""
    """What people call it, where that isn't its key."""
    users: int = 0
    """Of a row that was removed, how many rows referred to it."""

    @property
    def name(self) -> str:
        """The row by its key, else by its place."""
        return say("row {number}", number=self.number) if self.key is None else self.key

    def whole(self) -> str:
        """A row that came or went, on one line."""
        values = [f"{one.name}: {one.new if one.old is None else one.old}" for one in self.values]
        users = [say_counted("{count} row referred to it", "{count} rows referred to it", self.users)]
        return " · ".join([*(users if self.users else []), *values])


@dataclass(frozen=True)
class RowsReport:
    """The first rows of one sort, and how many there are."""

    sort: Literal["changed", "added", "removed"]
    count: int
    shown: tuple[RowReport, ...] = ()

    def first(self, count: int) -> RowsReport:
        """The same with fewer of them shown."""
        return RowsReport(self.sort, self.count, self.shown[:count])

    @property
    def more(self) -> str:
        """How many are left out; "" where none is."""
        templates = {
            "changed": sentence("… and {count} more changed rows"),
            "added": sentence("… and {count} more added rows"),
            "removed": sentence("… and {count} more removed rows"),
        }
        left = self.count - len(self.shown)
        return str(templates[self.sort].with_words(count=f"{left:,}")) if left else ""


@dataclass(frozen=True)
class PatternReport:
    """One thing that happened to a whole column, with what the columns are called."""

    pattern: Pattern
    names: tuple[str, ...]

    @property
    def message(self) -> str:
        """It in one line."""
        return self.pattern.message(self.names)


_COLUMN_NEW = sentence("{name}: new, {rows} rows, {values}")
_COLUMN_GONE = sentence("{name}: gone, {rows} rows had {values}")


@dataclass(frozen=True)
class ColumnReport:
    """A column that is new or gone, and what stands in it: `1.5 … 11.5`, or its most frequent values."""

    name: str
    is_new: bool
    rows: int
    values: str

    @property
    def message(self) -> str:
        """It in one line: `cooldown: new, 21 rows, 1.5 … 11.5`."""
        template = _COLUMN_NEW if self.is_new else _COLUMN_GONE
        return str(template.with_words(name=self.name, rows=f"{self.rows:,}", values=self.values))


@dataclass(frozen=True)
class TableReport:
    """What changed in one table, for the targets that carry it."""

    name: str
    targets: tuple[str, ...]
    in_all: bool
    """Whether every target carries it, so that naming them says nothing."""

    status: str
    renamed_from: str
    reordered: bool
    kind: str
    cells: int
    changed: RowsReport
    added: RowsReport
    removed: RowsReport
    one_sided: tuple[ColumnReport, ...] = ()
    columns: tuple[tuple[str, Column], ...] = ()
    """The changed columns with their names, the one with most changes first."""
    patterns: tuple[PatternReport, ...] = ()

    @property
    def is_one_sided(self) -> bool:
        """Whether the table itself is new or gone."""
        return self.status in ("added", "removed")

    @property
    def notes(self) -> tuple[str, ...]:
        """What happened to whole columns, each in one line."""
        return (*(one.message for one in self.one_sided), *(one.message for one in self.patterns))

    @property
    def note(self) -> str:
        """What became of the table beside its rows: `new table`, `was GoodsTable`, `rows in another order`."""
        notes = {"added": say("new table"), "removed": say("table removed")}
        renamed = say("was {name}", name=self.renamed_from) if self.renamed_from else ""
        reordered = say("rows in another order") if self.reordered else ""
        return ", ".join(note for note in (notes.get(self.status, ""), renamed, reordered) if note)


@dataclass(frozen=True)
class SchemaReport:
    """The schema's changes that the same targets have."""

    targets: tuple[str, ...]
    changes: tuple[SchemaChange, ...]


@dataclass(frozen=True)
class ViolationsReport:
    """What one rule of the gate forbids in one table, in all targets that carry it; a flood of them folded."""

    rule: str
    level: Literal["block", "warn"]
    table: str
    targets: tuple[str, ...]
    allowed: bool
    shown: tuple[str, ...]
    left: int

    @property
    def title(self) -> str:
        """`blocks price-swing · ItemTable`."""
        levels = {"block": say("blocks"), "warn": say("warns")}
        level = say("allowed") if self.allowed and self.level == "block" else levels[self.level]
        return f"{level} {self.rule} · {self.table or ', '.join(self.targets)}"

    @property
    def lines(self) -> tuple[str, ...]:
        """Those that are shown, and how many aren't."""
        more = say("… and {count} more like it", count=f"{self.left:,}")
        return (*self.shown, more) if self.left else self.shown


@dataclass(frozen=True)
class VerdictReport:
    """The gate's word."""

    title: str
    state: Literal["blocked", "allowed", "warned", "passed"]
    blocking: tuple[str, ...]
    allowed: tuple[str, ...]
    violations: tuple[ViolationsReport, ...]


@dataclass(frozen=True)
class MetricValue:
    """One value of a metric; None: the side has none under that name."""

    name: str
    old: float | None
    new: float | None

    @property
    def texts(self) -> tuple[str | None, str | None, str]:
        """Old, new and the ratio, for people."""
        old, new = (None if one is None else metric_text(one) for one in (self.old, self.new))
        return old, new, ratio_text(self.old, self.new)


@dataclass(frozen=True)
class MetricReport:
    """What a change does to one metric, the largest change first; the first of its values, and how many are left."""

    name: str
    unit: str
    failed: str
    values: tuple[MetricValue, ...] = ()
    left: int = 0

    @property
    def title(self) -> str:
        """`income (gold/h)`."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True)
class Report:
    """A diff and the gate's word on it, to be shown."""

    old: str
    new: str
    headline: str
    summary: Summary
    targets: tuple[str, ...]
    schema: tuple[SchemaReport, ...]
    tables: tuple[TableReport, ...]
    verdict: VerdictReport | None = None
    metrics: tuple[MetricReport, ...] = ()
    """Those that moved, or can't be computed."""


def to_json(diff: Diff, verdict: GateVerdict) -> dict[str, Json]:
    """The diff and the gate's verdict for programs: the object that docs/diff.schema.json describes."""
    return {**diff.as_json(), "gate": verdict.as_json()}


def report_of(
    diff: Diff,
    verdict: GateVerdict | None = None,
    words: Presentation | None = None,
    *,
    rows: int | None = None,
    tables: Sequence[str] = (),
    whole_tables: bool = True,
    past: Past | None = None,
) -> Report:
    """The diff in words. `rows`: of each table and sort, None: all, 0: only the overview; `tables`: only these.

    Without `whole_tables` the rows of tables that are new or gone aren't told: that they are says it.
    """
    words = words or Presentation()
    groups = [(targets, table) for targets, table in group_tables(diff) if not tables or table.name in tables]
    return Report(
        old=side_text(diff.old),
        new=side_text(diff.new),
        headline=headline(diff),
        summary=diff.summary,
        targets=tuple(map(visible, diff.targets)),
        schema=tuple(group_schemas(diff)),
        tables=tuple(
            _TableWords(words, table, past or {}).report(
                targets, len(diff.targets), rows if whole_tables or table.status not in ("added", "removed") else 0
            )
            for targets, table in groups
        ),
        verdict=None if verdict is None else _verdict_report(verdict),
        # Where nothing was before, there is nothing to compare with.
        metrics=tuple(_metric_report(one, rows) for one in diff.metrics if one.differs and diff.old.bundles),
    )


def _metric_report(metric: MetricDiff, rows: int | None) -> MetricReport:
    most = None if rows is None else min(rows, METRIC_VALUES) or METRIC_VALUES // 10
    values = [
        *(MetricValue(visible(name), old, new) for name, (old, new) in metric.changed.items()),
        *(MetricValue(visible(name), None, new) for name, new in metric.added.items()),
        *(MetricValue(visible(name), old, None) for name, old in metric.removed.items()),
    ]
    failed = visible(str(metric.failed)) if metric.failed is not None else ""
    left = max(0, len(values) - most) if most is not None else 0
    return MetricReport(visible(metric.name), visible(metric.unit), failed, tuple(values[:most]), left)


def metric_text(value: float) -> str:
    """A metric's value in six digits: `1,560`."""
    return f"{value:,.6g}" if abs(value) < 1e15 else f"{value:.6g}"


@dataclass(frozen=True)
class _TableWords:
    words: Presentation
    table: TableDiff
    past: Past

    def report(self, targets: Sequence[str], all_targets: int, rows: int | None) -> TableReport:
        table, changed = self.table, columns(self.table) if rows != 0 else []
        return TableReport(
            visible(table.name),
            tuple(map(visible, targets)),
            len(targets) == all_targets,
            table.status,
            visible(table.renamed_from),
            table.reordered,
            table.kind,
            cells=sum(len(change.fields) for change in table.changed),
            changed=RowsReport("changed", len(table.changed), tuple(map(self._changed, table.changed[:rows]))),
            added=RowsReport("added", len(table.added), tuple(self._whole(row, True) for row in table.added[:rows])),
            removed=RowsReport(
                "removed", len(table.removed), tuple(self._whole(row, False) for row in table.removed[:rows])
            ),
            one_sided=tuple(map(self._one_sided, table.columns)) if rows != 0 else (),
            columns=tuple((self._name(column.path), column) for column in changed),
            patterns=tuple(
                PatternReport(pattern, tuple(map(self._name, pattern.paths))) for pattern in find_patterns(changed)
            ),
        )

    def _name(self, path: str) -> str:
        return self.words.field_name(self.table.name, path)

    def _one_sided(self, column: ColumnDiff) -> ColumnReport:
        value = partial(self.words.value, self.table, column.path, is_new=column.is_new)
        if column.span is not None:
            least, most = map(value, column.span)
            values = least if least == most else f"{least} … {most}"
        else:
            found = Counter(map(value, column.values))
            values = ", ".join(text for text, _ in found.most_common(3)) + (", …" if len(found) > 3 else "")
        return ColumnReport(self._name(column.path), column.is_new, len(column.rows), values)

    def _changed(self, change: RowChange) -> RowReport:
        values = tuple(replace(self._value(one), past=self._past(change, one)) for one in change.fields)
        is_told = any(one.new == change.title for one in change.fields)
        return RowReport(_key(change), change.number, values, "" if is_told else _title(change))

    def _past(self, change: RowChange, one: FieldChange) -> tuple[str, ...]:
        return tuple(
            say(
                "{time} {author}: {old} → {new} {message}",
                time=f"{past.time.astimezone():%Y-%m-%d}",
                author=visible(past.author),
                old=self.words.value(self.table, one.path, past.old, is_new=False),
                new=self.words.value(self.table, one.path, past.new),
                message=visible(past.message),
            ).rstrip()
            for past in self.past.get((self.table.name, change.key, one.path), ())
        )

    def _whole(self, row: Row, is_new: bool) -> RowReport:
        """A whole row: its fields but the key, those that say nothing left out."""
        skipped = {*self.table.key, *([row.titles.field] if _title(row) else ())} if row.key is not None else set()
        values = (
            self._value(FieldChange(name, *((None, value) if is_new else (value, None))), row.referent)
            for name, value in row.values.items()
            if name not in skipped and value not in ("", [], {})
        )
        return RowReport(_key(row), row.number, tuple(values), _title(row), row.users)

    def _value(self, one: FieldChange, title: TitleAt | None = None) -> ValueReport:
        old, new = (
            None
            if value is None
            else self.words.value(self.table, one.path, value, is_new=is_new, title=title or title_of(own))
            for value, own, is_new in ((one.old, one.old_title, False), (one.new, one.new_title, True))
        )
        is_text = isinstance(one.old, str) and isinstance(one.new, str)
        return ValueReport(self._name(one.path), plain(one.path), old, new, is_text, self._ratio(one))

    def _ratio(self, one: FieldChange) -> str:
        path = plain(one.path)
        if path in self.table.refs or path in self.table.key:
            return ""
        kind = self.table.kinds.get(path, "")
        return ratio_text(number(one.old, kind), number(one.new, kind))


def _key(row: Row | RowChange) -> str | None:
    return None if row.key is None else key_text(row.key, row.number)


def _title(row: Row | RowChange) -> str:
    title = visible(row.title)
    return "" if title == _key(row) else title


def side_text(side: Side) -> str:
    """A side in a headline: `live (20261123-091245-9f3ac1d0, 3 hours ago)`, `output`, `live (no release yet)`."""
    if not side.bundles:
        return say("{name} (no release yet)", name=visible(side.name))
    about = [visible(side.release)] if side.release is not None and side.release != side.name else []
    if side.time is not None:
        about.append(age(side.time))
    return f"{visible(side.name)} ({', '.join(about)})" if about else visible(side.name)


def headline(diff: Diff) -> str:
    """How much changed, in one line."""
    return summary_text(diff.summary) or (say("no row changed") if diff.differs else say("no difference"))


def summary_text(summary: Summary) -> str:
    """The counts in one line, those that are zero left out; "" where nothing changed in any table."""
    counts = (
        (summary.tables_added, counted("{count} new table", "{count} new tables", summary.tables_added)),
        (summary.tables_removed, counted("{count} table removed", "{count} tables removed", summary.tables_removed)),
        (summary.tables_changed, counted("{count} table changed", "{count} tables changed", summary.tables_changed)),
        (summary.rows_added, counted("{count} row added", "{count} rows added", summary.rows_added)),
        (summary.rows_removed, counted("{count} row removed", "{count} rows removed", summary.rows_removed)),
        (summary.rows_changed, counted("{count} row changed", "{count} rows changed", summary.rows_changed)),
        (summary.cells_changed, counted("{count} cell", "{count} cells", summary.cells_changed)),
    )
    return " · ".join(str(told) for count, told in counts if count)


def _verdict_report(verdict: GateVerdict) -> VerdictReport:
    title, state = _verdict_title(verdict)
    return VerdictReport(title, state, verdict.blocking, verdict.allowed, tuple(_fold(verdict)))


def _verdict_title(verdict: GateVerdict) -> tuple[str, Literal["blocked", "allowed", "warned", "passed"]]:
    if verdict.blocking:
        return say("gate: blocked by {rules}", rules=_names(verdict.blocking)), "blocked"
    if verdict.allowed:
        return say("gate: passed, because {rules} was allowed", rules=_names(verdict.allowed)), "allowed"
    if verdict.violations:
        return say("gate: passed, with warnings"), "warned"
    return say("gate: passed"), "passed"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(visible, names))


def _fold(verdict: GateVerdict) -> Iterator[ViolationsReport]:
    """The violations by rule and table, each told once however many targets have it."""
    found: dict[tuple[str, Literal["block", "warn"], str], dict[str, Violation]] = {}
    targets: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in verdict.violations:
        place = (one.rule, one.level, visible(one.table or ""))
        found.setdefault(place, {}).setdefault(one.message, one)
        targets.setdefault(place, {})[one.target] = None
    for place, ones in found.items():
        told = tuple(visible(one.told) for one in list(ones.values())[:SHOWN])
        names = tuple(map(visible, targets[place]))
        yield ViolationsReport(*place, names, place[0] in verdict.allowed, told, len(ones) - len(told))


def group_schemas(diff: Diff) -> Iterator[SchemaReport]:
    """The schema's changes, each with the targets that have it; those of the same targets together."""
    targets: dict[SchemaChange, tuple[str, ...]] = {}
    for target, found in diff.targets.items():
        for change in found.schema:
            targets[change] = (*targets.get(change, ()), visible(target))
    groups: dict[tuple[str, ...], list[SchemaChange]] = {}
    for change, names in targets.items():
        groups.setdefault(names, []).append(change)
    return (SchemaReport(names, tuple(changes)) for names, changes in groups.items())
