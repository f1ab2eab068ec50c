"""`gdata history`: who changed a table, a row or a field, when, in which release and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gdata.cli.options import (
    complete_channels,
    complete_tables,
    config_option,
    format_option,
    newest_option,
    open_place,
    store_option,
)
from gdata.errors import DamagedError, StoreError, UsageError
from gdata.language import say, sentence
from gdata.text import visible

if TYPE_CHECKING:
    from rich.console import Console

    from gdata.diffs.presentation import Presentation
    from gdata.pipeline.releasing.history import HistoryReader, RowHistory, TableHistory

_ROWS = 5
"""Rows told of each entry, where no row is asked for."""


@click.command("history")
@click.argument("table", shell_complete=complete_tables)
@click.argument("key", required=False)
@click.argument("field", required=False)
@click.option("--channel", shell_complete=complete_channels, help="Whose history; else the default channel's.")
@newest_option("Newest changes only.")
@store_option
@format_option("text", "json")
@config_option
@click.pass_context
def command(
    context: click.Context,
    table: str,
    key: str | None,
    field: str | None,
    channel: str | None,
    limit: int,
    location: str | None,
    format_: str,
    config_path: Path | None,
) -> None:
    """Show who changed TABLE, or the row KEY of it, or its FIELD: when, in which release and why, newest first.

    KEY is the row's key or its title, FIELD its name or the sheet's header.

    \b
    Examples:
      gdata history ItemTable
      gdata history ItemTable 1001
      gdata history ItemTable 1001 구매가 --channel live --format json
    """
    from gdata.cli.console import print_json, result_console, warn

    reader, words = _open(config_path, location, channel)
    name = _known(reader, table)
    parts = ",".join(part.strip() for part in key.split(",")) if key else ""
    asked = _Asked(name, parts, words.find_field(name, field) if field else "")
    found = list(islice(asked.changes(reader), limit))
    _check(asked, found, reader, words)
    if format_ == "json":
        print_json({"table": name, "key": key, "changes": [asked.as_json(*one) for one in found]})
    else:
        _Page(result_console(), asked, words).show(found, reader.log.channel)
    faults = list(dict.fromkeys(reader.faults))
    warn(faults[:_ROWS])
    context.exit(0)


def _open(config_path: Path | None, location: str | None, channel: str | None) -> tuple[HistoryReader, Presentation]:
    from gdata.diffs.presentation import presentation_of
    from gdata.errors import GdataError
    from gdata.pipeline.releasing.history import HistoryReader
    from gdata.pipeline.sides import check_channel
    from gdata.project import read_config
    from gdata.releases.blobs import descriptors_of
    from gdata.releases.log import read_log_so_far

    store = open_place(config_path, location)
    try:
        config = read_config(config_path)
    except UsageError:
        if location is None or config_path is not None or channel is None:
            raise
        config = None
    if config is not None and channel is not None and location is None:
        check_channel(config, store, channel)
    name = channel or (config.default_channel if config is not None else "")
    log, damaged = read_log_so_far(store, name)
    if log.newest is None:
        raise UsageError(
            sentence("channel {channel} has no release yet", channel=name), hint=sentence("run `gdata publish` first")
        )
    targets = [target.name for target in config.targets] if config is not None else []
    try:
        sources = descriptors_of(store, log.newest.release)
    except GdataError:
        sources = None
    words = presentation_of(sources, config.timezone if config is not None else "UTC")
    return HistoryReader(store, log, targets, list(map(str, damaged.values()))), words


def _known(reader: HistoryReader, table: str) -> str:
    """The table's name, which may be given without its ending."""
    try:
        reader.target_of(table)
    except UsageError:
        whole = f"{table}Table"
        try:
            reader.target_of(whole)
        except UsageError:
            pass
        else:
            return whole
        raise
    return table


def _check(
    asked: _Asked, found: list[tuple[TableHistory, list[RowHistory]]], reader: HistoryReader, words: Presentation
) -> None:
    """Tell a key or a field that there is none of, here and now, from one that nobody changed.

    Raises:
        UsageError: neither the history nor the table has it.
    """
    from gdata.diffs.model import plain
    from gdata.text import did_you_mean

    if asked.key and not found:
        from gdata.cli.planning.rows import open_table

        open_table(reader.newest_bundle(asked.table), asked.table, words).only_key(asked.key)
    known = {path for one, _ in found for path in one.diff.kinds}
    if asked.field and known and plain(asked.field) not in known:
        names = [words.field_name(asked.table, path) for path in known]
        raise UsageError(
            sentence("{table} has no field {field}", table=asked.table, field=asked.field),
            hint=did_you_mean(asked.field, [*known, *names]),
        )


