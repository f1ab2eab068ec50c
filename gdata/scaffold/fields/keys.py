"""Which fields make a table's key: found by their values being unique, chosen by their names and places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from gdata.language import sentence
from gdata.parsing.cells.cell import shown
from gdata.scaffold.guess import Guess, GuessedField
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.sources.grid import CellValue

_ID_WORDS = frozenset("id key code uid no num index idx number guid uuid sn seq".split())
_PART_WORDS = _ID_WORDS | frozenset(
    "level lv order step type kind rank group day slot stage grade season tier star rarity element".split()
)
_ENOUGH_ROWS = 10
_MOSTLY = 0.6
_MOST_CANDIDATES = 8


def with_key(fields: Sequence[GuessedField], records: int, row: Sequence[str]) -> list[GuessedField]:
    """The fields, those of the key marked; without a unique combination there is none."""
    chosen, guess = choose_key(fields, records, row)
    return [replace(field, key=guess) if field.name in chosen else field for field in fields]


def choose_key(fields: Sequence[GuessedField], records: int, row: Sequence[str]) -> tuple[tuple[str, ...], Guess]:
    """Names of the fields of the key, and how sure that is; () where no combination is unique."""
    candidates = [field for field in fields if not field.is_list and FIELD_TYPES[field.type.kind].may_be_key]
    if not records:
        # A table is laid out before it has rows: what is declared and called the key is one.
        named = [field.name for field in candidates if field.type.is_declared and _is_called_key(field, row)]
        return tuple(named[:1]), Guess("likely", sentence("what it is called"))
    candidates = [field for field in candidates if not field.cells.has_blanks]
    if not candidates:
        return (), Guess("unsure")
    first = fields[0].name
    for field in sorted(candidates, key=lambda one: _rank(one, first, row)):
        if _is_unique([field]) and _rank(field, first, row) < 4:
            return (field.name,), _single_guess(field, first, records, row)
    if repeated_ids(fields, row):
        return (), Guess("unsure")
    for parts in _combinations(candidates, first):
        if _is_unique(parts):
            return tuple(part.name for part in parts), _composite_guess(parts, first, records)
    return (), Guess("unsure")


def repeated_ids(fields: Sequence[GuessedField], row: Sequence[str]) -> tuple[GuessedField, list[CellValue]] | None:
    """The column that is called the key, and its few values that stand there twice: a slip, which no further column
    of the key must hide."""
    for field in fields:
        if field.is_list or not FIELD_TYPES[field.type.kind].may_be_key or not _is_called_key(field, row):
            continue
        counts = field.cells.counts
        repeated = [cell for cell, count in counts if count > 1]
        if repeated and len(counts) >= _MOSTLY * len(field.cells):
            return field, repeated
    return None


def _rank(field: GuessedField, first: str, row: Sequence[str]) -> int:
    """0: called the key; 1: the first column; 2, 3: may be; 4: no."""
    if _is_called_key(field, row):
        return 0
    if field.name == first:
        return 1
    return 2 if field.words and field.words[-1] in ("id", "key", "code") and field.type.kind != "bool" else 4


def _is_called_key(field: GuessedField, row: Sequence[str]) -> bool:
    words = tuple(field.words)
    return (len(words) == 1 and words[0] in _ID_WORDS) or words in {(*row, one) for one in _ID_WORDS}


def _single_guess(field: GuessedField, first: str, records: int, row: Sequence[str]) -> Guess:
    why = sentence("different in all {rows} rows", rows=records) if records > 1 else sentence("one row only")
    if records >= _ENOUGH_ROWS and field.name == first and (_is_called_key(field, row) or field.words[-1:] == ("id",)):
        return Guess("sure", why)
    called = _is_called_key(field, row) or field.name == first
    return Guess("likely" if called and records > 2 else "unsure", why)


def _composite_guess(parts: Sequence[GuessedField], first: str, records: int) -> Guess:
    why = sentence("together different in all {rows} rows", rows=records)
    named = all(set(part.words[-1:]) & _PART_WORDS for part in parts)
    believed = parts[0].name == first and named and records >= _ENOUGH_ROWS
    return Guess("likely" if believed else "unsure", why)


def _combinations(candidates: list[GuessedField], first: str) -> Iterator[tuple[GuessedField, ...]]:
    """Pairs, then triples; with the first column before those without, key-like names before others."""
    order = {field.name: position for position, field in enumerate(candidates)}
    useful = [field for field in candidates if not _is_prose(field)]
    useful = sorted(useful, key=lambda one: (one.name != first, not set(one.words[-1:]) & _PART_WORDS, order[one.name]))
    for size in (2, 3):
        found = [
            combination
            for combination in combinations(useful[:_MOST_CANDIDATES], size)
            if combination[0].name == first or any(set(part.words[-1:]) & _ID_WORDS for part in combination)
        ]
        for combination in found:
            yield tuple(sorted(combination, key=lambda one: order[one.name]))


def _is_prose(field: GuessedField) -> bool:
    return field.type.kind == "string" and any(
        " " in shown(cell) and len(shown(cell)) > 24 for cell in field.cells.distinct
    )


def _is_unique(fields: Sequence[GuessedField]) -> bool:
    if len(fields) == 1:
        return fields[0].cells.is_unique(fields[0].type.kind)
    columns = [field.cells.plain(field.type.kind) for field in fields]
    rows = set(zip(*columns, strict=True))
    # One that is None is a formula error.
    return len(rows) == len(columns[0]) and not any(None in row for row in rows)
