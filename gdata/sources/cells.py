"""The cells of one column, in the make that their source has them in: as values, or as UTF-8 that nobody decodes.

What most columns are — whole numbers, numbers, texts with nothing odd in them — is told of all cells at once, and the
values are there with it. On 2.4 million cells of csv that takes a ninth of the time of asking each; bytes take half of
the memory of Korean text and two thirds of its time, from splitting it to serializing it (`benchmarks/parse.py`).
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress
from math import hypot
from typing import Any, overload

from gdata.sources.grid import ERROR_TEXTS, CellValue

EXACT_INTEGERS = 2**53
"""Number cells hold whole numbers exactly up to here."""
FLOAT_MAX = 3.4028235e38
"""The largest number of 32 bits at the digits that it is written with; from 3.4028235678e38 on it would be infinite."""
_FLOAT_NORMAL = 2.0**-126
"""Below it 32 bits hold fewer digits."""

# Which characters a clean column of numbers has; int() and float() then tell whether they stand as they should.
_INTEGERS = re.compile(r"[0-9\n-]*")
_NUMBERS = re.compile(r"[0-9.\n-]*")
_INTEGER_BYTES = b"0123456789-\n"
_NUMBER_BYTES = b"0123456789.-\n"
_VISIBLE = bytes(range(0x21, 0x7F)) + b"\n"
# What is wrong with a text, or white, begins with another of these: control characters, U+0080 to U+00FF (C2),
# U+1000 to U+1FFF (E1), U+2000 to U+2FFF (E2), U+3000 to U+3FFF (E3: kana too), U+F000 to U+FFFF (EF).
_PLAIN = bytes({*range(0x20, 0x7F), *b"\n", *range(0x80, 0x100)} - {0xC2, 0xE1, 0xE2, 0xEF})
_IDEOGRAPHIC_SPACE = "\u3000".encode()
_ERROR_BYTES = frozenset(text.encode() for text in ERROR_TEXTS)
_LEFT_OVER = re.compile(
    "=|-?[0-9.]+E\\+|#(?:" + "|".join(re.escape(text.strip("#!?")) for text in sorted(ERROR_TEXTS)) + ")",
    re.IGNORECASE,
)
# What may be wrong with a text: control, zero-width and replacement characters, CR, blanks at its ends.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffd\ud800-\udfff\xa0\u3000]"
    "|(?:^|(?<=\n))[ \t]|[ \t](?:\n|$)"
)

ESCAPE = re.compile("_x(?![0-9]{4}_[yY][0-9])(00[0-7][0-9a-fA-F]|[fF]{3}[eEfF])_")
"""How .xlsx writes a sign that XML can't hold, or would read otherwise: not as gem_x1000_pack, nor tile_x0012_y0034."""
FOR_NOTHING = frozenset(["undefined", "NULL", "(null)", r"\N", "NaN", "NaT", "<NA>", "[object Object]"])
"""Of scripts, of databases (`NULL` of SQL Server's grid, `\\N` of MySQL) and of data frames; `null` people mean."""
_FOR_NOTHING_BYTES = frozenset(map(str.encode, FOR_NOTHING))
_ESCAPE_BYTES = re.compile(ESCAPE.pattern.encode())

Read = Callable[[CellValue], tuple[Any, object]]
"""A cell's value, and what is wrong with it."""


class Cells(Sequence[CellValue]):
    """The cells of one column."""

    @abstractmethod
    def empty(self) -> list[bool] | None:
        """Which cells are seen to be empty at a glance; None where that is none, or takes more than a glance."""

    @abstractmethod
    def blanks(self) -> list[bool] | None:
        """Which cells are blank; None where none is."""

    @abstractmethod
    def whole_numbers(self) -> list[int] | None:
        """What the cells are, if all are plainly whole numbers; as all below, None if they aren't, or one is blank."""

    @abstractmethod
    def numbers(self, *, single: bool = False) -> list[float] | None:
        """What the cells are, if all are plainly numbers, which `single` 32 bits hold as they are written."""

    @abstractmethod
    def texts(self) -> Sequence[Any] | None:
        """The cells, if all are texts with nothing odd in them."""

    @abstractmethod
    def each(self, read: Read) -> list[Any] | None:
        """What `read` makes of the cells, each different one read once; None where it finds anything wrong."""

    @abstractmethod
    def chosen(self, flags: Iterable[object]) -> Cells:
        """Those whose flag is true."""

    @abstractmethod
    def without(self, texts: Collection[str]) -> Cells:
        """The cells, those with one of the texts blank."""

    @abstractmethod
    def may_have(self, text: str) -> bool:
        """Whether a text may stand somewhere in them."""


