"""What `gdata scaffold` tells: tables with keys and references, what to look at, files; for people, and as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from gdata.cli.console import plain_table, result_console
from gdata.language import Sentence, counted, say, say_counted, sentence
from gdata.problems import Cell, Problem, has_errors
from gdata.scaffold.guess import Guess, GuessedField, GuessedTable, Sureness
from gdata.scaffold.propose import FileChange, Proposal
from gdata.scaffold.proto_text import marked
from gdata.text import masked

_SURENESS: dict[Sureness, tuple[Sentence, str]] = {
    "sure": (sentence("sure"), "green"),
    "likely": (sentence("likely"), "yellow"),
    "unsure": (sentence("unsure"), "red"),
}
"""Each in words, and its colour."""
_MOST_UNSURE = 30


def _leaves(fields: Sequence[GuessedField], prefix: str = "") -> Iterator[tuple[str, GuessedField]]:
    for field in fields:
        yield prefix + field.name, field
        yield from _leaves(field.parts, f"{prefix}{field.name}.")


def _guesses(table: GuessedTable) -> Iterator[tuple[str, Sentence, Guess]]:
    """Field, what was guessed of it, and how sure it is; the key once, whatever it is made of."""
    for path, field in _leaves(table.fields):
        for what, guess in marked(field):
            yield path, what, guess


def render(proposal: Proposal, folder: Path, *, quiet: bool, with_diffs: bool) -> None:
    """Tell people what would be, or is about to be, written."""
    console = result_console()
    if proposal.draft.tables and not quiet:
        console.print(_table_of(proposal.draft.tables))
    for table in proposal.draft.extended:
        names = ", ".join(field.name for field in table.fields)
        console.print(say("{name}: new fields {names}", name=table.name, names=names))
    for new in proposal.draft.additions.values:
        console.print(say("{enum}: new values {values}", enum=new.enum, values=", ".join(map(masked, new.texts))))
    if not quiet:
        for line in _remarks(proposal):
            console.print(line, soft_wrap=True)
    if with_diffs:
        render_diff([change for change in proposal.changes if change.old is not None])
    for change in proposal.changes:
        path = _relative(change.path, folder)
        console.print(
            say("new file: {path}", path=path) if change.old is None else say("changed file: {path}", path=path),
        )
    console.print(_summary(proposal), style="bold")


def _table_of(tables: Sequence[GuessedTable]) -> Table:
    page = plain_table()
    page.add_column(say("table"), no_wrap=True)
    page.add_column(say("rows"), justify="right")
    for heading in (say("key"), say("how sure"), say("refers to")):
        page.add_column(heading)
    for table in tables:
        key = table.key
        sure, style = _SURENESS[key[0].key.sure] if key and key[0].key is not None else ("", "")
        refs = sorted({ref.table for _, field in _leaves(table.fields) for ref in field.refs})
        rows = say("one record") if table.is_record else f"{table.records:,}"
        keys = ", ".join(field.name for field in key) or ("" if table.is_record else say("none"))
        page.add_row(Text(table.name, style="bold"), rows, keys, Text(str(sure), style=style), ", ".join(refs))
    return page


def _remarks(proposal: Proposal) -> Iterator[str]:
    unsure = [
        f"{table.name}.{path}: {masked(str(what))}"
        for table in (*proposal.draft.tables, *proposal.draft.extended)
        for path, what, guess in _guesses(table)
        if guess.sure == "unsure"
    ]
    if unsure:
        yield "\n" + say("unsure, so worth a look first:")
        yield from (f"  {line}" for line in unsure[:_MOST_UNSURE])
        if len(unsure) > _MOST_UNSURE:
            yield "  " + say("… and {count} more, marked in the .proto files", count=len(unsure) - _MOST_UNSURE)
    slips = [
        masked(
            say(
                "{table}.{field} would refer to {other_table}, which lacks {count}: {missing}",
                table=one.table,
                field=one.field,
                other_table=one.to,
                count=one.count,
                missing=", ".join(one.missing),
            )
        )
        for one in proposal.draft.near
    ] + [masked(slip) for slip in proposal.draft.additions.slips]
    if slips:
        yield "\n" + say("mistakes in the sheets, it seems:")
        yield from (f"  {line}" for line in slips)
    if proposal.draft.unmatched:
        yield "\n" + say("without a counterpart, so to be done by hand:")
        yield from (f"  {masked(str(one))}" for one in proposal.draft.unmatched)
    if proposal.draft.mended:
        yield "\n" + say("guesses taken back, since the sheets don't build with them:")
        yield from (f"  {masked(note)}" for note in proposal.draft.mended)
    notes = [masked(note) for table in proposal.draft.tables for note in table.notes]
    if notes:
        yield "\n" + say("to be mended in the sheets:")
        yield from (f"  {line}" for line in notes)
    left = [f"  {one.spreadsheet}: {masked(one.title)}: {one.reason}" for one in proposal.draft.skipped]
    sheets = (sheet for table in proposal.draft.tables for sheet in table.sheets)
    left += [f"  {one.spreadsheet.name}: {masked(f'{one.title}: {what}')}" for one in sheets for what in one.left_out]
    if left:
        yield "\n" + say("left out:")
        yield from left
    yield ""


def _summary(proposal: Proposal) -> str:
    figures = _figures(proposal)
    if not (proposal.changes or proposal.draft.tables):
        if proposal.draft.additions.slips or has_errors(proposal.problems or ()):
            return say("nothing to add; `gdata check` says what is wrong in the sheets")
        if not proposal.draft.mapped:
            return say("nothing to add")
        return say_counted(
            "nothing to add: {count} sheet fits the tables that it feeds",
            "nothing to add: all {count} sheets fit the tables that they feed",
            proposal.draft.mapped,
        )
    return say(
        "{sheets}: {tables}, {fields}, {enums}; {keys} ({keys_sure} sure), {references} ({references_sure} sure)",
        sheets=counted("{count} sheet", "{count} sheets", figures["sheets"]),
        tables=counted("{count} table", "{count} tables", figures["tables"]),
        fields=counted("{count} field", "{count} fields", figures["fields"]),
        enums=counted("{count} enum", "{count} enums", figures["enums"]),
        keys=counted("{count} key", "{count} keys", figures["keys"]),
        references=counted("{count} reference", "{count} references", figures["references"]),
        keys_sure=figures["keys_sure"],
        references_sure=figures["references_sure"],
    )


def _figures(proposal: Proposal) -> dict[str, int]:
    tables = proposal.draft.tables
    leaves = [field for table in (*tables, *proposal.draft.extended) for _, field in _leaves(table.fields)]
    keys = [table.key[0].key for table in tables if table.key]
    referring = [field.referred for field in leaves if field.referred is not None]
    return {
        "sheets": sum(len(table.sheets) for table in tables),
        "tables": len(tables),
        "fields": len(leaves),
        "enums": len({field.type.enum for field in leaves if field.type.enum}),
        "keys": len(keys),
        "keys_sure": sum(guess is not None and guess.sure == "sure" for guess in keys),
        "references": len(referring),
        "references_sure": sum(guess.sure == "sure" for guess in referring),
    }


def render_diff(changes: Sequence[FileChange]) -> None:
    """Show what is added to files that exist."""
    console = result_console()
    for change in changes:
        old, new = (change.old or "").splitlines(), change.new.splitlines()
        for line in difflib.unified_diff(old, new, change.path.name, change.path.name, lineterm="", n=2):
            style = "green" if line.startswith("+") else "dim"
            console.print(Text(masked(line), style=style), soft_wrap=True)


def as_json(
    proposal: Proposal, folder: Path, problems: Sequence[Problem] | None, failed: Sequence[str]
) -> dict[str, Any]:
    """The whole of it for programs; `problems` None: not checked."""
    return {
        "ok": not failed,
        "summary": _figures(proposal),
        "files": [
            {"path": _relative(one.path, folder), "status": "new" if one.old is None else "changed"}
            for one in proposal.changes
        ],
        "tables": [_table_json(table, is_new=True) for table in proposal.draft.tables]
        + [_table_json(table, is_new=False) for table in proposal.draft.extended],
        "enum_values": [{"enum": one.enum, "texts": list(one.texts)} for one in proposal.draft.additions.values],
        "skipped": [
            {"spreadsheet": one.spreadsheet, "sheet": one.title, "reason": one.reason} for one in proposal.draft.skipped
        ],
        "near_references": [
            {"table": one.table, "field": one.field, "to": one.to, "missing": list(one.missing), "count": one.count}
            for one in proposal.draft.near
        ],
        "unmatched": [
            {**_place_json(one.cell, folder), "what": one.what, "instead": one.instead}
            for one in proposal.draft.unmatched
        ],
        "mended": list(proposal.draft.mended),
        "problems": [problem.as_json() for problem in problems] if problems is not None else None,
        "failed": list(failed),
    }


def _place_json(cell: Cell, folder: Path) -> dict[str, Any]:
    if not cell.spreadsheet:
        return {"file": _relative(Path(cell.sheet), folder), "line": cell.row}
    return {"spreadsheet": cell.spreadsheet, "sheet": cell.sheet, "cell": cell.a1}


def _table_json(table: GuessedTable, *, is_new: bool) -> dict[str, Any]:
    return {
        "name": table.name,
        "new": is_new,
        "sheets": [sheet.title for sheet in table.sheets],
        "rows": table.records,
        "key": [field.name for field in table.key],
        "fields": [_field_json(path, field) for path, field in _leaves(table.fields)],
    }


def _field_json(path: str, field: GuessedField) -> dict[str, Any]:
    return {
        "name": path,
        "headers": list(field.headers),
        "type": field.message if field.parts else field.type.proto,
        "list": field.is_list,
        "optional": field.optional,
        "columns": list(field.columns),
        "groups": list(field.groups),
        "refs": [{"table": ref.table, "field": ref.field, "when": ref.when} for ref in field.refs],
        "guesses": [{"sure": guess.sure, "what": str(what)} for what, guess in marked(field)],
    }


def _relative(path: Path, folder: Path) -> str:
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return str(path)
