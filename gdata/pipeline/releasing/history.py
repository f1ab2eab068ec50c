"""Who changed a table, row or field, when and why: the entries of a channel's log in which its bytes differ.

Of each release only the record and the manifest are read; tables are read only where a part has another hash than
before. A thousand releases of fifty tables take about a second in a folder (benchmarks/history.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from gdata.bundles.reader import Bundle
from gdata.diffs.changes import cells_in
from gdata.diffs.model import Diff, FieldChange, Json, Key, Past, PastChange, Row, RowChange, TableDiff, plain
from gdata.diffs.renderers.json import field_json
from gdata.diffs.tables.targets import compare_one_table
from gdata.errors import DamagedError, StoreError, UsageError
from gdata.language import say, sentence
from gdata.releases.log import Log
from gdata.releases.reader import read_bundle, read_release
from gdata.releases.records import Entry, Release
from gdata.releases.stores.store import Store
from gdata.text import did_you_mean

_MANIFEST_BYTES = 64 << 20
_AT_ONCE = 64
_PAST_CHANGES, _PAST_RELEASES = 3, 50


@dataclass(frozen=True)
class RowHistory:
    """What one entry did to one row: its changed fields; of one that came or went, all of them."""

    key: str
    title: str
    status: str
    fields: tuple[FieldChange, ...]

    def as_json(self) -> dict[str, Json]:
        """The row as the history's JSON has it."""
        fields = {one.path: field_json(one) for one in self.fields}
        return {"key": self.key, "title": self.title, "status": self.status, "fields": fields}


@dataclass(frozen=True)
class TableHistory:
    """What one entry of the log did to a table."""

    entry: Entry
    diff: TableDiff

    def rows(self, key: str = "", path: str = "") -> Iterator[RowHistory]:
        """The rows that it changed, brought or took away; with `key`, the one of this key or title, with `path`, only
        what it did to that field.

        Raises:
            DamagedError: a file of the table is damaged or missing, where it came or went as a whole.
        """
        yield from self.changed(key, path)
        for rows, is_new in ((self.diff.added, True), (self.diff.removed, False)):
            for row in rows:
                if _is_asked(row, key):
                    fields = tuple(one for one in _whole(row, is_new=is_new) if path in ("", one.path))
                    yield RowHistory(key_of(row), row.title, "added" if is_new else "removed", fields)

    def changed(self, key: str = "", path: str = "") -> Iterator[RowHistory]:
        """Of these the rows that were there before and after."""
        for change in self.diff.changed:
            if _is_asked(change, key):
                fields = tuple(one for one in change.fields if not path or path in (one.path, plain(one.path)))
                if fields:
                    yield RowHistory(key_of(change), change.title, "changed", fields)

    def as_json(self) -> dict[str, Json]:
        """The entry as the history's JSON has it, but for what it changed."""
        entry = self.entry
        return {
            "entry": entry.number,
            "action": entry.action,
            "release": entry.release,
            "time": f"{entry.time:%Y-%m-%dT%H:%M:%SZ}",
            "author": entry.author,
            "message": entry.message,
            "status": self.diff.status,
        }


def key_of(row: Row | RowChange) -> str:
    """A row's key as it is typed: its parts separated by commas; without one, its place."""
    return str(row.number) if row.key is None else ",".join(map(str, row.key))


def _is_asked(row: Row | RowChange, key: str) -> bool:
    return not key or key_of(row) == key or row.title == key


def _whole(row: Row, *, is_new: bool) -> tuple[FieldChange, ...]:
    values = row.values.items()
    return tuple(FieldChange(name, *((None, value) if is_new else (value, None))) for name, value in values)


def past_of(reader: HistoryReader, diff: Diff) -> Past:
    """The last changes of each cell that a diff changes, before it: three at the most, from as many releases as it
    takes, up to fifty a table."""
    found: dict[tuple[str, Key | None, str], list[PastChange]] = {}
    for name in {name for target in diff.targets.values() for name in target.tables}:
        tables = [target.tables[name] for target in diff.targets.values() if name in target.tables]
        wanted = {(key, one.path) for table in tables for key, one in cells_in(table.changed) if isinstance(key, tuple)}
        if wanted:
            _find_past(reader, name, wanted, found)
    return found


def _find_past(
    reader: HistoryReader,
    name: str,
    wanted: set[tuple[Key, str]],
    found: dict[tuple[str, Key | None, str], list[PastChange]],
) -> None:
    try:
        for history in islice(reader.changes(name), _PAST_RELEASES):
            if not wanted:
                return
            entry = history.entry
            for key, one in cells_in(history.diff.changed):
                if isinstance(key, tuple) and (key, one.path) in wanted:
                    known = found.setdefault((name, key, one.path), [])
                    known.append(PastChange(entry.time, entry.author, entry.message, one.old, one.new))
                    if len(known) == _PAST_CHANGES:
                        wanted.discard((key, one.path))
    except UsageError:
        return  # The table is new: nobody changed it before.


