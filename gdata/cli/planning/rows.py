"""Rows of a bundle's table for people and programs: choose, and print as a table, JSON, YAML, text proto or CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor

from gdata.bundles.manifest import Reference
from gdata.bundles.reader import Bundle
from gdata.bundles.titles import Titles, titles_of
from gdata.cli.console import write_result
from gdata.diffs.model import TableDiff
from gdata.diffs.presentation import Presentation
from gdata.diffs.tables.shapes import Shapes
from gdata.errors import UsageError
from gdata.language import current_language, say, say_counted, sentence
from gdata.proto.text import JSON_OF_ITS_OWN, as_dict
from gdata.runtime.messages import table_types
from gdata.runtime.snapshot import parse_table
from gdata.text import did_you_mean, masked

_WIDEST = 40
"""Columns of a terminal that one column of a table takes at the most."""
_NUMERIC = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_DOUBLE,
    FieldDescriptor.CPPTYPE_FLOAT,
)
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_SHOWN = 50
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
"""What a spreadsheet takes for the start of a formula; those in Japan and Korea the wide signs too."""
_NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class ShownTable:
    """A table's rows, chosen step by step; `columns` empty: every field."""

    name: str
    rows: Sequence[Any]
    descriptor: Any
    key: tuple[str, ...]
    is_record: bool = False
    columns: tuple[str, ...] = ()
    words: Presentation = field(default_factory=Presentation)
    """What planners call the fields and values: taken wherever a name is, and shown in tables for people."""
    titles: Titles = field(default_factory=Titles)

    def only_key(self, key: str | None) -> ShownTable:
        """The row with this key (its parts separated by commas); None: all rows."""
        if key is None:
            return self
        parts = key.split(",") if len(self.key) > 1 else [key]
        if not self.key or len(parts) != len(self.key):
            names = ",".join(self.key) or "none"
            raise UsageError(
                sentence("the key of {name} is {names}", name=self.name, names=names),
                hint=sentence("write its parts separated by commas"),
            )
        try:
            wanted = [(name, self._value(name, part.strip())) for name, part in zip(self.key, parts, strict=True)]
        except UsageError:
            named = [row for row in self.rows if self.titles.of(row) == key]
            if named:
                return replace(self, rows=named)
            raise
        found = [row for row in self.rows if all(getattr(row, name) == value for name, value in wanted)]
        if not found:
            found = [row for row in self.rows if self.titles.of(row) == key]
        if not found:
            known = [",".join(str(getattr(row, name)) for name in self.key) for row in self.rows[:100_000]]
            raise UsageError(
                sentence("{name} has no row {key}", name=self.name, key=key), hint=did_you_mean(key, known)
            )
        return replace(self, rows=found)

    def only_where(self, conditions: Sequence[str]) -> ShownTable:
        """The rows that fit every `field=value`."""
        rows = self.rows
        for condition in conditions:
            name, equals, text = condition.partition("=")
            if not equals:
                raise UsageError(
                    sentence("{condition} is no condition", condition=condition),
                    hint=sentence("write it as field=value"),
                )
            field = self._field(name.strip()).name
            value = self._value(field, text.strip())
            rows = [row for row in rows if getattr(row, field) == value]
        return replace(self, rows=rows)

    def after(self, count: int) -> ShownTable:
        """The rows behind the first `count`."""
        return replace(self, rows=self.rows[count:])

    def only_columns(self, names: Sequence[str]) -> ShownTable:
        """These fields alone, in this order."""
        return replace(self, columns=tuple(self._field(name.strip()).name for name in names))

    def as_dict(self, row: Any) -> dict[str, Any]:
        """A row in protobuf's JSON mapping, with proto names, and zeros where a field can't be unset."""
        values = as_dict(row, proto_names=True, zeros=True)
        return {name: values.get(name) for name in self.columns} if self.columns else values

    def _field(self, name: str) -> Any:
        fields = self.descriptor.fields_by_name
        field = fields.get(name) or fields.get(self.words.find_field(self.name, name))
        if field is None:
            names = list(self.descriptor.fields_by_name)
            raise UsageError(
                sentence("{table} has no field {field}", table=self.name, field=name),
                hint=did_you_mean(name, [*names, *map(self.heading, names)]) or ", ".join(names),
            )
        return field

    def heading(self, name: str) -> str:
        """What people call a field."""
        return self.words.field_name(self.name, name)

    def cell(self, name: str, value: Any) -> str:
        """A field's value in a table for people."""
        if name == self.titles.field and self.titles.look_up is not None and isinstance(value, str):
            title = self.titles.told(value)
            return value if title == value else f"{value} {title}"
        if value is None or isinstance(value, bool) or value in ([], {}):
            return _cell(value)
        return self.words.value(self._shape, name, value)

    @cached_property
    def _shape(self) -> TableDiff:
        """What its fields are, as words for values are asked for."""
        paths = dict(Shapes().whole(self.descriptor).paths())
        kinds, maps = (
            {path: one.kind for path, one in paths.items()},
            (path for path, one in paths.items() if one.is_map),
        )
        return TableDiff(self.name, "changed", 0, 0, kinds=kinds, maps=frozenset(maps))

    def _value(self, name: str, text: str) -> Any:
        field = self._field(name)
        if field.is_repeated or field.message_type is not None:
            raise UsageError(
                sentence("{field} of {table} isn't a single value", field=name, table=self.name),
                hint=sentence("choose by a field that is"),
            )
        try:
            return _parse(field, self.words.find_value(self.name, field.name, text))
        except (ValueError, KeyError) as error:
            raise UsageError(
                sentence("{text} is no value of {name}", text=repr(text), name=self.heading(name)),
                hint=self._choices(field),
            ) from error

    def _choices(self, field: Any) -> str:
        labels = self.words.labels.get((self.name, field.name), {})
        names = field.enum_type.values_by_name if field.enum_type is not None else ()
        return ", ".join(labels.get(name, name) for name in names)


