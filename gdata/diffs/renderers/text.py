"""A diff on a terminal: a summary table, then each table's rows with old and new side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff, SchemaChange
from gdata.diffs.renderers.columns import (
    KEY,
    NEVER_BROKEN,
    TITLE,
    TITLE_MOST,
    Column,
    bare_table,
    fold_row,
    lay_out,
    value_column,
)
from gdata.diffs.renderers.wordmarks import Piece, mark_words, shorten
from gdata.diffs.words.presentation import Presentation
from gdata.diffs.words.report import (
    MetricReport,
    Report,
    RowReport,
    RowsReport,
    SchemaReport,
    TableReport,
    ValueReport,
    VerdictReport,
    ViolationsReport,
)
from gdata.diffs.words.reporting import report_of
from gdata.language import say
from gdata.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LIMIT = 20
"""Rows of each table shown of each sort, where nothing else is asked for."""
_WORD_MARKS_FROM = 24
"""Shorter texts are read at a glance: no words are marked in them."""
_LONGEST = 400
"""Signs of one value."""
_NEW_TABLES = 8
"""New tables that have a line each; of more, names and row counts in one paragraph."""
_COLORS = {
    "added": "green",
    "removed": "red",
    "blocked": "red",
    "allowed": "yellow",
    "warned": "yellow",
    "passed": "green",
}


def render_text(
    console: Console,
    diff: Diff,
    verdict: GateVerdict | None = None,
    *,
    presentation: Presentation | None = None,
    stat: bool = False,
    tables: Sequence[str] = (),
    limit: int | None = LIMIT,
) -> None:
    """Print the diff and the gate's word on it.

    `stat`: the summary alone. `tables`: only these, by name. `limit`: rows shown a table and sort; None: all. The rows
    of a table that is new or gone are shown where it is asked for by name, or all are.
    """
    whole = bool(tables) or limit is None
    report = report_of(
        diff, verdict, presentation, rows=0 if stat else limit, tables=tables, whole_tables=whole, lasting=False
    )
    page = _TextPage(console)
    page.head(report)
    if report.tables:
        page.overview(report.tables)
    if report.metrics:
        page.metrics(report.metrics)
    if not stat:
        for schema in report.schema:
            page.schema(schema)
        for table in report.tables:
            if whole or not table.is_one_sided:
                page.table(table)
    if report.verdict is not None:
        page.verdict(report.verdict)


_STAYS = "\u00a0"
"""A blank at which no line ends, so that a name and its number stay together."""


@dataclass(frozen=True)
class _TextPage:
    console: Console

    def head(self, report: Report) -> None:
        self.console.print(_text(f"{report.old} → {report.new}", "bold"))
        self.console.print(_text(report.headline))

    def overview(self, tables: Sequence[TableReport]) -> None:
        from rich import box

        news = [table for table in tables if table.status == "added"]
        if len(news) > _NEW_TABLES:
            # A first release: what each of them has is a number, and a line for each would be a screen full.
            counts: dict[str, int] = {}
            for table in news:  # Targets may have other rows of it: the most that one has.
                counts[table.name] = max(counts.get(table.name, 0), table.added.count)
            listed = ", ".join(f"{name}{_STAYS}{count:,}" for name, count in counts.items())
            told = fill(
                say("new, with their rows: {tables}", tables=listed), self.console.width, break_long_words=False
            )
            self.console.print(_text(told.replace(_STAYS, " ")))
            tables = [table for table in tables if table.status != "added"]
            if not tables:
                return
        several = any(not table.in_all for table in tables)  # Else naming them would say nothing.
        grid = bare_table(box.SIMPLE_HEAD)
        grid.add_column(say("table"), overflow="fold", no_wrap=True)
        if several:
            grid.add_column(say("targets"), overflow="fold")
        headings = (say("added"), say("removed"), say("changed"), say("cells"))
        for heading in headings:
            grid.add_column(heading, justify="right", no_wrap=True)
        grid.add_column("", overflow="fold")
        for table in tables:
            grid.add_row(*(_text(cell, style) for cell, style in _overview_cells(table, several)))
        self.console.print(grid)

    def metrics(self, metrics: Sequence[MetricReport]) -> None:
        self.console.print(_text(say("metrics"), "bold"))
        lines = []
        for metric in metrics:
            title = metric.title
            texts = metric.aligned()
            most = max((len(one) for old, new, _ in texts for one in (old, new) if one is not None), default=0)
            for value, (old, new, ratio) in zip(metric.values, texts, strict=True):
                old, new = (None if one is None else one.rjust(most) for one in (old, new))
                numbers = _value(old, "red"), _value(new, "green"), _text(ratio, "dim")
                lines.append((_text(f"  {title}", "cyan"), _text(value.name), *numbers))
                title = ""
        if lines:
            self.console.print(lay_out(self.console.width, lines, (Column(), Column(), KEY, KEY, KEY)))
        for metric in metrics:
            if metric.left:
                more = say("… and {count} more values of {metric}", count=f"{metric.left:,}", metric=metric.name)
                self.console.print(_text(f"  {more}", "dim"))
            if metric.failed:
                self.console.print(_text(f"  {metric.title}: {metric.failed}", "yellow"))
        self.console.print()

    def schema(self, schema: SchemaReport) -> None:
        self.console.print(_text(f"{say('schema')} · {', '.join(schema.targets)}", "bold"))
        for change in schema.changes:
            self.console.print(_schema_line(change))
        self.console.print()

    def table(self, table: TableReport) -> None:
        title = (table.name, "" if table.in_all else ", ".join(table.targets), table.note)
        self.console.rule(_text(" · ".join(filter(None, title)), "bold"), align="left", style="dim")
        for note in table.notes:
            self.console.print(_text(f"  {note}", "yellow"))
        self._changed(table.changed, is_record=table.kind == "record")
        self._rows("+", table.added)
        self._rows("-", table.removed)
        self.console.print()

    def _changed(self, rows: RowsReport, *, is_record: bool) -> None:
        if not rows.shown:
            return
        lines = [
            cells for row in rows.shown for cells in self._change_cells("~" if is_record else f"~ {row.name}", row)
        ]
        value = value_column(rows)
        self.console.print(lay_out(self.console.width, lines, (KEY, TITLE, Column(), value, value, KEY)))
        self._more(rows)

    def _change_cells(self, key: str, row: RowReport) -> Iterator[tuple[Text, ...]]:
        """The key, the title, the field, old, new and the ratio."""
        title = row.title
        for one in row.values:
            name, ratio = _text(one.name, "cyan"), _text(one.note, "dim")
            yield _text(key, "bold"), _text(title), name, *self._values(one), ratio
            key = title = ""

    def _values(self, one: ValueReport) -> tuple[Text, Text]:
        if not one.is_text or one.old is None or one.new is None or max(len(one.old), len(one.new)) <= _WORD_MARKS_FROM:
            return _value(one.old, "red"), _value(one.new, "green")
        before, after = mark_words(one.old, one.new)
        most = max(_WORD_MARKS_FROM, self.console.width)
        return self._pieces(shorten(before, most), "red", "[-]"), self._pieces(shorten(after, most), "green", "{+}")

    def _pieces(self, pieces: Iterable[Piece], color: str, signs: str) -> Text:
        """The words in color, the changed ones in reverse; without colors, in brackets."""
        from rich.text import Text

        plain = self.console.no_color or self.console.color_system is None
        opening, closing = (signs[:2], signs[1:]) if plain else ("", "")
        text = Text()
        for piece in pieces:
            if piece.marked:
                text.append(f"{opening}{piece.text}{closing}", style=f"{color} reverse")
            else:
                text.append(piece.text, style=color)
        return text

    def _rows(self, sign: str, rows: RowsReport) -> None:
        if not rows.shown:
            return
        color = _COLORS[rows.sort]
        heads = [(_text(f"{sign} {row.name}", f"bold {color}"), _text(row.title, color)) for row in rows.shown]
        taken = max(key.cell_len + 2 + (title.cell_len and min(title.cell_len, TITLE_MOST) + 2) for key, title in heads)
        room = max(NEVER_BROKEN, self.console.width - taken)
        lines = [
            (*head, _text(fold_row(_cut(row.whole()), room), color))
            for head, row in zip(heads, rows.shown, strict=True)
        ]
        self.console.print(lay_out(self.console.width, lines, (KEY, TITLE, Column(ratio=1))))
        self._more(rows)

    def _more(self, rows: RowsReport) -> None:
        if rows.more:
            self.console.print(_text(f"  {rows.more}", "dim"))

    def verdict(self, verdict: VerdictReport) -> None:
        self.console.print(_text(verdict.title, f"bold {_COLORS[verdict.state]}"))
        for folded in verdict.violations:
            self._violations(folded)

    def _violations(self, folded: ViolationsReport) -> None:
        style = "red" if folded.level == "block" and not folded.allowed else "yellow"
        for line in folded.lines:
            self.console.print(_text(f"  {folded.title}: {line}", style))


def _schema_line(change: SchemaChange) -> Text:
    style = "red" if change.breaking else "default"
    level = say("breaking") if change.breaking else say("note")
    return _text(f"  {level}  {visible(change.place)}: {visible(change.message)} ({change.rule})", style)


def _overview_cells(table: TableReport, several: bool) -> Iterator[tuple[str, str]]:
    yield table.name, "bold"
    if several:
        yield (say("all"), "dim") if table.in_all else (", ".join(table.targets), "")
    counts = ((table.added.count, "green"), (table.removed.count, "red"), (table.changed.count, ""), (table.cells, ""))
    for count, style in counts:
        yield (f"{count:,}", style) if count else ("·", "dim")
    yield table.note, "yellow"


def _value(value: str | None, color: str) -> Text:
    return _text(say("(none)"), "dim") if value is None else _text(_cut(value), color)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)
