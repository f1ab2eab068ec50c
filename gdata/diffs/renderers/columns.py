"""Lines in columns that fit a terminal: keys and short values stay in one piece, titles give way, texts are folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gdata.diffs.words.report import WHOLE_PARTS, RowsReport

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

TITLE_MOST, _TITLE_LEAST = 24, 8
"""Columns of a terminal that a row's title takes, where there is room for it and where there isn't."""
NEVER_BROKEN = 20
"""Values up to so many signs stay on one line: a number in two pieces is two numbers."""


@dataclass(frozen=True)
class Column:
    """How one column gives way where the lines are too wide."""

    no_wrap: bool = False
    overflow: Literal["fold", "ellipsis"] = "fold"
    ratio: int | None = None
    min_width: int | None = None
    max_width: int | None = None


KEY = Column(no_wrap=True)
TITLE = Column(no_wrap=True, overflow="ellipsis", max_width=TITLE_MOST)


def value_column(rows: RowsReport) -> Column:
    """The column of old or new values: of short ones alone it is never broken, long texts are folded."""
    from rich.cells import cell_len

    values = [value for row in rows.shown for one in row.values for value in (one.old, one.new) if value is not None]
    sizes = list(map(cell_len, values))
    if max(sizes, default=0) <= NEVER_BROKEN:
        return Column(no_wrap=True)
    return Column(ratio=1, min_width=max((size for size in sizes if size <= NEVER_BROKEN), default=0))


def lay_out(width: int, lines: Sequence[tuple[Text, ...]], columns: Sequence[Column]) -> Table:
    """The lines in columns, those left out in which nothing stands: they would take their padding.

    A column that may end in an ellipsis is the first to give way where the lines are wider than `width`.
    """
    sizes = [max((line[index].cell_len for line in lines), default=0) for index in range(len(columns))]
    filled = [index for index, size in enumerate(sizes) if size]
    least = [
        min(size, one.max_width or width) if one.ratio is None else min(size, one.min_width or NEVER_BROKEN)
        for size, one in zip(sizes, columns, strict=True)
    ]
    over = sum(least[index] + 2 for index in filled) - width
    page = bare_table(None)
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


def fold_row(row: str, room: int) -> str:
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


def bare_table(box: object) -> Table:
    """A table without room at its edges."""
    from rich.table import Table

    return Table(box=box, show_header=box is not None, pad_edge=False, padding=(0, 2, 0, 0), expand=False)  # type: ignore[arg-type]