class TypedCells(list[CellValue], Cells):
    """Cells as values of Python."""

    def empty(self) -> None:
        """It takes more than a glance."""

    def blanks(self) -> list[bool] | None:
        """Which cells are blank; None where none is."""
        if all(self):
            # Every cell is true as Python sees it; only a text of blanks alone can still be blank.
            try:
                only_blanks = any(map(str.isspace, self))  # type: ignore[arg-type]
            except TypeError:
                only_blanks = any(cell.isspace() for cell in self if cell.__class__ is str)
            if not only_blanks:
                return None
        flags = [cell is None or (cell.__class__ is str and (not cell or cell.isspace())) for cell in self]
        return flags if any(flags) else None

    def whole_numbers(self) -> list[int] | None:
        """What the cells are, if all are plainly whole numbers."""
        text = self._joined()
        if text is not None:
            return _made(int, self) if _INTEGERS.fullmatch(text) else None
        if set(map(type, self)) != {int}:
            return None
        values = list[Any](self)
        return values if max(values) <= EXACT_INTEGERS and min(values) >= -EXACT_INTEGERS else None

    def numbers(self, *, single: bool = False) -> list[float] | None:
        """What the cells are, if all are plainly numbers."""
        text = self._joined()
        if text is not None:
            values = _made(float, self) if _NUMBERS.fullmatch(text) else None
            return values if values is not None and _are_exact(values, self, single=single) else None
        values = _made(float, self) if set(map(type, self)) <= {int, float} else None
        is_right = values is not None and _are_finite(values) and (not single or _keep_digits(values))
        return values if is_right else None

    def texts(self) -> Sequence[Any] | None:
        """The cells, if all are texts with nothing odd in them."""
        text, cells = self._joined(), list[Any](self)
        if not text or not _is_clean(text, cells):
            return None
        return cells if "#" not in text or ERROR_TEXTS.isdisjoint(cells) else None

    def each(self, read: Read) -> list[Any] | None:
        """What `read` makes of the cells; None where their types are mixed, too: in a dict True is 1."""
        if len(set(map(type, self))) != 1:
            return None
        known: dict[CellValue, Any] = {}
        for cell in set(self):
            if cell is None or (isinstance(cell, str) and (not cell or cell.isspace())):
                return None
            known[cell], fault = read(cell)
            if fault is not None:
                return None
        return [known[cell] for cell in self]

    def chosen(self, flags: Iterable[object]) -> TypedCells:
        """Those whose flag is true."""
        return TypedCells(compress(self, flags))

    def without(self, texts: Collection[str]) -> TypedCells:
        """The cells, those with one of the texts blank."""
        return TypedCells(None if isinstance(cell, str) and cell.strip() in texts else cell for cell in self)

    def may_have(self, _text: str) -> bool:
        """Numbers and blanks alone have none."""
        return any(issubclass(one, str) for one in set(map(type, self)))

    def _joined(self) -> str | None:
        """The cells as lines, if all are text: joining tells types in less time than looking at them."""
        try:
            return "\n".join(self)  # type: ignore[arg-type]
        except TypeError:
            return None


class Utf8Cells(Cells):
    """Cells of text: as a sequence they are str, in `raw` UTF-8. A value that isn't there is None in both."""

    def __init__(self, raw: list[Any]) -> None:
        """`raw` are bytes, and None."""
        self.raw = raw

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, index: int) -> str | None: ...
    @overload
    def __getitem__(self, index: slice) -> list[CellValue]: ...
    def __getitem__(self, index: int | slice) -> list[CellValue] | str | None:
        return list(map(_text, self.raw[index])) if isinstance(index, slice) else _text(self.raw[index])

    def __iter__(self) -> Iterator[str | None]:
        return map(_text, self.raw)

    @cached_property
    def joined(self) -> bytes:
        """All cells, each after a line break; there must be no None among them."""
        return b"\n".join(self.raw)

    @cached_property
    def decoded(self) -> TypedCells:
        """The cells as str; there must be no None among them."""
        return TypedCells(map(bytes.decode, self.raw))

    def empty(self) -> list[bool] | None:
        """Which cells have nothing in them; None where none has."""
        return None if all(self.raw) else [not cell for cell in self.raw]

    def blanks(self) -> list[bool] | None:
        """Which cells are blank; None where none is."""
        is_solid = all(self.raw) and not self.joined.translate(None, _VISIBLE)
        return None if is_solid and self.joined.count(b"\n") == len(self) - 1 else self.decoded.blanks()

    def whole_numbers(self) -> list[int] | None:
        """What the cells are, if all are plainly whole numbers."""
        return None if self.joined.translate(None, _INTEGER_BYTES) else _made(int, self.raw)

    def numbers(self, *, single: bool = False) -> list[float] | None:
        """What the cells are, if all are plainly numbers."""
        values = None if self.joined.translate(None, _NUMBER_BYTES) else _made(float, self.raw)
        return values if values is not None and _are_exact(values, self.raw, single=single) else None

    def texts(self) -> Sequence[Any] | None:
        """The cells, if all are texts with nothing odd in them."""
        joined = self.joined
        is_plain = not joined.translate(None, _PLAIN) and not (b"\xe3" in joined and _IDEOGRAPHIC_SPACE in joined)
        if not is_plain or _may_be_left_over(joined) or not _FOR_NOTHING_BYTES.isdisjoint(self.raw):
            is_clean = _is_clean(joined.decode(), self.decoded)
        else:
            is_clean = not (joined[:1] in b" \n" or joined[-1:] in b" \n") and not any(
                one in joined for one in (b"\n\n", b" \n", b"\n ")
            )
        return self if is_clean and (b"#" not in joined or _ERROR_BYTES.isdisjoint(self.raw)) else None

    def each(self, read: Read) -> list[Any] | None:
        """What `read` makes of the cells, each different one read once."""
        known: dict[bytes, Any] = dict.fromkeys(self.raw)
        for cell in known:
            text = cell.decode()
            if not text or text.isspace():
                return None
            known[cell], fault = read(text)
            if fault is not None:
                return None
        return list(map(known.__getitem__, self.raw))

    def chosen(self, flags: Iterable[object]) -> Utf8Cells:
        """Those whose flag is true."""
        return Utf8Cells(list(compress(self.raw, flags)))

    def without(self, texts: Collection[str]) -> Utf8Cells:
        """The cells, those with one of the texts blank."""
        wanted = [text.encode() for text in texts]
        if not any(one in self.joined for one in wanted):
            return self
        return Utf8Cells([b"" if cell.strip() in wanted else cell for cell in self.raw])

    def may_have(self, text: str) -> bool:
        """Whether a text may stand somewhere in them."""
        return text.encode() in self.joined


