"""What parsing hands on: a table's rows as messages that know their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from google.protobuf.message_factory import GetMessageClass

from gdata import kinds
from gdata.problems import Cell, Problem
from gdata.schema.plan import TablePlan

Path = tuple[str | int | bool, ...]
"""The way from a row to a value: field names, after a list's name an index from 0, after a map's name a key.
`("rewards", 0, "item_id")`, `("stats", "str")`; () is the row itself."""

Locate = Callable[[int, Path], Cell]

Tags = tuple[str, ...]
"""The tags of a target: which rows and column variants it sees."""


@dataclass(frozen=True)
class ViewBytes:
    """A view's rows on the wire: what another process or an earlier build hands over."""

    message: bytes
    """The table's message, deterministic."""
    count: int
    """How many rows there are."""
    rows: tuple[bytes, ...] | None = None
    """Of a map: the rows in sheet order, duplicates included."""
    bad_fields: Mapping[int, frozenset[str]] = field(default_factory=dict)
    whole: bool = True
    block_ends: tuple[int, ...] = ()
    digest: str = ""
    """The message's hex SHA-256, where it is known."""


class TableView:
    """One table as the targets with one set of tags see it: rows and column variants are already chosen.

    Whole messages, before any group of fields is stripped. Targets that see the same rows share a view.
    """

    def __init__(
        self,
        plan: TablePlan,
        message: Any,
        rows: list[Any],
        locate: Locate,
        bad_fields: Mapping[int, frozenset[str]] | None = None,
        whole: bool = True,
        block_ends: tuple[int, ...] = (),
    ) -> None:
        """`rows` are the row messages in sheet order, duplicates of a map's key included; a record is its one row."""
        self._prepare(plan, len(rows), locate, bad_fields or {}, whole, block_ends)
        self.message, self.rows = message, rows

    @classmethod
    def from_bytes(cls, plan: TablePlan, content: ViewBytes, locate: Locate) -> TableView:
        """The view whose rows were parsed elsewhere; they become messages when somebody asks for them."""
        view = cls.__new__(cls)
        view._prepare(plan, content.count, locate, content.bad_fields, content.whole, content.block_ends)
        view._rows_bytes, view._digest = content.rows, content.digest
        view.content = content.message
        return view

    def _prepare(
        self,
        plan: TablePlan,
        count: int,
        locate: Locate,
        bad_fields: Mapping[int, frozenset[str]],
        whole: bool,
        block_ends: tuple[int, ...],
    ) -> None:
        self.plan = plan
        self.row_count = count
        self.locate = locate
        """The cell of a value: by index in `rows` and path. A path without a cell of its own (a group, a list, a
        field left blank with no column) gives the nearest enclosing one's first cell, at last the row's first."""
        self.bad_fields = bad_fields
        """Row index → top-level fields in which a cell has a problem already; they are unset in the message."""
        self.whole = whole
        """False when sheets of this table couldn't be read or have an unknown header: rows may be missing, so
        a missing reference to it isn't reported."""
        self.block_ends = block_ends
        """How many rows there are up to the end of each block of its sheets; () where it has no sheets."""
        self._rows_bytes: tuple[bytes, ...] | None = None
        self._digest = ""

    @cached_property
    def message(self) -> Any:
        """The table's message."""
        return GetMessageClass(self.plan.descriptor).FromString(self.content)

    @cached_property
    def rows(self) -> list[Any]:
        """The row messages in sheet order."""
        if self.plan.kind == "record":
            return [self.message]
        if self.plan.kind == "map":
            return list(map(GetMessageClass(self.plan.row.descriptor).FromString, self._rows_bytes or ()))
        return list(getattr(self.message, self.plan.rows_field))

    @cached_property
    def content(self) -> bytes:
        """The table's message on the wire, the same bytes wherever it is made."""
        content: bytes = self.message.SerializePartialToString(deterministic=True)
        return content

    @property
    def digest(self) -> str:
        """The hex SHA-256 of `content`."""
        self._digest = self._digest or sha256(self.content).hexdigest()
        return self._digest

    def to_bytes(self) -> ViewBytes:
        """What `from_bytes` makes the view of again."""
        in_order = None
        if self.plan.kind == "map":
            in_order = tuple(row.SerializePartialToString(deterministic=True) for row in self.rows)
        return ViewBytes(
            self.content, self.row_count, in_order, self.bad_fields, self.whole, self.block_ends, self.digest
        )


@dataclass(frozen=True)
class HeaderTexts:
    """What stands in a sheet's header, so that a cell can be named as planners know it."""

    texts: tuple[str, ...]
    is_down: bool = False
    """The headers stand below one another, each before its row."""
    first: int = 1
    """The column, or row, of the first text."""

    def of(self, cell: Cell) -> str:
        """The header of a cell's column or row; "" where there is none."""
        index = (cell.row if self.is_down else cell.column) - self.first
        return self.texts[index] if 0 <= index < len(self.texts) else ""


@dataclass(frozen=True)
class LeftOut:
    """How many rows of a sheet aren't read."""

    notes: int = 0
    unticked: int = 0
    """Rows at its end with nothing but checkboxes that nobody ticked."""


@dataclass(frozen=True)
class ParsedTable:
    """A table's rows by set of tags, and what is wrong with its sheets."""

    plan: TablePlan
    views: Mapping[Tags, TableView]
    problems: list[Problem] = field(default_factory=list)
    """Of its sheets, whoever sees them."""
    cell_problems: Mapping[Tags, list[Problem]] = field(default_factory=dict)
    """Of the cells that a set of tags sees."""
    headers: Mapping[tuple[str, str], HeaderTexts] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    left_out: Mapping[tuple[str, str], LeftOut] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    records: int = 0
    """How many its sheets hold, whoever sees them."""
    is_checked: bool = False
    """Whether `cell_problems` holds what the rows show by themselves as well."""


def dotted(path: Path) -> str:
    """A path as messages write it: `rewards[1].item_id`, `stats[str]`; list indexes from 1."""
    text = ""
    for step in path:
        if isinstance(step, bool) or not isinstance(step, (int, str)):
            text += f"[{str(step).lower()}]"
        elif isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            text += f".{step}" if text else step
    return text


def told_once(problems: Iterable[Problem]) -> list[Problem]:
    """Equal problems once, and the gaps in a column of a list as one, at the first of them."""
    told: dict[object, Problem] = {}
    for problem in problems:
        if problem.kind is not kinds.LIST_GAP:
            told.setdefault(problem, problem)
            continue
        column = problem.table, problem.field, problem.cell.spreadsheet, problem.cell.sheet
        first = told.get(column)
        if first is None or first.cell == problem.cell:
            told[column] = problem
        else:
            count = sum(int(str(dict(one.words)["count"])) for one in (first, problem))
            told[column] = replace(first, words=(("count", str(count)),))
    return list(told.values())
