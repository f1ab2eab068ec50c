"""Text that people wrote: shown with nothing in it that can't be seen or would act on a terminal, compared as they mean
it, and what somebody may have meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from gdata.language import Sentence, say, sentence

_CONTROL_NAMES = {"\n": "⏎", "\t": "⇥"}


def visible(text: str) -> str:
    """The text with every sign that can't be seen, or would act on a terminal, written out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _CONTROL_NAMES.get(one) or _escaped(one) for one in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines, which stay lines."""
    return "\n".join(map(visible, text.split("\n")))


def with_ends(text: str) -> str:
    """The same for a name in a sentence: in quotes where it begins or ends with a blank that nobody would see."""
    return visible(text) if text == text.strip() else f'"{visible(text)}"'


def masked(text: str) -> str:
    """The same where each sign is to keep its width, as in columns: a dot for what can't be seen."""
    return "".join(one if one.isprintable() else "·" for one in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


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
