"""Answers of Google as bytes: which sheets are in the body of a batch, and what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gdata.errors import SourceError

Values = list[list[Any]]
"""Rows of str, int, float and bool; ragged; blank is ""."""

_PART = re.compile(rb'\{\s*"range"\s*:\s*("(?:[^"\\]|\\.)*")')
"""The start of one range's part. It can't occur inside a cell: there every quote has a backslash before it."""

_VALUES = re.compile(rb'\s*,\s*"majorDimension"\s*:\s*"ROWS"\s*,\s*"values"\s*:\s*\[\s*')
_BETWEEN_ROWS = re.compile(r"[\s,]*")
_FIRST_BYTES = 64 << 10


def titles_of_batch(body: bytes) -> list[str]:
    """The sheets of a `values.batchGet` answer in its order, which is that of the ranges asked for.

    Raises:
        SourceError: a title in it isn't text.
    """
    try:
        return [unquote_title(json.loads(match[1])) for match in _PART.finditer(body)]
    except ValueError:
        raise _damaged() from None


def decode_batch(body: bytes) -> list[Values]:
    """The values of each range of a `values.batchGet` answer.

    Raises:
        SourceError: it is no such answer.
    """
    parts = decode_object(body).get("valueRanges", [])
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise _damaged()
    return [part.get("values", []) for part in parts]


def first_rows(body: bytes) -> list[Values]:
    """The first rows of each range of an answer, as far as some thousands of bytes go, without decoding the others."""
    found = []
    for match in _PART.finditer(body):
        start = _VALUES.match(body, match.end())
        text = body[start.end() : start.end() + _FIRST_BYTES].decode(errors="ignore") if start else ""
        found.append(list(_rows_in(text)))
    return found


def _rows_in(text: str) -> Iterator[list[Any]]:
    decoder, position = json.JSONDecoder(), 0
    while text[position : position + 1] == "[":
        try:
            row, position = decoder.raw_decode(text, position)
        except ValueError:
            return  # cut off
        yield row
        position = _BETWEEN_ROWS.match(text, position).end()  # type: ignore[union-attr]


def decode_object(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        SourceError: it isn't JSON, or something else.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise _damaged() from None
    if not isinstance(answer, dict):
        raise _damaged()
    return answer


def quote_title(title: str) -> str:
    """A title as a range that means the whole sheet, even if it looks like a cell: D3 → 'D3'."""
    return "'" + title.replace("'", "''") + "'"


def unquote_title(area: str) -> str:
    """The title in an echoed range: 'It''s'!A1:B2 → It's."""
    title = area.rpartition("!")[0]
    if title.startswith("'") and title.endswith("'") and len(title) > 1:
        return title[1:-1].replace("''", "'")
    return title


def _damaged() -> SourceError:
    return SourceError("an answer of Google's isn't what it should be: it was cut off or altered", hint="pull again")
