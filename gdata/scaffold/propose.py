"""From everything that was read to a proposal: which files would be written, and what was guessed to get there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import ConfigError, UsageError
from gdata.language import say, sentence
from gdata.problems import Problem
from gdata.scaffold.cells import Cells
from gdata.scaffold.fields.referables import Referable, key_of
from gdata.scaffold.fields.references import NearMiss
from gdata.scaffold.guess import (
    Guess,
    GuessedEnum,
    GuessedField,
    GuessedTable,
    GuessedType,
    SheetFound,
    SkippedSheet,
    leaves,
)
from gdata.scaffold.known import Additions, Known
from gdata.scaffold.names import row_words, words_of
from gdata.scaffold.protos import ProtoChanges
from gdata.scaffold.sheets.spreadsheets import ReadAll
from gdata.scaffold.sheets.table import find_table_of, find_tables
from gdata.scaffold.tables import guess_tables
from gdata.scaffold.tools import read_with
from gdata.scaffold.tools.definitions import Unmatched, find_unknown_types
from gdata.scaffold.yaml_text import NewEntries, add_entries, new_config
from gdata.schema.schema import Schema
from gdata.sources.grid import Grid

_TRADITIONAL = frozenset("編號稱類級數點寶裝備技擊範圍時間獎勵條務關卡經驗當與說語總")
"""Signs that only traditional Chinese writes so, and that sheets are full of."""


@dataclass(frozen=True)
class FileChange:
    """A file to be written: what it is now (None: it isn't there) and what it would be."""

    path: Path
    old: str | None
    new: str


@dataclass(frozen=True)
class Draft:
    """What was guessed, before it is written as files."""

    tables: tuple[GuessedTable, ...]
    """New tables."""
    extended: tuple[GuessedTable, ...]
    """Tables that the project has; `fields` are those that would be added."""
    enums: tuple[GuessedEnum, ...]
    additions: Additions
    near: tuple[NearMiss, ...]
    skipped: tuple[SkippedSheet, ...]
    mapped: int
    """How many sheets the project's tables have already."""
    timezone: str
    why_timezone: str
    again: tuple[SheetFound, ...] = ()
    """Sheets of tables that the project has, and whose lines in sheets.yaml are gone; `entry.tables` names them."""
    unmatched: tuple[Unmatched, ...] = ()
    """What a tool's definitions have and gdata hasn't."""
    mended: tuple[str, ...] = ()
    """Guesses that were taken back because the sheets don't build with them."""


@dataclass(frozen=True)
class Proposal:
    """What scaffolding would do."""

    changes: tuple[FileChange, ...]
    draft: Draft
    schema: Schema | None
    """All .proto files as they would be."""
    problems: tuple[Problem, ...] | None = None
    """What a build would say; None where not all sheets were read."""

    @property
    def config_text(self) -> str | None:
        """sheets.yaml as it would be; None where it doesn't change."""
        return next((one.new for one in self.changes if one.path.suffix != ".proto"), None)


@dataclass(frozen=True)
class ProjectPlace:
    """Where the project is: its sheets.yaml, its folder of .proto files, and the package of new ones."""

    config_path: Path
    protos: Path
    package: str


def make_draft(
    known: Known,
    read: ReadAll,
    place: ProjectPlace,
    *,
    skip: Sequence[str] = (),
    tool: str = "auto",
    on_done: Callable[[str], None] = lambda _: None,
) -> Draft:
    """Guess the tables in what was read; `on_done` is called with each new sheet's title, and each new table's name."""
    timezone, why = _timezone(known, read)
    additions = Additions()
    mapped = 0
    new: list[tuple[Spreadsheet, Grid]] = []
    anew: list[tuple[Spreadsheet, Grid, SheetEntry]] = []
    looked_at: list[SheetFound | SkippedSheet] = []
    for spreadsheet, grids in read.grids:
        entries = known.entries_of(spreadsheet, [grid.sheet for grid in grids])
        for grid in grids:
            entry = entries.get(grid.sheet)
            if entry is not None and entry.overlay:
                mapped += 1  # What it changes is another sheet's, and so are the columns.
            elif entry is not None and not known.plans.keys() >= set(entry.tables):
                anew.append((spreadsheet, grid, entry))
            elif entry is not None:
                mapped += 1
                additions.find(
                    spreadsheet, grid, entry, [known.plans[name] for name in entry.tables], ZoneInfo(timezone)
                )
            elif any(fnmatchcase(grid.sheet, glob) for glob in skip):
                looked_at.append(SkippedSheet(spreadsheet.name, grid.sheet, say("as you said")))
            else:
                new.append((spreadsheet, grid))
    reading = read_with(tool, [*new, *((spreadsheet, grid) for spreadsheet, grid, _ in anew)], place.package)
    told = {(one.spreadsheet.name, one.title): one for one in reading.found if isinstance(one, SheetFound)}
    places = {(spreadsheet.name, grid.sheet) for spreadsheet, grid, _ in anew}
    for spreadsheet, grid, entry in anew:
        looked_at.append(_of_entry(spreadsheet, grid, entry, place, told.get((spreadsheet.name, grid.sheet))))
    looked_at += [one for one in reading.found if _place_of(one) not in places]
    looked_at += find_tables([one for one in reading.rest if (one[0].name, one[1].sheet) not in places], on_done)
    found = [one for one in looked_at if isinstance(one, SheetFound)]
    skipped = [one for one in looked_at if isinstance(one, SkippedSheet)]
    again: list[SheetFound] = []
    for sheet in list(found):
        plan = known.find_again(sheet, place.package) if not sheet.entry.tables else None
        if plan is not None:
            found.remove(sheet)
            again.append(replace(sheet, entry=replace(sheet.entry, tables=(plan.message,))))
            additions.find(sheet.spreadsheet, sheet.grid, again[-1].entry, [plan], ZoneInfo(timezone))
    extended = [_as_table(new.table, new.message, new.fields) for new in additions.fields]
    guessed = guess_tables(
        found,
        ZoneInfo(timezone),
        taken=known.names_in(place.package),
        referables=list(_referables(additions)),
        enums=known.enums,
        given=reading.enums,
        extended=extended,
        groups=known.groups,
        on_done=on_done,
    )
    count = len(guessed.tables) - len(extended)
    unmatched = list(reading.unmatched)
    unmatched += find_unknown_types(guessed.tables[:count], {one.cell for one in unmatched})
    return Draft(
        tuple(guessed.tables[:count]),
        tuple(guessed.tables[count:]),
        tuple(guessed.enums),
        additions,
        tuple(guessed.near),
        tuple(skipped),
        mapped,
        timezone,
        why,
        again=tuple(again),
        unmatched=tuple(unmatched),
    )


def _place_of(one: SheetFound | SkippedSheet) -> tuple[str, str]:
    return one.spreadsheet if isinstance(one, SkippedSheet) else one.spreadsheet.name, one.title


def _of_entry(
    spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry, place: ProjectPlace, told: SheetFound | None
) -> SheetFound | SkippedSheet:
    """A sheet that sheets.yaml maps to a table that no .proto file has yet; `told` is what a tool says of it.

    Raises:
        ConfigError: it has no header there.
    """
    package = place.package
    above = f"{package}." if package else ""
    name = entry.tables[0].removeprefix(above)
    if len(entry.tables) > 1 or "." in name or not entry.tables[0].startswith(above):
        reason = say(
            "its tables {names} aren't one new table of the package {package}",
            names=", ".join(entry.tables),
            package=package,
        )
        return SkippedSheet(spreadsheet.name, grid.sheet, reason)
    found = find_table_of(spreadsheet, grid, replace(entry, tables=(name,)))
    if not found.columns:
        raise ConfigError(
            f"{place.config_path.name}:{entry.line}: {grid.sheet}: {say('no header stands where sheets.yaml says')}",
            hint=sentence("mend `header_row`, `range` or `layout` there, or write the headers"),
        )
    return found if told is None else _as_told(found, told)


def _as_told(found: SheetFound, told: SheetFound) -> SheetFound:
    """A sheet as sheets.yaml says that it lies, with what a tool's definitions say of its columns and its key."""
    by_place = {(column.index, column.header): column for column in told.columns}
    columns = []
    for column in found.columns:
        own = by_place.get((column.index, column.header), column)
        columns.append(replace(column, declared=own.declared or column.declared, program_name=own.program_name))
    return replace(found, columns=tuple(columns), key=told.key)


def write_up(known: Known, place: ProjectPlace, draft: Draft) -> Proposal:
    """The files that a draft makes.

    Raises:
        SchemaError: they don't compile.
    """
    types = [field.type for table in (*draft.tables, *draft.extended) for field in leaves(table.fields)]
    used = {type_.enum for type_ in types} | {type_.flags.rpartition(".")[2] for type_ in types}
    enums = [enum for enum in draft.enums if enum.name in used]
    protos, schema = ProtoChanges(
        known, place.protos, place.package, draft.tables, draft.extended, enums, draft.additions.values
    ).propose()
    changes = [FileChange(place.protos / name, old, new) for name, (old, new) in protos.items()]
    config = _propose_config(known, place, draft)
    return Proposal((*changes, *config), draft, schema)


def _timezone(known: Known, read: ReadAll) -> tuple[str, str]:
    """The project's time zone; of a new one, that of Google's spreadsheets, else what the language of sheets says."""
    if known.config is not None:
        return known.config.timezone, ""
    if len(read.timezones) == 1 and read.timezones <= available_timezones():
        return next(iter(read.timezones)), "the spreadsheets are set to it"
    texts = "".join(str(cell) for _, grids in read.grids for grid in grids for row in grid.rows[:3] for cell in row)
    if any("가" <= sign <= "힣" for sign in texts):
        return "Asia/Seoul", "the sheets are in Korean"
    if any("ぁ" <= sign <= "ヿ" for sign in texts):
        return "Asia/Tokyo", "the sheets are in Japanese"
    if any("一" <= sign <= "龥" for sign in texts):
        if set(texts) & _TRADITIONAL:
            return "Asia/Taipei", "the sheets are in traditional Chinese"
        return "Asia/Shanghai", "the sheets are in Chinese"
    return "UTC", "nothing says otherwise"


def _as_table(name: str, message: str, fields: Sequence[GuessedField]) -> GuessedTable:
    """New fields of a table that exists, in the shape of a guessed table."""
    row = message.rpartition(".")[2]
    return GuessedTable(message, name, tuple(row_words(row)), (), tuple(fields))


def _referables(additions: Additions) -> list[Referable]:
    found = []
    for plan, cells in additions.referable.values():
        key = plan.key[0]
        words = words_of(key.name)[0]
        field = GuessedField(key.name, tuple(words), GuessedType(key.kind, Guess("sure")), cells=Cells(cells))
        found.append(key_of(plan.name, row_words(plan.row.name.rpartition(".")[2]), field))
    return found


def _propose_config(known: Known, place: ProjectPlace, draft: Draft) -> list[FileChange]:
    tables = draft.tables
    if not tables and not draft.again:
        return []
    new = _new_entries(known, draft, place.package)
    if not place.config_path.exists():
        protos = place.protos.relative_to(place.config_path.parent).as_posix()
        tags = list(dict.fromkeys(tag for table in tables for sheet in table.sheets for tag in sheet.tags))
        groups = sorted({group for table in tables for field in table.fields for group in field.groups})
        text = new_config(new, tags, groups, draft.timezone, draft.why_timezone, protos)
        return [FileChange(place.config_path, None, text)]
    if not new:
        return []
    with place.config_path.open(encoding="utf-8", newline="") as file:
        old = file.read()
    return [FileChange(place.config_path, old, add_entries(old, new, place.config_path.name))]


def _new_entries(known: Known, draft: Draft, package: str) -> list[NewEntries]:
    """Those of spreadsheets that exist first: their lines stand above those of new ones."""
    prefix = f"{package}." if package else ""
    by_spreadsheet: dict[str, tuple[Spreadsheet, dict[str, SheetEntry]]] = {}
    # Rows go on with the record above only where a key tells which of them begin one.
    sheets = [
        (sheet if table.key else replace(sheet, entry=replace(sheet.entry, multirow=False)), prefix + table.name)
        for table in draft.tables
        for sheet in table.sheets
    ]
    # A sheet that has its line already needs none.
    sheets = [(sheet, name) for sheet, name in sheets if not sheet.entry.tables]
    for sheet, name in [*sheets, *((sheet, sheet.entry.tables[0]) for sheet in draft.again)]:
        _, entries = by_spreadsheet.setdefault(sheet.spreadsheet.name, (sheet.spreadsheet, {}))
        entries[sheet.title] = replace(sheet.entry, tables=(name,))
    names = {one.name for one in known.config.spreadsheets} if known.config is not None else set()
    new = [
        NewEntries(spreadsheet, tuple(entries.values()), spreadsheet.name not in names)
        for spreadsheet, entries in by_spreadsheet.values()
        if entries
    ]
    return sorted(new, key=lambda one: one.is_new)


def check_package(package: str) -> str:
    """`package`, if protobuf takes it.

    Raises:
        UsageError: it doesn't.
    """
    parts = package.split(".")
    if all(part.isascii() and part.isidentifier() and part == part.lower() for part in parts):
        return package
    raise UsageError(
        sentence("{package} can't be a package", package=package),
        hint=sentence("use small letters, digits and _, like game or game.items"),
    )