@dataclass(frozen=True)
class _Asked:
    table: str
    key: str
    field: str

    def changes(self, reader: HistoryReader) -> Iterator[tuple[TableHistory, list[RowHistory]]]:
        """The entries that changed what is asked for, and the rows: without a key, those that aren't told in full."""
        key = self.key
        for one in reader.changes(self.table):
            if not self.key:
                yield one, []
                continue
            try:
                key = next((row.key for row in one.rows(key)), key)  # It may have had another title before.
                rows = list(islice(one.rows(key, self.field), 1))
            except (DamagedError, StoreError) as error:
                reader.pass_over(one.entry, error)
                continue
            if rows:
                yield one, rows

    def as_json(self, one: TableHistory, rows: list[RowHistory]) -> dict[str, Any]:
        """One change as the history's JSON has it."""
        if self.key:
            return {
                **one.as_json(),
                "status": rows[0].status,
                "title": rows[0].title,
                "fields": rows[0].as_json()["fields"],
            }
        diff = one.diff
        counts = {"rows_added": len(diff.added), "rows_removed": len(diff.removed), "rows_changed": len(diff.changed)}
        changed = [row.as_json() for row in one.changed()]
        return {**one.as_json(), "summary": counts, "rows": changed}


@dataclass(frozen=True)
class _Page:
    console: Console
    asked: _Asked
    words: Presentation

    def show(self, found: list[tuple[TableHistory, list[RowHistory]]], channel: str) -> None:
        field = self.words.field_name(self.asked.table, self.asked.field)
        what = " ".join(filter(None, (self.asked.table, self.asked.key, field)))
        if not found:
            self._line(say("{channel}: nothing changed {asked}", channel=channel, asked=visible(what)))
            return
        title = next((row.title for _, rows in found for row in rows if row.title), "")
        self._line(visible(f"{what} · {title}" if title and title != self.asked.key else what), "bold")
        for one, rows in found:
            self._entry(one)
            self._rows(one, rows)

    def _entry(self, one: TableHistory) -> None:
        from gdata.diffs.presentation import when
        from gdata.releases.records import ACTIONS

        entry = one.entry
        why = visible(entry.message) or say("no reason given")
        line = f"{when(entry.time)}  {visible(entry.author)}  {ACTIONS[entry.action]}  {entry.release}"
        self._line(line, "cyan")
        self._line(f"  {why}")

    def _rows(self, one: TableHistory, rows: list[RowHistory]) -> None:
        from gdata.diffs.model import plain
        from gdata.diffs.patterns import ratio_text
        from gdata.diffs.report import rows_text
        from gdata.diffs.tables.fields import number

        diff = one.diff
        if not rows:
            self._line(
                f"  {rows_text(len(diff.added), len(diff.removed), len(diff.changed)) or say('the table changed')}"
            )
            rows = list(islice(one.changed(), _ROWS))
            for row in rows:
                fields = ", ".join(self._field(one, change) for change in row.fields)
                self._line(visible(f"    ~ {row.key} {row.title}".rstrip()) + f"  {fields}")
            return
        for row in rows:
            if row.status != "changed":
                self._line(f"  {say('the row was added') if row.status == 'added' else say('the row was removed')}")
                if not self.asked.field:
                    continue
            for change in row.fields:
                path = plain(change.path)
                kind = "" if path in diff.refs or path in diff.key else diff.kinds.get(path, "")
                ratio = ratio_text(number(change.old, kind), number(change.new, kind))
                self._line(f"    {self._field(one, change)}  {ratio}".rstrip())

    def _field(self, one: TableHistory, change: Any) -> str:
        from gdata.diffs.presentation import titled_by

        old, new = (
            self.words.value(one.diff, change.path, value, is_new=is_new, title=titled_by(titles))
            for value, titles, is_new in ((change.old, change.titles[0], False), (change.new, change.titles[1], True))
        )
        return f"{self.words.field_name(one.diff.name, change.path)} {old} → {new}"

    def _line(self, text: str, style: str = "") -> None:
        self.console.print(text, style=style or None, soft_wrap=True)
