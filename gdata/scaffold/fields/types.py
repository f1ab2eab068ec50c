"""A column's type: what is declared of it, as far as its values fit that; else what these look like.

A type is only guessed if the parser takes every cell for it without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import cast
from zoneinfo import ZoneInfo

from gdata.language import counted, sentence
from gdata.parsing.cells.cell import CellType, is_blank, shown
from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.parsing.cells.readings import convert_cell
from gdata.scaffold.cells import Cells
from gdata.scaffold.declared import Declared
from gdata.scaffold.guess import Guess, GuessedType, Sureness
from gdata.schema.fieldtypes import FieldKind
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell
from gdata.text import fold

_FEW_ROWS = 3
_TROUBLE = frozenset([*ERROR_TEXTS, "Loading...", "Loading…"])
_MOST_DECLARED = 200


def guess_type(cells: Cells, words: Sequence[str], timezone: ZoneInfo, declared: Declared | None = None) -> GuessedType:
    """The type of cells under a header of these words; what is declared goes before what values look like."""
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


# --- what values look like ---------------------------------------------------------------------------------------

LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
"""What begins so is text unless it has a dot: a number would lose its zeros."""
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_FLAG_WORDS = frozenset(["is", "has", "can", "use", "enable", "enabled", "allow", "show"])
_BOOL_PAIRS = tuple(map(frozenset, (["yes", "no"], ["y", "n"], ["o", "x"], ["是", "否"], ["はい", "いいえ"])))
_LIST_SEPARATORS = (",", ";", "|", "/")
_ENUM_WORDS = frozenset(
    "type kind category rarity grade slot element class state status mode tier job race faction gender group season "
    "difficulty currency weekday language country target".split()
)
_PROSE_WORDS = frozenset(
    "name desc description title text icon path image resource prefab sound bgm memo note comment color file asset url "
    "model animation content message dialogue key code id formula script expression".split()
)
MOST_VALUES, _LONGEST_VALUE = 30, 32
_MOST_BOOLS = 8
"""Ways to write two values: true, True, TRUE, false…"""


def guess_by_values(cells: Cells, words: Sequence[str], timezone: ZoneInfo) -> GuessedType:
    """The type that cells look like; at least one of them isn't blank."""
    return (
        _guess_bool(cells, words)
        or _guess_number(cells)
        or _guess_time(cells.distinct, timezone)
        or _guess_json(cells.distinct)
        or _guess_list(cells)
        or _guess_text(cells, words)
    )


def is_json(cells: Iterable[CellValue]) -> bool:
    """Whether every cell is an object in JSON."""
    try:
        return all(isinstance(cell, str) and isinstance(json.loads(cell), dict) for cell in cells)
    except ValueError:
        return False


def fits(cells: Iterable[CellValue], kind: FieldKind, timezone: ZoneInfo | None = None) -> bool:
    """Whether every cell is read as `kind` without a fault."""
    type_ = CellType(kind, timezone or ZoneInfo("UTC"))
    return all(convert_cell(cell, type_)[1] is None for cell in cells)


def _guess_bool(cells: Cells, words: Sequence[str]) -> GuessedType | None:
    if cells.variety > _MOST_BOOLS:
        return None
    distinct = cells.distinct
    texts = {shown(cell).strip().casefold() for cell in distinct}
    if texts <= {"true", "false"}:
        return GuessedType("bool", Guess("sure", sentence("TRUE and FALSE")))
    if texts in _BOOL_PAIRS and fits(distinct, "bool"):
        return GuessedType("bool", Guess("likely", sentence("{one} and {other}", one=min(texts), other=max(texts))))
    if texts <= {"0", "1"} and words and words[0] in _FLAG_WORDS:
        return GuessedType("bool", Guess("likely", sentence("0 and 1 under {name}", name="_".join(words))))
    return None


def _guess_number(cells: Cells) -> GuessedType | None:
    kind = _number_kind(cells)
    if kind is None:
        return None
    why = sentence("numbers with fractions") if kind == "double" else sentence("whole numbers")
    return GuessedType(kind, Guess("sure", why if cells.filled > 1 else sentence("one number")))


def _number_kind(cells: Cells) -> FieldKind | None:
    """The kind of number that all cells are; None where one is none."""
    if cells.plainly:
        return "int32" if cells.plainly == "whole" else "double"
    distinct = cells.distinct
    if isinstance(distinct[0], str) and not any(map(str.isdigit, distinct[0])):
        return None
    if any(isinstance(cell, str) and LEADING_ZERO.match(cell.strip()) and "." not in cell for cell in distinct):
        return None
    kinds: tuple[FieldKind, ...] = ("int32", "int64", "uint64", "double")
    return next((kind for kind in kinds if fits(distinct, kind)), None)


