"""Names for what sheets call anything at all: fields, enum values, messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from gdata.language import sentence
from gdata.scaffold.guess import Guess
from gdata.scaffold.romanize import WHETHER, is_hangul, romanize, translate, translate_signs
from gdata.text import fold

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RUN = re.compile(r"[A-Za-z0-9]+|[가-힣]+|[^\W_]+")
_GIVEN = re.compile(r"[(\[]\s*([A-Za-z]\w*_\w+)\s*[)\]]|\n\s*[(\[]?\s*([A-Za-z]\w+)\s*[)\]]?\s*$", re.ASCII)
_SIGNS = {"%": " percent ", "％": " percent ", "#": " number ", "&": " and ", "+": " plus "}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*([_ -][A-Za-z0-9]+)*")
_UNNAMED = re.compile(r"(sheet|tabelle|feuil|hoja|工作表|シート|시트)\s*\d*", re.IGNORECASE)
_IRREGULAR = {
    "series": "series", "species": "species", "news": "news", "chaos": "chaos", "canvas": "canvas", "atlas": "atlas",
    "indices": "index", "vertices": "vertex", "statuses": "status", "bonuses": "bonus", "movies": "movie",
    "cookies": "cookie", "zombies": "zombie", "shoes": "shoe", "axes": "axe", "bases": "base", "children": "child",
}  # fmt: skip
_TABLE_WORDS = ("table", "data", "list", "sheet", "tbl")


def is_identifier(text: str) -> bool:
    """Whether a header can name a field as it is: `item_id`, `ItemId`, `item id`."""
    return bool(_IDENTIFIER.fullmatch(text.strip()))


def words_of(text: str) -> tuple[list[str], Guess]:
    """The words of a header or title in English or Latin letters, lower case, and how sure they are."""
    words, guess = _words_of(text)
    return list(words), guess


@lru_cache(maxsize=4096)
def _words_of(text: str) -> tuple[Sequence[str], Guess]:
    """The same, once for all sheets that have a header."""
    text = unicodedata.normalize("NFKC", text).strip()
    if text == "#":
        return ["id"], Guess("likely", sentence("a column that is just called #"))
    given = _GIVEN.search(text)
    if given is not None:
        return words_of(given[1] or given[2])[0], Guess("sure", sentence("the name in its header"))
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    words: list[str] = []
    guess = Guess("sure")
    for run in _RUN.findall(text):
        if run.isascii():
            words += [word.lower() for word in _CAMEL.split(run)]
            continue
        if run == WHETHER and words:
            words.insert(0, "is")
            continue
        if is_hangul(run):
            known = translate(run, is_first=not words)
            found, is_known = (known or romanize(run)).split("_"), known is not None
        else:
            found, is_known = translate_signs(run)
        words += found
        if not is_known:
            guess = Guess(
                "unsure", sentence("named by its sound") if found else sentence("its header can't name a field")
            )
        elif guess.sure == "sure":
            guess = Guess("likely", sentence("translated"))
    return _without_repeats(filter(None, words)), guess


def _without_repeats(words: Iterable[str]) -> list[str]:
    """`아이템(item)` says the same thing twice."""
    found: list[str] = []
    for word in words:
        if not found or found[-1] != word:
            found.append(word)
    return found


def snake(words: Iterable[str], fallback: str) -> str:
    """A field's name of words; it starts with a letter."""
    name = "_".join(words) or fallback
    return name if name[0].isalpha() else f"n{name}"


def camel(words: Iterable[str]) -> str:
    """A message's name of words; one that begins with a digit gets an N before it."""
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return f"N{name}" if name[:1].isdigit() else name


def says_nothing(title: str) -> bool:
    """Whether a sheet's title is the one that spreadsheets give: `Sheet1`, `工作表1`, `시트1`."""
    return bool(_UNNAMED.fullmatch(title.strip()))


def named_part(title: str) -> str:
    """What names a sheet for programs in a title that has both: of `英雄|Hero` it is Hero."""
    parts = [part.strip() for part in re.split(r"[|｜]", title)]
    return next((part for part in reversed(parts) if is_identifier(part)), title) if len(parts) > 1 else title


def row_words(title: str, *, of_many: bool = True) -> list[str]:
    """The words of a row's name, from a sheet's title: `items`, `item_list`, `ItemTable`, `아이템 목록` are all Item.

    A sheet of one record isn't `of_many`: Constants stay Constants.
    """
    words, _ = words_of(title.strip("#@") or title)
    while len(words) > 1 and words[-1] in _TABLE_WORDS:
        words = words[:-1]
    if of_many:
        words = list(singular(words))
    if words and not words[0][0].isalpha():
        words = [*words[1:], words[0]] if len(words) > 1 and words[1][0].isalpha() else ["sheet", *words]
    return words or ["sheet"]


def singular(words: Sequence[str]) -> tuple[str, ...]:
    """What one of many is called: abilities are each an ability, boxes a box, indices an index; a bonus is one."""
    if not words:
        return ()
    *before, last = words
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("ies") and len(last) > 4:
        last = f"{last[:-3]}y"
    elif last.endswith(("sses", "shes", "ches", "xes", "oes")):
        last = last[:-2]
    elif last.endswith("s") and len(last) > 2 and not last.endswith(("ss", "us", "is")):
        last = last[:-1]
    return (*before, last)


def plural(name: str) -> str:
    """The name of a list of what `name` is."""
    if name.endswith(("s", "list")):
        return name
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("x", "ch", "sh")) else f"{name}s"


def json_name(name: str) -> str:
    """What protoc calls a field in JSON."""
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def needs_column(text: str, name: str) -> bool:
    """Whether a header doesn't name the field by itself, so that its text must be kept in the option `column`."""
    return fold(text) not in (fold(name), fold(json_name(name)))


class TakenNames:
    """Names already taken in one scope, compared as protoc compares them: without case and underscores."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {self._folded(name) for name in taken}

    @staticmethod
    def _folded(name: str) -> str:
        return name.replace("_", "").lower()

    def take(self, name: str, *others: str) -> str:
        """`name`, else the first of `others` that is free, else one with a number after it."""
        number = 1
        for candidate in (name, *others):
            if self._folded(candidate) not in self._taken:
                return self._add(candidate)
        separator = "_" if name == name.lower() or name == name.upper() else ""
        while self._folded(f"{name}{separator}{number + 1}") in self._taken:
            number += 1
        return self._add(f"{name}{separator}{number + 1}")

    def _add(self, name: str) -> str:
        self._taken.add(self._folded(name))
        return name
