"""One release in memory: its tables, made from verified bytes when they are first asked for.

A table is a `Table` of its rows, or a vertical table's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from types import ModuleType
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from gdata.bundles.lookup import Table, make_once
from gdata.bundles.manifest import Manifest, Part, Reference, TableEntry
from gdata.bundles.reader import Bundle, unpacked
from gdata.bundles.references import Resolver, Use, find_users
from gdata.bundles.titles import Titles, titles_of
from gdata.errors import LookupFailed
from gdata.language import sentence
from gdata.runtime.mapped import map_table
from gdata.runtime.messages import TableType, damaged, table_types
from gdata.runtime.places import FindFiles, Found, PartFiles
from gdata.runtime.shared import SharedRows
from gdata.text import nearest, question


class TypedSnapshot:
    """A `Snapshot` without tables that a type checker knows of: what the stubs of a bundle add theirs to."""

    def __init__(
        self,
        found: Found,
        generated: Sequence[ModuleType] = (),
        old: TypedSnapshot | None = None,
        *,
        shared: SharedRows | None = None,
        find_files: FindFiles | None = None,
    ) -> None:
        """Read and verify all of what was found; what `old` has of it already isn't read again, and stays parsed.

        `find_files`: where the files are that large tables may stay in.

        Raises:
            DamagedError: a file is missing, or isn't what the manifest says.
            UsageError: `generated` classes don't fit the data.
        """
        self._manifest = manifest = found.bundle.manifest
        self._shared = shared
        self.release: str | None = found.release
        """The release's id; None where the bundle was built in its folder."""
        self.target: str = manifest.target
        self.version: str = manifest.version
        self.build: str = manifest.build
        self.place: str = found.bundle.place
        """Where it was loaded from, for messages."""
        self._references: Resolver | None = None
        self._parsed: dict[str, Any] = {}
        self._contents: dict[str, list[bytes]] = {}
        self._types = self._own_types(found.bundle, generated, old)
        new = {name: entry for name, entry in manifest.tables.items() if not self._take_over(name, old)}
        if find_files is not None and shared is None:
            find = partial(find_files, found.bundle)
            new = {name: entry for name, entry in new.items() if not self._map(name, find)}
        contents = found.read(one for entry in new.values() for one in entry.files)
        for name, entry in new.items():
            self._contents[name] = [unpacked(part, contents[part.file], self.place) for part in entry.parts]
            if (narrow := self._types[name].narrow) is not None:
                narrow.check(self._contents[name], self.place)

    def _own_types(
        self, bundle: Bundle, generated: Sequence[ModuleType], old: TypedSnapshot | None
    ) -> Mapping[str, TableType]:
        if old is not None and _shape(old._manifest) == _shape(self._manifest):
            return old._types
        return table_types(bundle.schema(), self._manifest, generated, place=self.place)

    def _take_over(self, name: str, old: TypedSnapshot | None) -> bool:
        entry = self._manifest.tables[name]
        if old is None or old._types is not self._types or old._manifest.tables[name].files != entry.files:
            return False
        # Asked in this order, for another thread may be parsing it: from bytes to table, never back.
        held = old._contents.get(name)
        if held is not None:
            self._contents[name] = held
        else:
            self._parsed[name] = old._parsed[name]
            self._name_rows(name, self._parsed[name])  # By this release's texts; and `old` isn't kept for them.
        return True

    def _map(self, name: str, find_files: Callable[[Part], PartFiles | None]) -> bool:
        """Whether the table can stay in its files, which are verified then."""
        mapped = map_table(name, self._types[name], self._manifest.tables[name], find_files, self.place)
        if mapped is not None:
            self._name_rows(name, mapped)
            self._parsed[name] = mapped
        return mapped is not None

    def _name_rows(self, name: str, table: Any) -> None:
        if isinstance(table, Table):
            table.call_rows_by(cache(partial(self._titles, name)))

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self._manifest.tables)

    def key_of(self, name: str) -> tuple[str, ...] | None:
        """The names of a table's key fields, without parsing it; None for a record, and for no table."""
        entry = self._manifest.tables.get(name)
        return None if entry is None or entry.kind == "record" else entry.key

    def __getitem__(self, name: str) -> Any:
        """The table called `name`, or the record of a vertical one."""
        parsed = self._parsed.get(name)
        if parsed is None:
            if name not in self._manifest.tables:
                raise self._no_table(name)
            parsed = make_once(lambda: self._parsed.get(name), lambda: self._parse(name))
        return parsed

    def __contains__(self, name: object) -> bool:
        return name in self._manifest.tables

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest.tables)

    def __len__(self) -> int:
        return len(self._manifest.tables)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.tables})

    def __repr__(self) -> str:
        named = f"release {self.release}" if self.release else f"build {self.build[:12]}"
        return f"<{self.target} of {named}: {len(self)} tables>"

    def resolve(self, row: Any, field: str) -> Any:
        """The row that a reference field of `row` points at; None where it points at none.

        `field` may lead into nested messages: `resolve(quest, "reward.item_id")`. Where it is a list, or leads
        through one, the result is a list of the rows found.

        Raises:
            LookupFailed: `row` isn't of this data, has no such field, or the field is no reference.
        """
        if self._references is None:
            rows = {name: one.row for name, one in self._types.items()}
            self._references = Resolver(self._manifest.tables, rows)
        return self._references.resolve(self, row, field)

    def users(self, row: Any, table: str = "") -> list[Use]:
        """Every use of a row: the table and row that refer to it, and by which field (`rewards[2].item_id`).

        They are found by looking at every row of the tables that may refer to it: for tools, not for requests.
        `table` is the row's own, where several tables have such rows.

        Raises:
            LookupFailed: no table of this data has such rows, or several have.
        """
        name = table or self._table_of(row)
        return [
            use
            for _, use in find_users(
                self._manifest.tables, self._rows_of, lambda one: self._types[one].row, name, [row]
            )
        ]

    def _rows_of(self, name: str) -> Sequence[Any]:
        table = self[name]
        return table.rows if isinstance(table, Table) else [table]

    def _table_of(self, row: Any) -> str:
        kind = getattr(row, "DESCRIPTOR", None)
        names = [name for name, one in self._types.items() if kind is not None and one.row.full_name == kind.full_name]
        if len(names) == 1:
            return names[0]
        if not names:
            raise LookupFailed(
                sentence("{value} is no row of {tables}", value=f"{row!r:.80}", tables=", ".join(self.tables))
            )
        raise LookupFailed(
            sentence(
                'it may be a row of any of {tables}: name its table, users(row, "{table}")',
                tables=", ".join(names),
                table=names[0],
            )
        )

    def parse_all(self) -> None:
        """Parse every table and index it by its key now, not when it is first asked for."""
        for name in self.tables:
            table = self[name]
            if isinstance(table, Table):
                table.prepare()

    def warm_like(self, old: TypedSnapshot) -> None:
        """Parse and index the tables that `old` has parsed and indexed, so that no request pays for a refresh."""
        for name, parsed in list(old._parsed.items()):
            if name in self and parsed is not self._parsed.get(name):
                table = self[name]
                if isinstance(table, Table) and isinstance(parsed, Table):
                    table.prepare_like(parsed)

    def _parse(self, name: str) -> Any:
        entry = self._manifest.tables[name]
        parsed = parse_table(name, self._types[name], entry, self._contents[name], self.place)
        if self._shared is not None:
            parsed = self._shared.watch(name, parsed)
        self._name_rows(name, parsed)
        self._parsed[name] = parsed
        del self._contents[name]
        return parsed

    def _titles(self, name: str, language: str) -> Titles:
        return titles_of(self._manifest.tables, name, self._types[name].row, self._texts, language)

    def _texts(self, reference: Reference) -> tuple[Callable[[Any], Any], Descriptor] | None:
        """How the row of a table of texts is found, and what it is."""
        if reference.table not in self or reference.fields != self._types[reference.table].key:
            return None
        return self[reference.table].get, self._types[reference.table].row

    def _no_table(self, name: str) -> LookupFailed:
        near = question(nearest(name, self.tables))
        return LookupFailed(
            sentence(
                "the data of {target} ({place}) has no table {name}; {known}",
                target=self.target,
                place=self.place,
                name=name,
                known=near or sentence("it has {names}", names=", ".join(self.tables) or "–"),
            )
        )


