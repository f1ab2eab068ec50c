"""A table too large for one core: its blocks are parsed in pieces on all of them, and the pieces joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise

from gdata import kinds
from gdata.parsing.view import Locate, ParsedTable, View, told_once
from gdata.problems import Problem
from gdata.tables.result import MakeLocate

LEAST_BYTES = 512 << 10
"""Of a piece's text: a piece costs a few milliseconds more than its rows, so smaller ones don't pay."""
_PIECES_EACH = 4
"""For every core, were all tables cut: so that no core waits long for the last one."""


def piece_bytes(total: int, workers: int) -> int:
    """How large pieces are, of tables that have `total` bytes together."""
    return max(LEAST_BYTES, total // (workers * _PIECES_EACH))


def cut(count: int, pieces: int) -> list[slice]:
    """`count` blocks in at most so many pieces, at least two; none where there is nothing to cut."""
    pieces = min(pieces, count)
    if pieces < 2:
        return []
    return [slice(*ends) for ends in pairwise(count * number // pieces for number in range(pieces + 1))]


def join_pieces(pieces: Sequence[ParsedTable], locate: MakeLocate) -> ParsedTable:
    """The table of one sheet whose pieces these are, in order."""
    first = pieces[0]
    return replace(
        first,
        # Which sets of tags share a view is the same in every piece.
        views=[
            _join_views([piece.views[number] for piece in pieces], partial(locate, tags))
            for number, tags in sorted({number: tags for tags, number in first.seen_by.items()}.items())
        ],
        problems=_join_problems(pieces),
        cell_problems={
            tags: told_once(problem for piece in pieces for problem in piece.cell_problems[tags])
            for tags in first.seen_by
        },
        left_out={
            # What lies at the sheet's end, each piece says alike.
            place: replace(one, notes=sum(piece.left_out[place].notes for piece in pieces))
            for place, one in first.left_out.items()
        },
        records=sum(piece.records for piece in pieces),
    )


def _join_views(views: Sequence[View], locate: Callable[[Sequence[int]], Locate]) -> View:
    *starts, count = accumulate((view.row_count for view in views), initial=0)
    placed = list(zip(starts, views, strict=True))
    ends = tuple(start + end for start, view in placed for end in view.block_ends)
    bad = {start + row: names for start, view in placed for row, names in view.bad_fields.items()}
    joined = View(views[0].plan, count, locate(ends), bad, all(view.whole for view in views), ends)
    return joined.holding_bytes(b"".join(view.content for view in views))


def _join_problems(pieces: Sequence[ParsedTable]) -> list[Problem]:
    """What is wrong with the sheet, told once; a column is blank where it is in every piece that has records."""
    filled = [piece for piece in pieces if piece.records]
    blank = [{one for one in piece.problems if one.kind is kinds.COLUMN_BLANK} for piece in filled]
    everywhere = set.intersection(*blank) if blank else set()
    told = dict.fromkeys(problem for piece in pieces for problem in piece.problems)
    return [one for one in told if one.kind is not kinds.COLUMN_BLANK or one in everywhere]
