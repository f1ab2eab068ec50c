"""What people call a row: the text of its title field, through a table of texts where that refers to one.

The field is the one that the table's `title` names, else the first text called name or title, else name_key or
title_key. Where `title` names one that refers to rows of other tables (`reward.id`, of this table or that by its kind),
the row is called as the row is that it refers to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
    referred: Callable[[Any], str] | None = None
    """What the row is called that a row refers to, where that is its title."""

    def of(self, row: Any) -> str:
        """What people call the row; "" where nobody named it."""
        if self.referred is not None:
            return self.referred(row)
        return self.told(getattr(row, self.field)) if self.field else ""

    def told(self, value: str) -> str:
        """The title for a value of the field."""
        if self.look_up is None:
            return value
        row = self.look_up(value) if value else None
        texts = (getattr(row, column) for column in self.columns) if row is not None else ()
        return next(filter(None, texts), value)


def titles_of(
    tables: Mapping[str, TableEntry], name: str, row: Descriptor, find: FindTable, language: str = ""
) -> Titles:
    """The titles of a table's rows in a language; without one, in the first that the table of texts has."""
    # A build asks this module for the names of columns alone.
    from gdata.bundles.references import leaf_at

    entry = tables[name]
    leaf = leaf_at(row, entry.title) if entry.title in entry.refs else None
    if leaf is not None and ("." in entry.title or not _is_text(leaf)):
        others = {one: other for one, other in tables.items() if one != name}  # Rows may call each other in a circle.
        return Titles(referred=_referred(others, entry, leaf, find, language))
    return _own_titles(entry, row, find, language)


def _referred(
    others: Mapping[str, TableEntry], entry: TableEntry, leaf: FieldDescriptor, find: FindTable, language: str
) -> Callable[[Any], str]:
    """The title of the row, of one of the `others`, to which a row refers by `leaf`, which its table's `title` leads
    to.
    """
    from gdata.bundles.references import holds, is_none, value_reader

    *outer, last = entry.title.split(".")
    references = entry.refs[entry.title]

    @cache
    def titled(reference: Reference) -> Callable[[Any], str]:
        read, found = value_reader(leaf, reference), find(reference)
        if read is None or found is None or reference.table not in others:
            return lambda _: ""
        look_up, other = found
        titles = titles_of(others, reference.table, other, find, language)
        return lambda value: "" if (there := look_up(read(value))) is None else titles.of(there)

    def title(row: Any) -> str:
        for name in outer:
            if not row.HasField(name):
                return ""
            row = getattr(row, name)
        if leaf.has_presence and not row.HasField(last):
            return ""
        value = getattr(row, last)
        meant = (one for one in references if holds(one.when, row) and not is_none(one, value))
        return next(filter(None, (titled(one)(value) for one in meant)), "")

    return title


def _own_titles(entry: TableEntry, row: Descriptor, find: FindTable, language: str) -> Titles:
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
        # One that isn't a text is a reference, of which the reader may not know.
        return option if option in row.fields_by_name and _is_text(row.fields_by_name[option]) else ""
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
