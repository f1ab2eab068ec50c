"""The columns of a sheet's table: which headers become fields, and what the rows around the header say of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import shown
from gdata.parsing.sheet.layout import Sheet, find_unticked, keep_records, lay_out
from gdata.scaffold.cells import Cells
from gdata.scaffold.declared import Declared, read_type, read_typed_name
from gdata.scaffold.fields.lists import with_continuation
from gdata.scaffold.fields.types import LEADING_ZERO
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.sheets.header import BOTH_FLAGS, CLIENT_FLAGS, SERVER_FLAGS, Block
from gdata.scaffold.sheets.sample import SAMPLE, kind_of_cell, text_at
from gdata.sources.grid import ERROR_TEXTS, CellValue, Grid
from gdata.text import fold

_BLANK_WORDS = frozenset("null nil none n/a na - -- — 없음 無 无 なし".split())
_MOST_BLANK_WORDS, _LONGEST_BLANK_WORD = 2, 16
_ENOUGH_NUMBERS = 3
_NOTE_MARKS = ("//", "--", ";", "_", "*", "!", "~", "%")
"""What rows begin with that are no records, beside #."""
_MANY_COLUMNS, _SHORTEST_WORD = 4, 4
"""Of a sheet in which a row of one word is no record; and of that word."""
_PARTED = re.compile(r"\d+\.\d+")


def read_table(
    spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry, block: Block | None = None, *, alike: bool = False
) -> SheetFound:
    """The table that a sheet has under this entry; `block` says what the rows around its header are for.

    `alike`: headers that are alike are meant as a list.
    """
    sheet = lay_out(grid, entry)
    wanted, directives, notes, again = _choose_columns(sheet)
    rows = grid.rows if entry.layout != "columns" else turned(grid.rows)
    # Each look at a row of csv takes it apart anew; a sheet may be 16,384 columns wide.
    rows = list(rows[:SAMPLE]) if block is not None else []
    # Headers that are alike make a list where they can; where nothing says that they are meant to, it is told.
    notes += tuple(
        note
        for index, (text, note) in again.items()
        if note and not (alike or index in sheet.spans or _declare_alike(rows, block, index, text, wanted))
    )
    wanted = dict(sorted({**wanted, **{index: text for index, (text, _) in again.items()}}.items()))
    columns = {*wanted, *directives}
    kept = keep_records(sheet, columns, end=find_unticked(sheet, columns, ())[0])
    cells = kept.columns
    found = tuple(
        SourceColumn(
            index, text, Cells(cells[index]), is_merged=index in sheet.spans, **_told(rows, block, index, text)
        )
        for index, text in wanted.items()
    )
    # A sheet has one sign of notes: with another one, those that begin with # would be records.
    if found and found[0].index == sheet.first_column and entry.notes == "#" and not (entry.tables or kept.notes):
        word = _parting_word(found)
        mark = _note_mark(found[0].cells) or word
        if mark:
            one = read_table(spreadsheet, grid, replace(entry, notes=mark), block, alike=alike)
            told = say("rows of {word} alone are left out: nothing else stands in them", word=word)
            return replace(one, left_out=(told,)) if mark == word else one
    if found and found[0].header == "#":
        found = _with_number(found)
    found, blank = _without_blank_words(found)
    entry = replace(entry, blank=blank) if blank and not entry.blank else entry
    records = len(found[0].cells) if found else 0
    tags = tuple(dict.fromkeys(_tags(sheet, directives, cells)))
    types = block.types if block is not None and block.types != block.header else None
    sheet_found = SheetFound(spreadsheet, grid, entry, _with_groups(found), records, notes, types=types, tags=tags)
    return with_continuation(sheet_found) if entry.multirow or not entry.tables else sheet_found


def turned(rows: Sequence[Sequence[CellValue]]) -> list[list[CellValue]]:
    """The first columns of a sheet on its side as rows."""
    width = min(max(map(len, rows), default=0), SAMPLE)
    return [[row[column] if len(row) > column else None for row in rows] for column in range(width)]


def _note_mark(cells: Cells) -> str:
    """What rows begin with that are no records: `//`, or `_` before some of the numbers; "" where none does."""
    if cells.plainly or not cells.variety:
        return ""
    marked = [cell for cell in cells.distinct if isinstance(cell, str) and cell.lstrip().startswith(_NOTE_MARKS)]
    marked = [cell for cell in marked if kind_of_cell(cell) == "text"]
    mark = next((one for one in _NOTE_MARKS if marked and all(cell.lstrip().startswith(one) for cell in marked)), "")
    others = {kind_of_cell(cell) for cell in cells.distinct if cell not in marked}
    is_meant = others == {"number"} or (mark == "//" and others and "#" not in cells.lines)
    return mark if is_meant and len(marked) * 2 <= cells.variety else ""


