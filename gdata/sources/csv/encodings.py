"""Which encoding a text was probably saved in, for the hint where its bytes don't fit the one that was expected."""

from __future__ import annotations

import re
from collections.abc import Callable

_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAMPLE_BYTES = 100_000


def guess_encoding(content: bytes) -> str:
    """The likeliest encoding of `content`, as Python names it; "" where none is likely.

    The encodings of Windows in Korea, Japan, China and the West overlap: most bytes fit several. So each is scored
    by how much of the text beyond ASCII then consists of what texts in it are full of.
    """
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return encoding
    if _decoded(content, "utf-8"):
        return "utf-8"
    scores = {encoding: _score(content, encoding) for encoding in _COMMON}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > 0.2 else ""


def _score(content: bytes, encoding: str) -> float:
    text = _decoded(content[:_SAMPLE_BYTES], encoding)
    beyond = sum(not one.isascii() for one in text)
    return _COMMON[encoding](text) / beyond if beyond else 0


def _decoded(content: bytes, encoding: str) -> str:
    """The text, or "" where the bytes don't fit; the sample's end may cut a character."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        cut_at_end = len(content) == _SAMPLE_BYTES and error.start > len(content) - 4
        return content[: error.start].decode(encoding) if cut_at_end else ""


def _common_hangul(text: str) -> int:
    """Syllables of KS X 1001, which holds those in use; the rest of cp949 is what other encodings' bytes become.

    Python's euc_kr writes the rest as eight bytes.
    """
    return sum(len(one.encode("euc_kr", "ignore")) == 2 for one in re.findall("[가-힣]", text))


def _kana(text: str) -> int:
    return len(re.findall("[ぁ-ヿ]", text))


def _common_han(text: str) -> int:
    """Signs of the first level of GB 2312, the 3,755 in use."""
    encoded = re.sub("[^一-龥]", "", text).encode("gb2312", "ignore")
    return sum(lead < 0xD8 for lead in encoded[::2])


def _letters_in_words(text: str) -> int:
    """Western letters with an accent, beside a plain letter."""
    return len(re.findall("(?<=[A-Za-z])[À-ÿ]|[À-ÿ](?=[A-Za-z])", text))


_COMMON: dict[str, Callable[[str], int]] = {
    "cp949": _common_hangul,
    "cp932": _kana,
    "gb18030": _common_han,
    "cp1252": _letters_in_words,
}
