"""From the columns of a sheet to fields: names, types, and lists over several columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from zoneinfo import ZoneInfo

from gdata.language import sentence
from gdata.scaffold.cells import Cells
from gdata.scaffold.declared import Declared
from gdata.scaffold.fields.lists import Continued, Group, Item, Series, find_continued, find_series
from gdata.scaffold.fields.single import declared_parts, guess_single
from gdata.scaffold.fields.types import guess_type
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
    # Headers that are names keep theirs, `item_id` before `itemId`; a translation that means the same gives way.
    named: dict[int, GuessedField] = {}
    for index in sorted(range(len(drafts)), key=lambda one: _how_plain(drafts[one])):
        named[index] = _name(drafts[index], names)
    messages = TakenNames()
    fields = _with_json_names(_without_doubles([named[index] for index in range(len(drafts))]))
    return [_name_message(field, messages) for field in fields]


def _how_plain(field: GuessedField) -> tuple[bool, bool]:
    """How little a field's header says of its name: not at all where it is the name."""
    return field.headers[0] != field.name, not is_identifier(field.headers[0])


def _with_json_names(fields: Sequence[GuessedField]) -> list[GuessedField]:
    """The fields; one whose name in JSON is another one's header has its own name there: `item_id` and `itemId`."""
    texts = {fold(text): field.name for field in fields for text in (*field.headers, *field.columns)}
    done = []
    for field in fields:
        own = json_name(field.name)
        if texts.get(fold(own), field.name) != field.name:
            field = replace(field, rules=(f'json_name = "{field.name}"', *field.rules))
        done.append(field)
    return done


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
            return [guess_spread(item, timezone, is_unnamed=True) or guess_single(item.columns[0], timezone)]
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


_COUNT_WORDS = frozenset(["count", "amount", "num", "number", "qty", "rate", "weight", "prob", "probability", "value"])


# --- a field of several columns ---------------------------------------------------------------------------------


def guess_continued(one: Continued, timezone: ZoneInfo) -> GuessedField:
    """A list that goes down rows."""
    fields = [guess_single(column, timezone) for column in one.columns]
    if len(fields) == 1 and not (one.within or fields[0].parts or fields[0].type.map_key):
        (field,) = fields
        name = field.name if field.type.is_list else plural(field.name)
        grouped = Guess("likely", sentence("it goes on in rows without a key"))
        return replace(field, name=name, type=replace(field.type, is_list=True), has_blanks=False, grouped=grouped)
    names = TakenNames()
    filled = _filled([field.cells for field in fields])
    parts = []
    for field in fields:
        words = field.words[1:] if one.name == field.words[:1] and len(field.words) > 1 else field.words
        parts.append(
            replace(
                field,
                name=names.take(snake(words, "value")),
                columns=(field.headers[0], *field.columns),
                has_blanks=any(compress(field.cells.blank, filled)),
            )
        )
    for inner in one.within:
        field = guess_continued(inner, timezone)
        columns = field.columns if field.parts else (field.headers[0], *field.columns)
        parts.append(replace(field, name=names.take(field.name), columns=columns))
    return GuessedField(
        name=plural(snake(one.name, "line")),
        words=one.name,
        type=GuessedType("message", Guess("sure", sentence("several columns"))),
        headers=tuple(column.header for column in one.every),
        cells=Cells.joined(part.cells for part in parts),
        parts=tuple(parts),
        grouped=Guess("likely", sentence("{columns} columns go on in rows without a key", columns=len(one.every))),
        goes_down=True,
    )


def guess_series(series: Series, timezone: ZoneInfo) -> GuessedField | None:
    """The columns as one list; None where their values have nothing in common."""
    words, named = words_of(series.name)
    cells = Cells.joined(column.cells for column in series.columns)
    declared = _declared(series)
    others = [column.declared for column in series.columns[1:] if column.declared is not None]
    if declared is not None and declared.is_list and (series.is_repeated or not all(one.is_list for one in others)):
        declared = replace(declared, is_list=False)
    type_ = guess_type(cells, words, timezone, declared)
    if type_.is_list or type_.map_key or type_.kind == "struct" or _declare_otherwise(series):
        return None
    if type_.kind == "string" and declared is None:
        each = [guess_type(column.cells, words, timezone) for column in series.columns if column.cells.variety]
        if any(one.kind != "string" or one.is_list for one in each):
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


def guess_spread(series: Series, timezone: ZoneInfo, *, is_unnamed: bool = False) -> GuessedField | None:
    """Messages that lie under one merged header: their parts side by side, of several one after the other.

    `is_unnamed`: of one message, whatever is declared, a part in each column.
    """
    first, *others = series.columns
    declared = replace(first.declared or Declared(first.header), is_list=False) if is_unnamed else first.declared
    if declared is None or not others or not all(column.is_merged for column in others):
        return None
    if is_unnamed or (declared.is_own and not declared.is_list and not declared.parts):
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
    filled = [_filled([one.cells for one in columns[n : n + count]]) for n in range(0, len(columns), count)]
    parts = []
    for place, part in enumerate(declared_parts(declared, timezone)):
        each = [column.cells for column in columns[place::count]]
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
        cells=Cells.joined(part.cells for part in parts),
        named=named,
        parts=tuple(parts),
        grouped=said,
        in_cell=True,
        spread=len(columns),
        is_single=not declared.is_list,
    )


def guess_group(group: Group, timezone: ZoneInfo) -> GuessedField:
    """A list of messages over columns: `reward1_id, reward1_count, reward2_id, …`."""
    words, named = words_of(group.name)
    count = len(group.parts[0][1].columns)
    filled = [_filled([part.columns[n].cells for _, part in group.parts]) for n in range(count)]
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
        headers=tuple(column.header for column in group.columns),
        cells=Cells.joined(part.cells for part in parts),
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
    each = [column.cells for column in series.columns]
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
