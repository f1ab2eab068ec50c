"""A diff on a terminal: a summary table, then each table's rows with old and new side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gdata.diffs.gate import GateVerdict
from gdata.diffs.grouping import TableGroup, group_schemas, group_tables
from gdata.diffs.model import Diff, FieldChange, Row, RowChange, SchemaChange, TableDiff
from gdata.diffs.patterns import columns, find_patterns
from gdata.diffs.presentation import Presentation, key_text, visible
from gdata.diffs.violations import FoldedViolations, fold_violations
from gdata.diffs.wordmarks import Piece, mark_words, shorten
from gdata.diffs.words import headline, more_text, row_text, side_text, table_note, targets_text, verdict_title
from gdata.language import translate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_T = TypeVar("_T")

LIMIT = 20
"""Rows of each table shown of each sort, where nothing else is asked for."""
_WORD_MARKS_FROM = 24
"""Shorter texts are read at a glance: no words are marked in them."""
_LONGEST = 400
"""Signs of one value."""


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

    `stat`: the summary alone. `tables`: only these, by name. `limit`: rows shown a table and sort; None: all.
    """
    groups = [group for group in group_tables(diff) if not tables or group.name in tables]
    page = _TextPage(console, presentation or Presentation(), limit)
    page.head(diff)
    if groups:
        page.overview(diff, groups)
    if not stat:
        for targets, changes in group_schemas(diff):
            page.schema(targets, changes)
        for group in groups:
            page.table(diff, group)
    if verdict is not None:
        page.verdict(verdict)


@dataclass(frozen=True)
class _TextPage:
    console: Console
    words: Presentation
    limit: int | None

    def head(self, diff: Diff) -> None:
        text = _text(f"{side_text(diff.old)} → {side_text(diff.new)}", "bold")
        self.console.print(text)
        self.console.print(_text(headline(diff)))

    def overview(self, diff: Diff, groups: Sequence[TableGroup]) -> None:
        from rich import box

        table = _table(box.SIMPLE_HEAD)
        table.add_column(translate("table"), overflow="fold")
        if any(targets_text(group, diff) for group in groups):
            table.add_column(translate("targets"), overflow="fold")
        headings = (translate("added"), translate("removed"), translate("changed"), translate("cells"))
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("", overflow="fold")
        for group in groups:
            table.add_row(*(_text(cell, style) for cell, style in _overview_cells(group, len(table.columns) > 6)))
        self.console.print(table)

    def schema(self, targets: Sequence[str], changes: Sequence[SchemaChange]) -> None:
        self.console.print(_text(f"{translate('schema')} · {', '.join(map(visible, targets))}", "bold"))
        for change in changes:
            place = f"{visible(change.file)}:{change.line}" if change.line else visible(change.file)
            style = "red" if change.breaking else "default"
            level = translate("breaking") if change.breaking else translate("note")
            self.console.print(_text(f"  {level}  {place}: {visible(change.message)} ({change.rule})", style))
        self.console.print()

    def table(self, diff: Diff, group: TableGroup) -> None:
        table = group.table
        title = (visible(table.name), targets_text(group, diff), table_note(table))
        self.console.rule(_text(" · ".join(filter(None, title)), "bold"), align="left", style="dim")
        for pattern in find_patterns(columns(table)):
            names = [self.words.field_name(table.name, path) for path in pattern.paths]
            self.console.print(_text(f"  {pattern.message(names)}", "yellow"))
        self._changed(table)
        self._rows(table, "+", table.added, "green", "added")
        self._rows(table, "-", table.removed, "red", "removed")
        self.console.print()

    def _changed(self, table: TableDiff) -> None:
        shown = self._shown(table.changed)
        if not shown:
            return
        grid = _table(None)
        for _ in range(2):
            grid.add_column(overflow="fold")
        for _ in range(2):
            grid.add_column(overflow="fold", ratio=1)
        for change in shown:
            for cells in self._change_cells(table, change):
                grid.add_row(*cells)
        self.console.print(grid)
        self._more(len(table.changed) - len(shown), "changed")

    def _change_cells(self, table: TableDiff, change: RowChange) -> Iterator[tuple[Text, ...]]:
        key = f"~ {key_text(change.key, change.number)}" if table.kind != "record" else "~"
        for one in change.fields:
            old, new = self._values(table, one)
            yield _text(key, "bold"), _text(self.words.field_name(table.name, one.path), "cyan"), old, new
            key = ""

    def _values(self, table: TableDiff, one: FieldChange) -> tuple[Text, Text]:
        old, new = (self.words.value(table, one.path, value) for value in (one.old, one.new))
        if not (isinstance(one.old, str) and isinstance(one.new, str) and max(len(old), len(new)) > _WORD_MARKS_FROM):
            return _text(_cut(old), "red" if one.old is not None else "dim"), self._new(_cut(new), one.new is None)
        before, after = mark_words(old, new)
        most = max(_WORD_MARKS_FROM, self.console.width)
        return self._pieces(shorten(before, most), "red", "[-]"), self._pieces(shorten(after, most), "green", "{+}")

    def _new(self, text: str, is_unset: bool) -> Text:
        return _text(text, "dim" if is_unset else "green")

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

    def _rows(self, table: TableDiff, sign: str, rows: Sequence[Row], color: str, word: str) -> None:
        shown = self._shown(rows)
        if not shown:
            return
        grid = _table(None)
        grid.add_column(overflow="fold")
        grid.add_column(overflow="fold", ratio=1)
        for row in shown:
            key = f"{sign} {key_text(row.key, row.number)}"
            grid.add_row(_text(key, f"bold {color}"), _text(_cut(row_text(self.words, table, row)), color))
        self.console.print(grid)
        self._more(len(rows) - len(shown), word)

    def _shown(self, rows: Sequence[_T]) -> list[_T]:
        return list(rows[: self.limit])

    def _more(self, count: int, word: str) -> None:
        if count > 0:
            self.console.print(_text(f"  {more_text(word, count)}", "dim"))

    def verdict(self, verdict: GateVerdict) -> None:
        title, style = verdict_title(verdict)
        self.console.print(_text(title, f"bold {style}"))
        for folded in fold_violations(verdict.violations):
            self._violations(folded, folded.rule in verdict.allowed)

    def _violations(self, folded: FoldedViolations, allowed: bool) -> None:
        style = "red" if folded.level == "block" and not allowed else "yellow"
        for one in folded.shown:
            self.console.print(_text(f"  {folded.title(allowed)}: {visible(one.told)}", style))
        if folded.more:
            self.console.print(_text(f"  {folded.title(allowed)}: {folded.more_text}", style))


def _overview_cells(group: TableGroup, several: bool) -> Iterator[tuple[str, str]]:
    table = group.table
    cells = sum(len(change.fields) for change in table.changed)
    yield visible(table.name), "bold"
    if several:
        yield ", ".join(map(visible, group.targets)), ""
    for count, style in (
        (len(table.added), "green"),
        (len(table.removed), "red"),
        (len(table.changed), ""),
        (cells, ""),
    ):
        yield (f"{count:,}", style) if count else ("·", "dim")
    yield table_note(table), "yellow"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _table(box: object) -> Table:
    from rich.table import Table

    return Table(box=box, show_header=box is not None, pad_edge=False, padding=(0, 2, 0, 0), expand=False)  # type: ignore[arg-type]
