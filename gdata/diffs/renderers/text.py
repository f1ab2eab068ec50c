"""A diff on a terminal: a summary table, then each table's rows with old and new side by side.

Lines stand in columns that fit it: keys and short values stay in one piece, titles give way, texts are folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Literal

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff, SchemaChange
from gdata.diffs.presentation import Presentation
from gdata.diffs.renderers.wordmarks import Piece, mark_words, shorten
from gdata.diffs.report import (
    WHOLE_PARTS,
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
from gdata.diffs.reporting import report_of
from gdata.language import say, say_counted
from gdata.text import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

LIMIT = 20
"""Rows of each table shown of each sort, where nothing else is asked for."""
_WORD_MARKS_FROM = 24
"""Shorter texts are read at a glance: no words are marked in them."""
_LONGEST = 400
"""Signs of one value."""
_NEW_TABLES = 8
"""New tables that have a line each; of more, names and row counts in one paragraph."""
_TITLE_MOST, _TITLE_LEAST = 24, 8
"""Columns of a terminal that a row's title takes, where there is room for it and where there isn't."""
_NEVER_BROKEN = 20
"""Values up to so many signs stay on one line: a number in two pieces is two numbers."""
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
        grid = _bare_table(box.SIMPLE_HEAD)
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
            self.console.print(_lay_out(self.console.width, lines, (_Column(), _Column(), _KEY, _KEY, _KEY)))
        for metric in metrics:
            if metric.left:
                more = say_counted(
                    "… and {count} more value of {metric}",
                    "… and {count} more values of {metric}",
                    metric.left,
                    metric=metric.name,
                )
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
        value = _value_column(rows)
        self.console.print(_lay_out(self.console.width, lines, (_KEY, _TITLE, _Column(), value, value, _KEY)))
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
        taken = max(
            key.cell_len + 2 + (title.cell_len and min(title.cell_len, _TITLE_MOST) + 2) for key, title in heads
        )
        room = max(_NEVER_BROKEN, self.console.width - taken)
        lines = [
            (*head, _text(_fold_row(_cut(row.whole()), room), color))
            for head, row in zip(heads, rows.shown, strict=True)
        ]
        self.console.print(_lay_out(self.console.width, lines, (_KEY, _TITLE, _Column(ratio=1))))
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


@dataclass(frozen=True)
class _Column:
    """How one column gives way where the lines are too wide."""

    no_wrap: bool = False
    overflow: Literal["fold", "ellipsis"] = "fold"
    ratio: int | None = None
    min_width: int | None = None
    max_width: int | None = None


_KEY = _Column(no_wrap=True)
_TITLE = _Column(no_wrap=True, overflow="ellipsis", max_width=_TITLE_MOST)


def _value_column(rows: RowsReport) -> _Column:
    """The column of old or new values: of short ones alone it is never broken, long texts are folded."""
    from rich.cells import cell_len

    values = [value for row in rows.shown for one in row.values for value in (one.old, one.new) if value is not None]
    sizes = list(map(cell_len, values))
    if max(sizes, default=0) <= _NEVER_BROKEN:
        return _Column(no_wrap=True)
    return _Column(ratio=1, min_width=max((size for size in sizes if size <= _NEVER_BROKEN), default=0))


def _lay_out(width: int, lines: Sequence[tuple[Text, ...]], columns: Sequence[_Column]) -> Table:
    """The lines in columns, those left out in which nothing stands: they would take their padding.

    A column that may end in an ellipsis is the first to give way where the lines are wider than `width`.
    """
    sizes = [max((line[index].cell_len for line in lines), default=0) for index in range(len(columns))]
    filled = [index for index, size in enumerate(sizes) if size]
    least = [
        min(size, one.max_width or width) if one.ratio is None else min(size, one.min_width or _NEVER_BROKEN)
        for size, one in zip(sizes, columns, strict=True)
    ]
    over = sum(least[index] + 2 for index in filled) - width
    page = _bare_table(None)
    for index in filled:
        one = columns[index]
        most = one.max_width
        if one.overflow == "ellipsis" and most is not None and over > 0:
            most = max(_TITLE_LEAST, min(most, sizes[index]) - over)
        page.add_column(
            no_wrap=one.no_wrap,
            overflow=one.overflow,
            ratio=one.ratio,
            min_width=one.min_width,
            max_width=most,
        )
    for line in lines:
        page.add_row(*(line[index] for index in filled))
    return page


def _fold_row(row: str, room: int) -> str:
    """A whole row on lines of at most `room` columns, between its parts where they fit on a line."""
    from rich.cells import cell_len

    lines = [""]
    for part in row.split(WHOLE_PARTS):
        longer = f"{lines[-1]}{WHOLE_PARTS}{part}" if lines[-1] else part
        if cell_len(longer) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(f"· {part}")
    return "\n".join(lines)


def _bare_table(box: object) -> Table:
    """A table without room at its edges."""
    from rich.table import Table

    return Table(box=box, show_header=box is not None, pad_edge=False, padding=(0, 2, 0, 0), expand=False)  # type: ignore[arg-type]
