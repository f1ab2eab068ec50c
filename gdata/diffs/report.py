"""One report of a diff, in the words that people read: what a terminal, a comment and a page show, each in its form.

Every text in it is on one line, in the language in use, with the project's own words. `reporting` makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gdata.diffs.model import (
    SchemaChange,
    Summary,
)
from gdata.diffs.patterns import ColumnChange, Pattern, ratio_text
from gdata.language import say, say_counted, sentence

WHOLE_PARTS = " · "
"""What stands between the values of a whole row on one line."""


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
    origin: str = ""
    """The overlay that it came from: `from ShopProduct Sale`."""

    @property
    def note(self) -> str:
        """What stands beside the two values."""
        return " · ".join(filter(None, (self.ratio, self.origin)))


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
    origin: str = ""
    """The overlay that added it, or took it out."""

    @property
    def name(self) -> str:
        """The row by its key, else by its place."""
        return say("row {number}", number=self.number) if self.key is None else self.key

    def whole(self) -> str:
        """A row that came or went, on one line."""
        values = [f"{one.name}: {one.new if one.old is None else one.old}" for one in self.values]
        users = [say_counted("{count} row referred to it", "{count} rows referred to it", self.users)]
        return WHOLE_PARTS.join([*(users if self.users else []), *([self.origin] if self.origin else []), *values])


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
    columns: tuple[tuple[str, ColumnChange], ...] = ()
    """The changed columns with their names, the one with most changes first."""
    patterns: tuple[PatternReport, ...] = ()
    origins_note: str = ""
    """That overlays changed more rows than is known."""

    @property
    def is_one_sided(self) -> bool:
        """Whether the table itself is new or gone."""
        return self.status in ("added", "removed")

    @property
    def counts(self) -> str:
        """How many rows came, went and changed."""
        return rows_text(self.added.count, self.removed.count, self.changed.count)

    @property
    def notes(self) -> tuple[str, ...]:
        """What happened to whole columns, and what isn't known of the table, each in one line."""
        told = (*(one.message for one in self.one_sided), *(one.message for one in self.patterns), self.origins_note)
        return tuple(filter(None, told))

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

    def aligned(self, point: str = " ", digit: str = " ") -> list[tuple[str | None, str | None, str]]:
        """The values' texts, set right with their decimal points below each other: these blanks fill them up."""
        old, new, ratios = zip(*(one.texts for one in self.values), strict=True) if self.values else ((), (), ())
        return list(zip(_filled_up(old, point, digit), _filled_up(new, point, digit), ratios, strict=True))


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
    stale: tuple[str, ...] = ()
    """Why the sides aren't what the sheets say by now."""


def rows_text(added: int, removed: int, changed: int) -> str:
    """How many rows came, went and changed: `5 rows added · 1 row changed`; "" where none did."""
    counts = (
        (added, say_counted("{count} row added", "{count} rows added", added)),
        (removed, say_counted("{count} row removed", "{count} rows removed", removed)),
        (changed, say_counted("{count} row changed", "{count} rows changed", changed)),
    )
    return " · ".join(told for count, told in counts if count)


def _filled_up(texts: Sequence[str | None], point: str, digit: str) -> list[str | None]:
    fractions = [len(text.partition(".")[2]) for text in texts if text is not None]
    most = max(fractions, default=0)

    def filled_up(text: str) -> str:
        _, dot, fraction = text.partition(".")
        return text + (point if most and not dot else "") + digit * (most - len(fraction))

    return [None if text is None else filled_up(text) for text in texts]


def metric_text(value: float) -> str:
    """A metric's value in six digits: `1,560`."""
    return f"{value:,.6g}" if abs(value) < 1e15 else f"{value:.6g}"
