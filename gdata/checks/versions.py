"""Values that a version doesn't have: choices of an enum that begin later, or have ended."""

from __future__ import annotations

from collections.abc import Iterator

from gdata import kinds
from gdata.checks.columns import Column, all_columns, column_values, numbered_sound_rows, sound_rows, walk_column
from gdata.checks.references.resolve import version_kind
from gdata.checks.rowpaths import written_path
from gdata.checks.text import value_text
from gdata.parsing.view import View
from gdata.problems import Problem


def check_values(view: View) -> list[Problem]:
    """The cells with a choice that isn't in the view's version."""
    columns = [column for column in all_columns(view.plan.row) if column.field.value_spans]
    return [problem for column in columns for problem in _check_column(view, column)]


def _check_column(view: View, column: Column) -> Iterator[Problem]:
    spans = column.field.value_spans
    wrong = {number for number, span in spans.items() if not span.has(view.version)}
    if not wrong or wrong.isdisjoint(column_values(sound_rows(view, (column.top,)), column)):
        return
    for index, row in numbered_sound_rows(view, (column.top,)):
        for path, value in walk_column(row, column):
            if value in wrong:
                kind, words = version_kind(spans[value], view.version, kinds.VALUE_LATER, kinds.VALUE_ENDED)
                yield kind.at(
                    view.locate(index, path),
                    table=view.plan.name,
                    field=written_path(view.plan.row.descriptor, path),
                    value=value_text(row, path),
                    **words,
                )