def _parse(field: Any, text: str) -> Any:
    if field.enum_type is not None:
        values = field.enum_type.values_by_name
        return values[text].number if text in values else int(text)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if text.casefold() not in (*_TRUE, *_FALSE):
            raise ValueError(text)
        return text.casefold() in _TRUE
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return float(text)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return text.encode() if field.type == FieldDescriptor.TYPE_BYTES else text
    return int(text)


def open_table(bundle: Bundle, name: str, words: Presentation | None = None) -> ShownTable:
    """The table `name` of a bundle, in the planners' words.

    Raises:
        UsageError: the bundle has no such table.
        DamagedError: its bytes aren't what the manifest says.
    """
    entry = bundle.manifest.tables.get(name)
    if entry is None:
        folded = {known.casefold(): known for known in bundle.manifest.tables}
        name = folded.get(name.casefold(), folded.get(f"{name}table".casefold(), name))
        entry = bundle.manifest.tables.get(name)
    if entry is None:
        known = list(bundle.manifest.tables)
        short = {one.removesuffix("Table"): one for one in known}
        near = did_you_mean(name, known) or did_you_mean(name, short)
        raise UsageError(sentence("there is no table {name}", name=name), hint=near + say("`gdata show` lists them"))
    kinds = table_types(bundle.schema(), bundle.manifest, place=bundle.place)

    def parsed(table: str) -> Any:
        found = bundle.manifest.tables[table]
        return parse_table(table, kinds[table], found, [bundle.read_part(part) for part in found.parts], bundle.place)

    def find(reference: Reference) -> tuple[Callable[[Any], Any], Any] | None:
        texts = bundle.manifest.tables.get(reference.table)
        is_found = texts is not None and texts.key == reference.fields
        return (parsed(reference.table).get, kinds[reference.table].row) if is_found else None

    shown, kind = parsed(name), kinds[name]
    is_record = entry.kind == "record"
    return ShownTable(
        name,
        [shown] if is_record else list(shown),
        kind.row,
        entry.key,
        is_record,
        words=words or Presentation(),
        titles=titles_of(bundle.manifest.tables, name, kind.row, find, current_language()),
    )


