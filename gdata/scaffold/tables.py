"""From sheets to tables: sheets with the same columns are one table; then keys, references and enums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from gdata.scaffold.enums import KnownEnum, with_enums
from gdata.scaffold.fields import guess_fields
from gdata.scaffold.guess import GuessedEnum, GuessedField, GuessedTable, SheetFound, SourceColumn
from gdata.scaffold.keys import choose_key, with_key
from gdata.scaffold.names import Names, camel, row_words
from gdata.scaffold.references import NearMiss, Referable, with_references
from gdata.schema.names import fold


@dataclass(frozen=True)
class Guessed:
    """Everything guessed of new sheets."""

    tables: list[GuessedTable]
    enums: list[GuessedEnum]
    near: list[NearMiss]


def guess_tables(
    sheets: Sequence[SheetFound],
    timezone: ZoneInfo,
    *,
    taken: Sequence[str] = (),
    referables: Sequence[Referable] = (),
    enums: Sequence[KnownEnum] = (),
    extended: Sequence[GuessedTable] = (),
) -> Guessed:
    """The tables that the sheets hold; `taken` are names that the package has already.

    `extended` are tables that exist with the fields to add to them; they come last in the result.
    """
    names = Names(taken)
    tables = with_groups([_guess_table(together, names, timezone) for together in _together(sheets)])
    tables += extended
    referred = with_references(tables, referables)
    settled, made = with_enums(referred.tables, names, enums)
    return Guessed(settled, made, referred.near)


def with_groups(tables: Sequence[GuessedTable]) -> list[GuessedTable]:
    """The tables with everything for everybody but what is marked, once anything is marked for somebody."""
    every = tuple(sorted({group for table in tables for field in table.fields for group in field.groups}))
    return [replace(table, fields=_with_groups(table.fields, every), groups=every) for table in tables]


def _with_groups(fields: Sequence[GuessedField], every: tuple[str, ...]) -> tuple[GuessedField, ...]:
    # Whoever gets a table gets its key.
    marked = [replace(field, groups=every if field.key else field.groups or every) for field in fields]
    return tuple(replace(field, parts=_with_groups(field.parts, field.groups)) for field in marked)


def _together(sheets: Sequence[SheetFound]) -> list[list[SheetFound]]:
    """Sheets of one spreadsheet with the same columns and the same first words are parts of one table."""
    groups: list[list[SheetFound]] = []
    for sheet in sheets:
        for group in groups:
            if _are_alike(group[0], sheet) and _keep_key([*group, sheet]):
                group.append(sheet)
                break
        else:
            groups.append([sheet])
    return groups


def _are_alike(one: SheetFound, other: SheetFound) -> bool:
    same = (one.spreadsheet.name, one.layout, _headers(one)) == (other.spreadsheet.name, other.layout, _headers(other))
    return same and one.layout == "rows" and bool(_shared_words([one, other])) and min(one.records, other.records) > 0


def _headers(sheet: SheetFound) -> tuple[str, ...]:
    return tuple(fold(column.header) for column in sheet.columns)


def _shared_words(sheets: Sequence[SheetFound]) -> list[str]:
    titles = [row_words(sheet.title) for sheet in sheets]
    shared = []
    for words in zip(*titles, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return shared


def _keep_key(sheets: Sequence[SheetFound]) -> bool:
    """Whether a key of the first sheet is still one over all of them; texts in two languages aren't one table."""
    timezone = ZoneInfo("UTC")
    alone, _ = _key_of(sheets[:1], timezone)
    together, _ = _key_of(sheets, timezone)
    return bool(alone) and alone == together


def _key_of(sheets: Sequence[SheetFound], timezone: ZoneInfo) -> tuple[tuple[str, ...], object]:
    fields = guess_fields(_columns(sheets), timezone)
    return choose_key(fields, sum(sheet.records for sheet in sheets), row_words(sheets[0].title))


def _columns(sheets: Sequence[SheetFound]) -> list[SourceColumn]:
    """The columns of several sheets, joined by their headers."""
    first = sheets[0]
    if len(sheets) == 1:
        return list(first.columns)
    by_header = [{fold(column.header): column for column in sheet.columns} for sheet in sheets]
    return [
        replace(column, cells=[cell for one in by_header for cell in one[fold(column.header)].cells])
        for column in first.columns
    ]


def _guess_table(sheets: Sequence[SheetFound], names: Names, timezone: ZoneInfo) -> GuessedTable:
    first = sheets[0]
    words = _shared_words(sheets) if len(sheets) > 1 else row_words(first.title)
    longer = camel([*row_words(first.spreadsheet.name), *words])
    row, name = _take(words, longer, names, is_record=first.layout == "vertical")
    fields: Sequence[GuessedField] = guess_fields(_columns(sheets), timezone)
    is_record = first.layout == "vertical"
    if is_record:
        fields = [replace(field, type=replace(field.type, may_be_enum=False)) for field in fields]
    else:
        fields = with_key(fields, sum(sheet.records for sheet in sheets), words)
    notes = tuple(f"{sheet.title}: {note}" for sheet in sheets for note in sheet.notes)
    return GuessedTable(row, name, tuple(words), tuple(sheets), tuple(fields), is_record, notes)


def _take(words: Sequence[str], longer: str, names: Names, *, is_record: bool) -> tuple[str, str]:
    row = names.take(camel(words), longer)
    if is_record:
        return row, row
    table = names.take(f"{row}Table", f"{row}Rows")
    return row, table
