"""The `fields` parameter: the parts of an answer that are wanted (`sheets(properties.title,merges),spreadsheetId`)."""

from __future__ import annotations

from typing import Any

from gdata.testing.google_errors import Refusal, invalid_argument

Mask = dict[str, "Mask"]
"""Wanted names, each with the names wanted below it; empty: all of it."""


def parse_fields(text: str) -> Mask:
    """Read a mask; `a.b`, `a/b` and `a(b)` mean the same, `*` means all.

    Raises:
        Refusal: the parentheses don't match, or a name is missing.
    """
    mask, rest = _parse_list(text)
    if rest:
        raise Refusal(invalid_argument(f"Request contains an invalid argument: fields={text}"))
    return mask


def select_fields(value: Any, mask: Mask) -> Any:
    """The parts of `value` that `mask` wants; a mask of nothing wants everything."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [select_fields(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: select_fields(item, mask[name]) for name, item in value.items() if name in mask}


def _parse_list(text: str) -> tuple[Mask, str]:
    mask: Mask = {}
    while text and text[0] != ")":
        text = _parse_path(text.lstrip(","), mask)
    return mask, text


def _parse_path(text: str, mask: Mask) -> str:
    """Put one path into `mask`; returns what follows it."""
    name, text = _take_name(text)
    below = mask.setdefault(name, {})
    if text[:1] in (".", "/"):
        return _parse_path(text[1:], below)
    if text[:1] == "(":
        inner, text = _parse_list(text[1:])
        below.update(inner)
        if text[:1] != ")":
            raise Refusal(invalid_argument("Request contains an invalid argument: fields"))
        text = text[1:]
    return text


def _take_name(text: str) -> tuple[str, str]:
    end = next((index for index, sign in enumerate(text) if sign in ",./()"), len(text))
    if not end:
        raise Refusal(invalid_argument("Request contains an invalid argument: fields"))
    return text[:end].strip(), text[end:]
