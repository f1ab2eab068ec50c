"""Which encodings a text was probably saved in, for the hint where its bytes don't fit the one that was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log
from unicodedata import category

_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAMPLE_BYTES = 20_000
_RARE = log(1_000_000)
"""What a sign costs that hardly stands in a text of the encoding, though the encoding has it."""
_SIGNS = log(100)
"""Of punctuation and the like, which every encoding has."""
_DOUBT = log(20)
"""An encoding that is not so many times less likely than the likeliest may be the one."""


def guess_encodings(content: bytes) -> list[str]:
    """The encodings that `content` may be in, as Python names them, the likeliest first; none where none is likely.

    The encodings of Windows in Korea, Japan, China and the West overlap: most bytes fit several, and a short text
    says too little to tell. So each says how likely these bytes are as a text of its own, from how many signs its
    texts are made of: Korean of 2,350 syllables, Chinese of some 4,000 or 5,000 signs.
    """
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return [encoding]
    if _decoded(content, "utf-8"):
        return ["utf-8"]
    costs = {encoding: cost for encoding in _COSTS if (cost := _cost(content, encoding)) is not None}
    least = min(costs.values(), default=0.0)
    return sorted((encoding for encoding, cost in costs.items() if cost <= least + _DOUBT), key=costs.__getitem__)


def _cost(content: bytes, encoding: str) -> float | None:
    """How unlikely the bytes are in the encoding; None where most of what they mean in it is no text."""
    text = _decoded(content[:_SAMPLE_BYTES], encoding)
    costs = [_COSTS[encoding](text, place) for place, sign in enumerate(text) if not sign.isascii()]
    return sum(costs) if costs and sum(cost == _RARE for cost in costs) * 2 < len(costs) else None


def _decoded(content: bytes, encoding: str) -> str:
    """The text, or "" where the bytes don't fit; the sample's end may cut a character."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        cut_at_end = len(content) == _SAMPLE_BYTES and error.start > len(content) - 4
        return content[: error.start].decode(encoding) if cut_at_end else ""


def _korean(text: str, place: int) -> float:
    """Syllables of KS X 1001, which holds those in use; the rest of cp949 is what other encodings' bytes become.

    Python's euc_kr writes the rest as eight bytes.
    """
    sign = text[place]
    if "가" <= sign <= "힣":
        return log(2350) if len(sign.encode("euc_kr", "ignore")) == 2 else _RARE
    return _of_signs(sign)


def _japanese(text: str, place: int) -> float:
    """Kana, and the 2,965 signs of the first level of JIS X 0208."""
    sign = text[place]
    if "ぁ" <= sign <= "ヿ":
        return log(2 * 170)
    if _is_han(sign):
        return log(2 * 2965) if b"\x88\x9f" <= sign.encode("cp932", "ignore") <= b"\x98\x72" else _RARE
    return _of_signs(sign)


def _simplified(text: str, place: int) -> float:
    """Signs of the first level of GB 2312, the 3,755 in use."""
    sign = text[place]
    if _is_han(sign):
        return log(3755) if b"\xb0" <= sign.encode("gb2312", "ignore") < b"\xd8" else _RARE
    return _of_signs(sign)


def _traditional(text: str, place: int) -> float:
    """Signs of the first level of Big5, the 5,401 in use."""
    sign = text[place]
    if _is_han(sign):
        return log(5401) if b"\xa4\x40" <= sign.encode("big5", "ignore") <= b"\xc6\x7e" else _RARE
    return _of_signs(sign)


def _western(text: str, place: int) -> float:
    """Letters with an accent, beside a plain letter."""
    near = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    if "À" <= text[place] <= "ÿ":
        return log(60) if re.search("[A-Za-z]", near) else _RARE
    return _of_signs(text[place])


def _cyrillic(text: str, place: int) -> float:
    """Letters, a small one before or after."""
    near = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    if "Ѐ" <= text[place] <= "ӿ":
        return log(66) if re.search("[а-яё]", near) else _RARE
    return _of_signs(text[place])


def _is_han(sign: str) -> bool:
    return "㐀" <= sign <= "鿿"


def _of_signs(sign: str) -> float:
    return _SIGNS if category(sign)[0] in "PSZN" or "！" <= sign <= "～" else _RARE


_COSTS: dict[str, Callable[[str, int], float]] = {
    "cp949": _korean,
    "cp932": _japanese,
    "gb18030": _simplified,
    "big5": _traditional,
    "cp1252": _western,
    "cp1251": _cyrillic,
}
