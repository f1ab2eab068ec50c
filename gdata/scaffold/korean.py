"""What planners call things in Korean, and what programmers call them: names for fields and enum values."""

from __future__ import annotations

from functools import cache
from pathlib import Path

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
