"""From the columns of a sheet to fields: names, types, and lists over several columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from zoneinfo import ZoneInfo

from gdata.language import sentence
from gdata.nearest import fold
from gdata.parsing.cells.cell import shown
from gdata.problems import column_letters
from gdata.scaffold.cells import Cells, as_cells
from gdata.scaffold.declared import Declared
from gdata.scaffold.fields.lists import Continued, Group, Item, Series, find_continued, find_series
from gdata.scaffold.fields.values import fits, guess_type, split_messages
from gdata.scaffold.guess import Guess, GuessedField, GuessedType, SourceColumn
from gdata.scaffold.names import (
    TakenNames,
    camel,
    is_identifier,
    json_name,
    needs_column,
    plural,
    singular,
    snake,
    words_of,
)
from gdata.schema.fieldtypes import NUMBERS
from gdata.sources.grid import CellValue

_RANGE = re.compile(r"([\[(]?)\s*([\d.+-]*|~)\s*,\s*([\d.+-]*|~)\s*([\])]?)")
_COUNT_WORDS = frozenset(["count", "amount", "num", "number", "qty", "rate", "weight", "prob", "probability", "value"])


def guess_fields(columns: Sequence[SourceColumn], timezone: ZoneInfo, taken: Sequence[str] = ()) -> list[GuessedField]:
    """A field for each column, or for several that are one list; `taken` are names that the message already has."""
    continued = {column.index: one for one in find_continued(columns) for column in one.columns}
    drafts: list[GuessedField] = []
    for item in find_series(columns):
        one = continued.get(item.index) if isinstance(item, SourceColumn) else None
        if one is None:
            drafts += _draft(item, timezone)
        elif item is one.columns[0]:
            drafts.append(_continued(one, timezone))
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
        return [_single(item, timezone)]
    if isinstance(item, Series):
        spread = _spread(item, timezone)
        if spread is not None:
            return [spread]
        listed = _series(item, timezone)
        if listed is None and item.is_repeated:
            # Two fields can't have one header; the build tells of the others.
            return [_single(item.columns[0], timezone)]
        return [listed] if listed is not None else [_single(column, timezone) for column in item.columns]
    return [_group(item, timezone)]


def _single(column: SourceColumn, timezone: ZoneInfo) -> GuessedField:
    words, named = words_of(column.program_name or column.header)
    if column.declared is not None and column.declared.parts:
        return _declared_messages(column, column.declared, timezone)
    parts = split_messages(column.cells) if column.declared is None else None
    if parts is not None:
        return _messages(column, parts, timezone)
    type_ = guess_type(column.cells, words, timezone, column.declared)
    name = snake(words, f"column_{column_letters(column.index + 1).lower()}")
    return GuessedField(
        name=plural(name) if type_.is_list and not is_identifier(column.program_name or column.header) else name,
        words=tuple(words),
        type=type_,
        headers=(column.header,),
        cells=column.cells,
        named=named,
        has_blanks=as_cells(column.cells).has_blanks,
        columns=column.labels,
        comments=column.comments,
        groups=column.groups,
        marked_optional=column.declared is not None and column.declared.is_optional,
        rules=rules_of(column.declared, type_),
        is_unique=column.declared is not None and column.declared.tags.get("unique") == "true",
        path=_path_of(column.declared),
    )


def rules_of(declared: Declared | None, type_: GuessedType) -> tuple[str, ...]:
    """The constraints that are declared beside a type: `range=[1,10]`, `range:"1,10"`."""
    text = (declared.tags.get("range") or "") if declared is not None else ""
    found = _RANGE.fullmatch(text)
    if found is None or type_.is_list or type_.map_key or type_.kind not in NUMBERS:
        return ()
    rule = f"(buf.validate.field).{type_.kind}"
    opening, low, high, closing = found.groups()
    bounds = (("gt" if opening == "(" else "gte", low), ("lt" if closing == ")" else "lte", high))
    return tuple(f"{rule}.{name} = {bound}" for name, bound in bounds if bound not in ("", "~"))


def _path_of(declared: Declared | None) -> str:
    """The pattern of a declared path: `path=normal;icons/*.png`, `path=unity`; "" where none is, or one unlike ours."""
    kind, _, pattern = (declared.tags.get("path", "") if declared is not None else "").partition(";")
    if kind.removesuffix("?") == "unity":
        return "{}"
    return pattern.replace("*", "{}") if kind.removesuffix("?") == "normal" and pattern.count("*") == 1 else ""


def _declared_messages(column: SourceColumn, declared: Declared, timezone: ZoneInfo) -> GuessedField:
    """A column whose cells hold messages of declared fields, one or several in each."""
    words, named = words_of(column.program_name or column.header)
    parts = [replace(part, cells=column.cells) for part in _declared_parts(declared, timezone)]
    said = Guess("sure", sentence("declared as {text}", text=declared.text))
    separator, sub = _separators(column.cells, declared)
    if declared.is_list and separator == sub:
        # One sign can't separate messages and their parts: it stays the text that it is.
        return _single(replace(column, declared=None), timezone)
    # The two must differ in a schema; of one message in a cell the first is never looked for.
    own_separator = separator if separator != "," else ";" if sub == "," else ""
    sub = sub if sub != ":" else ""
    return GuessedField(
        name=snake(words, f"column_{column_letters(column.index + 1).lower()}"),
        words=tuple(words),
        type=GuessedType("message", said, separator=own_separator, subseparator=sub, declared=declared.name),
        headers=(column.header,),
        columns=column.labels,
        comments=column.comments,
        groups=column.groups,
        cells=column.cells,
        named=named,
        parts=tuple(parts),
        grouped=said,
        in_cell=True,
        is_single=not declared.is_list,
    )


def _declared_parts(declared: Declared, timezone: ZoneInfo) -> list[GuessedField]:
    """The fields of a message that is declared."""
    names = TakenNames()
    parts = []
    for text, one in declared.parts:
        own, _ = words_of(text)
        name = names.take(snake(own, "value"))
        alias = one.tags.get("alias", "") if one is not None else ""
        columns = tuple(text for text in (alias,) if text and needs_column(text, name))
        type_ = guess_type((), own, timezone, one)
        parts.append(
            GuessedField(name, tuple(own), type_, columns, marked_optional=one is not None and one.is_optional)
        )
    return parts


_SEPARATORS = ((",", ":"), (",", ";"), (";", ","), ("|", ","), ("|", ":"), (";", ":"), (",", "|"), ("|", ";"))
"""Of lists of messages in a cell, and of the parts of each; the likeliest first."""


def _separators(cells: Sequence[CellValue], declared: Declared) -> tuple[str, str]:
    """What separates messages in cells, and their parts: what is declared, else what fits all of the cells."""
    said = declared.separator or ",", declared.subseparator or ":"
    if declared.subseparator and (declared.separator or not declared.is_list):
        return said
    texts = [text for cell in as_cells(cells).distinct if not (text := shown(cell)).startswith(("[", "{"))]
    for separator, sub in (said, *_SEPARATORS):
        if declared.separator not in ("", separator) or declared.subseparator not in ("", sub):
            continue
        elements = [one for text in texts for one in (text.split(separator) if declared.is_list else [text])]
        parts = [element.split(sub) for element in elements]
        if max(map(len, parts), default=0) > 1 and all(_are_parts(one, declared) for one in parts):
            return separator, sub
    return said


def _are_parts(texts: Sequence[str], declared: Declared) -> bool:
    if len(texts) > len(declared.parts):
        return False
    typed = zip(texts, declared.parts, strict=False)
    return all(fits([text.strip()], one.kind) for text, (_, one) in typed if one and one.kind in NUMBERS)


def _continued(one: Continued, timezone: ZoneInfo) -> GuessedField:
    """A list that goes down rows."""
    fields = [_single(column, timezone) for column in one.columns]
    if len(fields) == 1 and not fields[0].parts and not fields[0].type.map_key:
        (field,) = fields
        name = field.name if field.type.is_list else plural(field.name)
        grouped = Guess("likely", sentence("it goes on in rows without a key"))
        return replace(field, name=name, type=replace(field.type, is_list=True), has_blanks=False, grouped=grouped)
    names = TakenNames()
    filled = _filled([as_cells(field.cells) for field in fields])
    parts = []
    for field in fields:
        words = field.words[1:] if one.name == field.words[:1] and len(field.words) > 1 else field.words
        parts.append(
            replace(
                field,
                name=names.take(snake(words, "value")),
                columns=(field.headers[0], *field.columns),
                has_blanks=any(compress(as_cells(field.cells).blank, filled)),
            )
        )
    return GuessedField(
        name=plural(snake(one.name, "line")),
        words=one.name,
        type=GuessedType("message", Guess("sure", sentence("several columns"))),
        headers=tuple(column.header for column in one.columns),
        cells=Cells.joined(as_cells(part.cells) for part in parts),
        parts=tuple(parts),
        grouped=Guess("likely", sentence("{columns} columns go on in rows without a key", columns=len(parts))),
        goes_down=True,
    )


def _messages(column: SourceColumn, parts: list[list[str]], timezone: ZoneInfo) -> GuessedField:
    """A column whose cells hold lists of messages: `1001:10, 1002:5`."""
    words, named = words_of(column.header)
    fields = [
        GuessedField(name, (*words, name), guess_type(cells, (*words, name), timezone), cells=cells)
        for name, cells in zip(_part_names(parts), parts, strict=True)
    ]
    why = sentence(
        "cells of {parts}, separated by commas; its parts need better names",
        parts=":".join(field.name for field in fields),
    )
    name = snake(words, f"column_{column_letters(column.index + 1).lower()}")
    return GuessedField(
        name=name if is_identifier(column.header) else plural(name),
        words=tuple(words),
        type=GuessedType("message", Guess("likely", sentence("several parts in a cell"))),
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
    words, named = words_of(series.name)
    cells = Cells.joined(as_cells(column.cells) for column in series.columns)
    declared = _declared(series)
    others = [column.declared for column in series.columns[1:] if column.declared is not None]
    if declared is not None and declared.is_list and (series.is_repeated or not all(one.is_list for one in others)):
        declared = replace(declared, is_list=False)
    type_ = guess_type(cells, words, timezone, declared)
    each = [guess_type(column.cells, words, timezone) for column in series.columns if not _all_blank(column.cells)]
    is_mixed = type_.kind == "string" and declared is None and any(_is_other(one) for one in each)
    if type_.is_list or type_.map_key or type_.kind == "struct" or is_mixed or _declare_otherwise(series):
        return None
    count = len(series.columns)
    return GuessedField(
        name=plural(snake(words, "value")),
        words=tuple(words),
        type=replace(type_, is_list=True),
        columns=series.patterns,
        headers=tuple(column.header for column in series.columns),
        cells=cells,
        named=named,
        comments=series.columns[0].comments,
        groups=series.columns[0].groups,
        grouped=Guess(
            "sure" if count > 2 else "likely",
            sentence("{columns} columns {pattern}", columns=count, pattern=series.patterns[0]),
        ),
    )


def _spread(series: Series, timezone: ZoneInfo) -> GuessedField | None:
    """Messages that lie under one merged header: their parts side by side, of several one after the other."""
    first, *others = series.columns
    declared = first.declared
    if declared is None or not others or not all(column.is_merged for column in others):
        return None
    if declared.is_own and not declared.is_list and not declared.parts:
        # A message that nothing defines: one cell for each of its fields.
        unnamed = tuple((f"value{number}", None) for number in range(1, len(series.columns) + 1))
        declared = replace(declared, parts=unnamed)
    columns, count = series.columns, len(declared.parts)
    if not count:
        return None
    if any(one is not None and (one.kind == "message" or one.is_list) for _, one in declared.parts):
        return None
    if len(columns) % count if declared.is_list else len(columns) != count:
        return None
    words, named = words_of(first.program_name or first.header)
    filled = [_filled([as_cells(one.cells) for one in columns[n : n + count]]) for n in range(0, len(columns), count)]
    parts = []
    for place, part in enumerate(_declared_parts(declared, timezone)):
        each = [as_cells(column.cells) for column in columns[place::count]]
        cells = Cells.joined(each)
        type_ = guess_type(cells, part.words, timezone, declared.parts[place][1])
        has_blanks = any(any(compress(one.blank, flags)) for one, flags in zip(each, filled, strict=True))
        parts.append(replace(part, type=type_, cells=cells, has_blanks=has_blanks))
    is_known = all(one is not None for _, one in declared.parts)
    said = Guess("sure" if is_known else "unsure", sentence("declared as {text}", text=declared.text))
    return GuessedField(
        name=snake(words, "value"),
        words=tuple(words),
        type=GuessedType("message", said, declared=declared.name),
        headers=(first.header,),
        columns=first.labels,
        comments=first.comments,
        groups=first.groups,
        cells=Cells.joined(as_cells(part.cells) for part in parts),
        named=named,
        parts=tuple(parts),
        grouped=said,
        in_cell=True,
        is_single=not declared.is_list,
    )


def _is_other(type_: GuessedType) -> bool:
    return type_.kind != "string" or type_.is_list


def _all_blank(cells: Sequence[CellValue]) -> bool:
    return not as_cells(cells).distinct


def _group(group: Group, timezone: ZoneInfo) -> GuessedField:
    words, named = words_of(group.name)
    count = len(group.parts[0][1].columns)
    filled = [_filled([as_cells(part.columns[n].cells) for _, part in group.parts]) for n in range(count)]
    names = TakenNames()
    parts = [_part(text, part, words, filled, names, timezone) for text, part in group.parts]
    why = sentence(
        "{groups} × {columns} columns {patterns}",
        groups=count,
        columns=len(parts),
        patterns=", ".join(part.patterns[0] for _, part in group.parts),
    )
    return GuessedField(
        name=plural(snake(words, "group")),
        words=tuple(words),
        type=GuessedType("message", Guess("sure", sentence("several columns"))),
        headers=tuple(column.header for _, part in group.parts for column in part.columns),
        cells=Cells.joined(as_cells(part.cells) for part in parts),
        named=named,
        parts=tuple(parts),
        grouped=Guess("sure" if group.interleaved and count > 2 else "likely", why),
    )


def _filled(columns: Sequence[Cells]) -> list[bool]:
    """In which rows any of the columns has something."""
    return [not all(blank) for blank in zip(*(cells.blank for cells in columns), strict=True)]


def _part(
    text: str, series: Series, above: Sequence[str], filled: list[list[bool]], names: TakenNames, timezone: ZoneInfo
) -> GuessedField:
    words, named = words_of(text)
    each = [as_cells(column.cells) for column in series.columns]
    cells = Cells.joined(each)
    type_ = guess_type(cells, words, timezone, _declared(series))
    fallback = "id" if type_.kind in ("int32", "int64") and not set(words) & _COUNT_WORDS else "value"
    return GuessedField(
        name=names.take(snake(words, fallback)),
        words=tuple(words or [*above, fallback]),
        type=type_,
        columns=series.patterns,
        headers=tuple(column.header for column in series.columns),
        cells=cells,
        named=named,
        has_blanks=any(any(compress(one.blank, flags)) for one, flags in zip(each, filled, strict=True)),
        comments=series.columns[0].comments,
        groups=series.columns[0].groups,
    )


def _declared(series: Series) -> Declared | None:
    """What is declared of a list's columns; in some tools only the first one has it."""
    return next((column.declared for column in series.columns if column.declared is not None), None)


def _declare_otherwise(series: Series) -> bool:
    """Whether two columns of a series are declared as different things."""
    kinds = {(one.declared.kind, one.declared.name) for one in series.columns if one.declared is not None}
    return len(kinds) > 1


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