def _guess_time(distinct: list[CellValue], timezone: ZoneInfo) -> GuessedType | None:
    if fits(distinct, "timestamp", timezone) and not any(map(_has_no_date, distinct)):
        return GuessedType("timestamp", Guess("sure", sentence("dates")))
    if fits(distinct, "duration") and all(isinstance(cell, str) or _has_no_date(cell) for cell in distinct):
        return GuessedType("duration", Guess("likely", sentence("lengths of time")))
    return None


def _has_no_date(cell: CellValue) -> bool:
    return isinstance(cell, DateCell) and cell.serial < 1


def _guess_json(distinct: list[CellValue]) -> GuessedType | None:
    return GuessedType("struct", Guess("likely", sentence("JSON objects"))) if is_json(distinct) else None


def _guess_list(cells: Cells) -> GuessedType | None:
    lines = cells.lines
    if lines and not any(separator in lines for separator in _LIST_SEPARATORS):
        return None
    texts = [shown(cell) for cell in cells.distinct]
    if any(isinstance(cell, DateCell) for cell in cells.distinct) or any(text.startswith(("[", "{")) for text in texts):
        return None
    for separator in _LIST_SEPARATORS:
        several = [text for text in texts if separator in text]
        if not several or (separator == "," and all(_THOUSANDS.fullmatch(text) for text in several)):
            continue
        elements = [unquote(one) for text in texts for one in split_outside_quotes(text, separator)]
        found = _guess_elements(elements, len(several), len(texts), separator)
        if found is not None:
            return found
    return None


_ELEMENT = re.compile(r"[\w.-]+(?:\s*:\s*[\w.-]+){1,3}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def split_messages(cells: Cells) -> list[list[str]] | None:
    """Of cells such as `1001:10, 1002:5` the parts of all elements; None where the cells aren't all like that.

    As many parts everywhere, numbers in at least one place, and no times of day.
    """
    first = next(cells.each_different(), None)
    if first is None or ":" not in shown(first):
        return None
    texts = [shown(cell).strip() for cell in cells if not is_blank(cell)]
    if all(map(_CLOCK.fullmatch, texts)):
        return None
    elements = [element.strip() for text in texts for element in text.split(",")]
    if not all(map(_ELEMENT.fullmatch, elements)):
        return None
    parts = [[part.strip() for part in element.split(":")] for element in elements]
    if len({len(one) for one in parts}) > 1:
        return None
    columns = [list(column) for column in zip(*parts, strict=True)]
    return columns if any(fits(column, "double") for column in columns) else None


def _guess_elements(elements: list[str], several: int, cells: int, separator: str) -> GuessedType | None:
    if not all(elements):
        return None
    own = separator if separator != "," else ""
    if not any(LEADING_ZERO.match(one) and "." not in one for one in elements):
        kinds: tuple[FieldKind, ...] = ("int32", "int64", "double")
        for kind in kinds:
            if fits(elements, kind):
                sure = Guess("likely", sentence("numbers between {separator}", separator=separator))
                return GuessedType(kind, sure, is_list=True, separator=own)
    short = all(len(one) <= _LONGEST_VALUE and re.fullmatch(r"[\w-]+", one) for one in elements)
    again = len(set(elements)) < len(elements)
    if short and separator != "/" and (several * 2 >= cells or (again and several * 4 >= cells)):
        return GuessedType(
            "string",
            Guess("unsure", sentence("words between {separator}", separator=separator)),
            is_list=True,
            separator=own,
        )
    return None


def _guess_text(cells: Cells, words: Sequence[str]) -> GuessedType:
    rows, distinct = cells.filled, cells.distinct
    texts = [shown(cell).strip() for cell in distinct[: MOST_VALUES + 1]]
    last = words[-1] if words else ""
    says_so = last in _ENUM_WORDS
    values = len(texts)
    enough = values * 3 <= rows or (says_so and values < rows)
    closed = (
        enough
        and rows >= 4
        and values <= MOST_VALUES
        and (values > 1 or (says_so and rows >= 8))
        and not (set(words[-1:]) & _PROSE_WORDS)
        and all(isinstance(cell, str) for cell in distinct)
        and all(is_value(text) for text in texts)
        and len({fold(text) for text in texts}) == values
    )
    if not closed:
        return GuessedType("string", Guess("sure" if values > 1 else "likely", sentence("text")))
    why = sentence("{texts} different texts in {rows} rows", texts=values, rows=rows)
    guess = Guess("likely", why) if says_so and values * 3 <= rows else Guess("unsure", why)
    return GuessedType("string", guess, may_be_enum=True)


def is_value(text: str) -> bool:
    """Whether a text could be one of a fixed choice: a word or two, no sentence, path or number."""
    return (
        len(text) <= _LONGEST_VALUE
        and len(text.split()) <= 3
        and not re.search(r"[/\\.,:;!?\n<>{}\[\]=%]|^[\d+]", text)
    )
