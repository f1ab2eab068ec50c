"""Letters in keys and codes that look like others: a Cyrillic а in "sword_а", a full-width １.

Nobody sees the difference, and the reference that is typed with the plain letter finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from gdata import kinds
from gdata.checks.columns import Column, all_columns, column_values, numbered_sound_rows, sound_rows, walk_column
from gdata.checks.rowpaths import written_path
from gdata.parsing.view import TableView
from gdata.problems import Problem

_CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТХУаеѕіјорсухԁԛԝѵһ", "ABESIJKMHOPCTXYaesijopcyxdqwvh", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧνορ", "ABEZHIKMNOPTYXvop", strict=True))
_DASHES = dict.fromkeys("‐‑‒–—−", "-")
_LOOKALIKES = _CYRILLIC | _GREEK | _DASHES
_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH_CODES = str.maketrans(_FULL_WIDTH)
_PLAIN = str.maketrans(_LOOKALIKES) | _FULL_WIDTH_CODES


def check_lookalikes(view: TableView) -> list[Problem]:
    """Warnings for keys, unique fields and references to texts that mix in a look-alike letter."""
    return [problem for column in _code_columns(view) for problem in _check_column(view, column)]


def _code_columns(view: TableView) -> Iterator[Column]:
    for column in all_columns(view.plan.row):
        field = column.field
        if field.kind == "string" and (field.key or field.unique or field.refs) and not field.is_map:
            yield column


def _check_column(view: TableView, column: Column) -> Iterator[Problem]:
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
