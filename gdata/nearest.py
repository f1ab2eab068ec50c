"""How names are compared that people type in more than one way, and what somebody may have meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from gdata.language import Sentence, say, sentence
from gdata.text import with_ends

_SEPARATORS = re.compile(r"[\s\-_]+")


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like `word`, without regard to case; None where nothing is near."""
    import difflib

    by_letters = {_letters(choice): choice for choice in choices}
    found = difflib.get_close_matches(_letters(word), by_letters, n=1, cutoff=0.6)
    return by_letters[found[0]] if found else None


def _letters(word: str) -> str:
    """The word's letters without case; of a Korean syllable each letter, for a slip changes one of them."""
    return unicodedata.normalize("NFD", word.casefold())


def question(near: str | None) -> Sentence | str:
    """What a problem's hint begins with where something is near: did you mean price?"""
    return sentence("did you mean {near}?", near=with_ends(near)) if near else ""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A sentence with the nearest choice, ready to lead a hint; "" where nothing is near."""
    found = nearest(word, choices)
    return say("did you mean {near}?", near=with_ends(found)) + " " if found is not None else ""


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, without case, with blanks, `-` and `_` alike; outer ones don't count."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return _SEPARATORS.sub("_", unicodedata.normalize("NFKC", text).casefold()).strip("_")
