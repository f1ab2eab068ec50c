"""Header texts to fields: which one of a message a text names, as a whole or as a path such as `rewards[1].item_id`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo

from gdata.language import Sentence, sentence
from gdata.parsing.cells.readings import convert_key
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.text import fold, nearest, question

_UTC = ZoneInfo("UTC")
MAX_ELEMENTS = 1000
"""A list lies over this many columns at the most; a larger index is a typing mistake."""

Step = tuple[FieldPlan, str | None]
"""A field, and the index (from 1) or map key written after it."""

_SEGMENT = re.compile(r"([^.\[\]@]+)(?:\[([^\[\]]+)\])?\s*(?:\.|$)")


def split_path(text: str) -> list[tuple[str, str | None]]:
    """`rewards[1].item_id` → [("rewards", "1"), ("item_id", None)]; [] where it isn't a path."""
    steps = []
    position = 0
    while position < len(text):
        found = _SEGMENT.match(text, position)
        if found is None:
            return []
        steps.append((found[1].strip(), found[2].strip() if found[2] is not None else None))
        position = found.end()
    return steps if not text.endswith(".") else []


def find_field(text: str, message: MessagePlan, *, numbered: bool = True) -> list[Step] | None:
    """The field of `message` that a whole text names: by name, JSON name, `column` text or its `{}` pattern.

    The index is as written, from 0 or 1. `numbered` false: the text may be a pattern without its number; the index is
    "" then.
    """
    names, patterns, _ = _texts_of(message)
    folded = fold(text)
    if folded in names:
        return [(names[folded], None)]
    for pattern, steps in patterns:
        found = pattern.fullmatch(folded)
        if found is not None and (found[1] or not numbered) and int(found[1] or 0) <= MAX_ELEMENTS:
            index = str(int(found[1])) if found[1] else ""
            return [(field, index if field.is_list and n == 0 else None) for n, field in enumerate(steps)]
    return None


def find_part(text: str, message: MessagePlan) -> list[Step] | None:
    """The field of a list's messages whose `column` a text is: where a list goes down rows, it needs no index."""
    *lists, last = _texts_of(message)[2].get(fold(text)) or (None,)
    return [*((one, "1") for one in lists if one is not None), (last, None)] if last is not None else None


def find_entry(text: str, message: MessagePlan) -> list[Step] | None:
    """The entry of a map that a whole text names by a `column` such as `저항 {}`: what stands for `{}` is the key."""
    for pattern, steps in _entry_patterns(message):
        found = pattern.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if found is not None:
            return [(field, found[1].strip() if n == 0 else None) for n, field in enumerate(steps)]
    return None


@cache
def _entry_patterns(message: MessagePlan) -> _Patterns:
    patterns: _Patterns = []
    for field in (one for one in message.fields if one.is_map):
        patterns += [(_entry_pattern(text), (field,)) for text in field.columns if "{}" in text]
        for part in field.message.fields if field.message is not None else ():
            patterns += [(_entry_pattern(text), (field, part)) for text in part.columns if "{}" in text]
    # Of two patterns that fit, the one that says more is meant.
    return sorted(patterns, key=lambda one: -len(one[0].pattern))


def _entry_pattern(text: str) -> re.Pattern[str]:
    """Blanks, `-` and `_` and letters of either case are alike, but in the key."""
    parts = (re.split(r"[\s\-_]+", unicodedata.normalize("NFKC", part)) for part in text.split("{}", 1))
    before, after = (r"[\s\-_]*".join(map(re.escape, part)) for part in parts)
    return re.compile(f"{before}(.+?){after}", re.IGNORECASE | re.DOTALL)


def is_column_text(text: str, message: MessagePlan) -> bool:
    """Whether a field's `column` option is exactly this text."""
    return any(text in field.columns for field in message.fields)


def known_texts(message: MessagePlan) -> list[str]:
    """What a header may say, for suggestions."""
    return [text for field in message.fields for text in (field.name, *field.columns)]


