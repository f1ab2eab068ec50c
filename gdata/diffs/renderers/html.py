"""A diff as one self-contained page that opens by a double-click, and shows thousands of changes without lag.

The data lies in the page as JSON, escaped so that nothing ends its element; the page's own script puts it on
screen as text. The content security policy lets only that script and style run, by their hashes, and nothing load.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff, Json, Past
from gdata.diffs.patterns import both_ways, middle_factor
from gdata.diffs.presentation import Presentation
from gdata.diffs.renderers.wordmarks import Piece, mark_words
from gdata.diffs.report import MetricReport, Report, RowsReport, TableReport, ValueReport, VerdictReport
from gdata.diffs.reporting import report_of
from gdata.language import current_language
from gdata.text import visible

ROWS_A_TABLE = 20_000
"""Rows of one table in the page, of each sort; more would make it too big to open."""
_PLOTS = 8
_POINTS = 300
_STEPS, _WIDE = 19, 50
"""Bars of a distribution; from this ratio of its largest to its least value on, its scale is logarithmic."""
_MARK_FROM = 12
"""Shorter texts have no words marked."""


def to_html(
    diff: Diff,
    verdict: GateVerdict,
    *,
    presentation: Presentation | None = None,
    rows_a_table: int = ROWS_A_TABLE,
    past: Past | None = None,
) -> str:
    """The diff and the gate's verdict as an HTML document; `rows_a_table` of each sort are in it.

    `past`: earlier changes of the cells, to be shown beneath them.
    """
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("gdata.diffs.renderers", "page"), autoescape=True)
    page = files("gdata.diffs.renderers") / "page"
    script, style = ((page / name).read_text("utf-8") for name in ("diff.js", "diff.css"))
    report = report_of(diff, verdict, presentation, rows=rows_a_table, past=past)
    return environment.get_template("diff.html.j2").render(
        title=f"{report.old} → {report.new}",
        old=report.old,
        new=report.new,
        summary=report.headline,
        language=current_language(),
        data=embedded({"review": _review_id(diff), **_page_data(report)}),
        script=script,
        style=style,
        script_hash=_csp_hash(script),
        style_hash=_csp_hash(style),
    )


def _review_id(diff: Diff) -> str:
    """What a reviewer's ticks belong to: these two builds."""
    return f"{(diff.old.build or '')[:12]} {(diff.new.build or '')[:12]}"


def embedded(value: Json) -> str:
    """JSON that no HTML parser sees anything in: `</script>` and `<!--` can't stand in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "backslashreplace").decode()


def _csp_hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _page_data(report: Report) -> dict[str, Json]:
    return {
        "summary": report.summary.as_json(),
        "targets": list(report.targets),
        "stale": list(report.stale),
        "gate": None if report.verdict is None else _gate_data(report.verdict),
        "metrics": [_metric_data(one) for one in report.metrics],
        "schema": list(_schema_data(report)),
        "tables": [_table_data(table, index) for index, table in enumerate(sorted(report.tables, key=_most_first))],
    }


def _most_first(table: TableReport) -> tuple[int, str]:
    """The order of the page: the table in which most changed first; of one that is new, little is to be compared."""
    touched = table.cells + table.added.count + table.removed.count
    return (0 if table.is_one_sided else -touched), table.name


def _gate_data(verdict: VerdictReport) -> dict[str, Json]:
    return {
        "blocking": list(verdict.blocking),
        "allowed": list(verdict.allowed),
        "violations": [
            {
                "rule": folded.rule,
                "level": folded.level,
                "table": folded.table or None,
                "targets": list(folded.targets),
                "shown": list(folded.shown),
                "more": folded.left,
            }
            for folded in verdict.violations
        ],
    }


def _metric_data(metric: MetricReport) -> dict[str, Json]:
    """A metric as the script reads it. Its values are [name, old, new, texts of both, ratio]."""
    texts = metric.aligned("\u2008", "\u2007")
    values = [[one.name, one.old, one.new, *told] for one, told in zip(metric.values, texts, strict=True)]
    return {"title": metric.title, "failed": metric.failed, "values": values, "left": metric.left}


def _schema_data(report: Report) -> Iterator[dict[str, Json]]:
    for schema in report.schema:
        for change in schema.changes:
            yield {
                "breaking": change.breaking,
                "rule": change.rule,
                "message": visible(change.message),
                "place": visible(change.place),
                "targets": list(schema.targets),
            }


def _table_data(table: TableReport, index: int) -> dict[str, Json]:
    """One table as the script reads it. A row's changes are [name, old, new, path without indexes]."""
    sorts = (table.changed, table.added, table.removed)
    rows = [row for sort in sorts for row in _rows_data(sort)]
    return {
        "id": str(index),
        "name": table.name,
        "title": f"{table.name} · {', '.join(table.targets)}",
        "targets": list(table.targets),
        "inAll": table.in_all,
        "status": table.status,
        "renamedFrom": table.renamed_from,
        "reordered": table.reordered,
        "kind": table.kind,
        "fields": [[column.path, name] for name, column in table.columns],
        "columns": [[one.name, int(one.is_new), one.rows, one.values] for one in table.one_sided],
        "patterns": list(_patterns(table)),
        "note": table.origins_note,
        "plots": list(_plots(table)),
        "rows": rows,
        "left": sum(sort.count for sort in sorts) - len(rows),
    }


