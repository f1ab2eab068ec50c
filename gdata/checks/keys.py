"""Keys and `unique` fields: no value twice within a table, nor one that only looks like another.

One problem tells of all the cells with one value: it stands at the last of them, the others are `related`. Letters
look alike in a Cyrillic а in "sword_а", a full-width １, a 한 of three letters: nobody sees the difference, and the
reference that is typed with the plain letter finds nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from gdata import kinds
from gdata.checks.proofs import ascii_at_once, differ_at_once
from gdata.checks.values import (
    Column,
    column_at,
    column_values,
    marked_columns,
    numbered_sound_rows,
    scalar_text,
    sound_rows,
    value_text,
    walk_column,
    written_path,
)
from gdata.parsing.view import Path, View
from gdata.problems import MOST_RELATED, Cell, Kind, Problem
from gdata.schema.plan import CONSTANT


def check_same(view: View) -> list[Problem]:
    """Rows with one key, values that stand twice in a `unique` field, and rows that are to be unique together."""
    return [*_check_key(view), *_check_unique(view), *_check_unique_together(view)]


def _check_key(view: View) -> list[Problem]:
    """Rows with one key. A row whose key has a problem already isn't compared."""
    key = tuple(field.name for field in view.plan.key)
    if not key or view.plan.kind == "record":
        return []
    if differ_at_once(view, view.plan.key):
        return []
    key_of = attrgetter(*key)
    if not view.bad_fields and len(set(map(key_of, view.rows))) == len(view.rows):
        return []
    indexes: dict[Any, list[int]] = {}
    for index, row in numbered_sound_rows(view, key):
        indexes.setdefault(key_of(row), []).append(index)
    return [_duplicate_rows(kinds.KEY_DUPLICATE, view, key, same) for same in indexes.values() if len(same) > 1]


def check_constants(view: View) -> list[Problem]:
    """Texts that name rows in generated code, and can't, or name two. A row whose text is blank has no constant."""
    field = view.plan.row.field(view.plan.constants)
    if field is None or view.plan.kind == "record":
        return []
    found, named = [], dict[str, list[int]]()
    for index, row in numbered_sound_rows(view, (field.name,)):
        text = getattr(row, field.name)
        if not text:
            continue
        if CONSTANT.fullmatch(text):
            named.setdefault(text.casefold(), []).append(index)
        else:
            cell = view.locate(index, (field.name,))
            found.append(kinds.CONSTANT_NAME.at(cell, table=view.plan.name, field=field.name, value=text))
    for same in named.values():
        # Of a unique field those that are alike are told of as such.
        is_told = field.unique and len({getattr(view.rows[index], field.name) for index in same}) == 1
        if len(same) > 1 and not is_told:
            found.append(_duplicate_rows(kinds.CONSTANT_TWICE, view, (field.name,), same))
    return found


def _check_unique_together(view: View) -> list[Problem]:
    """Rows with the same values of all fields that the table calls unique together. A row with none isn't compared."""
    return [problem for names in view.plan.unique for problem in _check_together(view, names)]


def _check_together(view: View, names: tuple[str, ...]) -> Iterator[Problem]:
    columns = [column for name in names if (column := column_at(view.plan.row, name)) is not None]
    indexes: dict[tuple[Any, ...], list[int]] = {}
    for index, row in numbered_sound_rows(view, {column.top for column in columns}):
        values = tuple(_comparable(row, column) for column in columns)
        if any(values):
            indexes.setdefault(values, []).append(index)
    for same in indexes.values():
        if len(same) > 1:
            yield _duplicate_rows(kinds.UNIQUE_TOGETHER, view, names, same)


def _comparable(row: Any, column: Column) -> Any:
    """A row's value of a column, as a tuple of it that is () where it is blank."""
    values = (value for _, value in walk_column(row, column) if value != "" and value != b"")
    return tuple(one.SerializeToString(deterministic=True) if hasattr(one, "DESCRIPTOR") else one for one in values)


