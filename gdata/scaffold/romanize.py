"""Hangul in Latin letters, by the Revised Romanization of Korean: the last resort for naming a field.

The tables are in Unicode's order of the 19 initials, 21 vowels and 28 finals of which every syllable is made.
"""

from __future__ import annotations

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