_Patterns = list[tuple[re.Pattern[str], tuple[FieldPlan, ...]]]


@cache
def _texts_of(message: MessagePlan) -> tuple[dict[str, FieldPlan], _Patterns, dict[str, tuple[FieldPlan, ...]]]:
    """Every folded text that names a field of `message`, the patterns that do, and the texts of its lists' parts."""
    fields = message.fields
    names = {fold(field.name): field for field in fields}
    for field in fields:
        names.setdefault(fold(field.descriptor.json_name), field)
    patterns: _Patterns = []
    parts: dict[str, tuple[FieldPlan, ...]] = {}
    for field in fields:
        for text in field.columns:
            if "{}" not in text:
                names.setdefault(fold(text), field)
            elif field.is_list:
                patterns.append((_pattern(text), (field,)))
        if field.is_list and field.message is not None:
            # In a list's fields "{}" stands for the index: `보상{} 수량`.
            for part in field.message.fields:
                patterns += [(_pattern(text), (field, part)) for text in part.columns if "{}" in text]
    # Of two fields that a text names the outer one is meant.
    for path in sorted((path for field in fields for path in _parts_of(field, ())), key=len):
        for text in path[-1].columns:
            parts.setdefault(fold(text), path)
    return names, patterns, parts


def _parts_of(field: FieldPlan, above: tuple[FieldPlan, ...]) -> Iterator[tuple[FieldPlan, ...]]:
    """The paths to the fields of a list's messages, and to those of the lists in them."""
    path = (*above, field)
    for part in field.message.fields if field.message is not None and field.is_list else ():
        yield *path, part
        if part.message not in [one.message for one in path]:
            yield from _parts_of(part, path)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(fold(text.replace("{}", "\0"))).replace("\0", "_?([0-9]{1,6})?"))


def entry_part(field: FieldPlan, name: str) -> list[Step] | None:
    """The key or value column of a map that goes down rows."""
    if not field.is_map or fold(name) not in ("key", "value"):
        return None
    descriptor = field.descriptor.message_type.fields_by_name[fold(name)]
    if fold(name) == "key":
        return [(FieldPlan("key", 1, field.map_key_kind, descriptor, key=True), None)]
    return [(replace(field, name="value", number=2, is_map=False, descriptor=descriptor), None)]


def path_text(steps: Sequence[Step]) -> str:
    """A path as messages write it: `rewards[1].item_id`."""
    return ".".join(field.name + (f"[{index}]" if index is not None else "") for field, index in steps)


