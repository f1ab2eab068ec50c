"""The field of one column: a value, a list in a cell, or messages in a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from gdata.language import sentence
from gdata.parsing.cells.cell import shown
from gdata.problems import column_letters
from gdata.scaffold.cells import NO_CELLS, Cells
from gdata.scaffold.declared import Declared
from gdata.scaffold.fields.types import fits, guess_type, split_messages
from gdata.scaffold.guess import Guess, GuessedField, GuessedType, SourceColumn
from gdata.scaffold.names import (
    TakenNames,
    is_identifier,
    needs_column,
    plural,
    snake,
    words_of,
)
from gdata.schema.fieldtypes import NUMBERS

_RANGE = re.compile(r"([\[(]?)\s*([\d.+-]*|~)\s*,\s*([\d.+-]*|~)\s*([\])]?)")


def guess_single(column: SourceColumn, timezone: ZoneInfo) -> GuessedField:
    """What a column is by itself."""
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
        has_blanks=column.cells.has_blanks,
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
    parts = [replace(part, cells=column.cells) for part in declared_parts(declared, timezone)]
    said = Guess("sure", sentence("declared as {text}", text=declared.text))
    separator, sub = _separators(column.cells, declared)
    if declared.is_list and separator == sub:
        # One sign can't separate messages and their parts: it stays the text that it is.
        return guess_single(replace(column, declared=None), timezone)
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


def declared_parts(declared: Declared, timezone: ZoneInfo) -> list[GuessedField]:
    """The fields of a message that is declared."""
    names = TakenNames()
    parts = []
    for text, one in declared.parts:
        own, _ = words_of(text)
        name = names.take(snake(own, "value"))
        alias = one.tags.get("alias", "") if one is not None else ""
        columns = tuple(text for text in (alias,) if text and needs_column(text, name))
        type_ = guess_type(NO_CELLS, own, timezone, one)
        said = one.tags.get("comment", "") if one is not None else ""
        optional = one is not None and one.is_optional
        parts.append(GuessedField(name, tuple(own), type_, columns, marked_optional=optional, comments=(said,)))
    return parts


_SEPARATORS = ((",", ":"), (",", ";"), (";", ","), ("|", ","), ("|", ":"), (";", ":"), (",", "|"), ("|", ";"))
"""Of lists of messages in a cell, and of the parts of each; the likeliest first."""


def _separators(cells: Cells, declared: Declared) -> tuple[str, str]:
    """What separates messages in cells, and their parts: what is declared, else what fits all of the cells."""
    said = declared.separator or ",", declared.subseparator or ":"
    if declared.subseparator and (declared.separator or not declared.is_list):
        return said
    texts = [text for cell in cells.distinct if not (text := shown(cell)).startswith(("[", "{"))]
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


def _messages(column: SourceColumn, parts: list[list[str]], timezone: ZoneInfo) -> GuessedField:
    """A column whose cells hold lists of messages: `1001:10, 1002:5`."""
    words, named = words_of(column.header)
    fields = [
        GuessedField(name, (*words, name), guess_type(cells, (*words, name), timezone), cells=cells)
        for name, cells in zip(_part_names(parts), map(Cells, parts), strict=True)
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
