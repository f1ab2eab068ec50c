"""What rows of types say that nobody knows: told by cell, since the fields are guessed from their values then."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gdata.language import say
from gdata.problems import Cell
from gdata.scaffold.guess import GuessedField, GuessedTable, SheetFound, leaves
from gdata.scaffold.sheets.sample import text_at
from gdata.scaffold.tools.reading import Unmatched
from gdata.schema.fieldtypes import NUMBERS


def find_unknown_types(tables: Sequence[GuessedTable], told: Collection[Cell]) -> Iterator[Unmatched]:
    """Each type once, where it stands first; `told` are cells of which a tool told something already."""
    seen: set[str] = set()
    for table in tables:
        unsettled = {header for field in leaves(table.fields) if _is_unsettled(field) for header in field.headers}
        for sheet in table.sheets:
            for cell, text in _unknown(sheet, unsettled):
                if cell not in told and text not in seen:
                    seen.add(text)
                    what = say("{type} isn't known as a type", type=text)
                    instead = say("it is guessed from the values; write the field by hand where that is wrong")
                    yield Unmatched(cell, what, instead)


def _is_unsettled(field: GuessedField) -> bool:
    """Whether a type of the team's own is neither an enum nor a table, and its values are numbers all the same."""
    type_ = field.type
    is_settled = field.refs or field.parts or type_.enum or type_.flags or type_.may_be_enum
    return bool(type_.declared) and type_.kind in NUMBERS and not type_.is_list and not is_settled


def _unknown(sheet: SheetFound, unsettled: Collection[str]) -> Iterator[tuple[Cell, str]]:
    if sheet.types is None or sheet.layout != "rows":
        return
    row = sheet.grid.rows[sheet.types]
    for column in sheet.columns:
        text = text_at(row, column.index)
        if text and not column.is_merged and (column.declared is None or column.header in unsettled):
            yield sheet.grid.cell(sheet.types + 1, column.index + 1), text