def for_protobuf(values: Sequence[Any]) -> Sequence[Any]:
    """Values as protobuf takes them: text may be UTF-8."""
    return values.raw if isinstance(values, Utf8Cells) else values


def choose(values: Sequence[Any], flags: Iterable[object]) -> Sequence[Any]:
    """The values of a column whose flag is true, in the same make."""
    return values.chosen(flags) if isinstance(values, Utf8Cells) else list(compress(values, flags))


def spread(filled: Sequence[Any], blank: Iterable[bool]) -> Sequence[Any]:
    """A column of which only the values that aren't blank are given, in the same make; None where it is blank."""
    rest = iter(for_protobuf(filled))
    values = [None if is_blank else next(rest) for is_blank in blank]
    return Utf8Cells(values) if isinstance(filled, Utf8Cells) else values


def _text(cell: bytes | None) -> str | None:
    return None if cell is None else cell.decode()


def _made(make: Callable[[Any], Any], cells: Sequence[Any]) -> list[Any] | None:
    try:
        return list(map(make, cells))
    except (ValueError, OverflowError):  # Blank, `1-2`, `1.2.3`, thousands of digits.
        return None


def _is_clean(joined: str, cells: Sequence[Any]) -> bool:
    """Whether no text has anything wrong with it, or is blank; `joined` are all of them with line breaks between."""
    if joined[0] in " \n" or joined[-1] in " \n" or "\n\n" in joined or " \n" in joined or "\n " in joined:
        return False  # Blanks where they shouldn't be.
    if _may_be_left_over(joined) and (any(map(_LEFT_OVER.match, cells)) or ESCAPE.search(joined)):
        return False
    if not FOR_NOTHING.isdisjoint(cells):
        return False
    # Whatever else is wrong with a text (control and zero-width characters, half ones) isn't printable, save U+FFFD.
    is_plain = joined.replace("\n", "").isprintable() and "\ufffd" not in joined
    if not is_plain and _SUSPECT.search(joined) is not None:
        return False
    return (is_plain and joined.count("\n") == len(cells) - 1) or not any(map(str.isspace, cells))


def _may_be_left_over(joined: str | bytes) -> bool:
    """Whether there is a sign of formulas, errors, numbers without their last digits or escapes.

    In 10,000 texts "+" is searched for in 3 µs, "E+" in 600, an escape in 70.
    """
    if isinstance(joined, bytes):
        is_odd = b"=" in joined or b"#" in joined or (b"+" in joined and (b"E+" in joined or b"e+" in joined))
        return is_odd or (b"_" in joined and _ESCAPE_BYTES.search(joined) is not None)
    is_odd = "=" in joined or "#" in joined or ("+" in joined and ("E+" in joined or "e+" in joined))
    return is_odd or ("_" in joined and ESCAPE.search(joined) is not None)


def _are_finite(values: Sequence[float]) -> bool:
    """Whether no number is infinite or NaN, nor their sum."""
    total = sum(values)
    return total - total == 0


def _are_exact(values: Sequence[float], written: Sequence[Any], *, single: bool) -> bool:
    """Whether 64 bits hold every whole number that these may have been written as; none is infinite then, either.

    `single`: and 32 bits the digits of each.
    """
    # All together are hardly ever that large, and that is told in a fifth of the time.
    if not hypot(*values) < EXACT_INTEGERS and not (max(values) < EXACT_INTEGERS and min(values) > -EXACT_INTEGERS):
        return False
    # With at most six digits nothing is lost in 32 bits; a point makes seven characters.
    return not single or max(map(len, written)) <= 7 or _keep_digits(values)


def _keep_digits(values: Sequence[float]) -> bool:
    """Whether 32 bits hold each number with all the digits it is written with: up to six, where they have all bits."""
    if max(map(abs, values)) > FLOAT_MAX or any(0 < abs(value) < _FLOAT_NORMAL for value in values):
        return False
    return all(float(f"{value:.6g}") == value for value in values)