def render(table: ShownTable, format_: str, limit: int | None, *, for_excel: bool = False) -> None:
    """Print the chosen rows on stdout, the first `limit` of them; a page for people has 50, if nobody says."""
    if format_ == "table":
        _render_table(table, _SHOWN if limit is None else limit or None)
        return
    rows = table.rows[: limit or None]
    if format_ == "json":
        write_result(json.dumps([table.as_dict(row) for row in rows], ensure_ascii=False, indent=1) + "\n")
    elif format_ == "yaml":
        import yaml

        content = [table.as_dict(row) for row in rows]
        write_result(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    elif format_ == "txtpb":
        for row in rows:
            write_result(f"rows {{\n{text_format.MessageToString(row, as_utf8=True, indent=2)}}}\n")
    else:
        _render_csv(table, rows, for_excel=for_excel)
    if len(rows) < len(table.rows):
        sys.stderr.write(_more_rows(table, rows) + "\n")


def _more_rows(table: ShownTable, rows: Sequence[Any]) -> str:
    return say_counted("… {count} more row: --limit 0", "… {count} more rows: --limit 0", len(table.rows) - len(rows))


def _columns_of(table: ShownTable) -> list[str]:
    return list(table.columns) or [field.name for field in table.descriptor.fields]


def _cell(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _render_csv(table: ShownTable, rows: Sequence[Any], *, for_excel: bool) -> None:
    """A sheet that builds the same rows again: fields as headers, messages and lists as JSON; a record downwards."""
    columns = _columns_of(table)
    fields = [table.descriptor.fields_by_name[name] for name in columns]
    lines = []
    for row in rows:
        values = table.as_dict(row)
        lines.append([_sheet_cell(field, row, values.get(field.name)) for field in fields])
    if table.is_record:
        lines = [[name, cell] for line in lines for name, cell in zip(columns, line, strict=True)]
    else:
        lines.insert(0, columns)
    if any(line[0].startswith("#") for line in lines):
        lines = [["", *line] for line in lines]  # In the first column it would make the row a note.
    if for_excel:
        lines = [list(map(_harmless, line)) for line in lines]
        write_result("\ufeff")
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows(lines)
    write_result(page.getvalue())


def _sheet_cell(field: Any, row: Any, value: Any) -> str:
    """The cell that a sheet has for a field's value, given as JSON has it."""
    if field.has_presence and not row.HasField(field.name):
        return ""
    type_ = field.message_type
    if type_ is None or field.is_repeated:
        return _cell(value)
    if type_.full_name == "google.protobuf.FieldMask":
        return ",".join(getattr(row, field.name).paths)
    if type_.full_name in JSON_OF_ITS_OWN:
        return json.dumps(value, ensure_ascii=False)
    return _cell(value) if value != {} else "{}"


def _harmless(text: str) -> str:
    """A text that a spreadsheet would run as a formula, marked as text."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _render_table(table: ShownTable, limit: int | None) -> None:
    from rich.text import Text

    from gdata.cli.console import error_console, plain_table, result_console

    console = result_console()
    rows = table.rows[:limit]
    dicts = [table.as_dict(row) for row in rows]
    if not dicts:
        error_console().print(say("no row fits"))
        return
    if len(dicts) == 1:
        _render_row(table, dicts[0])
        return
    cells = {
        name: [masked(table.cell(name, one.get(name))) for one in dicts]
        for name in _columns_of(table)
        if table.columns or any(_cell(one.get(name)) for one in dicts)
    }
    headings = {name: table.heading(name) for name in cells}
    shown = list(cells) if table.columns else _that_fit(cells, headings, console.width)
    page = plain_table()
    for name in shown:
        numeric = table.descriptor.fields_by_name[name].cpp_type in _NUMERIC
        heading, justify = Text(headings[name]), "right" if numeric else "left"
        page.add_column(heading, justify=justify, no_wrap=True, max_width=_WIDEST)  # type: ignore[arg-type]
    for line in zip(*(cells[name] for name in shown), strict=True):
        page.add_row(*map(Text, line))
    console.print(page)
    if len(rows) < len(table.rows):
        console.print(_more_rows(table, rows), style="dim")
    if len(shown) < len(cells):
        rest = ", ".join(headings[name] for name in cells if name not in shown)
        console.print(Text(say("… more columns: {rest}; choose with --columns", rest=rest), style="dim"))


def _that_fit(cells: dict[str, list[str]], headings: dict[str, str], width: int) -> list[str]:
    """The first columns, as many as a line has room for."""
    from rich.cells import cell_len

    shown: list[str] = []
    for name, texts in cells.items():
        width -= min(_WIDEST, max(cell_len(headings[name]), *map(cell_len, texts))) + 2
        if width < 0 and shown:
            break
        shown.append(name)
    return shown


def _render_row(table: ShownTable, values: dict[str, Any]) -> None:
    from rich.text import Text

    from gdata.cli.console import plain_table, result_console

    page = plain_table(header=False)
    page.add_column(style="bold", no_wrap=True)
    page.add_column(style="dim", no_wrap=True)
    page.add_column(overflow="fold")
    for name in _columns_of(table):
        if text := table.cell(name, values.get(name)):
            heading = table.heading(name)
            page.add_row(Text(heading), Text(name if heading != name else ""), Text(masked(text)))
    result_console().print(page)