def _parting_word(columns: Sequence[SourceColumn]) -> str:
    """The one word of rows that have nothing else, and part others: `Expansion`; "" where no row is like that.

    The last row may be one that somebody has yet to fill, and one whose next row has no first cell goes on there.
    """
    first, *others = columns
    alone: Iterable[int] = range(len(first.cells)) if len(others) >= _MANY_COLUMNS else ()
    for column in others:
        blank = column.cells.blank if column.cells.has_blanks else ()
        alone = [index for index in alone if blank[index]] if blank else []
        if not alone:
            return ""
    if any(index + 1 == len(first.cells) or first.cells.blank[index + 1] for index in alone):
        return ""
    words = {cell for index in alone if isinstance(cell := first.cells[index], str) and kind_of_cell(cell) == "text"}
    word = words.pop().strip() if len(words) == 1 else ""
    beginning = sum(isinstance(cell, str) and cell.strip().startswith(word) for cell in first.cells) if word else 0
    return word if len(word) >= _SHORTEST_WORD and beginning == len(list(alone)) else ""


def _without_blank_words(columns: tuple[SourceColumn, ...]) -> tuple[tuple[SourceColumn, ...], tuple[str, ...]]:
    """The columns with nothing where a word such as `null` or `-` stands among numbers, and these words.

    What `blank` names is blank in all columns but those of text: one where such a word is a value stays text, and where
    that can't be, the word is none of them.
    """
    found = {column.index: _blank_words(column.cells, column.declared) for column in columns}
    words = dict.fromkeys(cell.strip() for cells in found.values() for cell in cells)
    if not words:
        return columns, ()
    saying = [one for one in columns if not found[one.index] and _says(one, words)]
    meant = [one.declared for one in saying if one.declared is not None and one.declared.kind != "string"]
    if meant:
        return columns, ()
    texts = {one.index for one in saying}
    done = []
    for column in columns:
        if column.index in texts:
            column = replace(column, declared=read_type("string"))
        elif blank := found[column.index]:
            column = replace(column, cells=Cells([None if cell in blank else cell for cell in column.cells]))
        done.append(column)
    return tuple(done), tuple(words)


def _says(column: SourceColumn, words: Mapping[str, None]) -> bool:
    return any(isinstance(cell, str) and cell.strip() in words for cell in column.cells.distinct)


def _blank_words(cells: Cells, declared: Declared | None) -> list[str]:
    """Words such as `null` in a column of numbers, dates or what else isn't text; [] where they mean themselves."""
    kind = declared.kind if declared is not None else ""
    if cells.plainly or kind in ("string", "message") or (declared is not None and kind and declared.is_list):
        return []
    distinct = cells.distinct
    if not kind and _are_texts(distinct[: _MOST_BLANK_WORDS + 1]):
        return []
    short = [cell for cell in distinct if isinstance(cell, str) and len(cell) <= _LONGEST_BLANK_WORD]
    found = [cell for cell in short if {fold(cell), cell.strip()} & _BLANK_WORDS]
    if not 0 < len(found) <= _MOST_BLANK_WORDS:
        return []
    others = [cell for cell in distinct if cell not in found]
    if not kind and any(isinstance(cell, str) and LEADING_ZERO.match(cell.strip()) for cell in others):
        return []  # `007` is text, where nothing is blank but nothing.
    kinds = set(map(kind_of_cell, others))
    is_no_text = (len(others) >= _ENOUGH_NUMBERS and kinds <= {"number"}) or (len(others) > 1 and kinds == {"date"})
    return found if kind or is_no_text else []


def _are_texts(cells: Sequence[CellValue]) -> bool:
    """Whether these are more texts than may mean "nothing"."""
    return len(cells) > _MOST_BLANK_WORDS and all(kind_of_cell(cell) == "text" for cell in cells)


def _declare_alike(
    rows: Sequence[Sequence[CellValue]], block: Block | None, index: int, text: str, wanted: Mapping[int, str]
) -> bool:
    """Whether a column is declared as the one before it with the same header is: both are elements of a list."""
    if block is None or block.types is None:
        return False
    first = next((column for column, other in wanted.items() if fold(other) == fold(text)), None)
    types = rows[block.types]
    return first is not None and bool(text_at(types, first)) and text_at(types, index) in ("", text_at(types, first))


