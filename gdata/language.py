"""The language that people read: English, or what a gettext catalogue under gdata/locale says in its place.

A text is a `Sentence`: a template with what is filled into it. It is translated before it is filled, so a language
puts the parts in its own order, and what is filled in may be a sentence too. gettext keeps the catalogue and picks
plural forms; the .po file is read as it is, so there is nothing to compile and a language more is one file more.
"""

from __future__ import annotations

import gettext
import io
import locale
import os
import re
import string
import struct
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"

_PO_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PO_KEYWORD = re.compile(r"(msgid_plural|msgid|msgstr)")
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
_GETTEXT_MAGIC = 0x950412DE


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template (`str.format`) and what fills it: data as it is, or sentences. `str()` is the text as people read it.

    One that counts has a template for several things too (`plural`), and how many they are.
    """

    template: str
    words: tuple[tuple[str, str | Sentence], ...] = ()
    plural: str = ""
    count: int = 1

    def __str__(self) -> str:
        return self._filled(_in_use())

    @property
    def english(self) -> str:
        """The text for programs and logs, whatever the language in use."""
        return self._filled(_ENGLISH)

    def with_words(self, **words: object) -> Sentence:
        """The same with these words filled in."""
        return Sentence(self.template, (*self.words, *fillings(words)), self.plural, self.count)

    def counting(self, count: int, **words: object) -> Sentence:
        """The same with these words, of so many things; `{count}` is how many they are."""
        return replace(self.with_words(count=f"{count:,}", **words), count=count)

    def as_json(self) -> list[Any]:
        """The sentence as JSON keeps it."""
        words = [[name, word.as_json() if isinstance(word, Sentence) else word] for name, word in self.words]
        return [self.template, words, self.plural, self.count]

    @classmethod
    def from_json(cls, raw: list[Any]) -> Sentence:
        """The sentence that was kept."""
        template, words, plural, count = raw
        return cls(template, tuple((name, word_from_json(word)) for name, word in words), plural, count)

    def _filled(self, catalogue: gettext.NullTranslations) -> str:
        if self.plural:
            template = catalogue.ngettext(self.template, self.plural, self.count)
        else:
            template = catalogue.gettext(self.template) if self.template else ""
        words = {name: word._filled(catalogue) if isinstance(word, Sentence) else word for name, word in self.words}
        return fill(template, words)


def sentence(template: str, **words: object) -> Sentence:
    """A template of the code with its words; the catalogues are held to the templates that stand in such calls."""
    return Sentence(template, fillings(words))


def counted(one: str, several: str, count: int, **words: object) -> Sentence:
    """The same where it depends on a number, which is `{count}` in both templates: 1,234."""
    return Sentence(one, fillings({"count": f"{count:,}", **words}), several, count)


def say(template: str, **words: object) -> str:
    """`sentence` at once in the language in use."""
    return str(sentence(template, **words))


def say_counted(one: str, several: str, count: int, **words: object) -> str:
    """`counted` at once in the language in use."""
    return str(counted(one, several, count, **words))


def fillings(words: Mapping[str, object]) -> tuple[tuple[str, str | Sentence], ...]:
    """Words as sentences keep them: values as text; an error's message stays the sentence that it is."""
    return tuple((name, _as_word(word)) for name, word in words.items())


def _as_word(word: object) -> str | Sentence:
    if isinstance(word, BaseException) and len(word.args) == 1 and isinstance(word.args[0], Sentence):
        return word.args[0]
    return word if isinstance(word, Sentence) else str(word)


def word_from_json(word: Any) -> str | Sentence:
    """A word that JSON kept."""
    return Sentence.from_json(word) if isinstance(word, list) else str(word)


# --- the language in use ----------------------------------------------------------------------------------

_ENGLISH = gettext.NullTranslations()
_current: ContextVar[gettext.NullTranslations] = ContextVar("catalogue")
_of_process: list[gettext.NullTranslations] = [_ENGLISH]
"""What holds where no context says otherwise: a command's threads speak its language too."""


def languages() -> list[str]:
    """The languages there are: English, and those with a catalogue."""
    return [SOURCE, *sorted(path.name for path in LOCALE.iterdir() if path.is_dir())]


def use_language(language: str, *, everywhere: bool = False) -> None:
    """From here on sentences are told in `language`, one of `languages()`; `everywhere`: in all threads."""
    catalogue = _ENGLISH if language == SOURCE else read_catalogue(language)
    if everywhere:
        _of_process[:] = [catalogue]
    _current.set(catalogue)


def current_language() -> str:
    """The language in use, as HTML and gettext call it: en, ko."""
    return _in_use().info().get("language", SOURCE)


def _in_use() -> gettext.NullTranslations:
    return _current.get(_of_process[0])


def system_language() -> str:
    """The language of the system, if it is one of `languages()`, else English.

    $GDATA_LANG goes before it. The system is asked as gettext does (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); on Windows,
    where none of them is set, the language of the user's desktop.
    """
    for name in ("GDATA_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for asked in filter(None, os.environ.get(name, "").split(":")):
            return _known(asked)
    return _known(_desktop_language())


def _known(asked: str) -> str:
    language = re.split(r"[_.@-]", asked.casefold())[0]
    return language if language in languages() and is_reviewed(language) else SOURCE


def is_reviewed(language: str) -> bool:
    """Whether somebody who speaks the language has read its catalogue; others are only for who asks for them."""
    return language == SOURCE or read_catalogue(language).info().get("x-reviewed") != "no"


def _desktop_language() -> str:
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), SOURCE)
    return SOURCE


def translated(text: str) -> str:
    """A text that has no parts, in the language in use: a command's help."""
    return _in_use().gettext(text) if text else ""