class Snapshot(TypedSnapshot):
    """One release of one target, which never changes: what a request reads from its first lookup to its last.

    Tables are attributes: `snapshot.ItemTable[1001]`; a vertical table is its record. A table whose name
    isn't a Python name, or is one of ours, is `snapshot["release"]`.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        table = self[name]
        # From now on Python finds it by itself, which takes a fifth of the time.
        self.__dict__[name] = table
        return table


def _shape(manifest: Manifest) -> Any:
    """Equal where two bundles' tables can be read with the same classes."""
    tables = {name: (entry.message, entry.kind, entry.key) for name, entry in manifest.tables.items()}
    return manifest.schema.sha256, tables


def parse_table(name: str, kind: TableType, entry: TableEntry, parts: Sequence[bytes], place: str) -> Any:
    """The table `name` from the bytes of its parts.

    Raises:
        DamagedError: they are no such message, or don't hold the rows that the manifest counts.
    """
    message = kind.message()
    try:
        for part in parts:
            message.MergeFromString(part)
    except DecodeError as error:
        raise damaged(
            place,
            sentence(
                "the table {table} can't be read as {message} ({error})", table=name, message=entry.message, error=error
            ),
        ) from error
    if not kind.rows_field:
        return message
    held = getattr(message, kind.rows_field)
    if len(held) != entry.rows:
        raise damaged(
            place,
            sentence(
                "the table {table} has {rows} rows, and its manifest counts {counted}",
                table=name,
                rows=len(held),
                counted=entry.rows,
            ),
        )
    return Table(name, MapRows(held) if kind.is_map else held, kind.key, kind.row)


class MapRows(Sequence[Any]):
    """The rows of a `map<K, Row>` in the order of their keys."""

    def __init__(self, rows: Mapping[Any, Message]) -> None:
        self._rows = rows
        self._keys = sorted(rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._rows[key] for key in self._keys[index]]
        return self._rows[self._keys[index]]

    def __iter__(self) -> Iterator[Message]:
        return map(self._rows.__getitem__, self._keys)

    def __len__(self) -> int:
        return len(self._keys)
