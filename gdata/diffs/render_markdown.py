"""A diff as a comment on a pull request: GitHub's Markdown, never longer than a comment may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gdata.diffs.gate import GateVerdict
from gdata.diffs.grouping import TableGroup, group_schemas, group_tables
from gdata.diffs.model import Diff, RowChange, TableDiff
from gdata.diffs.patterns import columns, find_patterns
from gdata.diffs.presentation import Presentation, key_text, visible
from gdata.diffs.violations import fold_violations
from gdata.diffs.words import headline, more_text, row_text, side_text, table_note, verdict_title
from gdata.language import translate

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
    page = _MarkdownPage(presentation or Presentation(), limit, most)
    groups = group_tables(diff)
    page.add(_head(diff, verdict))
    page.add_all(list(_verdict_lines(verdict)), "", "\n")
    page.add_all(list(_schema_lines(diff)), f"\n**{translate('schema')}**\n\n", "\n")
    if groups:
        page.add_all(list(map(_overview_line, groups)), _overview_head(), "\n")
    page.tables(groups)
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


def _overview_head() -> str:
    names = (translate("table"), translate("targets"), translate("added"), translate("removed"))
    return f"\n| {' | '.join((*names, translate('changed'), translate('cells')))} | |\n|---|---|--:|--:|--:|--:|---|\n"


def _changes_head() -> str:
    names = (translate("row"), translate("field"), translate("old"), translate("new"))
    return f"\n| {' | '.join(names)} |\n|---|---|---|---|\n"


def _head(diff: Diff, verdict: GateVerdict) -> str:
    sign = "❌" if not verdict.passed else "⚠️" if verdict.violations else "✅"
    title = f"### {code(side_text(diff.old))} → {code(side_text(diff.new))}\n\n"
    return f"{title}{headline(diff)}\n\n{sign} **{literal(verdict_title(verdict)[0])}**\n\n"


def _verdict_lines(verdict: GateVerdict) -> Iterator[str]:
    for folded in fold_violations(verdict.violations):
        title = literal(folded.title(folded.rule in verdict.allowed))
        for one in folded.shown:
            yield f"- {title}: {code(one.told)}"
        if folded.more:
            yield f"- {title}: {folded.more_text}"


def _schema_lines(diff: Diff) -> Iterator[str]:
    for targets, changes in group_schemas(diff):
        for change in changes:
            place = f"{change.file}:{change.line}" if change.line else change.file
            level = f"**{translate('breaking')}** " if change.breaking else ""
            yield f"- {level}{code(place)} {code(change.message)} ({literal(', '.join(targets))})"


def _overview_line(group: TableGroup) -> str:
    table = group.table
    counts = (len(table.added), len(table.removed), len(table.changed), sum(len(one.fields) for one in table.changed))
    cells = (code(table.name), literal(", ".join(group.targets)), *(f"{count:,}" if count else "" for count in counts))
    return f"| {' | '.join(cells)} | {literal(table_note(table))} |"


@dataclass
class _MarkdownPage:
    words: Presentation
    limit: int
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
            self.note(translate("… and {count} more").format(count=f"{left:,}"))

    def note(self, text: str) -> None:
        self.add(f"\n{text}\n\n")

    def tables(self, groups: Sequence[TableGroup]) -> None:
        for index, group in enumerate(groups):
            if not (self.add(self._table(group, self.limit)) or self.add(self._table(group, 3))):
                left = len(groups) - index
                note = translate("… and {count} more tables; `gdata diff --format html` shows everything")
                self.parts.append(f"\n{note.format(count=f'{left:,}')}\n")  # the room for this was kept free
                return

    def _table(self, group: TableGroup, limit: int) -> str:
        table = group.table
        note = table_note(table)
        title = (
            f"<b>{literal(table.name)}</b> · {literal(', '.join(group.targets))}{' · ' if note else ''}{literal(note)}"
        )
        body = "".join((*self._patterns(table), self._changes(table, limit), *self._rows(table, limit)))
        return f"<details><summary>{title}</summary>\n{body}\n</details>\n\n"

    def _patterns(self, table: TableDiff) -> Iterator[str]:
        for pattern in find_patterns(columns(table)):
            names = [self.words.field_name(table.name, path) for path in pattern.paths]
            yield f"\n- {literal(pattern.message(names))}\n"

    def _changes(self, table: TableDiff, limit: int) -> str:
        lines = [line for change in table.changed[:limit] for line in self._change(table, change)]
        return f"{_changes_head()}{''.join(lines)}{_more(table.changed, limit, 'changed')}" if lines else ""

    def _change(self, table: TableDiff, change: RowChange) -> Iterator[str]:
        key = code(key_text(change.key, change.number)) if table.kind != "record" else ""
        for one in change.fields:
            name = code(self.words.field_name(table.name, one.path))
            old, new = (code(self.words.value(table, one.path, value)) for value in (one.old, one.new))
            yield f"| {key} | {name} | {old} | {new} |\n"
            key = ""

    def _rows(self, table: TableDiff, limit: int) -> Iterator[str]:
        for rows, word in ((table.added, "added"), (table.removed, "removed")):
            shown = rows[:limit]
            if shown:
                title = translate("added") if word == "added" else translate("removed")
                yield f"\n**{title}**\n\n"
                for row in shown:
                    values = row_text(self.words, table, row)
                    yield f"- {code(key_text(row.key, row.number))} {code(values)}\n"
                yield _more(rows, limit, word)


def _more(rows: Sequence[object], limit: int, word: str) -> str:
    left = len(rows) - limit
    return f"\n{more_text(word, left)}\n" if left > 0 else ""


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
