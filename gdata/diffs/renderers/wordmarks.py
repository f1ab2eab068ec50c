"""Which words changed inside a long text, so that a reader's eye goes to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# Korean, Japanese and Chinese are marked sign by sign: a particle changes without a blank beside it.
_WORDS = r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u1100-\ud7af]+|\s+|."
_MOST_WORDS = 400
"""Above so many words the text is compared by its two ends alone, since comparing takes the square of it."""
_CONTEXT = 24
"""Signs kept on either side of a change."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `marked` where the other text has something else."""

    text: str
    marked: bool = False


def mark_words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, the words that only one of them has marked."""
    old_words, new_words = (re.findall(_WORDS, text, re.DOTALL) for text in (old, new))
    if max(len(old_words), len(new_words)) > _MOST_WORDS:
        return _mark_middle(old, new)
    before: list[Piece] = []
    after: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, old_words, new_words, autojunk=False).get_opcodes():
        if a < b:
            before.append(Piece("".join(old_words[a:b]), what != "equal"))
        if c < d:
            after.append(Piece("".join(new_words[c:d]), what != "equal"))
    return before, after


def _mark_middle(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - start
    end = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)

    def pieces(text: str) -> list[Piece]:
        cut = (Piece(text[:start]), Piece(text[start : len(text) - end], marked=True), Piece(text[len(text) - end :]))
        return [piece for piece in cut if piece.text]

    return pieces(old), pieces(new)


def shorten(pieces: list[Piece], most: int) -> list[Piece]:
    """The pieces, where they are longer than `most` signs, with what lies far from a mark left out."""
    if sum(len(piece.text) for piece in pieces) <= most:
        return pieces
    return list(_shortened(pieces, most))


def _shortened(pieces: list[Piece], most: int) -> Iterator[Piece]:
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        head = 0 if index == 0 else _CONTEXT
        tail = 0 if index == last else _CONTEXT
        if not piece.marked and len(piece.text) > head + tail + 1:
            kept = piece.text[len(piece.text) - tail :] if tail else ""
            yield Piece(f"{piece.text[:head]}…{kept}")
        elif piece.marked and len(piece.text) > most:
            yield Piece(f"{piece.text[: most // 2]}…{piece.text[-most // 4 :]}", marked=True)
        else:
            yield piece
