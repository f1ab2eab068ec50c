"""From the columns of a sheet to fields: names, types, and lists over several columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from gdata.parsing.cell import is_blank
from gdata.problems import column_letters
from gdata.scaffold.guess import Guess, GuessedField, GuessedType, SourceColumn
from gdata.scaffold.names import Names, camel, is_identifier, needs_column, plural, snake, words_of
from gdata.scaffold.series import Group, Item, Series, find_series
from gdata.scaffold.values import fits, guess_type, split_messages
from gdata.sources.grid import CellValue

_COUNT_WORDS = frozenset(["count", "amount", "num", "number", "qty", "rate", "weight", "prob", "probability", "value"])


def guess_fields(columns: Sequence[SourceColumn], timezone: ZoneInfo, taken: Sequence[str] = ()) -> list[GuessedField]:
    """A field for each column, or for several that are one list; `taken` are names that the message already has."""
    drafts = [field for item in find_series(columns) for field in _draft(item, timezone)]
    names = Names(taken)
    # Headers that are names already keep theirs; a translation that means the same gives way.
    named: dict[int, GuessedField] = {}
    for index in sorted(range(len(drafts)), key=lambda one: not is_identifier(drafts[one].headers[0])):
        named[index] = _name(drafts[index], names)
    messages = Names()
    return [_name_message(named[index], messages) for index in range(len(drafts))]


def _draft(item: Item, timezone: ZoneInfo) -> list[GuessedField]:
    if isinstance(item, SourceColumn):
        return [_single(item, timezone)]
    if isinstance(item, Series):
        listed = _series(item, timezone)
        return [listed] if listed is not None else [_single(column, timezone) for column in item.columns]
    return [_group(item, timezone)]


def _single(column: SourceColumn, timezone: ZoneInfo) -> GuessedField:
    words, named = words_of(column.header)
    parts = split_messages(column.cells)
    if parts is not None:
        return _messages(column, parts, timezone)
    type_ = guess_type(column.cells, words, timezone)
    name = snake(words, f"column_{column_letters(column.index + 1).lower()}")
    return GuessedField(
        name=plural(name) if type_.is_list and not is_identifier(column.header) else name,
        words=tuple(words),
        type=type_,
        headers=(column.header,),
        cells=column.cells,
        named=named,
        has_blanks=any(map(is_blank, column.cells)),
    )


def _messages(column: SourceColumn, parts: list[list[str]], timezone: ZoneInfo) -> GuessedField:
    """A column whose cells hold lists of messages: `1001:10, 1002:5`."""
    words, named = words_of(column.header)
    fields = [
        GuessedField(name, (*words, name), guess_type(cells, (*words, name), timezone), cells=cells)
        for name, cells in zip(_part_names(parts), parts, strict=True)
    ]
    why = f"cells of {':'.join(field.name for field in fields)}, separated by commas; its parts need better names"
    name = snake(words, f"column_{column_letters(column.index + 1).lower()}")
    return GuessedField(
        name=name if is_identifier(column.header) else plural(name),
        words=tuple(words),
        type=GuessedType("message", Guess("likely", "several parts in a cell")),
        headers=(column.header,),
        cells=column.cells,
        named=named,
        parts=tuple(fields),
        grouped=Guess("unsure", why),
        in_cell=True,
    )


def _part_names(parts: list[list[str]]) -> list[str]:
    """Likely names of what stands between colons: `1001:10`, `item:1001:10`, `atk:10`."""
    whole = [fits(cells, "int64") for cells in parts]
    names = (
        ["id", "count"] if whole[0] else ["type", "id", "count"] if len(parts) > 2 and whole[1] else ["key", "value"]
    )
    return [names[n] if n < len(names) else f"value{n + 1}" for n in range(len(parts))]


def _series(series: Series, timezone: ZoneInfo) -> GuessedField | None:
    """The columns as one list; None where their values have nothing in common."""
    words, named = words_of(f"{series.prefix} {series.suffix}")
    cells = [cell for column in series.columns for cell in column.cells]
    type_ = guess_type(cells, words, timezone)
    each = [guess_type(column.cells, words, timezone) for column in series.columns if not _all_blank(column.cells)]
    if type_.is_list or type_.kind in ("struct",) or (type_.kind == "string" and any(_is_other(one) for one in each)):
        return None
    count = len(series.columns)
    return GuessedField(
        name=plural(snake(words, "value")),
        words=tuple(words),
        type=replace(type_, is_list=True),
        columns=(series.pattern,),
        headers=tuple(column.header for column in series.columns),
        cells=cells,
        named=named,
        grouped=Guess("sure" if count > 2 else "likely", f"{count} columns {series.pattern}"),
    )


def _is_other(type_: GuessedType) -> bool:
    return type_.kind != "string" or type_.is_list


def _all_blank(cells: Sequence[CellValue]) -> bool:
    return all(map(is_blank, cells))


def _group(group: Group, timezone: ZoneInfo) -> GuessedField:
    words, named = words_of(group.name)
    count = len(group.parts[0][1].columns)
    filled = [
        [not all(is_blank(part.columns[n].cells[row]) for _, part in group.parts) for row in range(_rows(group))]
        for n in range(count)
    ]
    names = Names()
    parts = [_part(text, part, words, filled, names, timezone) for text, part in group.parts]
    why = f"{count} × {len(parts)} columns {', '.join(part.pattern for _, part in group.parts)}"
    return GuessedField(
        name=plural(snake(words, "group")),
        words=tuple(words),
        type=GuessedType("message", Guess("sure", "several columns")),
        headers=tuple(column.header for _, part in group.parts for column in part.columns),
        cells=[cell for part in parts for cell in part.cells],
        named=named,
        parts=tuple(parts),
        grouped=Guess("sure" if group.interleaved and count > 2 else "likely", why),
    )


def _rows(group: Group) -> int:
    return len(group.parts[0][1].columns[0].cells)


def _part(
    text: str, series: Series, above: Sequence[str], filled: list[list[bool]], names: Names, timezone: ZoneInfo
) -> GuessedField:
    words, named = words_of(text)
    cells = [cell for column in series.columns for cell in column.cells]
    used = [cell for column, flags in zip(series.columns, filled, strict=True) for cell in _only(column.cells, flags)]
    type_ = guess_type(cells, words, timezone)
    fallback = "id" if type_.kind in ("int32", "int64") and not set(words) & _COUNT_WORDS else "value"
    return GuessedField(
        name=names.take(snake(words, fallback)),
        words=tuple(words or [*above, fallback]),
        type=type_,
        columns=(series.pattern,),
        headers=tuple(column.header for column in series.columns),
        cells=cells,
        named=named,
        has_blanks=any(map(is_blank, used)),
    )


def _only(cells: Sequence[CellValue], flags: Sequence[bool]) -> list[CellValue]:
    return [cell for cell, flag in zip(cells, flags, strict=True) if flag]


def _name(field: GuessedField, names: Names) -> GuessedField:
    name = names.take(field.name)
    if not field.columns and (field.in_cell or not field.parts) and needs_column(field.headers[0], name):
        return replace(field, name=name, columns=(field.headers[0],))
    return replace(field, name=name)


def _name_message(field: GuessedField, messages: Names) -> GuessedField:
    """A list's element is one of what the list has many of."""
    return replace(field, message=messages.take(camel(field.words) or "Group")) if field.parts else field
