"""Changes that are one mistake or one decision, not a thousand: said in one line over a whole column.

Two columns that changed places, a column that slid down by a row, prices times ten: each looks like a table
full of changes, and is what somebody who reviews a diff most needs to be told.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, starmap
from operator import and_, eq, gt, lt, ne
from typing import Literal

from gdata.diffs.changes import ChangedColumn, columns_of
from gdata.diffs.model import Json, TableDiff
from gdata.diffs.tables.fields import NUMERIC_KINDS, number
from gdata.language import Sentence, sentence

MOST = 0.9
"""The share of a column's changes from which a pattern is the pattern of the column."""
MANY = 5
"""Fewer rows than this are no pattern."""
_SAME_FACTOR = 0.01
"""How far factors may lie apart and be one, because rounded prices aren't exactly ten times as high."""
_SAME_STEP = 1e-6
"""How far differences may lie apart and be one: as far as adding 0.1 to floats lets them."""
_SAMPLE = 100
_SAYS_MORE = 1e9
"""From this factor up the two numbers say more than what they make."""
_PAIRS_LIMIT = 12
"""Columns looked at for swaps: those with most changes."""


@dataclass(frozen=True)
class ColumnChange:
    """What changed in one field (a path without indexes) over the rows of a table."""

    path: str
    places: Sequence[int]
    """Which of the changed rows, rising: one for each change."""
    old: Sequence[Json]
    new: Sequence[Json]
    numbers: Sequence[tuple[float, float]]
    """Old and new, of those changes where both are numbers."""
    only_path: str
    """The path with its index or map's key, where all changes are of the same; else ""."""

    @property
    def rows(self) -> int:
        """In how many rows it changed."""
        return int(sum(map(ne, self.places, islice(self.places, 1, None)))) + 1


@dataclass(frozen=True)
class Pattern:
    """One thing that happened to one column (or two, swapped).

    `factor` is the median of new by old, where they went one way; `difference`, that of new less old, where all rows
    went up or down by it.
    """

    kind: Literal["swapped", "shifted_down", "shifted_up", "raised", "scaled", "moved", "mixed", "changed"]
    paths: tuple[str, ...]
    rows: int
    factor: float | None = None
    difference: float | None = None
    ways: str = ""
    """Where some went up and some down, how many and how far."""

    @property
    def number(self) -> str:
        """How far the column moved, for people; "" where nothing says it."""
        return self.ways or factor_text(self.factor) or difference_text(self.difference)

    def message(self, names: Sequence[str]) -> str:
        """The pattern in one line; `names` are what the fields are called, in the order of `paths`."""
        first, second = (*names, "")[:2]
        words = dict.fromkeys(("factor", "step", "ways"), self.number)
        words |= {"first": first, "second": second, "rows": f"{self.rows:,}"}
        return str(_PATTERNS[self.kind].with_words(**words))


_PATTERNS: dict[str, Sentence] = {
    "swapped": sentence("{first} and {second}: the two columns are swapped in {rows} rows"),
    "shifted_down": sentence("{first}: the column slid down by one row, over {rows} rows"),
    "shifted_up": sentence("{first}: the column slid up by one row, over {rows} rows"),
    "raised": sentence("{first}: {rows} rows changed, all {step}"),
    "scaled": sentence("{first}: {rows} rows changed, all × {factor}"),
    "moved": sentence("{first}: {rows} rows changed, median × {factor}"),
    "mixed": sentence("{first}: {rows} rows changed, {ways}"),
    "changed": sentence("{first}: {rows} rows changed"),
}


def columns(table: TableDiff, codes: Collection[str] = ()) -> list[ColumnChange]:
    """The table's changed columns, the one with most changes first; `codes` are paths of numbers that count nothing."""
    kinds = {path: kind for path, kind in table.kinds.items() if path not in codes}
    found = (_column(one, kinds.get(one.path, "")) for one in columns_of(table.changed))
    return sorted(found, key=lambda column: -len(column.places))


def _column(one: ChangedColumn, kind: str) -> ColumnChange:
    old, new = (_with_integers(side, kind) for side in (one.old, one.new))
    return ColumnChange(one.path, one.rows, old, new, _numbers(one, kind), one.only_path)


def _with_integers(values: Sequence[Json], kind: str) -> Sequence[Json]:
    """The values, those of 64 bits as numbers: of some columns they are text, as JSON has them, and of some not."""
    if kind != "int64" or isinstance(values, array):
        return values
    return [value if (found := number(value, kind)) is None else found for value in values]


def find_patterns(changed: Sequence[ColumnChange]) -> list[Pattern]:
    """What happened to the columns of one table, those that changed in many rows."""
    many = [column for column in changed if column.rows >= MANY]
    swaps = list(_swaps(many[:_PAIRS_LIMIT]))
    swapped = {path for pattern in swaps for path in pattern.paths}
    return swaps + [_pattern_of(column) for column in many if column.path not in swapped]


def _numbers(column: ChangedColumn, kind: str) -> list[tuple[float, float]]:
    if kind not in NUMERIC_KINDS:
        return []
    if isinstance(column.old, array) and isinstance(column.new, array):
        return list(zip(column.old, column.new, strict=True))
    both = ((number(old, kind), number(new, kind)) for old, new in zip(column.old, column.new, strict=True))
    return [(old, new) for old, new in both if old is not None and new is not None]