def check_doubled(off: View, others: Iterable[View]) -> list[Problem]:
    """Rows that are switched off with the key of another row: switched on, they would be one too many."""
    key = tuple(field.name for field in off.plan.key)
    if not key:
        return []
    key_of = attrgetter(*key)
    wanted = {key_of(row) for _, row in numbered_sound_rows(off, key)}
    taken: dict[Any, Cell] = {}
    for view in others:
        for index, row in enumerate(view.rows):
            if key_of(row) in wanted:
                taken.setdefault(key_of(row), view.locate(index, (key[-1],)))
    return [
        kinds.KEY_DUPLICATE.at(
            off.locate(index, (key[-1],)),
            table=off.plan.name,
            field=", ".join(key),
            value=value_text(row, (key[-1],)),
            related=[taken[key_of(row)]],
            count=2,
            key=", ".join(value_text(row, (name,)) or "" for name in key),
            first=taken[key_of(row)],
        )
        for index, row in numbered_sound_rows(off, key)
        if key_of(row) in taken
    ]


def _duplicate_rows(kind: Kind, view: View, names: tuple[str, ...], indexes: list[int]) -> Problem:
    last, paths = view.rows[indexes[-1]], [tuple(name.split(".")) for name in names]
    shown = [*indexes[:MOST_RELATED], indexes[-1]]
    cells = list(dict.fromkeys(view.locate(index, path) for index in shown for path in paths))
    *others, cell = cells
    return kind.at(
        cell,
        table=view.plan.name,
        field=", ".join(names),
        value=value_text(last, paths[-1]),
        related=others,
        count=len(indexes),
        key=", ".join(value_text(last, path) or "" for path in paths),
        first=cells[0],
    )


def _check_unique(view: View) -> list[Problem]:
    """Values that stand twice in a `unique` field, in nested messages and lists too. Blank cells aren't values."""
    columns = [column for column in marked_columns(view.plan.row) if column.field.unique and column.kind != "message"]
    return [
        problem
        for column in columns
        if column.steps != view.plan.key  # two equal keys are told of as such
        for problem in _check_unique_column(view, column)
    ]


def _check_unique_column(view: View, column: Column) -> Iterable[Problem]:
    if len(column.steps) == 1 and differ_at_once(view, column.steps):
        return ()
    values = column_values(sound_rows(view, (column.top,)), column)
    if len(set(values)) == len(values):
        return ()
    return _duplicates(view, column)


def _duplicates(view: View, column: Column) -> Iterator[Problem]:
    places: dict[Any, list[tuple[int, Path]]] = {}
    for index, row in numbered_sound_rows(view, (column.top,)):
        for path, value in walk_column(row, column):
            if value != "" and value != b"":
                places.setdefault(value, []).append((index, path))
    for value, same in places.items():
        if len(same) > 1:
            yield _duplicate_value(view, column, value, same)


def _duplicate_value(view: View, column: Column, value: Any, places: list[tuple[int, Path]]) -> Problem:
    _, path = places[-1]
    cells = [view.locate(*place) for place in (*places[:MOST_RELATED], places[-1])]
    *others, cell = dict.fromkeys(cells)
    return kinds.UNIQUE_DUPLICATE.at(
        cell,
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, path),
        value=scalar_text(column.field.descriptor, value),
        related=others,
        count=len(places),
        first=cells[0],
    )


_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТХУаеѕіјорсухԁԛԝѵһ", "ABESIJKMHOPCTXYaesijopcyxdqwvh", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧνορ", "ABEZHIKMNOPTYXvop", strict=True))
_DASHES = dict.fromkeys("‐‑‒–—−", "-")
_LOOKALIKES = _CYRILLIC | _GREEK | _DASHES
_FULL_WIDTH = dict(zip(range(0xFF01, 0xFF5F), map(chr, range(0x21, 0x7F)), strict=True))
_PLAIN = str.maketrans(_LOOKALIKES) | _FULL_WIDTH


def check_lookalikes(view: View) -> list[Problem]:
    """Warnings for keys, unique fields and references to texts that mix in a look-alike letter."""
    columns = _code_columns(view)
    if ascii_at_once(view, columns):
        return []
    return [problem for column in columns for problem in _check_letters(view, column)]