class PathFault(Exception):
    """A header is a path that doesn't fit the message; `reason` says why, `before` what may be meant."""

    def __init__(self, reason: Sentence, before: Sentence | str = "", meant: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.before = before
        self.meant = meant


class PathReader:
    """Reads the paths of one header."""

    def __init__(self, message: MessagePlan, from_zero: frozenset[FieldPlan], *, multirow: bool) -> None:
        """`from_zero` are the lists whose `column` texts count from 0 in this header: WeaponId0."""
        self._message, self._from_zero, self._multirow = message, from_zero, multirow
        self.seen_from_zero: set[FieldPlan] = set()
        """Those of which the header has a number 0, where nobody knew that before."""

    def find(self, text: str) -> list[Step] | None:
        """The steps to the field that a whole text names."""
        return self.counted(find_field(text, self._message))

    def read(self, text: str) -> list[Step] | None:
        """The steps of a path, of a map's entry, or of a part of a list that goes down rows."""
        return self.walk(text) or self.entry(text) or (find_part(text, self._message) if self._multirow else None)

    def walk(self, text: str) -> list[Step] | None:
        """The steps of a path such as `rewards[1].item_id`; None where it is none, or its first name no field."""
        message: MessagePlan | None = self._message
        steps: list[Step] = []
        for name, index in split_path(text):
            found = self._find_part(steps, message, name)
            if found is None:
                if not steps:
                    return None
                raise _no_part(steps, message, name)
            field, own_index = found[-1]
            if index is not None and own_index is not None:
                raise PathFault(sentence("{name} has an index already", name=name))
            index = self._check_index(field, own_index if index is None else index)
            steps += [*found[:-1], (field, index)]
            # Inside a map without a key stand the columns `key` and `value`.
            message = None if field.is_map and index is None else field.message
        return self._checked(steps) if steps else None

    def _find_part(self, steps: list[Step], message: MessagePlan | None, name: str) -> list[Step] | None:
        if message is None:
            return entry_part(steps[-1][0], name)
        found = self.counted(find_field(name, message))
        return found or (find_entry(name, message) if steps else None)

    def entry(self, text: str) -> list[Step] | None:
        """The steps to a map's entry whose `column` names its key; None where the text is none."""
        steps = find_entry(text, self._message)
        return [(field, self._check_index(field, index)) for field, index in steps] if steps is not None else None

    def counted(self, steps: list[Step] | None) -> list[Step] | None:
        """Steps found by a `column` text, their number counted from 1."""
        for position, (field, index) in enumerate(steps or ()):
            if index is not None and field.is_list and steps is not None:
                if index == "0":
                    self.seen_from_zero.add(field)
                number = int(index) + (field in self._from_zero)
                steps[position] = field, str(max(number, 1))
        return steps

    def number_of(self, field: FieldPlan, index: int) -> int:
        """What the header calls an element, by its index from 0."""
        return index + (field not in self._from_zero)

    def _check_index(self, field: FieldPlan, index: str | None) -> str | None:
        if index is None:
            return None
        if field.is_map:
            key, fault = convert_key(index, field, _UTC)
            if fault is not None:
                raise PathFault(sentence("{index} is no key of {field}", index=index, field=field.name))
            return str(key)
        if not field.is_list:
            raise PathFault(sentence("{field} is no list", field=field.name))
        if not (index.isascii() and index.isdigit()) or not 1 <= int(index) <= MAX_ELEMENTS:
            raise PathFault(sentence("the index of {field} must be a whole number from 1", field=field.name))
        return str(int(index))

    def _checked(self, steps: list[Step]) -> list[Step]:
        for position, (field, index) in enumerate(steps):
            if field.is_list and index is None and position < len(steps) - 1:
                if not self._multirow:
                    raise PathFault(sentence("{field} is a list, so it needs an index: {field}[1]", field=field.name))
                steps[position] = field, "1"
        return steps

    def whole(self, steps: list[Step]) -> list[Step]:
        """The steps, the last of which is a message too, and no list without an index."""
        if steps and (steps[-1][0].is_list or steps[-1][0].is_map) and steps[-1][1] is None:
            field = steps[-1][0]
            if not (self._multirow and field.is_list):
                raise PathFault(sentence("{field} is a list, so it needs an index: {field}[1]", field=field.name))
            steps[-1] = field, "1"
        return steps


def _no_part(steps: list[Step], message: MessagePlan | None, name: str) -> PathFault:
    """Why the path ends at its last step: that field has no part called `name`."""
    above = steps[-1][0]
    if above.kind in ("any", "nested"):
        return PathFault(no_column(above))
    if message is None:
        return PathFault(sentence("{owner} has no field {name}", owner=above.name, name=name))
    near = nearest(name, known_texts(message))
    meant = find_field(near, message) if near is not None else None
    return PathFault(
        sentence("{owner} has no field {name}", owner=message.name, name=name),
        question(near),
        path_text([*steps, *meant]) if meant else "",
    )


def no_column(field: FieldPlan) -> Sentence:
    """Why there can be no column for a field."""
    if field.kind == "nested":
        return sentence("{field} is a message within itself: write it as JSON in one column", field=field.name)
    return sentence("{field} is of a type that no column can hold", field=field.name)
