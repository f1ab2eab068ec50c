"""From sheets to tables: sheets with the same columns are one table; then keys, references and enums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from gdata.language import say, sentence
from gdata.parsing.cells.cell import shown
from gdata.parsing.sheet.layout import keep_records, lay_out
from gdata.scaffold.cells import Cells
from gdata.scaffold.fields.columns import guess_fields
from gdata.scaffold.fields.enums import KnownEnum, with_enums
from gdata.scaffold.fields.keys import choose_key, repeated_ids, with_key
from gdata.scaffold.fields.referables import Referable
from gdata.scaffold.fields.references import NearMiss, with_references
from gdata.scaffold.guess import Guess, GuessedEnum, GuessedField, GuessedTable, SheetFound, SourceColumn
from gdata.scaffold.names import TakenNames, camel, named_part, row_words, says_nothing
from gdata.scaffold.sheets.sample import kind_of_cell
from gdata.schema.fieldtypes import FieldKind
from gdata.sources.grid import CellValue
from gdata.text import fold

_MOST_TOLD = 5
_FEW = 5
_MANY_BOOKS = 3


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
    given: Sequence[GuessedEnum] = (),
    extended: Sequence[GuessedTable] = (),
    groups: Sequence[str] = (),
    on_done: Callable[[str], None] = lambda _: None,
) -> Guessed:
    """The tables that the sheets hold; `taken` are names that the package has already.

    `extended` are tables that exist with the fields to add to them; they come last in the result. `groups`
    are those that get what isn't marked for anybody, if the project marks everything.
    """
    names = TakenNames(taken)
    # What a tool defines keeps its name, and rows get another; what the project has already isn't written again.
    defined = [one for one in given if names.take(one.name) == one.name]
    tables = []
    for together in _together(_with_names(sheets)):
        tables.append(_guess_table(together, names, timezone))
        on_done(tables[-1].name)
    tables = [*with_groups(tables, groups), *with_groups(extended, groups)]
    referred = with_references(tables, referables)
    settled, made = with_enums(referred.tables, names, enums, given, defined)
    return Guessed(settled, made, referred.near)


def with_groups(tables: Sequence[GuessedTable], groups: Sequence[str] = ()) -> list[GuessedTable]:
    """The tables with everything for everybody but what is marked, once anything is marked for somebody."""
    marked = {group for table in tables for field in table.fields for group in field.groups}
    every = tuple(sorted({*groups, *marked}))
    if not every:
        return list(tables)
    return [replace(table, fields=_with_groups(table.fields, every), groups=every) for table in tables]


def _with_groups(fields: Sequence[GuessedField], every: tuple[str, ...]) -> tuple[GuessedField, ...]:
    # Whoever gets a table gets its key.
    marked = [replace(field, groups=every if field.key else field.groups or every) for field in fields]
    return tuple(replace(field, parts=_with_groups(field.parts, field.groups)) for field in marked)


def _together(sheets: Sequence[SheetFound]) -> list[list[SheetFound]]:
    """Sheets of one spreadsheet with the same columns and the same first words are parts of one table.

    Where the first words are numbered, the others count too: W1_Boss and W2_Boss are parts of one, W1_Monster isn't.
    """
    named: dict[str, list[SheetFound]] = {}
    for sheet in sheets:
        if sheet.table:
            named.setdefault(sheet.table, []).append(sheet)
    groups: list[_Parts] = []
    alike: dict[object, list[_Parts]] = {}
    for sheet in (one for one in sheets if not one.table):
        place = sheet.spreadsheet.name, sheet.entry.multirow, _headers(sheet), _shared_name(sheet.title)
        known = alike.setdefault(place, [])
        if not any(one.take(sheet) for one in known):
            groups.append(_Parts(sheet))
            known.append(groups[-1])
    return [*named.values(), *(one.sheets for one in groups)]


class _Parts:
    """Sheets that are one table as long as the first one's key is one over all: texts in two languages aren't."""

    def __init__(self, first: SheetFound) -> None:
        self.sheets = [first]
        self._seen: set[tuple[Any, ...]] = set()

    @cached_property
    def _key(self) -> list[tuple[str, FieldKind]]:
        """The key's headers and kinds; [] where there is none."""
        first = self.sheets[0]
        fields = guess_fields(first.columns, ZoneInfo("UTC"))
        names, _ = choose_key(fields, first.records, row_words(first.title))
        key = [(fold(field.headers[0]), field.type.kind) for field in fields if field.name in names]
        self._seen.update(self._keys(first, key))
        return key

    @staticmethod
    def _keys(sheet: SheetFound, key: Sequence[tuple[str, FieldKind]]) -> list[tuple[Any, ...]]:
        columns = {fold(column.header): column.cells for column in reversed(sheet.columns)}
        return list(zip(*(columns[header].plain(kind) for header, kind in key), strict=True))

    def take(self, sheet: SheetFound) -> bool:
        """Whether the sheet is one of them; it is then."""
        first = self.sheets[0]
        if not (first.layout == sheet.layout == "rows" and min(first.records, sheet.records) > 0 and self._key):
            return False
        if not all(map(_are_alike, first.columns, sheet.columns)):
            return False
        keys = self._keys(sheet, self._key)
        different = set(keys)
        if len(different) < len(keys) or any(None in one for one in keys) or not self._seen.isdisjoint(different):
            return False
        self._seen |= different
        self.sheets.append(sheet)
        return True


