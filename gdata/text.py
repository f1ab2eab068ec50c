"""Text that people wrote: shown with nothing in it that can't be seen or would act on a terminal, compared as they mean
it, and what somebody may have meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

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


_PARTS = re.compile(r"[,;/|:+&、，；：｜／]")
"""What planners write between the parts of a list."""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like `word`, without regard to case; None where nothing is near."""
    import difflib

    by_letters = {_letters(choice): choice for choice in choices}
    found = difflib.get_close_matches(_letters(word), by_letters, n=1, cutoff=0.6)
    return by_letters[found[0]] if found else None


def nearest_value(text: str, choices: Iterable[str]) -> str | None:
    """The choice most like a cell's text; None where that is a list of which a part is more like it than the whole."""
    import difflib

    near, parts = nearest(text, choices), [part for part in _PARTS.split(text) if part.strip()]
    if near is None or len(parts) < 2:
        return near
    matcher = difflib.SequenceMatcher(None, b=_letters(near))

    def likeness(part: str) -> float:
        matcher.set_seq1(_letters(part.strip()))
        return matcher.ratio()

    return near if likeness(text) >= max(map(likeness, parts)) else None


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


_COMPARABLE = 2_000
"""Up to so many values each is compared."""
_NEIGHBOURS = 10
"""Numbers that differ in their last digit alone are a series, not slips."""
_LONGEST = 60
"""Longer texts aren't slipped: there are too many ways."""


class SimilarValues:
    """Finds among `values` (all numbers, or all texts) the one most like another.

    Comparing with every value takes a second for 100,000 of them. So the texts one slip of the fingers away are made
    and looked up; only of few is every one compared.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self._values = frozenset(values)

    def nearest(self, value: Any) -> Any | None:
        """The value most like `value`; None where nothing is like it."""
        if isinstance(value, bool) or not self._values:
            return None
        return self._nearest_number(value) if isinstance(value, int) else self._nearest_text(value)

    @cached_property
    def _sorted(self) -> list[Any]:
        return sorted(self._values)

    @cached_property
    def _by_folded(self) -> dict[str, str]:
        return {fold(value): value for value in self._sorted}

    @cached_property
    def _alphabet(self) -> str:
        return "".join(sorted({character for value in self._values for character in value}))

    def _nearest_number(self, value: int) -> int | None:
        """The one that is a slip away. Of a number's neighbours none is likelier to be meant than another."""
        texts = (text for text in _slips(str(value), "0123456789") if text.lstrip("-").isdecimal())
        near = [(number, sorted(text)) for text in texts if (number := int(text)) in self._values]
        digits = sorted(str(value))
        swapped = [number for number, same in near if same == digits]
        others = [number for number, _ in near if abs(number - value) >= _NEIGHBOURS]
        return min(swapped or others, key=lambda number: (abs(number - value), number), default=None)

    def _nearest_text(self, value: str) -> Any:
        folded = fold(value)
        if folded in self._by_folded:
            return self._by_folded[folded]
        if len(value) <= _LONGEST:
            found = next((text for text in _slips(value, self._alphabet[:200]) if text in self._values), None)
            if found is not None:
                return found
        if len(self._values) > _COMPARABLE:
            return None
        import difflib

        near = difflib.get_close_matches(folded, self._by_folded, n=1, cutoff=0.6)
        return self._by_folded[near[0]] if near else None


def _slips(text: str, alphabet: str) -> Iterator[str]:
    """Texts one slip away, the likeliest first: two characters swapped, one wrong, one left out, one too many."""
    for at in range(len(text) - 1):
        yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    for at in reversed(range(len(text))):
        yield from (text[:at] + character + text[at + 1 :] for character in alphabet)
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]
    for at in reversed(range(len(text) + 1)):
        yield from (text[:at] + character + text[at:] for character in alphabet)
