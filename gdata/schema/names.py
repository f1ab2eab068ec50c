"""How names are compared: headers, enum labels and whatever else people type in more than one way."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s\-_]+")


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, without case, with blanks, `-` and `_` alike; outer ones don't count."""
    return _SEPARATORS.sub("_", unicodedata.normalize("NFKC", text).casefold()).strip("_")
