"""Take back the guesses that don't hold: a type that a cell doesn't fit, a key that repeats, a reference to nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gdata.language import say, sentence
from gdata.problems import Problem
from gdata.scaffold.guess import Guess, GuessedField, GuessedTable, GuessedType
from gdata.scaffold.propose import Draft

_OF_THE_SHEET = ("cell.formula_error", "cell.loading", "cell.uncomputed", "cell.picture")
"""What no other guess would mend."""
_INDEX = re.compile(r"\[[^\]]*\]")


def mend(draft: Draft, problems: Iterable[Problem]) -> Draft:
    """The draft without the guesses that these problems of a build speak against."""
    by_table: dict[str, dict[str, set[str]]] = {}
    for problem in problems:
        if problem.severity == "error" and problem.code not in _OF_THE_SHEET:
            fields = by_table.setdefault(problem.table, {})
            fields.setdefault(_INDEX.sub("", problem.field), set()).add(problem.code)
    notes: list[str] = []
    mended = tuple(_mend_table(table, by_table.get(table.name, {}), notes) for table in draft.tables)
    return replace(draft, tables=mended, mended=(*draft.mended, *notes))


def without_options(draft: Draft, error: Exception) -> Draft:
    """The draft without what protoc or a rule refuses: the field that the error names, made otherwise; else without all
    references, and where there are none without keys."""
    text = str(error)
    for table in draft.tables:
        named = next((one for one in table.fields if re.search(rf"\b{table.row}\.{one.name}\b", text)), None)
        other = _otherwise(named, text) if named is not None else None
        if named is not None and other is not None:
            fields = tuple(other if one is named else one for one in table.fields)
            mended = tuple(replace(one, fields=fields) if one is table else one for one in draft.tables)
            return replace(draft, tables=mended, mended=(*draft.mended, f"{table.name}.{named.name}: {error}"))
    keys = not any(field.refs for table in draft.tables for field in table.fields)
    bare = tuple(
        replace(table, fields=tuple(_bare(field, keys=keys) for field in table.fields)) for table in draft.tables
    )
    note = say("all references were left out: with them the schemas don't hold together: {error}", error=error)
    return replace(draft, tables=bare, mended=(*draft.mended, note))


def _otherwise(field: GuessedField, error: str) -> GuessedField | None:
    """A field without the `column` texts that an error names too, else as text; None where it is that already."""
    columns = tuple(text for text in field.columns if f"'{text}'" not in error)
    if columns != field.columns:
        return replace(field, columns=columns)
    return _as_text(field)[0] if field.type.proto != "string" or field.is_list else None


def _bare(field: GuessedField, *, keys: bool) -> GuessedField:
    parts = tuple(_bare(part, keys=keys) for part in field.parts)
    return replace(field, refs=(), referred=None, key=None if keys else field.key, parts=parts)


def _mend_table(table: GuessedTable, codes: dict[str, set[str]], notes: list[str]) -> GuessedTable:
    if not codes:
        return table
    every = {code for of_field in codes.values() for code in of_field}
    if any(code.startswith("key.") for code in every) and table.key:
        names = ", ".join(field.name for field in table.key)
        notes.append(say("{table}: {names} is no key, as the build shows", table=table.name, names=names))
        table = replace(table, fields=tuple(replace(field, key=None) for field in table.fields))
    return replace(table, fields=_mend_fields(table.name, table.fields, codes, "", notes))


def _mend_fields(
    table: str, fields: Sequence[GuessedField], codes: dict[str, set[str]], prefix: str, notes: list[str]
) -> tuple[GuessedField, ...]:
    done = []
    for field in fields:
        path = f"{prefix}{field.name}"
        parts = _mend_fields(table, field.parts, codes, f"{path}.", notes)
        mended = replace(field, parts=parts)
        for starts, how in _MENDS:
            if any(code.startswith(starts) for code in codes.get(path, ())):
                mended, note = how(mended)
                notes.append(f"{table}.{path}: {note}")
                break
        done.append(mended)
    return tuple(done)


def _no_reference(field: GuessedField) -> tuple[GuessedField, str]:
    return replace(field, refs=(), referred=None), say("no reference, since not all values are there")


def _may_be_blank(field: GuessedField) -> tuple[GuessedField, str]:
    return replace(field, marked_optional=True), say("optional, since cells are blank")


def _as_text(field: GuessedField) -> tuple[GuessedField, str]:
    if field.spread and any(part.type.proto != "string" for part in field.parts):
        # Under a merged header each column is a part: one text would leave out all but the first.
        text = GuessedType("string", Guess("unsure", sentence("not all cells fit {type}", type=field.message)))
        names = [f"value{number}" for number in range(1, field.spread + 1)]
        parts = tuple(GuessedField(name, (name,), text) for name in names)
        note = say("a text for each of its columns, since not all cells fit {type}", type=field.message)
        return replace(
            field, parts=parts, is_single=True, type=replace(field.type, separator="", subseparator="")
        ), note
    note = say("text, since not all cells fit {type}", type=field.type.proto)
    type_ = GuessedType("string", Guess("unsure", sentence("not all cells fit {type}", type=field.type.proto)))
    # Elements that lie in columns or rows stay a list; one that stands in a cell is the cell's text.
    in_place = field.type.is_list and bool(field.grouped)
    return replace(field, type=replace(type_, is_list=in_place), refs=(), referred=None, parts=(), in_cell=False), note


_MENDS: tuple[tuple[str, Callable[[GuessedField], tuple[GuessedField, str]]], ...] = (
    ("reference.", _no_reference),
    ("cell.blank", _may_be_blank),
    ("cell.", _as_text),
)
"""What to do about a problem whose code begins like that."""
