"""What type a column's values have. A type is only guessed if the parser takes every cell for it without a word."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from gdata.parsing.cell import CellType, convert_cell, is_blank, shown
from gdata.parsing.compound import split_outside_quotes, unquote
from gdata.scaffold.guess import Guess, GuessedType
from gdata.schema.names import fold
from gdata.schema.plan import FieldKind
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell

_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_FLAG_WORDS = frozenset(["is", "has", "can", "use", "enable", "enabled", "allow", "show"])
_BOOL_PAIRS = (frozenset(["yes", "no"]), frozenset(["y", "n"]), frozenset(["o", "x"]))
_LIST_SEPARATORS = (",", ";", "|", "/")
_ENUM_WORDS = frozenset(
    "type kind category rarity grade slot element class state status mode tier job race faction gender group season "
    "difficulty currency weekday language country target".split()
)
_PROSE_WORDS = frozenset(
    "name desc description title text icon path image resource prefab sound bgm memo note comment color file asset url "
    "model animation content message dialogue key code id formula script expression".split()
)
_MOST_VALUES, _LONGEST_VALUE = 30, 32
_FEW_ROWS = 3


def guess_type(cells: Iterable[CellValue], words: Sequence[str], timezone: ZoneInfo) -> GuessedType:
    """The type of cells under a header of these words."""
    counts = Counter((cell.__class__, cell) for cell in cells)
    for kind, cell in list(counts):
        if is_blank(cell) or _is_trouble(cell):
            del counts[kind, cell]
    distinct, filled = [cell for _, cell in counts], counts.total()
    if not filled:
        return GuessedType("string", Guess("unsure", "it has no values yet"))
    found = (
        _guess_bool(distinct, words)
        or _guess_number(distinct, filled)
        or _guess_time(distinct, timezone)
        or _guess_json(distinct)
        or _guess_list(distinct)
        or _guess_text(filled, distinct, words)
    )
    return found if filled >= _FEW_ROWS else _weaken(found, filled)


def _weaken(type_: GuessedType, count: int) -> GuessedType:
    why = f"{type_.guess.why}; only {count} value{'s' if count > 1 else ''}"
    weaker = Guess(type_.guess.sure, why).weakened_to("likely")
    return GuessedType(type_.kind, weaker, type_.is_list, type_.separator, type_.may_be_enum)


def _is_trouble(cell: CellValue) -> bool:
    """A formula error says nothing of the column's type; the build will name its cell."""
    return isinstance(cell, str) and (cell in ERROR_TEXTS or cell in ("Loading...", "Loading…"))


def fits(cells: Iterable[CellValue], kind: FieldKind, timezone: ZoneInfo | None = None) -> bool:
    """Whether every cell is read as `kind` without a fault."""
    type_ = CellType(kind, timezone or ZoneInfo("UTC"))
    return all(convert_cell(cell, type_)[1] is None for cell in cells)


def _guess_bool(distinct: list[CellValue], words: Sequence[str]) -> GuessedType | None:
    texts = {shown(cell).strip().casefold() for cell in distinct}
    if texts <= {"true", "false"}:
        return GuessedType("bool", Guess("sure", "TRUE and FALSE"))
    if texts in _BOOL_PAIRS:
        return GuessedType("bool", Guess("likely", " and ".join(sorted(texts))))
    if texts <= {"0", "1"} and words and words[0] in _FLAG_WORDS:
        return GuessedType("bool", Guess("likely", f"0 and 1 under {'_'.join(words)}"))
    return None


def _guess_number(distinct: list[CellValue], count: int) -> GuessedType | None:
    if any(isinstance(cell, str) and _LEADING_ZERO.match(cell.strip()) and "." not in cell for cell in distinct):
        return None
    kinds: tuple[FieldKind, ...] = ("int32", "int64", "uint64", "double")
    for kind in kinds:
        if fits(distinct, kind):
            why = "numbers with fractions" if kind == "double" else "whole numbers"
            return GuessedType(kind, Guess("sure", why if count > 1 else "one number"))
    return None


def _guess_time(distinct: list[CellValue], timezone: ZoneInfo) -> GuessedType | None:
    without_date = [isinstance(cell, DateCell) and cell.serial < 1 for cell in distinct]
    if not any(without_date) and fits(distinct, "timestamp", timezone):
        return GuessedType("timestamp", Guess("sure", "dates"))
    if all(flag or isinstance(cell, str) for flag, cell in zip(without_date, distinct, strict=True)) and fits(
        distinct, "duration"
    ):
        return GuessedType("duration", Guess("likely", "lengths of time"))
    return None


def _guess_json(distinct: list[CellValue]) -> GuessedType | None:
    try:
        is_json = all(isinstance(cell, str) and isinstance(json.loads(cell), dict) for cell in distinct)
    except ValueError:
        return None
    return GuessedType("struct", Guess("likely", "JSON objects")) if is_json else None


def _guess_list(distinct: list[CellValue]) -> GuessedType | None:
    texts = [shown(cell) for cell in distinct]
    if any(isinstance(cell, DateCell) for cell in distinct) or any(text.startswith(("[", "{")) for text in texts):
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


def split_messages(cells: Iterable[CellValue]) -> list[list[str]] | None:
    """Of cells such as `1001:10, 1002:5` the parts of all elements; None where the cells aren't all like that.

    As many parts everywhere, numbers in at least one place, and no times of day.
    """
    cells = [cell for cell in cells if not is_blank(cell)]
    if not cells or ":" not in shown(cells[0]):
        return None
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
    if not any(_LEADING_ZERO.match(one) and "." not in one for one in elements):
        kinds: tuple[FieldKind, ...] = ("int32", "int64", "double")
        for kind in kinds:
            if fits(elements, kind):
                sure = Guess("likely", f"numbers between {separator}")
                return GuessedType(kind, sure, is_list=True, separator=own)
    short = all(len(one) <= _LONGEST_VALUE and re.fullmatch(r"[\w-]+", one) for one in elements)
    again = len(set(elements)) < len(elements)
    if short and separator != "/" and (several * 2 >= cells or (again and several * 4 >= cells)):
        return GuessedType("string", Guess("unsure", f"words between {separator}"), is_list=True, separator=own)
    return None


def _guess_text(rows: int, distinct: list[CellValue], words: Sequence[str]) -> GuessedType:
    texts = [shown(cell).strip() for cell in distinct]
    last = words[-1] if words else ""
    says_so = last in _ENUM_WORDS
    values = len(texts)
    enough = values * 3 <= rows or (says_so and values < rows)
    closed = (
        enough
        and rows >= 4
        and values <= _MOST_VALUES
        and (values > 1 or (says_so and rows >= 8))
        and not (set(words[-1:]) & _PROSE_WORDS)
        and all(isinstance(cell, str) for cell in distinct)
        and all(is_value(text) for text in texts)
        and len({fold(text) for text in texts}) == values
    )
    if not closed:
        return GuessedType("string", Guess("sure" if values > 1 else "likely", "text"))
    why = f"{values} different texts in {rows} rows"
    guess = Guess("likely", why) if says_so and values * 3 <= rows else Guess("unsure", why)
    return GuessedType("string", guess, may_be_enum=True)


def is_value(text: str) -> bool:
    """Whether a text could be one of a fixed choice: a word or two, no sentence, path or number."""
    return (
        len(text) <= _LONGEST_VALUE
        and len(text.split()) <= 3
        and not re.search(r"[/\\.,:;!?\n<>{}\[\]=%]|^[\d+]", text)
    )
