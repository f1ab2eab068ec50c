"""A diff as a message where people talk: Slack's blocks and Discord's embeds, within what each of them takes.

What a cell says is data there too: it mentions nobody, is no link and formats nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff
from gdata.diffs.presentation import Presentation
from gdata.diffs.report import MetricReport, Report, RowReport, TableReport
from gdata.diffs.reporting import report_of
from gdata.language import say, say_counted
from gdata.text import visible

Service = Literal["slack", "discord"]
_SIGNS = {"blocked": "❌", "allowed": "⚠️", "warned": "⚠️", "passed": "✅"}
_COLORS = {"blocked": 0xD73A49, "allowed": 0xD9A200, "warned": 0xD9A200, "passed": 0x2DA44E}
_TABLES, _ROWS, _VALUES, _METRICS = 10, 4, 4, 5
_LONGEST = 60
"""Signs of one value: longer texts are read in the diff itself."""
_SLACK_BLOCKS, _SLACK_SECTION, _SLACK_HEADER = 50, 3000, 150
_DISCORD_FIELDS, _DISCORD_NAME, _DISCORD_VALUE, _DISCORD_TITLE, _DISCORD_ALL = 25, 256, 1024, 256, 6000


_SLACK_MARKS = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)")
"""What formats in Slack; an underscore within a word is a letter."""


@dataclass(frozen=True)
class _Part:
    """One section of a message: what it is about, and its lines."""

    title: str
    lines: tuple[str, ...]


def to_slack(
    diff: Diff, verdict: GateVerdict, *, presentation: Presentation | None = None, title: str = ""
) -> dict[str, Any]:
    """The diff as a message for an incoming webhook of Slack; `title` stands above it."""
    message = _Message("slack", report_of(diff, verdict, presentation, rows=_ROWS, whole_tables=False), title)
    head = _cut(message.title, _SLACK_HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": head, "emoji": False}}]
    for part in message.parts():
        text = _fit(f"*{part.title}*" if part.title else "", part.lines, _SLACK_SECTION)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    return {"text": f"{head} · {message.report.headline}", "blocks": blocks[:_SLACK_BLOCKS]}


def to_discord(
    diff: Diff, verdict: GateVerdict, *, presentation: Presentation | None = None, title: str = ""
) -> dict[str, Any]:
    """The diff as a message for a webhook of Discord; `title` stands above it."""
    message = _Message("discord", report_of(diff, verdict, presentation, rows=_ROWS, whole_tables=False), title)
    head, *parts = message.parts()
    description = _fit("", head.lines, _DISCORD_VALUE)
    used, fields = len(message.title) + len(description), []
    for part in parts[:_DISCORD_FIELDS]:
        name, value = _cut(part.title, _DISCORD_NAME) or "…", _fit("", part.lines, _DISCORD_VALUE)
        used += len(name) + len(value)
        if used > _DISCORD_ALL:
            break
        fields.append({"name": name, "value": value, "inline": False})
    embed = {
        "title": _cut(message.title, _DISCORD_TITLE),
        "description": description,
        "color": _COLORS[message.state],
        "fields": fields,
    }
    return {"content": "", "embeds": [embed], "allowed_mentions": {"parse": []}}


def to_plain(diff: Diff, verdict: GateVerdict, *, presentation: Presentation | None = None, title: str = "") -> str:
    """The same as text alone, for whatever takes no blocks."""
    message = _Message("", report_of(diff, verdict, presentation, rows=_ROWS, whole_tables=False), title)
    sections = ("\n".join(filter(None, (part.title, *part.lines))) for part in message.parts())
    return "\n\n".join((message.title, *sections))


@dataclass(frozen=True)
class _Message:
    service: Service | Literal[""]
    report: Report
    told: str

    @property
    def title(self) -> str:
        return visible(self.told) or f"{self.report.old} → {self.report.new}"

    @property
    def state(self) -> str:
        return self.report.verdict.state if self.report.verdict is not None else "passed"

    def parts(self) -> Iterator[_Part]:
        """The message's sections, the most important first: what doesn't fit is left out at the end."""
        yield _Part("", tuple(self._head()))
        for metric in self.report.metrics[:_METRICS]:
            yield _Part(self._text(metric.title), tuple(self._metric(metric)))
        tables = sorted(self.report.tables, key=lambda one: (one.is_one_sided, -one.cells, one.name))
        for table in tables[:_TABLES]:
            yield _Part(self._text(table.name), tuple(self._table(table)))
        if len(tables) > _TABLES:
            yield _Part(
                "", (say_counted("… and {count} more table", "… and {count} more tables", len(tables) - _TABLES),)
            )

    def _head(self) -> Iterator[str]:
        if self.told:
            yield self._text(f"{self.report.old} → {self.report.new}")
        yield from (f"⚠️ {self._text(note)}" for note in self.report.stale)
        yield self.report.headline
        verdict = self.report.verdict
        if verdict is None:
            return
        yield f"{_SIGNS[verdict.state]} {self._text(verdict.title)}"
        for folded in verdict.violations[:_TABLES]:
            yield from (f"• {self._text(folded.title)}: {self._text(line)}" for line in folded.lines[:3])

    def _metric(self, metric: MetricReport) -> Iterator[str]:
        if metric.failed:
            yield self._text(metric.failed)
        for value in metric.values[:_VALUES]:
            old, new, ratio = value.texts
            name = f"{self._text(value.name)} " if value.name else ""
            yield f"{name}{self._code(old)} → {self._code(new)}  {ratio}".rstrip()
        left = len(metric.values) - _VALUES + metric.left
        if left > 0:
            yield say("… and {count} more", count=f"{left:,}")

    def _table(self, table: TableReport) -> Iterator[str]:
        yield " · ".join(filter(None, (table.counts, self._text(table.note))))
        yield from map(self._text, table.notes[:_VALUES])
        for row in table.changed.shown:
            yield f"~ {self._row(row)}  {', '.join(self._values(row))}"
        for sign, rows in (("+", table.added), ("−", table.removed)):
            yield from (f"{sign} {self._row(row)}  {self._text(_cut(row.whole(), 2 * _LONGEST))}" for row in rows.shown)

    def _row(self, row: RowReport) -> str:
        return f"{self._code(row.name)} {self._text(row.title)}".strip()

    def _values(self, row: RowReport) -> Iterator[str]:
        for one in row.values[:_VALUES]:
            yield f"{self._text(one.name)} {self._code(one.old)} → {self._code(one.new)} {one.note}".rstrip()
        if len(row.values) > _VALUES:
            yield "…"

    def _text(self, text: str) -> str:
        """Text from outside that the service shows as it is."""
        text = _cut(text, 4 * _LONGEST)
        if self.service == "slack":
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            return _SLACK_MARKS.sub("\u200b\\g<0>\u200b", text)
        return re.sub(r"([\\*_~`|>#@<:\[\]()])", r"\\\1", text) if self.service == "discord" else text

    def _code(self, text: str | None) -> str:
        if text is None:
            return say("(none)")
        text = _cut(text, _LONGEST).replace("`", "'")
        if self.service == "slack":
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"`{text}`" if self.service and text else text


def _fit(head: str, lines: Sequence[str], most: int) -> str:
    """The head and as many lines as fit, and "…" where some don't."""
    text = head
    for line in lines:
        longer = f"{text}\n{line}" if text else line
        if len(longer) > most - 2:
            return f"{text}\n…" if text else _cut(line, most)
        text = longer
    return text or "–"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