class Template(str):
    """Another program's template in the language in use: `format` fills it as a sentence is filled."""

    def format(self, *_: object, **words: object) -> str:
        """As `str.format` does, and particles fit."""
        parts = string.Formatter().parse(self)
        shown = {name: repr(words[name]) if how == "r" else str(words[name]) for _, name, _, how in parts if name}
        return fill(self, shown)


def template(text: str) -> Template:
    """What another program's template is in the language in use."""
    return Template(translated(text))


def template_for(one: str, several: str, count: int) -> Template:
    """The same where it depends on a number, each form by itself."""
    return template(one if count == 1 else several)


# --- catalogues -------------------------------------------------------------------------------------------


@cache
def read_catalogue(language: str) -> gettext.GNUTranslations:
    """The catalogue of a language, which has the language's code in its header."""
    return gettext.GNUTranslations(io.BytesIO(_compiled(read_po(po_file(language)))))


def po_file(language: str) -> Path:
    """The one file of a language."""
    return LOCALE / language / "LC_MESSAGES" / "gdata.po"


def read_po(path: Path) -> dict[str, str]:
    """A .po file as the binary form keys it: plural forms of a text, and of its translation, joined by NUL."""
    return {entry["msgid"]: entry["msgstr"] for entry in _entries(path.read_text("utf-8")) if entry["msgstr"]}


def _entries(po: str) -> Iterator[dict[str, str]]:
    """Each entry's texts by keyword; a text may go over several lines."""
    entry = {"msgid": "", "msgstr": ""}
    current = "msgid"
    for line in po.splitlines():
        keyword = _PO_KEYWORD.match(line)
        if keyword is not None and keyword[1] == "msgid":
            yield entry
            entry = {"msgid": "", "msgstr": ""}
        if keyword is not None:
            current = "msgstr" if keyword[1] == "msgstr" else "msgid"
            if keyword[1] == "msgid_plural" or (keyword[1] == "msgstr" and entry["msgstr"]):
                entry[current] += "\0"
        if not line.startswith("#"):
            entry[current] += "".join(map(_unescaped, _PO_STRING.findall(line)))
    yield entry


def _unescaped(text: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPES.get(found[0], found[0]), text)


def _compiled(texts: Mapping[str, str]) -> bytes:
    """The catalogue in gettext's binary form, the one that the standard library reads."""
    pairs = sorted((text.encode(), translated.encode()) for text, translated in texts.items())
    start = 28 + 16 * len(pairs)
    originals, translations, blob = b"", b"", b""
    for text, translated in pairs:
        originals += struct.pack("<II", len(text), start + len(blob))
        translations += struct.pack("<II", len(translated), start + len(blob) + len(text) + 1)
        blob += text + b"\0" + translated + b"\0"
    head = struct.pack("<7I", _GETTEXT_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + originals + translations + blob


# --- filling ----------------------------------------------------------------------------------------------

_PARTICLES = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "이어야(여야)": ("이어야", "여야"),
    "(이)": ("이", ""),
}
"""Korean particles as catalogues write them after a placeholder, and their two forms: after a consonant, a vowel."""
_PARTICLE = re.compile(rf"([\"'`)\]”’]*)({'|'.join(map(re.escape, _PARTICLES))})")
_LAST_WORD = re.compile(r"([가-힣]|[0-9]|[A-Za-z]+)[^\w가-힣]*$")
_CONSONANT_DIGITS = "013678"
_ENDS_IN_L = re.compile(r"le?$")
_ENDS_IN_CONSONANT = re.compile(r"([mn]e?|ng|type|[aeiou](ck|[kpcb])|[^aeiou][eo]t)$")
"""English words as Koreans say them: item, name, type, pack, map, target; but price, code, quest, id."""


def fill(template: str, words: Mapping[str, str]) -> str:
    """`template.format_map(words)`, and the Korean particle after a placeholder takes the form that fits the word."""
    parts, before = [], ""
    for literal, name, _, _ in string.Formatter().parse(template):
        found = _PARTICLE.match(literal) if before else None
        parts.append(literal if found is None else found[1] + _particle(found[2], before) + literal[found.end() :])
        before = words[name] if name else ""
        parts.append(before)
    return "".join(parts)


def _particle(written: str, word: str) -> str:
    """The form of a particle after `word`; both, as written, where nobody can tell how the word is read."""
    sound = _last_sound(word)
    if sound is None:
        return written
    after_consonant, after_vowel = _PARTICLES[written]
    # 로 follows ㄹ as it does a vowel: 서울로.
    return after_vowel if sound == "" or (sound == "ㄹ" and written == "(으)로") else after_consonant


def _last_sound(word: str) -> str | None:
    """What a word ends in when it is read in Korean: "" a vowel, "ㄹ", or "ㄱ" for any other consonant."""
    if word.endswith("%"):
        return ""
    found = _LAST_WORD.search(word)
    if found is None:
        return None
    last = found[1]
    if last.isdecimal():
        return "ㄹ" if last in "178" else "ㄱ" if last in _CONSONANT_DIGITS else ""
    if not last.isascii():
        final = (ord(last) - ord("가")) % 28
        return "" if final == 0 else "ㄹ" if final == 8 else "ㄱ"
    return _last_sound_of_english(last)


def _last_sound_of_english(word: str) -> str:
    if word.isupper() and len(word) <= 3:  # HP, MMR: said letter by letter
        return "ㄹ" if word[-1] in "LR" else "ㄱ" if word[-1] in "MN" else ""
    word = word.casefold()
    if _ENDS_IN_L.search(word):
        return "ㄹ"
    return "ㄱ" if _ENDS_IN_CONSONANT.search(word) else ""
