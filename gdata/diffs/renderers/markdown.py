"""A diff as a comment on a pull request: GitHub's Markdown, never longer than a comment may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff
from gdata.diffs.presentation import Presentation
from gdata.diffs.report import MetricReport, Report, RowReport, RowsReport, TableReport, VerdictReport
from gdata.diffs.reporting import report_of
from gdata.language import say, say_counted
from gdata.text import visible

MOST = 65_536
"""Signs in a comment on GitHub, counted as UTF-16 does."""
LIMIT = 20
"""Rows of each table shown of each sort."""
_LONGEST = 200
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#|&~@:$!^=]")
_ROOM_FOR_NOTE = 200


def to_markdown(
    diff: Diff, verdict: GateVerdict, *, presentation: Presentation | None = None, limit: int = LIMIT, most: int = MOST
) -> str:
    """The diff and the gate's verdict as Markdown, at most `most` signs; `limit` rows a table and sort.

    What doesn't fit is left out whole, least important last in, and its size is told.
    """
    report = report_of(diff, verdict, presentation, rows=limit)
    page = _MarkdownPage(most)
    page.add(_head(report, verdict))
    if report.verdict is not None:
        page.add_all(list(_verdict_lines(report.verdict)), "", "\n")
    if report.metrics:
        page.add_all(list(_metric_lines(report.metrics)), _metrics_head(), "\n")
    page.add_all(list(_schema_lines(report)), f"\n**{say('schema')}**\n\n", "\n")
    if report.tables:
        page.add_all(*_overview(report.tables), "\n")
    page.tables(report.tables)
    return page.text()


def literal(text: str) -> str:
    """Text from outside as Markdown that shows exactly it: no markup, links, mentions, or cells end in it."""
    text = visible(text)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    escaped = _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)
    return escaped.replace("www.", "www&#46;").replace("WWW.", "WWW&#46;")


def code(text: str) -> str:
    """The same in the letters of code, where GitHub makes no mention or issue of anything."""
    return f"<code>{literal(text)}</code>" if text else ""


def _overview(tables: Sequence[TableReport]) -> tuple[list[str], str]:
    """The overview's lines, and its head; without a column of targets where each has every change."""
    several = any(not table.in_all for table in tables)
    names = (say("table"), *([say("targets")] if several else []), say("added"), say("removed"), say("changed"))
    rule = f"|---|{'---|' if several else ''}--:|--:|--:|--:|---|"
    lines = [_overview_line(table, several=several) for table in tables]
    return lines, f"\n| {' | '.join((*names, say('cells')))} | |\n{rule}\n"


def _changes_head() -> str:
    names = (say("row"), say("field"), say("old"), say("new"))
    return f"\n| {' | '.join(names)} |\n|---|---|---|---|\n"


def _head(report: Report, verdict: GateVerdict) -> str:
    sign = "❌" if not verdict.passed else "⚠️" if verdict.violations else "✅"
    title = f"### {code(report.old)} → {code(report.new)}\n\n"
    gate = "" if report.verdict is None else literal(report.verdict.title)
    stale = "".join(f"⚠️ {literal(note)}\n\n" for note in report.stale)
    return f"{title}{stale}{report.headline}\n\n{sign} **{gate}**\n\n"


def _verdict_lines(verdict: VerdictReport) -> Iterator[str]:
    for folded in verdict.violations:
        title = literal(folded.title)
        yield from (f"- {title}: {code(one)}" for one in folded.shown)
        yield from (f"- {title}: {more}" for more in folded.lines[len(folded.shown) :])


def _metrics_head() -> str:
    names = (say("metric"), "", say("old"), say("new"))
    return f"\n| {' | '.join(names)} | |\n|---|---|--:|--:|---|\n"


def _metric_lines(metrics: Sequence[MetricReport]) -> Iterator[str]:
    for metric in metrics:
        title = literal(metric.title)
        for value in metric.values:
            old, new, ratio = value.texts
            cells = (title, literal(value.name), *(say("(none)") if one is None else one for one in (old, new)))
            yield f"| {' | '.join(cells)} | {literal(ratio)} |"
            title = ""
        if metric.left:
            yield f"| | {say('… and {count} more', count=f'{metric.left:,}')} | | | |"
        if metric.failed:
            yield f"| {title} | {literal(metric.failed)} | | | |"


