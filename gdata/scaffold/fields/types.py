"""A column's type: what is declared of it, as far as its values fit that; else what these look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast
from zoneinfo import ZoneInfo

from gdata.language import counted, sentence
from gdata.parsing.cells.cell import shown
from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.scaffold.cells import Cells, as_cells
from gdata.scaffold.declared import Declared
from gdata.scaffold.fields.values import MOST_VALUES, fits, guess_by_values, is_json, is_value
from gdata.scaffold.guess import Guess, GuessedType, Sureness
from gdata.schema.fieldtypes import FieldKind
from gdata.sources.grid import ERROR_TEXTS, CellValue
from gdata.text import fold

_FEW_ROWS = 3
_TROUBLE = frozenset([*ERROR_TEXTS, "Loading...", "Loading…"])
_MOST_DECLARED = 200


def guess_type(
    cells: Sequence[CellValue], words: Sequence[str], timezone: ZoneInfo, declared: Declared | None = None
) -> GuessedType:
    """The type of cells under a header of these words; what is declared goes before what values look like."""
    cells = as_cells(cells)
    if not cells.plainly and not _TROUBLE.isdisjoint(cells.distinct):
        # A formula error says nothing of the column's type; the build will name its cell.
        cells = Cells([cell for cell in cells if cell not in _TROUBLE])
    if declared is not None:
        found = _as_declared(declared, cells, words, timezone)
        refers = declared.tags.get("ref") or declared.tags.get("refer") or ""
        return replace(found, declared=declared.name, refers=refers, is_declared=True)
    if not cells.filled:
        return GuessedType("string", Guess("unsure", sentence("it has no values yet")))
    found = guess_by_values(cells, words, timezone)
    return found if cells.filled >= _FEW_ROWS else _weaken(found, cells.filled)


def _weaken(type_: GuessedType, count: int) -> GuessedType:
    why = counted("{why}; only {count} value", "{why}; only {count} values", count, why=type_.guess.why)
    return replace(type_, guess=Guess(type_.guess.sure, why).weakened_to("likely"))


_WIDER: dict[str, tuple[FieldKind, ...]] = {
    "int32": ("int32", "int64", "uint64", "double"),
    "uint32": ("uint32", "int32", "int64", "double"),
    "int64": ("int64", "uint64", "double"),
    "uint64": ("uint64", "int64", "double"),
    "float": ("float", "double"),
    "double": ("double",),
    "bool": ("bool", "int32"),
    "timestamp": ("timestamp",),
    "duration": ("duration",),
    "struct": ("struct",),
    "number": ("int32", "int64", "uint64", "double"),
}
"""What is taken where values don't fit what is declared; after all of them, text."""


def _as_declared(declared: Declared, cells: Cells, words: Sequence[str], timezone: ZoneInfo) -> GuessedType:
    distinct = cells.distinct
    said = Guess("sure", sentence("declared as {text}", text=declared.text))
    if declared.map_key:
        return _as_map(declared, distinct, said, timezone)
    if declared.is_list:
        return _as_list(declared, distinct, said, timezone)
    if declared.kind == "string" or (not distinct and declared.is_own and "given" not in declared.tags):
        return GuessedType("string", said)
    if declared.is_own:
        return _as_own(declared, cells, words, timezone)
    wanted = str(declared.kind) if declared.kind else "number"
    found = _first_fitting(wanted, distinct, said, timezone)
    if found.kind == "string":
        # Some tools tell a list by its separator alone.
        several = _as_list(replace(declared, is_list=True), distinct, said, timezone)
        return several if several.is_list else found
    return found


def _first_fitting(wanted: str, elements: Sequence[CellValue], said: Guess, timezone: ZoneInfo) -> GuessedType:
    for position, kind in enumerate(_WIDER.get(wanted, ())):
        if is_json(elements) if kind == "struct" else fits(elements, kind, timezone):
            exact = position == 0 or wanted == "number"
            return GuessedType(
                kind, said if exact else Guess("unsure", sentence("{why}, which not all values fit", why=said.why))
            )
    return GuessedType("string", Guess("unsure", sentence("{why}, which not all values fit", why=said.why)))


