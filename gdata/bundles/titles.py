"""What people call a row: the text of its title field, through a table of texts where that refers to one.

The field is the one that the table's `title` names, else the first text called name or title, else name_key or
title_key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gdata.bundles.manifest import Reference, TableEntry

TITLES = ("name", "title"), ("name_key", "title_key")
_LANGUAGES = {"ko": "korean", "en": "english", "ja": "japanese", "zh": "chinese"}

FindTable = Callable[[Reference], "tuple[Callable[[Any], Any], Descriptor] | None"]
"""Of the table that a reference is to: how its row is found by a value, and what its rows are; None: it isn't there."""


@dataclass(frozen=True)
class Titles:
    """How the rows of one table are called. `field` is "" where they have no title."""

    field: str = ""
    look_up: Callable[[Any], Any] | None = None
    """The row of the table of texts for a value of the field; None: the value is the title."""
    columns: Sequence[str] = ()
    """The fields of that row that may have the text, the reader's language first."""

    def of(self, row: Any) -> str:
        """What people call the row; "" where nobody named it."""
        return self.told(getattr(row, self.field)) if self.field else ""

    def told(self, value: str) -> str:
        """The title for a value of the field."""
        if self.look_up is None:
            return value
        row = self.look_up(value) if value else None
        texts = (getattr(row, column) for column in self.columns) if row is not None else ()
        return next(filter(None, texts), value)


def titles_of(entry: TableEntry, row: Descriptor, find: FindTable, language: str = "") -> Titles:
    """The titles of a table's rows in a language; without one, in the first that the table of texts has."""
    field = title_field(row, entry.title)
    if not field:
        return Titles()
    reference = _text_reference(entry.refs, field)
    found = find(reference) if reference is not None else None
    if found is None or reference is None:
        return Titles(field)
    look_up, texts = found
    columns = text_columns(texts, reference.fields, language)
    return Titles(field, look_up, columns) if columns else Titles(field)


def title_field(row: Descriptor, option: str = "") -> str:
    """The field that names a row for people; "" where there is none."""
    if option:
        return option if option in row.fields_by_name else ""
    texts = [one.name for one in row.fields if _is_text(one)]
    return next((name for names in TITLES for name in texts if name in names), "")


def text_columns(row: Descriptor, key: Collection[str], language: str) -> list[str]:
    """The text fields of a table of texts but its key, those of the language first."""
    names = [one.name for one in row.fields if _is_text(one) and one.name not in key]
    return sorted(names, key=lambda name: not is_language(name, language)) if language else names


def is_language(name: str, language: str) -> bool:
    """Whether a field's name is a language's: `ko`, `ko_kr`, `text_ko`, `korean`."""
    words = name.casefold().split("_")
    return language in (words[0], words[-1]) or _LANGUAGES.get(language, language) in words


def _text_reference(refs: Mapping[str, Sequence[Reference]], field: str) -> Reference | None:
    found = refs.get(field, ())
    return found[0] if len(found) == 1 and len(found[0].fields) == 1 and not found[0].when else None


def _is_text(field: FieldDescriptor) -> bool:
    return field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated
