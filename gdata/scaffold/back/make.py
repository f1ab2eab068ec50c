"""A table's sheet: laid out, read as a build reads it, and laid out otherwise where that isn't the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from gdata.config import Audience, SheetEntry
from gdata.errors import UsageError
from gdata.language import sentence
from gdata.parsing.table import TableSheet, parse_table
from gdata.parsing.view import ParsedTable, bytes_of
from gdata.problems import Problem
from gdata.proto.descriptors import is_map
from gdata.scaffold.back.columns import CellWriter, Choices, SheetColumn, first_choices, lay_out_rows, next_layout
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.sources.grid import CellValue, Grid

_MOST_TRIES = 60
_LONGEST_CELL = 32_767
"""Characters that a cell of a workbook holds."""
_MOST_LINES = 1_048_575
_MOST_COLUMNS = 16_384
ReadBack = Callable[[Grid], Grid]
"""What a grid is after a program has written it and read it again."""


@dataclass(frozen=True)
class MadeSheet:
    """A sheet that builds the rows it was made of."""

    plan: TablePlan
    entry: SheetEntry
    columns: Sequence[SheetColumn]
    rows: int

    def grid(self) -> list[list[CellValue]]:
        """The sheet's cells, its header in the first row."""
        lines = list(map(list, zip(*(column.cells for column in self.columns), strict=True)))
        if self.plan.kind == "record":
            return [[column.header, column.cells[0] if column.cells else None] for column in self.columns]
        return [[column.header for column in self.columns], *lines]


def make_sheet(
    plan: TablePlan,
    rows: Sequence[Any],
    title: str,
    timezone: ZoneInfo,
    *,
    hidden: frozenset[str] = frozenset(),
) -> MadeSheet:
    """The sheet of a table's rows; `hidden` are the full names of fields whose values nobody knows.

    Raises:
        UsageError: a value can't stand in any sheet.
    """
    rows = list(rows)
    writer, key = CellWriter(timezone), bool(plan.key) and plan.kind != "record"
    choices = first_choices(plan.row, rows, has_key=key)
    for _ in range(_MOST_TRIES):
        made = _lay_out(plan, rows, title, choices, writer, hidden)
        if plan.kind != "record" and not rows:
            wrong = _wrong_header(made, timezone, hidden)
            better = replace(choices, by_names=True) if wrong and not choices.by_names else None
        else:
            wrong, better = _compare(made, rows, choices, timezone, hidden)
        if not wrong:
            return made
        if better is None:
            break
        choices = better
    raise UsageError(
        sentence("{table}: {wrong} can't be written in a sheet that builds it again", table=plan.name, wrong=wrong),
        hint=sentence("`gdata show {table} --format json` has all of it", table=plan.name),
    )


def _lay_out(
    plan: TablePlan, rows: Sequence[Any], title: str, choices: Choices, writer: CellWriter, hidden: frozenset[str]
) -> MadeSheet:
    lines = lay_out_rows(plan.row, rows, choices, writer, hidden)
    columns = list(lines.columns)
    _refuse_too_much(plan, columns, lines.count)
    is_record = plan.kind == "record"
    first = [cell for cell in columns[0].cells if isinstance(cell, str)] if columns and not is_record else ()
    has_notes = any(cell.lstrip().startswith("#") for cell in first)
    entry = SheetEntry(
        title,
        (plan.message,),
        layout="vertical" if is_record else "rows",
        multirow=lines.is_multirow,
        notes="" if has_notes else "#",
    )
    return MadeSheet(plan, entry, columns, len(rows))


def _refuse_too_much(plan: TablePlan, columns: Sequence[SheetColumn], count: int) -> None:
    texts = ((one, cell) for one in columns for cell in one.cells if isinstance(cell, str))
    wide = next((one for one, cell in texts if len(cell) > _LONGEST_CELL), None)
    if count > _MOST_LINES or len(columns) > _MOST_COLUMNS or wide is not None:
        what = sentence("{count} rows", count=f"{count:,}") if wide is None else wide.header
        raise UsageError(
            sentence("{table}: {size} is more than a workbook holds", table=plan.name, size=what),
            hint=sentence("write it as csv: `gdata show {table} --limit 0 --format csv`", table=plan.name),
        )


