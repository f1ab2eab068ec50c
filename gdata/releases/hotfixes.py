"""Which earlier hotfix a new build would undo.

A hotfix takes some tables from the sheets and all others from a release, its base; its provenance says so under
`base`. The sheets of the next full build may lack what the hotfix brought: then it would be lost unnoticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, UsageError
from gdata.language import say_counted, sentence
from gdata.proto.wire import field_ends
from gdata.releases.reader import bundles_of, read_release
from gdata.releases.records import Release
from gdata.releases.stores.store import Store

_LONGEST_CHAIN = 100


@dataclass(frozen=True)
class Base:
    """From which release a hotfix took the tables that it didn't build, and which those are."""

    release: str
    tables: tuple[str, ...]
    channel: str = ""

    def as_json(self) -> dict[str, Any]:
        """What stands under `base` in the provenance."""
        return {"release": self.release, "channel": self.channel, "tables": list(self.tables)}


@dataclass(frozen=True)
class UndoneHotfix:
    """A table in which a build goes back to what was there before a hotfix: so many rows of it."""

    release: str
    base: str
    target: str
    table: str
    rows: int


def base_of(release: Release) -> Base | None:
    """The base that a release was built on; None for a full build."""
    base = release.provenance.get("base")
    if not isinstance(base, Mapping):
        return None
    tables = base.get("tables", ())
    names = tuple(map(str, tables)) if isinstance(tables, Sequence) and not isinstance(tables, str) else ()
    return Base(str(base.get("release", "")), names, str(base.get("channel", "")))


def undone_hotfixes(store: Store, release: str, bundles: Mapping[str, Bundle]) -> list[UndoneHotfix]:
    """The hotfixes below `release` (the one that a channel points at) that a build of `bundles` would undo.

    A table counts when rows that the hotfix brought are gone, and what they took the place of is back; rows are
    compared by their bytes. The chain of hotfixes ends at the first full build, or at one that was pruned.

    Raises:
        DamagedError: what is compared is damaged.
    """
    undone = []
    for _ in range(_LONGEST_CHAIN):
        base = base_of(read_release(store, release))
        try:
            before = bundles_of(store, base.release) if base else None
        except UsageError:
            before = None
        if base is None or before is None:
            break
        fixed = bundles_of(store, release)
        for target, table in _fixed_tables(fixed.bundles, base, bundles):
            rows = _undone_rows(before.bundles.get(target), fixed.bundles[target], bundles[target], table)
            if rows:
                undone.append(UndoneHotfix(release, base.release, target, table, rows))
        release = base.release
    return undone


def _fixed_tables(fixed: Mapping[str, Bundle], base: Base, new: Mapping[str, Bundle]) -> Iterator[tuple[str, str]]:
    for target in sorted(fixed.keys() & new.keys()):
        tables = fixed[target].manifest.tables.keys() & new[target].manifest.tables.keys()
        yield from ((target, table) for table in sorted(tables) if table not in base.tables)


def _undone_rows(before: Bundle | None, fixed: Bundle, new: Bundle, table: str) -> int:
    if _digests(fixed, table) == _digests(new, table):
        return 0
    old = _rows(before, table) if before is not None and table in before.manifest.tables else Counter[bytes]()
    repaired, present = _rows(fixed, table), _rows(new, table)
    brought, replaced = repaired - old, old - repaired
    gone, back = brought - present, replaced & present
    if (gone or not brought) and (back or not replaced):
        return max(gone.total(), back.total())
    return 0


def _digests(bundle: Bundle, table: str) -> list[str]:
    return [part.sha256 for part in bundle.manifest.tables[table].parts]


def _rows(bundle: Bundle, table: str) -> Counter[bytes]:
    """The rows of a table (of a record: its fields) as bytes, each with how often it is there."""
    content = bundle.table(table)
    try:
        ends = [0, *field_ends(content)]
        return Counter(content[start:end] for start, end in pairwise(ends))
    except IndexError as error:
        raise DamagedError(sentence("{place}: {table} isn't a message", place=bundle.place, table=table)) from error


def undone_notes(store: Store, release: str, bundles: Mapping[str, Bundle]) -> list[str]:
    """A sentence for each table in which `bundles` would undo a hotfix that is part of `release`."""
    return [
        say_counted(
            "{table} ({target}) goes back to what it was before the hotfix {release}: {count} row",
            "{table} ({target}) goes back to what it was before the hotfix {release}: {count} rows",
            one.rows,
            table=one.table,
            target=one.target,
            release=one.release,
        )
        for one in undone_hotfixes(store, release, bundles)
    ]
