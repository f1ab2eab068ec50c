"""Make the report of a diff: every value in the project's own words, each change once however many targets carry it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

from gdata.diffs.changes import cells_of
from gdata.diffs.compare import group_schemas, group_tables
from gdata.diffs.gate import GateVerdict, Violation
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import (
    ColumnDiff,
    Diff,
    FieldChange,
    Json,
    Key,
    Past,
    Row,
    RowChange,
    Side,
    Summary,
    TableDiff,
    plain,
)
from gdata.diffs.patterns import columns, find_patterns, ratio_text
from gdata.diffs.presentation import Presentation, TitleAt, age, key_text, titled_by, zoned_time
from gdata.diffs.report import (
    ColumnReport,
    MetricReport,
    MetricValue,
    PatternReport,
    Report,
    RowReport,
    RowsReport,
    SchemaReport,
    TableReport,
    ValueReport,
    VerdictReport,
    ViolationsReport,
)
from gdata.diffs.tables.fields import number
from gdata.language import counted, say, say_counted
from gdata.text import visible

METRIC_VALUES = 100
"""Values of one metric told where not everything is; of an overview, a tenth."""
SHOWN = 5
"""Violations of one rule in one table told one by one."""


def report_of(
    diff: Diff,
    verdict: GateVerdict | None = None,
    words: Presentation | None = None,
    *,
    rows: int | None = None,
    tables: Sequence[str] = (),
    whole_tables: bool = True,
    past: Past | None = None,
    lasting: bool = True,
) -> Report:
    """The diff in words. `rows`: of each table and sort, None: all, 0: only the overview; `tables`: only these.

    Without `whole_tables` the rows of tables that are new or gone aren't told: that they are says it. One that is
    `lasting` is read later too: it has times in place of how long ago something was.
    """
    words = words or Presentation()
    timezone, versions = words.timezone if lasting else "", [_versions(side) for side in (diff.old, diff.new)]
    if versions[0] == versions[1]:
        versions = ["", ""]  # What both have says nothing.
    groups = [(targets, table) for targets, table in group_tables(diff) if not tables or table.name in tables]
    return Report(
        old=side_text(diff.old, timezone, versions[0]),
        new=side_text(diff.new, timezone, versions[1]),
        stale=tuple(map(visible, (*diff.old.stale, *diff.new.stale))),
        headline=headline(diff),
        summary=diff.summary,
        targets=tuple(map(visible, diff.targets)),
        schema=tuple(
            SchemaReport(tuple(map(visible, names)), tuple(changes)) for names, changes in group_schemas(diff)
        ),
        tables=tuple(
            _TableWords(words, table, past or {}).report(
                targets, len(diff.targets), rows if whole_tables or table.status not in ("added", "removed") else 0
            )
            for targets, table in groups
        ),
        verdict=None if verdict is None else _verdict_report(verdict, words),
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


@dataclass(frozen=True)
class _TableWords:
    words: Presentation
    table: TableDiff
    past: Past

    def report(self, targets: Sequence[str], all_targets: int, rows: int | None) -> TableReport:
        table, changed = self.table, columns(self.table, self._codes) if rows != 0 else []
        names = {column.path: self._name(column.only_path or column.path) for column in changed}
        return TableReport(
            visible(table.name),
            tuple(map(visible, targets)),
            len(targets) == all_targets,
            table.status,
            visible(table.renamed_from),
            table.reordered,
            table.kind,
            cells=cells_of(table.changed),
            changed=RowsReport("changed", len(table.changed), tuple(map(self._changed, table.changed[:rows]))),
            added=RowsReport("added", len(table.added), tuple(self._whole(row, True) for row in table.added[:rows])),
            removed=RowsReport(
                "removed", len(table.removed), tuple(self._whole(row, False) for row in table.removed[:rows])
            ),
            one_sided=tuple(map(self._one_sided, table.columns)) if rows != 0 else (),
            columns=tuple((names[column.path], column) for column in changed),
            patterns=tuple(
                PatternReport(pattern, tuple(names[path] for path in pattern.paths))
                for pattern in find_patterns(changed)
            ),
            origins_note=_origins_note(table.origins_left),
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
        values = tuple(
            replace(self._value(one), past=self._past(change, one), origin=self._origin(change.key, one.path))
            for one in change.fields
        )
        is_told = any(one.new == change.title for one in change.fields)
        return RowReport(_key(change), change.number, values, "" if is_told else _title(change))

    def _origin(self, key: Key | None, path: str = "") -> str:
        old, new = (self.table.sheet_of(key, path, is_new=is_new) for is_new in (False, True))
        if new:
            return say("from {sheet}", sheet=visible(new))
        return say("was from {sheet}", sheet=visible(old)) if old else ""

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
            self._whole_value(row, name, value, is_new=is_new)
            for name, value in row.values.items()
            if name not in skipped and value not in ("", [], {})
        )
        remover = "" if is_new else self.table.removed_by(row.key)
        origin = say("removed by {sheet}", sheet=visible(remover)) if remover else self._origin(row.key)
        return RowReport(_key(row), row.number, tuple(values), _title(row), row.users, origin)

    def _whole_value(self, row: Row, name: str, value: Json, *, is_new: bool) -> ValueReport:
        # A field that was renamed goes by today's name, under which the sheets have it.
        path = name if is_new else self._today.get(name, name)
        change = FieldChange(path, *((None, value) if is_new else (value, None)))
        return self._value(change, lambda at: row.referent(name + at[len(path) :]))

    @cached_property
    def _today(self) -> dict[str, str]:
        return {was: path for path, was in self.table.renamed.items()}

    def _value(self, one: FieldChange, title: TitleAt | None = None) -> ValueReport:
        old, new = (
            None
            if value is None
            else self.words.value(self.table, one.path, value, is_new=is_new, title=title or titled_by(titles))
            for value, titles, is_new in ((one.old, one.titles[0], False), (one.new, one.titles[1], True))
        )
        is_text = isinstance(one.old, str) and isinstance(one.new, str)
        return ValueReport(self._name(one.path), plain(one.path), old, new, is_text, self._ratio(one))

    @cached_property
    def _codes(self) -> frozenset[str]:
        return self.words.codes(self.table.name)

    def _ratio(self, one: FieldChange) -> str:
        path = plain(one.path)
        if path in self.table.refs or path in self.table.key or path in self._codes:
            return ""
        kind = self.table.kinds.get(path, "")
        return ratio_text(number(one.old, kind), number(one.new, kind))


def _origins_note(left: int) -> str:
    if not left:
        return ""
    return say_counted(
        "overlays changed {count} more row than a build remembers: a value without their name may be theirs too",
        "overlays changed {count} more rows than a build remembers: a value without their name may be theirs too",
        left,
    )


def _key(row: Row | RowChange) -> str | None:
    return None if row.key is None else key_text(row.key, row.number)


def _title(row: Row | RowChange) -> str:
    title = visible(row.title)
    return "" if title == _key(row) else title


def _versions(side: Side) -> str:
    return ", ".join(sorted({bundle.manifest.version for bundle in side.bundles.values() if bundle.manifest.version}))


def side_text(side: Side, timezone: str = "", version: str = "") -> str:
    """A side in a headline: `live (20261123-091245-9f3ac1d0, 3 hours ago)`, `output`, `live (no release yet)`.

    With a time zone its time stands in it, not its age.
    """
    if not side.bundles:
        return say("{name} (no release yet)", name=visible(side.name))
    if side.name.startswith("at:"):  # Its name is its version, and nobody can publish its build.
        return visible(side.name)
    about = [visible(side.release)] if side.release is not None and side.release != side.name else []
    if version:
        about.append(say("version {version}", version=version))
    if side.release is None and side.build:
        about.append(say("build {build}", build=side.build[:12]))
    if side.time is not None:
        about.append(zoned_time(side.time, timezone) if timezone else age(side.time))
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


def _verdict_report(verdict: GateVerdict, words: Presentation) -> VerdictReport:
    title, state = _verdict_title(verdict)
    return VerdictReport(title, state, verdict.blocking, verdict.allowed, tuple(_fold(verdict, words)))


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


def _told(one: Violation, words: Presentation) -> str:
    """What is wrong, with the field called as in the sheet."""
    if one.table is None or one.field is None:
        return one.told
    name = words.field_name(one.table, one.field)
    return str(one.sentence.with_words(path=name, fields=name))


def _fold(verdict: GateVerdict, words: Presentation) -> Iterator[ViolationsReport]:
    """The violations by rule and table, each told once however many targets have it."""
    found: dict[tuple[str, Literal["block", "warn"], str], dict[str, Violation]] = {}
    targets: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in verdict.violations:
        place = (one.rule, one.level, visible(one.table or ""))
        found.setdefault(place, {}).setdefault(one.message, one)
        targets.setdefault(place, {})[one.target] = None
    for place, ones in found.items():
        told = tuple(visible(_told(one, words)) for one in list(ones.values())[:SHOWN])
        names = tuple(map(visible, targets[place]))
        yield ViolationsReport(*place, names, place[0] in verdict.allowed, told, len(ones) - len(told))
