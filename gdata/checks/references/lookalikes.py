"""Letters in keys and codes that look like others: a Cyrillic а in "sword_а", a full-width １, a 한 of three letters.

Nobody sees the difference, and the reference that is typed with the plain letter finds nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from gdata import kinds
from gdata.checks.columns import (
    Column,
    all_columns,
    column_values,
    numbered_sound_rows,
    sound_rows,
    walk_column,
)
from gdata.checks.proofs import ascii_at_once
from gdata.checks.values import written_path
from gdata.parsing.view import Path, View
from gdata.problems import Cell, Problem

_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТХУаеѕіјорсухԁԛԝѵһ", "ABESIJKMHOPCTXYaesijopcyxdqwvh", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧνορ", "ABEZHIKMNOPTYXvop", strict=True))
_DASHES = dict.fromkeys("‐‑‒–—−", "-")
_LOOKALIKES = _CYRILLIC | _GREEK | _DASHES
_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH_CODES = str.maketrans(_FULL_WIDTH)
_PLAIN = str.maketrans(_LOOKALIKES) | _FULL_WIDTH_CODES


def check_lookalikes(view: View) -> list[Problem]:
    """Warnings for keys, unique fields and references to texts that mix in a look-alike letter."""
    columns = list(_code_columns(view))
    if ascii_at_once(view, columns):
        return []
    return [problem for column in columns for problem in _check_column(view, column)]


def _code_columns(view: View) -> Iterator[Column]:
    for column in all_columns(view.plan.row):
        field = column.field
        if field.kind == "string" and (field.key or field.unique or field.refs) and not field.is_map:
            yield column


def _check_column(view: View, column: Column) -> Iterator[Problem]:
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
    suspects = _PLAIN if is_mixed or is_all_alike else _FULL_WIDTH_CODES
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