def _patterns(table: TableReport) -> Iterator[dict[str, Json]]:
    for one in table.patterns:
        pattern = one.pattern
        yield {"kind": pattern.kind, "names": list(one.names), "rows": pattern.rows, "factor": pattern.number}


def _plots(table: TableReport) -> Iterator[dict[str, Json]]:
    for name, column in [one for one in table.columns if len(one[1].numbers) > 1][:_PLOTS]:
        step = -(-len(column.numbers) // _POINTS)
        yield {
            "name": name,
            "rows": column.rows,
            "ways": both_ways(column.numbers),
            "factor": middle_factor(column.numbers),
            "points": [[float(old), float(new)] for old, new in column.numbers[::step]],
            **_spread(column.numbers),
        }


def _spread(numbers: Sequence[tuple[float, float]]) -> dict[str, list[int]]:
    """How many of the changed values lie in each step from the least to the largest, before and after."""
    pairs = [pair for pair in numbers if all(map(math.isfinite, pair))] or [(0.0, 0.0)]
    every = [float(one) for pair in pairs for one in pair]
    least, most = min(every), max(every)
    # Prices from 10 to a million tell nothing on an even scale.
    is_wide = least > 0 and most > _WIDE * least
    low, high = (math.log(least), math.log(most)) if is_wide else (least, most)
    width = (high - low) / _STEPS or 1.0
    sides: tuple[list[int], list[int]] = ([0] * _STEPS, [0] * _STEPS)
    for pair in pairs:
        for side, value in zip(sides, pair, strict=True):
            at = ((math.log(value) if is_wide else value) - low) / width
            side[min(_STEPS - 1, int(at))] += 1
    return {"before": sides[0], "after": sides[1]}


def _rows_data(rows: RowsReport) -> Iterator[dict[str, Json]]:
    for row in rows.shown:
        title: dict[str, Json] = {"title": row.title} if row.title else {}
        title |= {"users": row.users} if row.users else {}
        title |= {"origin": row.origin} if row.origin else {}
        changes = list(map(_change, row.values))
        yield {"kind": rows.sort, "key": row.key, **title, "number": row.number, "changes": changes}


def _change(one: ValueReport) -> list[Json]:
    past = [one.note, list(one.past)] if one.past else [one.note] if one.note else []
    if not one.is_text or one.old is None or one.new is None or max(len(one.old), len(one.new)) <= _MARK_FROM:
        return [one.name, one.old, one.new, one.path, *past]
    before, after = mark_words(one.old, one.new)
    return [one.name, _pieces(before), _pieces(after), one.path, *past]


def _pieces(pieces: list[Piece]) -> list[Json]:
    return [[piece.text, int(piece.marked)] for piece in pieces]