def _schema_lines(report: Report) -> Iterator[str]:
    for schema in report.schema:
        for change in schema.changes:
            level = f"**{say('breaking')}** " if change.breaking else ""
            yield f"- {level}{code(change.place)} {code(change.message)} ({literal(', '.join(schema.targets))})"


def _overview_line(table: TableReport, *, several: bool) -> str:
    counts = (table.added.count, table.removed.count, table.changed.count, table.cells)
    targets = [say("all") if table.in_all else literal(", ".join(table.targets))] if several else []
    cells = (code(table.name), *targets, *(f"{count:,}" if count else "" for count in counts))
    return f"| {' | '.join(cells)} | {literal(table.note)} |"


@dataclass
class _MarkdownPage:
    most: int
    parts: list[str] = field(default_factory=list)
    used: int = 0

    def text(self) -> str:
        return "".join(self.parts)

    def add(self, part: str) -> bool:
        """Add the part if there is room for it, and for a last note after it."""
        size = _size(part)
        if self.used + size > self.most - _ROOM_FOR_NOTE:
            return False
        self.parts.append(part)
        self.used += size
        return True

    def add_all(self, lines: Sequence[str], head: str, end: str) -> None:
        """Add as many of the lines as fit, and how many don't."""
        text, left = fit(lines, self.most // 3)
        if lines and self.add(head + text + end) and left:
            self.note(say("… and {count} more", count=f"{left:,}"))

    def note(self, text: str) -> None:
        self.add(f"\n{text}\n\n")

    def tables(self, tables: Sequence[TableReport]) -> None:
        for index, table in enumerate(tables):
            if not (self.add(_table(table)) or self.add(_table(table, 3))):
                note = say_counted(
                    "… and {count} more table; `gdata diff --format html` shows everything",
                    "… and {count} more tables; `gdata diff --format html` shows everything",
                    len(tables) - index,
                )
                self.parts.append(f"\n{note}\n")  # the room for this was kept free
                return


def _table(table: TableReport, limit: int | None = None) -> str:
    """One table, folded; with `limit`, fewer of its rows."""
    beside = ("" if table.in_all else ", ".join(table.targets), table.counts, table.note)
    title = " · ".join((f"<b>{literal(table.name)}</b>", *map(literal, filter(None, beside))))
    patterns = "".join(f"\n- {literal(note)}\n" for note in table.notes)
    changed, added, removed = (
        rows if limit is None else rows.first(limit) for rows in (table.changed, table.added, table.removed)
    )
    whole = _rows(say("added"), added) + _rows(say("removed"), removed)
    body = patterns + _changes(changed, is_record=table.kind == "record") + whole
    return f"<details><summary>{title}</summary>\n{body}\n</details>\n\n"


def _changes(rows: RowsReport, *, is_record: bool) -> str:
    lines = [line for row in rows.shown for line in _change("" if is_record else _row_name(row), row)]
    return f"{_changes_head()}{''.join(lines)}{_more(rows)}" if lines else ""


def _change(key: str, row: RowReport) -> Iterator[str]:
    for one in row.values:
        old, new = (code(say("(none)") if value is None else value) for value in (one.old, one.new))
        ratio = f" {literal(one.note)}" if one.note else ""
        yield f"| {key} | {code(one.name)} | {old} | {new}{ratio} |\n"
        key = ""


def _row_name(row: RowReport) -> str:
    return f"{code(row.name)} {literal(row.title)}" if row.title else code(row.name)


def _rows(title: str, rows: RowsReport) -> str:
    lines = [f"- {_row_name(row)} {code(row.whole())}\n" for row in rows.shown]
    return f"\n**{title}**\n\n{''.join(lines)}{_more(rows)}" if lines else ""


def _more(rows: RowsReport) -> str:
    return f"\n{rows.more}\n" if rows.more else ""


def fit(lines: Iterable[str], most: int) -> tuple[str, int]:
    """The first lines that together have at most `most` signs, and how many are left."""
    kept, size, left = [], 0, 0
    for line in lines:
        size += _size(line) + 1
        if size <= most and not left:
            kept.append(f"{line}\n")
        else:
            left += 1
    return "".join(kept), left


def _size(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
