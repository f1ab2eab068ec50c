"""Which sheets the entries of sheets.yaml mean: exact titles and globs of `*` and `?`.

Titles compare after Unicode's NFC, because a title typed on a Mac may hold decomposed Hangul that looks the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from gdata.errors import ConfigError
from gdata.language import say, sentence
from gdata.sources.grid import SheetRequest


@dataclass(frozen=True)
class MatchedTitles:
    """For each request, the titles it means, in the order its rows stand; and the entries that mean none."""

    titles: tuple[tuple[str, ...], ...]
    """Parallel to the requests; titles as the spreadsheet writes them. A glob's are sorted."""
    missing: tuple[str, ...] = ()
    """Titles and globs of the requests that no sheet has."""

    @property
    def wanted(self) -> list[str]:
        """Every title that some request means, once, in the order of the requests."""
        return list(dict.fromkeys(title for titles in self.titles for title in titles))


def match_titles(titles: Iterable[str], requests: Sequence[SheetRequest], spreadsheet: str = "") -> MatchedTitles:
    """Find the sheets that `requests` mean among `titles`; an exact title beats a glob.

    Raises:
        ConfigError: two globs take the same sheet.
    """
    known = list(titles)
    by_form = {normalize("NFC", title): title for title in reversed(known)} | dict(zip(known, known, strict=True))
    exact = {
        index: by_form.get(request.title) or by_form.get(normalize("NFC", request.title), "")
        for index, request in enumerate(requests)
        if not request.is_glob
    }
    taken = set(exact.values())
    free = [title for title in known if title not in taken]
    matched = [
        _match_glob(request.title, free) if request.is_glob else tuple(filter(None, [exact[index]]))
        for index, request in enumerate(requests)
    ]
    _refuse_shared_titles(matched, requests, spreadsheet)
    missing = [request.title for request, found in zip(requests, matched, strict=True) if not found]
    return MatchedTitles(tuple(matched), tuple(missing))


def same_title(one: str, other: str) -> bool:
    """Whether two titles are the same after NFC."""
    return one == other or normalize("NFC", one) == normalize("NFC", other)


def _match_glob(glob: str, titles: list[str]) -> tuple[str, ...]:
    parts = {"*": ".*", "?": "."}
    pattern = re.compile("".join(parts.get(sign, re.escape(sign)) for sign in normalize("NFC", glob)), re.DOTALL)
    return tuple(sorted(title for title in titles if pattern.fullmatch(normalize("NFC", title))))


def _refuse_shared_titles(
    matched: Sequence[tuple[str, ...]], requests: Sequence[SheetRequest], spreadsheet: str
) -> None:
    taken: dict[str, str] = {}
    for request, titles in zip(requests, matched, strict=True):
        for title in titles:
            if request.is_glob and taken.setdefault(title, request.title) != request.title:
                globs = say("{taken} and {title}", taken=taken[title], title=request.title)
                raise ConfigError(
                    sentence(
                        "spreadsheet {spreadsheet}: two entries take the sheet {title}: {globs}",
                        spreadsheet=spreadsheet,
                        title=title,
                        globs=globs,
                    ),
                    hint=sentence("name the sheet {title} itself in one of them, or narrow the globs", title=title),
                )