def _are_alike(one: SourceColumn, other: SourceColumn) -> bool:
    """Whether two columns may be parts of one: not where one has numbers, and the other nothing but words."""
    if bool(one.cells.plainly) == bool(other.cells.plainly):
        return True
    texts = islice((other if one.cells.plainly else one).cells.each_different(), _FEW)
    return {kind_of_cell(cell) for cell in texts} != {"text"}


def _headers(sheet: SheetFound) -> tuple[str, ...]:
    return tuple(fold(column.header) for column in sheet.columns)


def _unnumbered(title: str) -> list[str]:
    """The words of a sheet that may be one of several parts: of Level1 and Level2 each is level."""
    return [word.rstrip("0123456789") or word for word in row_words(title)]


def _shared_name(title: str) -> tuple[str, ...]:
    """The words of a title that the other parts of its table have too."""
    words = _unnumbered(title)
    return tuple(words[:1] if words[0] == row_words(title)[0] else words)


def _shared_words(sheets: Sequence[SheetFound]) -> list[str]:
    titles = [_unnumbered(sheet.title) for sheet in sheets]
    shared = []
    for words in zip(*titles, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return shared


def _columns(sheets: Sequence[SheetFound]) -> list[SourceColumn]:
    """The columns of several sheets, joined by their headers."""
    first = sheets[0]
    if len(sheets) == 1:
        return list(first.columns)
    by_header = [_by_header(sheet) for sheet in sheets]
    every = {header: column for columns in reversed(by_header) for header, column in columns.items()}
    order = [*by_header[0], *(header for header in every if header not in by_header[0])]
    return [_joined(every[header], [columns.get(header) for columns in by_header], sheets) for header in order]


def _joined(model: SourceColumn, columns: Sequence[SourceColumn | None], sheets: Sequence[SheetFound]) -> SourceColumn:
    """One column of several sheets; where it goes on in rows in any of them, all rows of each count."""
    continues = any(column is not None and column.continues for column in columns)
    parts: list[Cells] = []
    for column, sheet in zip(columns, sheets, strict=True):
        rows = (
            max(sheet.records, *(len(one.lines or one.cells) for one in sheet.columns)) if continues else sheet.records
        )
        # A sheet without the column has it blank.
        if column is None:
            parts.append(Cells([None] * rows))
        else:
            parts.append((column.lines or column.cells) if continues else column.cells)
    return replace(model, cells=Cells.joined(parts), continues=continues)


def _by_header(sheet: SheetFound) -> dict[tuple[str, int], SourceColumn]:
    """The columns by their headers, and by which they are of those that are alike."""
    times: Counter[str] = Counter()
    found = {}
    for column in sheet.columns:
        header = fold(column.header)
        found[header, times[header]] = column
        times[header] += 1
    return found


def _guess_table(sheets: Sequence[SheetFound], names: TakenNames, timezone: ZoneInfo) -> GuessedTable:
    first = sheets[0]
    is_named = len(sheets) > 1 and not says_nothing(first.title)
    words = _shared_words(sheets) if is_named else title_words(first)
    longer = camel([*row_words(first.spreadsheet.name), *words])
    is_record = first.layout == "vertical"
    if first.table:
        name = names.take(first.table)
        words = row_words(name)
        row = name if is_record else names.take(name.removesuffix("Table") if name != "Table" else name, f"{name}Row")
    else:
        row, name = _take(words, longer, names, is_record=is_record)
    fields, repeated = _guess_keyed(sheets, words, timezone)
    rest = _without_defaults(first, *repeated) if repeated is not None and len(sheets) == 1 else None
    if rest is not None:
        sheets = [rest]
        fields, repeated = _guess_keyed(sheets, words, timezone)
    notes = tuple(f"{sheet.title}: {note}" for sheet in sheets for note in sheet.notes)
    if repeated is not None:
        notes += tuple(_tell_repeated(sheets[0], *repeated))
    return GuessedTable(row, name, tuple(words), tuple(sheets), tuple(fields), is_record, notes)


def _guess_keyed(
    sheets: Sequence[SheetFound], words: Sequence[str], timezone: ZoneInfo
) -> tuple[Sequence[GuessedField], tuple[GuessedField, list[CellValue]] | None]:
    """The fields of sheets that are one table, with its key; where there is none, the ids that keep it from that."""
    first = sheets[0]
    fields: Sequence[GuessedField] = guess_fields(_columns(sheets), timezone)
    if len(sheets) > 1:
        shared = set.intersection(*({fold(column.header) for column in sheet.columns} for sheet in sheets))
        fields = [replace(field, absent_ok=not shared.issuperset(map(fold, field.headers))) for field in fields]
    if first.layout == "vertical":
        return [replace(field, type=replace(field.type, may_be_enum=False)) for field in fields], None
    given = _with_given_key(fields, first)
    fields = with_key(fields, sum(sheet.records for sheet in sheets), words) if given is None else given
    return fields, None if any(field.key for field in fields) else repeated_ids(fields, words)


def _with_given_key(fields: Sequence[GuessedField], sheet: SheetFound) -> list[GuessedField] | None:
    """The fields with the key that a tool's definitions give; None where they say nothing of it, or name no fields."""
    wanted = set(map(fold, sheet.key or ()))
    found = [field for field in fields if {fold(header) for header in field.headers} & wanted]
    if sheet.key is None or len(found) < len(wanted):
        return None
    said = Guess("sure", sentence("the tool's definitions say so"))
    return [replace(field, key=said) if field in found else field for field in fields]


def _without_defaults(sheet: SheetFound, field: GuessedField, repeated: Sequence[CellValue]) -> SheetFound | None:
    """The sheet from its second record on, if the first one, below the row of types, holds defaults: its id, which
    says how far they have come, is the only one that stands there twice, and what nearly all others have it lacks."""
    rest = [False, *[True] * (sheet.records - 1)]
    is_alone = len(repeated) == 1 and field.cells[0] == repeated[0] and not sheet.entry.multirow
    if sheet.types is None or sheet.layout != "rows" or not is_alone:
        return None
    if not any(one.cells.blank[0] and one.cells.filled * 10 >= sheet.records * 8 for one in sheet.columns):
        return None
    laid = lay_out(sheet.grid, sheet.entry)
    # Blank rows and notes may stand above it.
    row = laid.first_line + keep_records(laid, {column.index for column in sheet.columns}).lines[0]
    columns = tuple(replace(column, cells=column.cells.chosen(rest)) for column in sheet.columns)
    told = say("row {row} is left out: it holds defaults, and no record", row=row)
    entry = replace(sheet.entry, first_row=row + 1)
    return replace(sheet, columns=columns, records=sheet.records - 1, entry=entry, left_out=(*sheet.left_out, told))


def _tell_repeated(sheet: SheetFound, field: GuessedField, cells: Sequence[CellValue]) -> Iterator[str]:
    column = next((column.index for column in sheet.columns if column.header in field.headers), 0)
    for cell in cells[:_MOST_TOLD]:
        rows = [number for number, row in enumerate(sheet.grid.rows, 1) if len(row) > column and row[column] == cell]
        places = ", ".join(sheet.grid.cell(number, column + 1).a1 for number in rows)
        yield say(
            "{title}: {value} stands in {places}; {field} is the key once no two are alike",
            title=sheet.title,
            value=shown(cell),
            places=places,
            field=field.name,
        )


def title_words(sheet: SheetFound) -> list[str]:
    """What a sheet's rows are called: by its title, and by its workbook's name where that is but `Sheet1`."""
    title = sheet.spreadsheet.name if says_nothing(sheet.title) else named_part(sheet.title)
    return row_words(title, of_many=sheet.layout != "vertical")


def _with_names(sheets: Sequence[SheetFound]) -> list[SheetFound]:
    """The sheets; one whose title many workbooks have is called as its workbook too."""
    books: dict[str, set[str]] = {}
    for sheet in sheets:
        books.setdefault(sheet.title, set()).add(sheet.spreadsheet.name)
    alone = {name for name, count in Counter(sheet.spreadsheet.name for sheet in sheets).items() if count == 1}
    named = []
    for sheet in sheets:
        title, having = sheet.title, books[sheet.title]
        if len(having) >= _MANY_BOOKS and not sheet.table and not says_nothing(title):
            # Where each of these workbooks has but this sheet, the title says nothing.
            text = sheet.spreadsheet.name if having <= alone else f"{sheet.spreadsheet.name} {title}"
            sheet = replace(sheet, table=f"{camel(row_words(text))}Table")
        named.append(sheet)
    return named


def _take(words: Sequence[str], longer: str, names: TakenNames, *, is_record: bool) -> tuple[str, str]:
    row = names.take(camel(words), longer)
    if is_record:
        return row, row
    table = names.take(f"{row}Table", f"{row}Rows")
    return row, table