def changed_by_workbooks(plan: TablePlan) -> UsageError:
    """The error that a table doesn't come out of the file as it went in."""
    return UsageError(
        sentence("{table}: a value of it is changed by .xlsx files", table=plan.name),
        hint=sentence("write it as csv: `gdata show {table} --limit 0 --format csv`", table=plan.name),
    )


def read_made(made: MadeSheet, rows: Sequence[Sequence[CellValue]], timezone: ZoneInfo) -> ParsedTable:
    """The table that a build makes of the sheet."""
    grid = Grid("back", made.entry.title, rows, "workbook")
    return parse_table(made.plan, [TableSheet(grid, made.entry, (made.plan,))], [Audience()], timezone)


def _wrong_header(made: MadeSheet, timezone: ZoneInfo, hidden: frozenset[str]) -> str:
    errors = [one for one in read_made(made, made.grid(), timezone).problems if _is_wrong(one, hidden)]
    return str(errors[0].message) if errors else ""


def _is_wrong(problem: Problem, hidden: frozenset[str]) -> bool:
    return problem.severity == "error" and not (problem.code == "header.missing" and hidden)


def _compare(
    made: MadeSheet, rows: Sequence[Any], choices: Choices, timezone: ZoneInfo, hidden: frozenset[str]
) -> tuple[str, Choices | None]:
    """What isn't as it was, "" where all is; and what to try then."""
    parsed = read_made(made, made.grid(), timezone)
    problems = [one for one in (*parsed.problems, *parsed.cell_problems[Audience()]) if _is_wrong(one, hidden)]
    found = [_without(row, hidden) for row in parsed.view(Audience()).rows]
    wrong = list(dict.fromkeys(one.field.partition(".")[0].partition("[")[0] for one in problems if one.field))
    if len(found) == len(rows):
        wrong += [name for name in _different_fields(made.plan, rows, found) if name not in wrong]
    else:
        wrong += [one.name for one in made.plan.row.fields if one.name not in wrong]
    if not wrong and not any(one.code.startswith("header.") for one in problems):
        return "", None
    told = ", ".join(wrong[:3]) or str(problems[0].message)
    if not choices.by_names and any(one.code.startswith("header.") for one in problems):
        return told, replace(choices, by_names=True)
    return told, _otherwise(made.plan, wrong, choices)


def _without(row: Any, hidden: frozenset[str]) -> Any:
    """The row but for its hidden fields: without a column they have their defaults."""
    if not hidden:
        return row
    copy = type(row)()
    copy.CopyFrom(row)
    _clear(copy, hidden)
    return copy


def _clear(message: Any, hidden: frozenset[str]) -> None:
    for field, value in message.ListFields():
        if field.full_name in hidden:
            message.ClearField(field.name)
        elif is_map(field):
            if field.message_type.fields_by_name["value"].message_type is not None:
                for one in value.values():
                    _clear(one, hidden)
        elif field.message_type is not None:
            for one in value if field.is_repeated else (value,):
                _clear(one, hidden)


def _different_fields(plan: TablePlan, rows: Sequence[Any], found: Sequence[Any]) -> list[str]:
    names: dict[str, None] = {}
    for one, other in zip(rows, found, strict=True):
        if bytes_of(one) != bytes_of(other):
            for field in plan.row.fields:
                if field.name not in names and _alone(one, field) != _alone(other, field):
                    names[field.name] = None
    return list(names)


def _alone(row: Any, field: FieldPlan) -> bytes:
    copy = type(row)()
    copy.CopyFrom(row)
    for other in row.DESCRIPTOR.fields:
        if other.name != field.name:
            copy.ClearField(other.name)
    return bytes_of(copy)


def _otherwise(plan: TablePlan, wrong: Iterable[str], choices: Choices) -> Choices | None:
    """The choices with other layouts for the fields that came out wrong; None where there are none left."""
    better = choices
    for name in wrong:
        field = plan.row.field(name)
        if field is None:
            continue
        if field.oneof and field.message is None:
            if choices.layouts.get(field.oneof) != "case":
                better = better.with_layout(field.oneof, "case")
            continue
        now = choices.layouts.get(name)
        following = next_layout(field, now) if now is not None else None
        if following is not None:
            better = better.with_layout(name, following)
    return better if better != choices else None
