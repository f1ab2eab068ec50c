"""The words that a diff is told in, wherever people read it, in the language in use."""

from __future__ import annotations

from collections.abc import Sequence

from gdata.diffs.gate import GateVerdict
from gdata.diffs.grouping import TableGroup
from gdata.diffs.model import Diff, Row, Side, Summary, TableDiff
from gdata.diffs.presentation import Presentation, visible
from gdata.language import translate


def side_text(side: Side) -> str:
    """A side in a headline: `live (20261123-091245-9f3ac1d0)`, `output`, `live (no release yet)`."""
    if side.release is not None and side.release != side.name:
        return f"{visible(side.name)} ({visible(side.release)})"
    return visible(side.name) if side.bundles else translate("{name} (no release yet)").format(name=visible(side.name))


def headline(diff: Diff) -> str:
    """How much changed, in one line."""
    return summary_text(diff.summary) or (translate("no row changed") if diff.differs else translate("no difference"))


def summary_text(summary: Summary) -> str:
    """The counts in one line, those that are zero left out; "" where nothing changed in any table."""
    counts = (
        (summary.tables_added, translate("{count} new table"), translate("{count} new tables")),
        (summary.tables_removed, translate("{count} table removed"), translate("{count} tables removed")),
        (summary.tables_changed, translate("{count} table changed"), translate("{count} tables changed")),
        (summary.rows_added, translate("{count} row added"), translate("{count} rows added")),
        (summary.rows_removed, translate("{count} row removed"), translate("{count} rows removed")),
        (summary.rows_changed, translate("{count} row changed"), translate("{count} rows changed")),
        (summary.cells_changed, translate("{count} cell"), translate("{count} cells")),
    )
    return " · ".join((one if count == 1 else many).format(count=f"{count:,}") for count, one, many in counts if count)


def verdict_title(verdict: GateVerdict) -> tuple[str, str]:
    """The gate's word in one line, and its color."""
    if verdict.blocking:
        return translate("gate: blocked by {rules}").format(rules=_names(verdict.blocking)), "red"
    if verdict.allowed:
        return translate("gate: passed, because {rules} was allowed").format(rules=_names(verdict.allowed)), "yellow"
    if verdict.violations:
        return translate("gate: passed, with warnings"), "yellow"
    return translate("gate: passed"), "green"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(visible, names))


def targets_text(group: TableGroup, diff: Diff) -> str:
    """The targets that carry a table's changes; "" where all do, which says nothing."""
    return "" if set(group.targets) == set(diff.targets) else _names(group.targets)


def table_note(table: TableDiff) -> str:
    """What became of a table beside its rows: `new table`, `was GoodsTable`, `reordered`."""
    notes = {"added": translate("new table"), "removed": translate("table removed")}
    renamed = translate("was {name}").format(name=visible(table.renamed_from)) if table.renamed_from else ""
    reordered = translate("rows in another order") if table.reordered else ""
    return ", ".join(note for note in (notes.get(table.status, ""), renamed, reordered) if note)


def more_text(what: str, count: int) -> str:
    """How many rows of a sort (changed, added, removed) are left out."""
    templates = {
        "changed": translate("… and {count} more changed rows"),
        "added": translate("… and {count} more added rows"),
        "removed": translate("… and {count} more removed rows"),
    }
    return templates[what].format(count=f"{count:,}")


def row_text(words: Presentation, table: TableDiff, row: Row) -> str:
    """A whole row on one line: its fields but the key, those that say nothing left out."""
    skipped = set(table.key) if row.key is not None else set()
    parts = (
        f"{words.field_name(table.name, name)}: {words.value(table, name, value)}"
        for name, value in row.values.items()
        if name not in skipped and value not in ("", [], {})
    )
    return " · ".join(parts)
