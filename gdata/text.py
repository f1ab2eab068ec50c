"""Text from outside on one line, with nothing in it that can't be seen or would act on a terminal."""

from __future__ import annotations

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