@dataclass
class HistoryReader:
    """The history of one channel's tables, read as far as somebody asks; `faults` say what can't be read."""

    store: Store
    log: Log
    targets: Sequence[str] = ()
    """In whose bundle a table is looked for, in this order."""
    faults: list[str] = field(default_factory=list)
    _releases: dict[str, Release | None] = field(default_factory=dict)
    _manifests: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def changes(self, table: str) -> Iterator[TableHistory]:
        """What changed a table, newest first.

        Raises:
            UsageError: no release of the channel has such a table.
        """
        target = self.target_of(table)
        newer: tuple[Entry, Release] | None = None
        for entry, release in self._readable():
            if newer is not None and self._parts(newer[1], target, table) != self._parts(release, target, table):
                yield from self._compared(newer, (entry, release), target, table)
            newer = entry, release
        if newer is not None and self._parts(newer[1], target, table):
            yield from self._compared(newer, None, target, table)

    def _readable(self) -> Iterator[tuple[Entry, Release]]:
        """The log's entries, newest first, with their releases; those that were pruned are passed over."""
        waiting: list[Entry] = []
        try:
            for entry in self.log.backwards():
                waiting.append(entry)
                if len(waiting) == _AT_ONCE:
                    yield from self._with_releases(waiting)
                    waiting = []
        except DamagedError as error:
            self.faults.append(str(error))
        yield from self._with_releases(waiting)

    def _with_releases(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Release]]:
        for entry, release in zip(entries, self.store.in_parallel(self._release, entries), strict=True):
            if release is not None:
                yield entry, release

    def _release(self, entry: Entry) -> Release | None:
        if entry.release not in self._releases:
            try:
                release = read_release(self.store, entry.release, entry)
                for target in release.targets.values():
                    self._manifest(target.manifest)
                self._releases[entry.release] = release
            except (DamagedError, UsageError, StoreError) as error:
                self.faults.append(str(error))
                self._releases[entry.release] = None
        return self._releases[entry.release]

    def _manifest(self, digest: str) -> Mapping[str, Any]:
        """The tables of a manifest: its bytes are those that the release names, and nothing else of it is asked."""
        if digest not in self._manifests:
            content = self.store.get_blob(digest, _MANIFEST_BYTES)
            tables = json.loads(content)["tables"]
            self._manifests[digest] = {
                name: tuple(part["sha256"] for part in table["parts"]) for name, table in tables.items()
            }
        return self._manifests[digest]

    def _parts(self, release: Release, target: str, table: str) -> Any:
        found = release.targets.get(target)
        return self._manifest(found.manifest).get(table) if found is not None else None

    def newest_bundle(self, table: str) -> Bundle:
        """The bundle of the newest release that has the table.

        Raises:
            UsageError: no release of the channel has such a table.
        """
        target = self.target_of(table)
        return next(
            read_bundle(self.store, release, target)
            for _, release in self._readable()
            if self._parts(release, target, table)
        )

    def target_of(self, table: str) -> str:
        """In whose bundle a table is looked for.

        Raises:
            UsageError: no release of the channel has such a table.
        """
        known: dict[str, None] = {}
        for _, release in self._readable():
            for target in [*(one for one in self.targets if one in release.targets), *release.targets]:
                tables = self._manifest(release.targets[target].manifest)
                if table in tables:
                    return target
                known |= dict.fromkeys(tables)
            if len(self._releases) > _AT_ONCE and known:
                break
        raise UsageError(
            sentence("{channel} has no table {table}", channel=self.log.channel, table=table),
            hint=did_you_mean(table, known),
        )

    def pass_over(self, entry: Entry, error: Exception) -> None:
        """Say that what an entry changed isn't known."""
        self.faults.append(say("{release} can't be compared: {error}", release=entry.release, error=error))

    def _compared(
        self, newer: tuple[Entry, Release], older: tuple[Entry, Release] | None, target: str, table: str
    ) -> Iterator[TableHistory]:
        try:
            old, new = (
                read_bundle(self.store, one[1], target) if one is not None and target in one[1].targets else None
                for one in (older, newer)
            )
            found = compare_one_table(old, new, table)
        except (DamagedError, StoreError) as error:
            self.pass_over(newer[0], error)
            return
        if found is not None:
            yield TableHistory(newer[0], found)
