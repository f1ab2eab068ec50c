"""Header texts: which field of a message one names, as a whole text or as a path such as `rewards[1].item_id`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from gdata.schema.names import fold
from gdata.schema.plan import FieldPlan, MessagePlan

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
    steps = _texts_of(message)[2].get(fold(text))
    return [(steps[0], "1"), (steps[1], None)] if steps is not None else None


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
def _texts_of(message: MessagePlan) -> tuple[dict[str, FieldPlan], _Patterns, dict[str, tuple[FieldPlan, FieldPlan]]]:
    """Every folded text that names a field of `message`, the patterns that do, and the texts of its lists' parts."""
    fields = message.fields
    names = {fold(field.name): field for field in fields}
    for field in fields:
        names.setdefault(fold(field.descriptor.json_name), field)
    patterns: _Patterns = []
    parts: dict[str, tuple[FieldPlan, FieldPlan]] = {}
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
                for text in part.columns:
                    parts.setdefault(fold(text), (field, part))
    return names, patterns, parts


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
