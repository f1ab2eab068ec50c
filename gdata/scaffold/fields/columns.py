"""From the columns of a sheet to fields: names, types, and lists over several columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from gdata.scaffold.fields.continued import find_continued
from gdata.scaffold.fields.series import Item, Series, find_series
from gdata.scaffold.fields.several import guess_continued, guess_group, guess_series, guess_spread
from gdata.scaffold.fields.single import guess_single
from gdata.scaffold.guess import GuessedField, SourceColumn
from gdata.scaffold.names import (
    TakenNames,
    camel,
    is_identifier,
    json_name,
    needs_column,
    singular,
    words_of,
)
from gdata.text import fold


def guess_fields(columns: Sequence[SourceColumn], timezone: ZoneInfo, taken: Sequence[str] = ()) -> list[GuessedField]:
    """A field for each column, or for several that are one list; `taken` are names that the message already has."""
    continued = {column.index: one for one in find_continued(columns) for column in one.every}
    drafts: list[GuessedField] = []
    for item in find_series(columns):
        one = continued.get(item.index) if isinstance(item, SourceColumn) else None
        if one is None:
            drafts += _draft(item, timezone)
        elif item is one.columns[0]:
            drafts.append(guess_continued(one, timezone))
    names = TakenNames(taken)
    # Headers that are names already keep theirs; a translation that means the same gives way.
    named: dict[int, GuessedField] = {}
    for index in sorted(range(len(drafts)), key=lambda one: not is_identifier(drafts[one].headers[0])):
        named[index] = _name(drafts[index], names)
    messages = TakenNames()
    fields = _without_doubles([named[index] for index in range(len(drafts))])
    return [_name_message(field, messages) for field in fields]


def _draft(item: Item, timezone: ZoneInfo) -> list[GuessedField]:
    if isinstance(item, SourceColumn):
        return [guess_single(item, timezone)]
    if isinstance(item, Series):
        spread = guess_spread(item, timezone)
        if spread is not None:
            return [spread]
        listed = guess_series(item, timezone)
        if listed is None and item.is_repeated:
            # Two fields can't have one header; the build tells of the others.
            return [guess_single(item.columns[0], timezone)]
        return [listed] if listed is not None else [guess_single(column, timezone) for column in item.columns]
    return [guess_group(item, timezone)]


def _name(field: GuessedField, names: TakenNames) -> GuessedField:
    name = names.take(field.name)
    own = len(field.headers) == 1 and (field.in_cell or not field.parts) and needs_column(field.headers[0], name)
    columns = (*((field.headers[0],) if own else ()), *field.columns)
    return replace(field, name=name, columns=columns)


def _without_doubles(fields: Sequence[GuessedField]) -> list[GuessedField]:
    """The fields without texts of the second language that would name two of them."""
    own = Counter(fold(text) for field in fields for text in {field.name, json_name(field.name), *field.headers})
    extra = Counter(fold(text) for field in fields for text in field.columns if text not in field.headers)
    done = []
    for field in fields:
        mine = {fold(text) for text in (field.name, json_name(field.name), *field.headers)}
        kept = tuple(
            text
            for text in field.columns
            if "{}" in text or text in field.headers or (extra[fold(text)] == 1 and not own[fold(text)] and text)
        )
        lost = tuple(text for text in field.columns if text not in kept and fold(text) not in mine)
        is_same = kept == field.columns
        done.append(field if is_same else replace(field, columns=kept, comments=(*lost, *field.comments)))
    return done


def _name_message(field: GuessedField, messages: TakenNames) -> GuessedField:
    """A list's element is one of what the list has many of."""
    if not field.parts:
        return field
    declared = camel(words_of(field.type.declared)[0])
    # Of `items` each is an Item.
    words = singular(field.words) if field.goes_down else field.words
    within = TakenNames()
    parts = tuple(_name_message(part, within) for part in field.parts)
    return replace(field, parts=parts, message=messages.take(declared or camel(words) or "Group"))
