"""What to write in place of a text that is no number: another number only where that one can be meant.

A hint is followed without a second thought. Letting signs fall away until digits remain would make 1 of `1억`
and 123 of `1,2,3`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from gdata.language import Sentence, sentence

INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ZERO_WIDTH = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_ROUNDED = re.compile(r"-?\d(?:\.(\d+))?E\+(\d\d)", re.ASCII)
_SHORT = re.compile(r"-?\d(?:\.(\d+))?e\+(\d\d)", re.ASCII)
WHOLE_NUMBER = sentence("write a whole number")
NO_FRACTIONS = sentence("write a whole number; the field holds no fractions")
ANY_NUMBER = sentence("write a number")

_NOTHING = frozenset(["-", "–", "—", "없음", "none", "n/a", "#n/a", "null", "undefined", "なし", "無", "无"])
_LETTERS_FOR_DIGITS = str.maketrans("OolI", "0011")
_PLAIN_SIGNS = str.maketrans("−–—。．", "---..")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([,\s'’_])\d{3})(?:\1\d{3})*(\.\d+)?", re.ASCII)
_POINTS_FOR_COMMAS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,(\d+))?", re.ASCII)
_SHARES = {"%": 100, "％": 100, "‰": 1_000, "‱": 10_000}
_IN_BRACKETS = re.compile(r"[(（]\s*([\d,.]+)\s*[)）]", re.ASCII)
_POWERS = {
    "천": 3, "千": 3, "k": 3, "K": 3, "만": 4, "万": 4, "萬": 4, "백만": 6, "M": 6, "천만": 7,
    "억": 8, "億": 8, "亿": 8, "조": 12, "兆": 12,
}  # fmt: skip
_POWER = "|".join(sorted(_POWERS, key=len, reverse=True))
_IN_POWERS = re.compile(rf"([+-]?)((?:\d+(?:\.\d+)?\s*(?:{_POWER})\s*)+)(\d+)?\s*원?", re.ASCII)
_ONE_POWER = re.compile(rf"(\d+(?:\.\d+)?)\s*({_POWER})", re.ASCII)
_HEX = re.compile(r"(?:0[xX]|#)([0-9a-fA-F]{1,16})", re.ASCII)
_CURRENCY = r"[$€£¥₩￦￥₽₫฿]"
_NAMED = re.compile(
    rf"(?:{_CURRENCY}|(?:US|NT|HK|R)\$|(?:KRW|USD|JPY|EUR|CNY|Lv|Level|No)\.?|[가-힣ぁ-ヿ一-龥]{{1,4}})?\s*"
    rf"([+-]?\d[\d,]*(?:\.\d+)?)\s*(?:{_CURRENCY}|[^\W\d_eEoOlI][^\W\d_]{{0,11}})?\.?"
)
_TEXT_FORMULA = re.compile(r"=\s*[-+$'\"(A-Za-z가-힣\d].*", re.DOTALL)
_GUARDED = re.compile(r'="([^"]*)"')
_ABOVE_OR_BELOW = ("<super>", "<sub>", "<fraction>")
"""How Unicode says that a sign is no digit of the number beside it: 10², 1½."""
_MOST_DIGITS = 14
"""Of a number that R writes whole: it leaves out what comes behind 15 digits."""
_EXCEL_SHORTENS_FROM = 11
"""The power of ten from which Excel shows a number as 1.23E+11."""


def is_rounded(text: str) -> bool:
    """Whether a text is what Excel writes into csv for a number of twelve digits or more: 3.5103E+17."""
    found = _ROUNDED.fullmatch(text)
    return found is not None and int(found[2]) >= max(_EXCEL_SHORTENS_FROM, len(found[1] or "") + 1)


def written_out(text: str) -> int | None:
    """The whole number of a text as R writes it (1e+05 is 100000); None where it is none, or has lost digits."""
    found = _SHORT.fullmatch(text)
    if found is None or not len(found[1] or "") <= int(found[2]) <= _MOST_DIGITS:
        return None
    return int(Decimal(text))


def guarded(text: str) -> str | None:
    """The text within ="…", as programs write it into csv so that Excel keeps its zeros; else None."""
    found = _GUARDED.fullmatch(text)
    return found[1] if found else None


def instead_of_integer(text: str) -> Sentence:
    """What to write in place of a text that is no whole number."""
    if is_rounded(text):
        return sentence(
            "the program that saved the file left out its last digits: format the column as a number without "
            "decimals there, write the number again, and save anew"
        )
    thousands = _POINTS_FOR_COMMAS.fullmatch(text)
    if NUMBER.fullmatch(text) and not (thousands and not thousands[1]):
        return instead_of_fraction(float(text))
    return _instead(text, INTEGER) or WHOLE_NUMBER


def instead_of_fraction(number: float) -> Sentence:
    """What to write in place of a number in a field of whole numbers."""
    nearest = round(number) if abs(number) < 2**63 else 0
    if number.is_integer():
        return sentence("write {corrected}", corrected=int(number))
    if nearest and abs(number - nearest) <= 1e-9 * abs(nearest):
        return sentence(
            "the sheet shows {shown}, but the formula gives a little more or less: write =ROUND(…, 0) around it",
            shown=nearest,
        )
    return NO_FRACTIONS


def instead_of_number(text: str) -> Sentence:
    """What to write in place of a text that is no number."""
    return _instead(text, NUMBER) or ANY_NUMBER


def _instead(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    if text.casefold() in _NOTHING:
        return sentence("write 0 if zero is meant, or clear the cell if nothing is")
    inner = guarded(text)
    if inner is not None:
        return sentence("write {corrected}", corrected=inner) if pattern.fullmatch(inner) else None
    if _TEXT_FORMULA.fullmatch(text):
        return sentence("the formula was kept as a text: format the cell as a number, and write the formula again")
    if any(unicodedata.decomposition(one).startswith(_ABOVE_OR_BELOW) for one in text):
        return None
    wide = unicodedata.normalize("NFKC", text)
    told = (way(one, pattern) for one in dict.fromkeys([text, wide]) for way in _WAYS)
    return next((one for one in told if one is not None), None)


def _plain(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    """The same in plain characters, where each stands for one: full-width digits, a dash for a minus."""
    if re.fullmatch(r"[+-]?\d+", text):
        return sentence("write it with plain digits: {text}", text=int(text)) if not text.isascii() else None
    plain = ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text.translate(_PLAIN_SIGNS))).strip()
    plain = re.sub(r"^([+-]) +", r"\1", plain)
    if plain == text or not pattern.fullmatch(plain):
        return None
    return sentence("write it with plain characters, and none that nobody sees: {text}", text=plain)


def _separated(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    """`1,000` and `1.000.000`; what is between thousands in one country is before decimals in another."""
    if _THOUSANDS.fullmatch(text):
        plain = re.sub(r"[,\s'’_]", "", text)
        return sentence("write it without separators: {text}", text=plain) if pattern.fullmatch(plain) else NO_FRACTIONS
    points = _POINTS_FOR_COMMAS.fullmatch(text)
    if points is not None:
        plain = text.replace(".", "").replace(",", ".")
        if points[1] or text.count(".") > 1:
            told = sentence("write it without separators: {text}", text=plain)
            return told if pattern.fullmatch(plain) else NO_FRACTIONS
        if pattern is INTEGER:
            whole = float(text).is_integer()
            told = sentence("write {corrected} if the point parts thousands", corrected=plain)
            return sentence("{first}, or {second}", first=told, second=f"{float(text):.0f}") if whole else told
    with_point = text.replace(",", ".", 1)
    if with_point != text and NUMBER.fullmatch(with_point):
        return sentence("write the decimals after a point: {text}", text=with_point) if pattern is NUMBER else None
    return None


def _digits(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    digits = text.translate(_LETTERS_FOR_DIGITS)
    if digits == text or not pattern.fullmatch(digits) or not any(map(str.isdigit, text)):
        return None
    return sentence("write digits, not letters that look like them: {text}", text=digits)


def _share(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    size, number = _SHARES.get(text[-1:]), text[:-1].strip()
    if size is None or not pattern.fullmatch(number):
        return None
    if pattern is INTEGER:
        return sentence("write {number} if {sign} is what the field counts", number=number, sign=text[-1])
    share = format((Decimal(number) / size).normalize(), "f")
    return sentence("write {number}, or format the cell as a number", number=share)


def _powers(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    found = _IN_POWERS.fullmatch(text.replace(",", ""))
    if found is None:
        return None
    number = sum((Decimal(one) * 10 ** _POWERS[power] for one, power in _ONE_POWER.findall(found[2])), Decimal(0))
    plain = format((number + Decimal(found[3] or 0)).normalize(), "f")
    return _in_digits(("-" if found[1] == "-" else "") + plain, pattern)


def _bracketed(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    found = _IN_BRACKETS.fullmatch(text)
    number = "-" + found[1].replace(",", "") if found is not None else ""
    if not pattern.fullmatch(number):
        return None
    return sentence("write {number}, if the brackets stand for less than zero", number=number)


def _hexadecimal(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    found = _HEX.fullmatch(text)
    return _in_digits(str(int(found[1], 16)), pattern) if found is not None else None


def _in_digits(number: str, pattern: re.Pattern[str]) -> Sentence | None:
    return sentence("write it in digits: {text}", text=number) if pattern.fullmatch(number) else None


def _named(text: str, pattern: re.Pattern[str]) -> Sentence | None:
    """A number with its currency, its counter or what it is called: `1,000원`, `$5`, `Lv.10`, `3 gold`."""
    found = _NAMED.fullmatch(text) if text[:2].casefold() != "0x" else None
    if found is None or ("," in found[1] and not _THOUSANDS.fullmatch(found[1])):
        return None
    number = found[1].replace(",", "")
    return sentence("write the number alone: {text}", text=number) if pattern.fullmatch(number) else None


_WAYS: list[Callable[[str, re.Pattern[str]], Sentence | None]] = [
    _separated, _digits, _share, _powers, _bracketed, _hexadecimal, _plain, _named,
]  # fmt: skip
