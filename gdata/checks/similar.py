"""The existing value that somebody may have meant, found in large tables too.

Comparing with every value takes a second for 100,000 of them. So the texts one slip of the fingers away are made
and looked up; only in small tables is every value compared.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from gdata.schema.names import fold

_COMPARABLE = 2_000
"""Up to so many values each is compared."""
_NEIGHBOURS = 10
"""Numbers that differ in their last digit alone are a series, not slips."""
_LONGEST = 60
"""Longer texts aren't slipped: there are too many ways."""


class SimilarValues:
    """Finds among `values` (all numbers, or all texts) the one most like another."""

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
