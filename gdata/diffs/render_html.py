"""A diff as one self-contained page that opens by a double-click, and shows thousands of changes without lag.

The data lies in the page as JSON, escaped so that nothing ends its element; the page's own script puts it on
screen as text. The content security policy lets only that script and style run, by their hashes, and nothing load.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from gdata.diffs.gate import GateVerdict
from gdata.diffs.grouping import TableGroup, group_schemas, group_tables
from gdata.diffs.model import Diff, FieldChange, Json, Row, RowChange, TableDiff, plain
from gdata.diffs.patterns import Column, columns, find_patterns, median
from gdata.diffs.presentation import Presentation, key_text, visible
from gdata.diffs.violations import fold_violations
from gdata.diffs.wordmarks import mark_words
from gdata.diffs.words import headline, side_text
from gdata.language import current_language

ROWS_A_TABLE = 20_000
"""Rows of one table in the page, of each sort; more would make it too big to open."""
_PLOTS = 8
_POINTS = 300
_MARK_FROM = 12
"""Shorter texts have no words marked."""


def to_html(
    diff: Diff, verdict: GateVerdict, *, presentation: Presentation | None = None, rows_a_table: int = ROWS_A_TABLE
) -> str:
    """The diff and the gate's verdict as an HTML document; `rows_a_table` of each sort are in it."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("gdata.diffs", "page"), autoescape=True)
    page = files("gdata.diffs") / "page"
    script, style = ((page / name).read_text("utf-8") for name in ("diff.js", "diff.css"))
    old, new = side_text(diff.old), side_text(diff.new)
    return environment.get_template("diff.html.j2").render(
        title=f"{old} → {new}",
        old=old,
        new=new,
        summary=headline(diff),
        language=current_language(),
        data=embedded(_page_data(diff, verdict, presentation or Presentation(), rows_a_table)),
        script=script,
        style=style,
        script_hash=_csp_hash(script),
        style_hash=_csp_hash(style),
    )


def embedded(value: Json) -> str:
    """JSON that no HTML parser sees anything in: `</script>` and `<!--` can't stand in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "backslashreplace").decode()


def _csp_hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _page_data(diff: Diff, verdict: GateVerdict, words: Presentation, most: int) -> dict[str, Json]:
    return {
        "summary": diff.summary.as_json(),
        "targets": list(diff.targets),
        "gate": _gate_data(verdict),
        "schema": list(_schema_data(diff)),
        "tables": [_TableData(words, group, most).as_json(index) for index, group in enumerate(group_tables(diff))],
    }


def _gate_data(verdict: GateVerdict) -> dict[str, Json]:
    return {
        "blocking": list(verdict.blocking),
        "allowed": list(verdict.allowed),
        "violations": [
            {
                "rule": folded.rule,
                "level": folded.level,
                "table": folded.table,
                "targets": list(folded.targets),
                "shown": [visible(one.told) for one in folded.shown],
                "more": folded.more,
            }
            for folded in fold_violations(verdict.violations)
        ],
    }


def _schema_data(diff: Diff) -> Iterator[dict[str, Json]]:
    for targets, changes in group_schemas(diff):
        for change in changes:
            yield {
                "breaking": change.breaking,
                "rule": change.rule,
                "message": visible(change.message),
                "place": visible(f"{change.file}:{change.line}" if change.line else change.file),
                "targets": list(targets),
            }


@dataclass(frozen=True)
class _TableData:
    """One table as the script reads it. A row's changes are [name, old, new, path without indexes]."""

    words: Presentation
    group: TableGroup
    most: int

    def as_json(self, index: int) -> dict[str, Json]:
        table = self.group.table
        changed = columns(table)
        rows = [*self._changed(table), *self._whole(table, table.added, "added")]
        rows += self._whole(table, table.removed, "removed")
        return {
            "id": str(index),
            "name": visible(table.name),
            "title": f"{visible(table.name)} · {', '.join(map(visible, self.group.targets))}",
            "targets": list(self.group.targets),
            "status": table.status,
            "renamedFrom": visible(table.renamed_from),
            "reordered": table.reordered,
            "kind": table.kind,
            "fields": [[column.path, self._name(table, column.path)] for column in changed],
            "patterns": list(self._patterns(table, changed)),
            "plots": list(self._plots(table, changed)),
            "rows": rows,
            "left": table.touched - len(rows),
        }

    def _name(self, table: TableDiff, path: str) -> str:
        return self.words.field_name(table.name, path)

    def _patterns(self, table: TableDiff, changed: Sequence[Column]) -> Iterator[dict[str, Json]]:
        for pattern in find_patterns(changed):
            yield {
                "kind": pattern.kind,
                "names": [self._name(table, path) for path in pattern.paths],
                "rows": pattern.rows,
                "factor": _factor_text(pattern.factor),
            }

    def _plots(self, table: TableDiff, changed: Sequence[Column]) -> Iterator[dict[str, Json]]:
        for column in [column for column in changed if len(column.numbers) > 1][:_PLOTS]:
            step = -(-len(column.numbers) // _POINTS)
            factors = [new / old for old, new in column.numbers if old]
            yield {
                "name": self._name(table, column.path),
                "rows": column.rows,
                "factor": _factor_text(median(factors)) if factors else None,
                "points": [[float(old), float(new)] for old, new in column.numbers[::step]],
            }

    def _changed(self, table: TableDiff) -> list[dict[str, Json]]:
        return [
            _row_data("changed", change, [self._change(table, one) for one in change.fields])
            for change in table.changed[: self.most]
        ]

    def _change(self, table: TableDiff, one: FieldChange) -> list[Json]:
        old: Json = self._value(table, one.path, one.old)
        new: Json = self._value(table, one.path, one.new)
        if isinstance(one.old, str) and isinstance(one.new, str) and max(len(one.old), len(one.new)) > _MARK_FROM:
            before, after = mark_words(old, new)
            old, new = ([[piece.text, int(piece.marked)] for piece in pieces] for pieces in (before, after))
        return [self._name(table, one.path), old, new, plain(one.path)]

    def _value(self, table: TableDiff, path: str, value: Json) -> str | None:
        return None if value is None else self.words.value(table, path, value)

    def _whole(self, table: TableDiff, rows: Sequence[Row], kind: str) -> list[dict[str, Json]]:
        known = set(table.key)
        found = []
        for row in rows[: self.most]:
            values: list[list[Any]] = []
            for name, value in row.values.items():
                if value in ("", [], {}) or (row.key is not None and name in known):
                    continue
                text = self._value(table, name, value)
                sides = [None, text] if kind == "added" else [text, None]
                values.append([self._name(table, name), *sides, name])
            found.append(_row_data(kind, row, values))
        return found


def _row_data(kind: str, row: Row | RowChange, changes: list[list[Json]]) -> dict[str, Json]:
    key = None if row.key is None else key_text(row.key, row.number)
    return {"kind": kind, "key": key, "number": row.number, "changes": changes}


def _factor_text(factor: float | None) -> str:
    return "" if factor is None else f"{factor:.3g}"
