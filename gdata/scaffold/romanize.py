"""Names for what planners call things in Korean: what programmers call them, else Hangul in Latin letters.

The letters are those of the Revised Romanization of Korean, the last resort for naming a field; its tables are in
Unicode's order of the 19 initials, 21 vowels and 28 finals of which every syllable is made.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_INITIALS = "g kk n d tt r m b pp s ss - j jj ch k t p h".split()
_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()
_FINALS = "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split()
# Before a vowel a final is heard with the next syllable, and keeps its own sound.
_LINKED = "- g kk ks n nj n d r lg lm lb ls lt lp r m b ps s ss ng j ch k t p -".split()
_ASSIMILATED = {
    ("k", "n"): "ngn", ("k", "m"): "ngm", ("k", "r"): "ngn", ("t", "n"): "nn", ("t", "m"): "nm", ("t", "r"): "nn",
    ("p", "n"): "mn", ("p", "m"): "mm", ("p", "r"): "mn", ("n", "r"): "ll", ("l", "n"): "ll", ("l", "r"): "ll",
    ("m", "r"): "mn", ("ng", "r"): "ngn",
}  # fmt: skip
_ASPIRATED = {"g": "k", "d": "t", "j": "ch"}
_SILENT_INITIAL, _FINAL_H = 11, 27
_FIRST, _LAST = 0xAC00, 0xD7A3


def is_hangul(text: str) -> bool:
    """Whether `text` is nothing but Hangul syllables."""
    return bool(text) and all(_FIRST <= ord(sign) <= _LAST for sign in text)


def romanize(text: str) -> str:
    """Hangul syllables in Latin letters: 독립 → dongnip; other signs are left out."""
    syllables = [_parts(sign) for sign in text if is_hangul(sign)]
    letters = ""
    carried = ""
    for position, (initial, vowel, final) in enumerate(syllables):
        letters += (carried or _INITIALS[initial].strip("-")) + _VOWELS[vowel]
        following = syllables[position + 1][0] if position + 1 < len(syllables) else None
        ending, carried = _join(final, following)
        letters += ending
    return letters


def _parts(sign: str) -> tuple[int, int, int]:
    rest, final = divmod(ord(sign) - _FIRST, 28)
    return (*divmod(rest, 21), final)


def _join(final: int, following: int | None) -> tuple[str, str]:
    """How a final sounds, and how the next initial does where the two change each other ("": as it is)."""
    sound = _FINALS[final].strip("-")
    if following is None or not final:
        return sound, ""
    if following == _SILENT_INITIAL:
        return _LINKED[final].strip("-"), ""
    initial = _INITIALS[following]
    if final == _FINAL_H and initial in _ASPIRATED:
        return "", _ASPIRATED[initial]
    both = _ASSIMILATED.get((sound, initial))
    # The whole sound of the two stands in place of the next initial.
    return ("", both) if both else (sound, "")


_WORDS = Path(__file__).parent / "words"
WHETHER = "여부"
"""Behind a word: whether it is so."""


@cache
def _known(language: str = "korean") -> dict[str, dict[str, str]]:
    """A language's dictionary by section: words, and in Korean alone, endings, after."""
    sections: dict[str, dict[str, str]] = {}
    for line in (_WORDS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            sections[line[1:].partition(":")[0]] = section = {}
        elif line and not line.startswith("#"):
            for entry in line.split("|"):
                foreign, english = entry.split()
                section[foreign] = english
    return sections


def translate(word: str, *, is_first: bool = True) -> str | None:
    """The English name of a Korean word or compound in snake case: 보상수량 → reward_count; None: not known.

    `is_first`: no other word stands before it in the same text.
    """
    known = _known()
    for section in (() if is_first else ("after",)) + ("words", "alone"):
        if word in known[section]:
            return known[section][word]
    if word.endswith(WHETHER) and len(word) > len(WHETHER):
        inner = translate(word.removesuffix(WHETHER))
        return f"is_{inner}" if inner else None
    parts = _split(word)
    return "_".join(parts) if parts else None


def _split(word: str) -> list[str] | None:
    """The fewest known words that make up `word`."""
    words, endings = _known()["words"], _known()["endings"]
    best: list[list[str] | None] = [[], *[None] * len(word)]
    for end in range(1, len(word) + 1):
        for start in range(end):
            known = words.get(word[start:end])
            if known is None and end == len(word) and start:
                known = endings.get(word[start:end])
            before = best[start]
            if known is not None and before is not None and len(best[end] or before * 2 + [""] * 99) > len(before) + 1:
                best[end] = [*before, known]
    return best[-1]


# --- Chinese and Japanese ----------------------------------------------------------------------------------------

_IS = ("是否", "能否", "可否")
_UNKNOWN = 3
"""A sign that no word has costs as much as so many words."""


def translate_signs(text: str) -> tuple[list[str], bool]:
    """The words of a text in Chinese or Japanese, and whether all of them are known; the others are named by sound."""
    prefix = ["is"] if text.startswith(_IS) and len(text) > 2 else []
    text = text[2:] if prefix else text
    languages = ("japanese", "chinese") if any(map(_is_kana, text)) else ("chinese", "japanese")
    words = {**_known(languages[1])["words"], **_known(languages[0])["words"]}
    parts = _cheapest(text, words)
    found = list(prefix)
    for part in parts:
        found += words[part].split("_") if part in words else [_sound(part)]
    return [word for word in found if word], all(part in words for part in parts)


def _cheapest(text: str, words: Mapping[str, str]) -> list[str]:
    """The text in known words and runs of unknown signs, of which there are as few as may be."""
    best: list[tuple[int, list[str]]] = [(0, [])]
    for end in range(1, len(text) + 1):
        ways = []
        for start in range(max(0, end - 8), end):
            cost, parts = best[start]
            piece = text[start:end]
            if piece in words:
                ways.append((cost + 1, [*parts, piece]))
            elif end - start == 1:
                joins = parts and parts[-1] not in words
                joined = [*parts[:-1], parts[-1] + piece] if joins else [*parts, piece]
                ways.append((cost + _UNKNOWN, joined))
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def _is_kana(sign: str) -> bool:
    return "ぁ" <= sign <= "ヿ"


def _sound(text: str) -> str:
    """Latin letters for signs that no dictionary has: kana as they are read, Han signs as in Mandarin."""
    from pypinyin import lazy_pinyin

    letters = "".join(map(_kana, text)) if any(map(_is_kana, text)) else text
    letters = "".join(lazy_pinyin(letters, errors="default"))
    return "".join(sign for sign in letters.lower() if sign.isascii() and sign.isalnum())


def _kana(sign: str) -> str:
    """A kana's sound, as Unicode names it: KATAKANA LETTER SMALL TU is `tu`."""
    name = unicodedata.name(sign, "")
    return name.rpartition(" ")[2].lower() if "KANA LETTER" in name else "" if sign in "ー・゛゜" else sign
