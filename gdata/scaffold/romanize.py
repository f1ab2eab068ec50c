"""Names for what planners call things in Korean: what programmers call them, else Hangul in Latin letters.

The letters are those of the Revised Romanization of Korean, the last resort for naming a field; its tables are in
Unicode's order of the 19 initials, 21 vowels and 28 finals of which every syllable is made.
"""

from __future__ import annotations

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


_DICTIONARY = Path(__file__).with_name("korean.txt")
WHETHER = "여부"
"""Behind a word: whether it is so."""


@cache
def _known() -> dict[str, dict[str, str]]:
    """The dictionary by section: words, alone, endings, after."""
    sections: dict[str, dict[str, str]] = {}
    for line in _DICTIONARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            sections[line[1:].partition(":")[0]] = section = {}
        elif line and not line.startswith("#"):
            for entry in line.split("|"):
                korean, english = entry.split()
                section[korean] = english
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
