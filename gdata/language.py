"""The language that people read: English, or what a gettext catalogue under gdata/locale says in its place.

Messages are written as whole templates and translated before they are filled, so a language may put the parts in
its own order. The .po files are read as they are: there is nothing to compile.
"""

from __future__ import annotations

import locale
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"

_PO_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Catalogue:
    """The translations of one language, by the English text."""

    language: str
    texts: Mapping[str, str]

    @cached_property
    def patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Templates as expressions that find what was filled in, those with the most words of their own first."""
        templates = [text for text in self.texts if "{" in text]
        templates.sort(key=lambda text: len(_PLACEHOLDER.sub("", text)), reverse=True)
        return [(_pattern(text), self.texts[text]) for text in templates]


_current: ContextVar[Catalogue | None] = ContextVar("catalogue", default=None)


def languages() -> list[str]:
    """The languages there are: English, and those with a catalogue."""
    return [SOURCE, *sorted(path.name for path in LOCALE.iterdir() if path.is_dir())]


def use_language(language: str) -> None:
    """From here on `translate` answers in `language`, one of `languages()`."""
    _current.set(None if language == SOURCE else read_catalogue(language))


def current_language() -> str:
    """The language in use, as HTML and gettext call it: en, ko."""
    catalogue = _current.get()
    return SOURCE if catalogue is None else catalogue.language


def translate(text: str) -> str:
    """A text or template in the language in use; English where the catalogue lacks it."""
    catalogue = _current.get()
    return text if catalogue is None else catalogue.texts.get(text, text)


def translate_filled(text: str) -> str:
    """The same for a text whose template is already filled: `write it without separators: 1000`."""
    catalogue = _current.get()
    if catalogue is None or text in catalogue.texts:
        return translate(text)
    for pattern, translated in catalogue.patterns:
        found = pattern.fullmatch(text)
        if found is not None:
            return translated.format_map(found.groupdict())
    return text


def system_language() -> str:
    """The language of the system, if it is one of `languages()`, else English.

    It is asked for as gettext does (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); on Windows, where none of them is set,
    the language of the user's desktop.
    """
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for asked in filter(None, os.environ.get(name, "").split(":")):
            return _known(asked)
    return _known(_desktop_language())


@cache
def read_catalogue(language: str) -> Catalogue:
    """The catalogue of a language; entries without a translation are left out."""
    path = LOCALE / language / "LC_MESSAGES" / "gdata.po"
    texts = {text: translated for text, translated in _entries(path.read_text("utf-8")) if text and translated}
    return Catalogue(language, texts)


def _known(asked: str) -> str:
    language = re.split(r"[_.@-]", asked.casefold())[0]
    return language if language in languages() else SOURCE


def _desktop_language() -> str:
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), SOURCE)
    return SOURCE


def _entries(po: str) -> Iterator[tuple[str, str]]:
    """Each msgid with its msgstr; either may go over several lines."""
    parts = {"msgid": "", "msgstr": ""}
    current = "msgid"
    for line in po.splitlines():
        keyword = line.partition(" ")[0]
        if keyword in parts:
            if keyword == "msgid" and parts["msgstr"]:
                yield parts["msgid"], parts["msgstr"]
                parts = {"msgid": "", "msgstr": ""}
            current = keyword
            parts[current] = ""
        if not line.startswith("#"):
            parts[current] += "".join(_unescaped(text) for text in _PO_STRING.findall(line))
    yield parts["msgid"], parts["msgstr"]


def _unescaped(text: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPES.get(found[0], found[0]), text)


def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACEHOLDER.split(template)
    parts = (f"(?P<{piece}>.*?)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile("".join(parts), re.DOTALL)