def _code_columns(view: View) -> list[Column]:
    """Those of texts by which rows are found."""
    columns = marked_columns(view.plan.row)
    texts = [one for one in columns if one.field.kind == "string" and not one.field.is_map]
    return [one for one in texts if one.field.key or one.field.unique or one.field.refs]


def _check_letters(view: View, column: Column) -> Iterator[Problem]:
    values = column_values(sound_rows(view, (column.top,)), column)
    if "".join(values).isascii():
        return
    for index, row in numbered_sound_rows(view, (column.top,)):
        for path, value in walk_column(row, column):
            character = lookalike_in(value)
            if character:
                yield kinds.KEY_LOOKALIKE.at(
                    view.locate(index, path),
                    table=view.plan.name,
                    field=written_path(view.plan.row.descriptor, path),
                    value=value,
                    character=f"{character} (U+{ord(character):04X})",
                    plain=plain_letters(character),
                    instead=plain_letters(value),
                )


def lookalike_in(text: str) -> str:
    """The first character of a text that only looks like a plain letter or digit; "" if there is none.

    A word of another alphabet is no mistake: its letters count only beside Latin ones, or where nothing else
    tells the alphabet. Full-width characters always count.
    """
    if text.isascii():
        return ""
    plain = plain_letters(text)
    is_mixed = any(character.isascii() and character.isalpha() for character in text)
    is_all_alike = plain.isascii() and any(character.isascii() and character.isalnum() for character in text)
    suspects = _PLAIN if is_mixed or is_all_alike else _FULL_WIDTH
    return next((character for character in text if ord(character) in suspects), "")


def plain_letters(text: str) -> str:
    """`text` with look-alike and full-width characters as the plain ones they look like."""
    return text.translate(_PLAIN)


def check_decomposed(view: View) -> list[Problem]:
    """Keys and values of unique fields that only look like another, for their letters are decomposed (NFD)."""
    unique = [column for column in _code_columns(view) if column.field.unique and not column.field.key]
    groups = [(column,) for column in unique]
    key = tuple(Column((field,)) for field in view.plan.key if field.kind == "string")
    return [problem for one in ([*groups, key] if key else groups) for problem in _check_decomposed(view, one)]


def _check_decomposed(view: View, texts: tuple[Column, ...]) -> Iterator[Problem]:
    column, tops = texts[0], [one.top for one in texts]
    if ascii_at_once(view, texts) or all(
        is_composed("\n".join(column_values(sound_rows(view, tops), one))) for one in texts
    ):
        return
    rest = [field.name for field in view.plan.key] if column.field.key else []
    first: dict[tuple[Any, ...], tuple[tuple[Any, ...], int, Path]] = {}
    for index, row in numbered_sound_rows(view, [*tops, *rest]):
        for path, value in walk_column(row, column):
            written = (*(getattr(row, name) for name in rest), value)
            known, above, place = first.setdefault(tuple(map(composed, written)), (written, index, path))
            if known != written:
                here, there = (value, view.locate(index, path)), (known[-1], view.locate(above, place))
                yield _looks_alike(view, column, path, here, there)


def _looks_alike(view: View, column: Column, path: Path, text: tuple[str, Cell], first: tuple[str, Cell]) -> Problem:
    kind = kinds.KEY_DECOMPOSED if column.field.key else kinds.UNIQUE_DECOMPOSED
    return kind.at(
        text[1],
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, path),
        value=text[0],
        related=[first[1]],
        first=first[1],
        **decomposed_words(text, first),
    )


def composed(value: Any) -> Any:
    """A text with each letter as one character (NFC); other values as they are."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def is_composed(text: str) -> bool:
    """Whether each of its letters is one character."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def decomposed_words(*texts: tuple[str, Cell]) -> dict[str, Any]:
    """Of texts that look alike, the letters that are decomposed in one, and its cell."""
    text, cell = next(((text, cell) for text, cell in texts if not is_composed(text)), texts[0])
    letters = [one for one in composed(text) if unicodedata.normalize("NFD", one) != one and one not in text]
    return {"letters": ", ".join(dict.fromkeys(letters[:5])), "decomposed": cell}