def _as_own(declared: Declared, cells: Cells, words: Sequence[str], timezone: ZoneInfo) -> GuessedType:
    """A type that only the team's name says: values of words are an enum of that name, others what they look like."""
    said = Guess("likely", sentence("declared as {text}", text=declared.text))
    if declared.tags.get("given") == "enum":
        return GuessedType("string", replace(said, sure="sure"), may_be_enum=True)
    if declared.tags.get("given") == "flags":
        return GuessedType("int32", replace(said, sure="sure"), flags=declared.tags["flags"])
    found = guess_by_values(cells, words, timezone)
    texts = [shown(cell).strip() for cell in cells.distinct]
    if found.kind == "string" and not found.is_list and all(map(is_value, texts)) and len(texts) <= _MOST_DECLARED:
        closed = declared.is_enum or (len(texts) < cells.filled and len(texts) <= MOST_VALUES)
        if closed and len({fold(text) for text in texts}) == len(texts):
            return GuessedType("string", said, may_be_enum=True)
        return GuessedType("string", said.weakened_to("unsure"))
    sure: Sureness = "likely" if found.guess.sure == "sure" else "unsure"
    return replace(found, guess=Guess(sure, said.why), may_be_enum=False)


def _as_list(declared: Declared, distinct: list[CellValue], said: Guess, timezone: ZoneInfo) -> GuessedType:
    if declared.tags.get("given") == "enum":
        own = declared.separator if declared.separator != "," else ""
        return GuessedType("string", said, is_list=True, separator=own, may_be_enum=True)
    texts = [shown(cell) if not isinstance(cell, str) else cell.strip() for cell in distinct]
    plain = [text for text in texts if not text.startswith("[")]
    separators = [declared.separator] if declared.separator else _present(plain)
    wanted = str(declared.kind) if declared.kind else "number" if declared.is_number else ""
    for separator in separators:
        elements: list[CellValue] = [unquote(one) for text in plain for one in split_outside_quotes(text, separator)]
        if not all(elements):
            continue
        own = separator if separator != "," else ""
        if wanted == "string":
            return GuessedType("string", said, is_list=True, separator=own)
        found = _first_fitting(wanted or "number", elements, said, timezone)
        if found.kind != "string" or not wanted:
            guess = found.guess if wanted else Guess("unsure", said.why)
            return replace(found, guess=guess, is_list=True, separator=own)
    return GuessedType("string", Guess("unsure", sentence("{why}, which its values don't look like", why=said.why)))


def _present(texts: Sequence[str]) -> list[str]:
    """The separators that may be meant, the likeliest first."""
    found = [one for one in (",", ";", "|", "#", "/", ":", "_") if any(one in text for text in texts)]
    return [*found, ","] if "," not in found else found


def _as_map(declared: Declared, distinct: list[CellValue], said: Guess, timezone: ZoneInfo) -> GuessedType:
    texts = [shown(cell).strip() for cell in distinct if not shown(cell).startswith("{")]
    separators = [declared.separator] if declared.separator else _present(texts)
    for separator in separators:
        for inner in (declared.subseparator, ":", "=", ",", "_", "-"):
            entries = [one.split(inner) for text in texts for one in text.split(separator)] if inner else [[]]
            if inner == separator or any(len(entry) != 2 for entry in entries):
                continue
            keys, values = ([entry[place] for entry in entries] for place in (0, 1))
            wanted = str(declared.kind or "number")
            kind = _first_fitting(wanted, values, said, timezone).kind if wanted != "string" else "string"
            key = declared.map_key if fits(keys, cast(FieldKind, declared.map_key)) else "string"
            own, sub = separator if separator != "," else "", inner if inner != ":" else ""
            return GuessedType(kind, said, separator=own, subseparator=sub, map_key=key)
    return GuessedType("string", Guess("unsure", sentence("{why}, which its values don't look like", why=said.why)))
