"""A table too large for one core: its blocks are parsed in pieces on all of them, and the pieces joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from gdata import kinds
from gdata.parsing.view import Locate, ParsedTable, TableView, Tags, ViewBytes, told_once
from gdata.problems import Problem
from gdata.schema.plan import TablePlan
from gdata.tables.result import TableResult, map_views

LEAST_BYTES = 512 << 10
"""Of a piece's text: a piece costs a few milliseconds more than its rows, so smaller ones don't pay."""
_PIECES_EACH = 4
"""For every core, were all tables cut: so that no core waits long for the last one."""

MakeLocate = Callable[[Tags, ViewBytes], Locate]


def piece_bytes(total: int, workers: int) -> int:
    """How large pieces are, of tables that have `total` bytes together."""
    return max(LEAST_BYTES, total // (workers * _PIECES_EACH))


def cut(count: int, pieces: int) -> list[slice]:
    """`count` blocks in at most so many pieces, at least two; none where there is nothing to cut."""
    pieces = min(pieces, count)
    if pieces < 2:
        return []
    return [slice(*ends) for ends in pairwise(count * number // pieces for number in range(pieces + 1))]


def join_pieces(plan: TablePlan, pieces: Sequence[TableResult], locate: MakeLocate) -> ParsedTable:
    """The table of one sheet whose pieces these are, in order; `locate` makes the `Locate` of a view."""

    def join(tags: Tags, _: ViewBytes) -> TableView:
        # Which sets of tags share a view is the same in every piece.
        joined = _join_views([piece.views[tags] for piece in pieces])
        return TableView.from_bytes(plan, joined, locate(tags, joined))

    views = map_views(pieces[0].views, join)
    cell_problems = {
        tags: told_once(problem for piece in pieces for problem in piece.cell_problems[tags]) for tags in views
    }
    records = sum(piece.records for piece in pieces)
    left_out = {
        # What lies at the sheet's end, each piece says alike.
        place: replace(one, notes=sum(piece.left_out[place].notes for piece in pieces))
        for place, one in pieces[0].left_out.items()
    }
    return ParsedTable(plan, views, _join_problems(pieces), cell_problems, pieces[0].headers, left_out, records)


def _join_views(views: Sequence[ViewBytes]) -> ViewBytes:
    *starts, count = accumulate((view.count for view in views), initial=0)
    placed = list(zip(starts, views, strict=True))
    return ViewBytes(
        b"".join(view.message for view in views),
        count,
        None,
        {start + row: names for start, view in placed for row, names in view.bad_fields.items()},
        all(view.whole for view in views),
        tuple(start + end for start, view in placed for end in view.block_ends),
    )


def _join_problems(pieces: Sequence[TableResult]) -> list[Problem]:
    """What is wrong with the sheet, told once; a column is blank where it is in every piece that has records."""
    filled = [piece for piece in pieces if piece.records]
    blank = [{one for one in piece.problems if one.kind is kinds.COLUMN_BLANK} for piece in filled]
    everywhere = set.intersection(*blank) if blank else set()
    told = dict.fromkeys(problem for piece in pieces for problem in piece.problems)
    return [one for one in told if one.kind is not kinds.COLUMN_BLANK or one in everywhere]
