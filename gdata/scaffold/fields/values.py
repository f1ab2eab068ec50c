"""What type a column's values have. A type is only guessed if the parser takes every cell for it without a word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from gdata.language import sentence
from gdata.parsing.cells.cell import CellType, is_blank, shown
from gdata.parsing.cells.compound import split_outside_quotes, unquote
from gdata.parsing.cells.readings import convert_cell
from gdata.scaffold.cells import Cells, as_cells
from gdata.scaffold.guess import Guess, GuessedType
from gdata.schema.fieldtypes import FieldKind
from gdata.sources.grid import CellValue, DateCell
from gdata.text import fold

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
        _guess_bool(cells.distinct, words)
        or _guess_number(cells)
        or _guess_time(cells.distinct, timezone)
        or _guess_json(cells.distinct)
        or _guess_list(cells)
        or _guess_text(cells, words)
    )


# --- what values look like ---------------------------------------------------------------------------------------


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


def _guess_bool(distinct: list[CellValue], words: Sequence[str]) -> GuessedType | None:
    if len(distinct) > _MOST_BOOLS:
        return None
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
    if cells.lines and not any(separator in cells.lines for separator in _LIST_SEPARATORS):
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


def split_messages(cells: Sequence[CellValue]) -> list[list[str]] | None:
    """Of cells such as `1001:10, 1002:5` the parts of all elements; None where the cells aren't all like that.

    As many parts everywhere, numbers in at least one place, and no times of day.
    """
    first = next(iter(as_cells(cells).distinct), None)
    if first is None or ":" not in shown(first):
        return None
    cells = [cell for cell in cells if not is_blank(cell)]
    texts = [shown(cell).strip() for cell in cells]
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