def _told(rows: Sequence[Sequence[CellValue]], block: Block | None, column: int, header: str) -> dict[str, Any]:
    """What the rows of a header block say of a column; a second name that is its header's is none."""
    if block is None:
        return {}
    said = [text_at(rows[index], column) for index in block.comments]
    labels = [text_at(rows[index], column) for index in block.labels]
    groups = [group for index in block.flags for group in _groups(text_at(rows[index], column))]
    declared, name = None, ""
    if block.types is not None:
        text = text_at(rows[block.types], column)
        named = read_typed_name(text) if block.types == block.header else None
        name, declared = named or ("", read_type(text) if block.types != block.header else None)
    return {
        "declared": declared,
        "program_name": name,
        "labels": tuple(text for text in labels if text and fold(text) != fold(header)),
        "comments": tuple(text for text in said if text and not text.startswith("##")),
        "groups": tuple(dict.fromkeys(groups)),
    }


def _groups(text: str) -> tuple[str, ...]:
    folded = fold(text)
    if folded in BOTH_FLAGS:
        return "client", "server"
    return ("client",) if folded in CLIENT_FLAGS else ("server",) if folded in SERVER_FLAGS else ()


def _with_groups(columns: tuple[SourceColumn, ...]) -> tuple[SourceColumn, ...]:
    """Groups matter only where columns differ; a column without one is everybody's then."""
    every = ("client", "server")
    if all(column.groups in ((), every) for column in columns):
        return tuple(replace(column, groups=()) if column.groups else column for column in columns)
    return tuple(replace(column, groups=column.groups or every) for column in columns)


def _with_number(columns: tuple[SourceColumn, ...]) -> tuple[SourceColumn, ...]:
    """The columns without the one that is just called `#` where it has no ids; `1.1` and `1.10` are two of them."""
    first, *others = columns
    if not _is_id(first.cells):
        return tuple(others)
    parts = all(isinstance(cell, str) and _PARTED.fullmatch(cell.strip()) for cell in first.cells)
    return (replace(first, declared=read_type("string")), *others) if parts else columns


def _is_id(cells: Sequence[CellValue]) -> bool:
    """Whether the column that is just called `#` has ids: no blanks, no two alike."""
    texts = list(map(shown, cells))
    return bool(texts) and all(texts) and len(set(texts)) == len(texts)


def _tags(sheet: Sheet, directives: Sequence[int], cells: Mapping[int, Sequence[CellValue]]) -> Iterator[str]:
    """Whose columns and rows the sheet has: `price@jp`, and what stands under @tags."""
    texts = [shown(cell).strip() for cell in sheet.header]
    folded = set(map(fold, texts))
    for text in texts:
        base, _, tag = text.rpartition("@")
        if base and tag.strip() and fold(base) in folded:
            yield tag.strip()
    for index in directives:
        if fold(texts[index]) == "@tags":
            yield from (tag.strip() for cell in cells[index] for tag in shown(cell).split(",") if tag.strip())


def _choose_columns(
    sheet: Sheet,
) -> tuple[dict[int, str], list[int], tuple[str, ...], dict[int, tuple[str, str]]]:
    """The columns that become fields, those with directives, what there is to say of others; and those whose header
    stands there already, with what to say if that isn't meant."""
    texts = {index: shown(cell).strip() for index, cell in enumerate(sheet.header)}
    wanted: dict[int, str] = {}
    directives: list[int] = []
    notes: list[str] = []
    seen: dict[str, str] = {}
    again: dict[int, tuple[str, str]] = {}
    for index, text in texts.items():
        place = sheet.header_cell(index).a1
        base, at, _ = text.rpartition("@")
        if not text and sheet.spans.get(index) in wanted:
            again[index] = wanted[sheet.spans[index]], ""
            continue
        is_note = text.startswith("#") and text not in ERROR_TEXTS and read_typed_name(text) is None
        if not text or (is_note and not (text == "#" and not wanted)):
            continue
        if text in ERROR_TEXTS:
            notes.append(say("the header in {place} is a formula that fails: {text}", place=place, text=text))
        elif text.startswith("@"):
            directives.append(index)
        elif at and fold(base) in map(fold, texts.values()):
            continue  # A variant of the column `base`.
        elif fold(text) in seen:
            note = say(
                "{place} has the header {text} of {seen} again: one of them needs another name, unless they are a list",
                place=place,
                text=text,
                seen=seen[fold(text)],
            )
            again[index] = text, note
        else:
            seen[fold(text)] = place
            wanted[index] = text
    return wanted, directives, tuple(notes), again
