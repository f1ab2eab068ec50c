"""Versions of the game: dotted numbers, and from which to which of them something counts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

_DOTTED = re.compile(r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))*")
_LIKE_ONE = re.compile(r"(?:version|ver|v)?\.?\s*((?:[0-9]+\.)*[0-9]+)[a-z.+\s]*", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """A version of the game, compared part by part as numbers: 1.10 is later than 1.9, and 1.4 is 1.4.0."""

    parts: tuple[int, ...]
    text: str = field(compare=False)
    """As somebody wrote it."""

    @classmethod
    def read(cls, text: str) -> Version | None:
        """The version that a text is; None where it is none."""
        if not _DOTTED.fullmatch(text):
            return None
        parts = [int(part) for part in text.split(".")]
        while parts and not parts[-1]:
            parts.pop()
        return cls(tuple(parts), text)

    def __str__(self) -> str:
        return self.text


def nearest_version(text: str) -> str:
    """The version that somebody may have meant by what is none: `v1.4`, `1.4a`, `1.04`; "" where that is open."""
    found = _LIKE_ONE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    meant = ".".join(str(int(part)) for part in found[1].split(".")) if found and len(found[1]) < 60 else ""
    return meant if Version.read(meant) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """From which version on something counts, and the first in which it no longer does; None: no bound."""

    since: Version | None = None
    until: Version | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no version is in it."""
        return self.since is not None and self.until is not None and self.until <= self.since

    def has(self, version: Version | None) -> bool:
        """Whether it counts in `version`; None is what will be newest: all has begun, and what ends has ended."""
        if version is None:
            return self.until is None
        return (self.since is None or self.since <= version) and (self.until is None or version < self.until)


ALWAYS = Span()