def _swaps(many: Sequence[ColumnChange]) -> Iterator[Pattern]:
    for one, other in combinations(many, 2):
        swapped = _swapped_rows(one, other)
        if swapped:
            yield Pattern("swapped", (one.path, other.path), swapped)


def _swapped_rows(one: ColumnChange, other: ColumnChange) -> int:
    """In how many rows two columns have each other's values; 0 where that isn't most of them."""
    sides: Sequence[Sequence[Json]] = one.old, one.new, other.old, other.new
    longer = shared = len(one.places)
    if one.places != other.places:
        by_row = [dict(zip(side.places, zip(side.old, side.new, strict=True), strict=True)) for side in (one, other)]
        both = [(*by_row[0][row], *by_row[1][row]) for row in by_row[0].keys() & by_row[1].keys()]
        sides, longer, shared = list(zip(*both, strict=True)), max(map(len, by_row)), len(both)
    if shared < MOST * longer:
        return 0
    swapped = sum(map(and_, map(eq, sides[0], sides[3]), map(eq, sides[1], sides[2])))
    return int(swapped) if swapped >= MOST * longer else 0


def _pattern_of(column: ColumnChange) -> Pattern:
    changes, enough = len(column.places), MOST * len(column.places)
    step, alike = _common_step([after - before for before, after in column.numbers])
    # A slide in an even row of numbers is a difference, too, but not in the row that slid off its end.
    if alike == changes:
        return Pattern("raised", (column.path,), column.rows, difference=step)
    old, new = column.old, column.new
    if _follows(new[1:], old[:-1]):
        return Pattern("shifted_down", (column.path,), column.rows)
    if _follows(new[:-1], old[1:]):
        return Pattern("shifted_up", (column.path,), column.rows)
    if alike >= enough:
        return Pattern("raised", (column.path,), column.rows, difference=step)
    factors = _factors(column.numbers)
    factor = median(factors) if len(factors) >= enough else None
    if factor is not None and factor_text(factor) and _alike(factors, factor, _SAME_FACTOR) >= enough:
        return Pattern("scaled", (column.path,), column.rows, factor)
    # Of what went both ways the middle says nothing, or the wrong thing.
    ways = both_ways(column.numbers)
    if ways:
        return Pattern("mixed", (column.path,), column.rows, ways=ways)
    if factor is None or not factor_text(factor):
        return Pattern("changed", (column.path,), column.rows)
    return Pattern("moved", (column.path,), column.rows, factor)


def _factors(numbers: Sequence[tuple[float, float]]) -> list[float]:
    return [after / before for before, after in numbers if before and abs(after / before) < _SAYS_MORE]


def both_ways(numbers: Sequence[tuple[float, float]]) -> str:
    """Of numbers some of which went up and some down, how many, and the least and largest factor; else ""."""
    up, down = (sum(starmap(way, numbers)) for way in (lt, gt))
    if not up or not down:
        return ""
    factors = _factors(numbers)
    span = [_digits(one) for one in (min(factors), max(factors))] if factors else ["1", "1"]
    told = f" · × {span[0]} … × {span[1]}" if span != ["1", "1"] else ""
    return f"↑ {up:,} · ↓ {down:,}{told}"


def middle_factor(numbers: Sequence[tuple[float, float]]) -> str:
    """The median of new by old; "" where that says nothing."""
    factors = _factors(numbers)
    return factor_text(median(factors)) if factors else ""


def _common_step(steps: Sequence[float]) -> tuple[float, int]:
    """The middle of the differences, and how many are that; a sample says at once where there is no such one."""
    sample = steps[:: len(steps) // _SAMPLE + 1]
    if not sample or _alike(sample, median(sample), _SAME_STEP) < len(sample) / 2:
        return 0.0, 0
    middle = median(steps)
    return middle, _alike(steps, middle, _SAME_STEP)


def _alike(values: Sequence[float], middle: float, apart: float) -> int:
    return sum(abs(value - middle) <= apart * abs(middle) for value in values)


def factor_text(factor: float | None) -> str:
    """A factor in three digits; "" where that would be 1, which says nothing."""
    text = _digits(factor) if factor is not None else ""
    return "" if text == "1" else text


def _digits(factor: float) -> str:
    return f"{factor:.3g}" if abs(factor) < 1000 else f"{factor:,.0f}"


def ratio_text(old: float | None, new: float | None) -> str:
    """How many times as large a number became: `× 1.4`; "" where that says nothing."""
    if not old or not new or (old < 0) != (new < 0):
        return ""
    text = factor_text(new / old) if abs(new) < _SAYS_MORE * abs(old) else ""
    return f"× {text}" if text else ""


def difference_text(step: float | None) -> str:
    """A difference with its sign: `+1`, `−0.5`."""
    return "" if step is None else f"{step:+,.6g}".replace("-", "−")


def median(values: Sequence[float]) -> float:
    """The middle value; of two, their mean."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _follows(values: Sequence[Json], others: Sequence[Json]) -> bool:
    """Whether most values are what the neighbour was; where all values are alike that says nothing."""
    if sum(map(eq, values, others)) < MOST * len(values):
        return False
    return len({str(value) for value in values}) >= MANY - 1
