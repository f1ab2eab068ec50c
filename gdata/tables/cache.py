"""The parse cache: what each table gave last time, under the hash of all that went into it.

One file a table in `.gdata/cache/`. A file that is damaged, of another version or for other sheets counts as
none: the table is parsed again, and nobody hears of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import google.protobuf
from google.protobuf.descriptor import Descriptor

from gdata._core import core
from gdata.config import SheetEntry
from gdata.errors import OutsideError
from gdata.installed import file_stamp, package_stamp
from gdata.longbytes import Content, WatchedFile, blocks_of, first_line, part_of
from gdata.parsing.view import ParsedTable
from gdata.project import Project
from gdata.schema.plan import TablePlan
from gdata.schema.strip import SchemaParts
from gdata.sources.adapters import files_of
from gdata.sources.grid import Pulled
from gdata.tables.parser import TableInput

if TYPE_CHECKING:
    from gdata.checks.constraints.rules import RuleReader

_MAGIC = b"gdata parse cache 3\n"
_HASH = 32
_LONG_BYTES = 4 << 20
"""From this much on the rows stay in the cache's file."""
_MOST_SLOTS = 4
_LIBRARIES = ("protovalidate", "python_calamine", "tzdata")
_SOURCES = ("_core", "checks", "parsing", "proto", "schema", "sources", "tables")


class ParseCache:
    """The results of tables, by short name and key."""

    def __init__(self, state: Path, slot: str = "") -> None:
        """`state` is `.gdata/`; `slot` tells builds of other versions apart, so that they take nothing away."""
        self._folder = state / "cache"
        self._end = f"{slot}.bin"

    def load(self, table: str, key: bytes, restore: Callable[[Content], ParsedTable]) -> ParsedTable | None:
        """What the table gave when its key was this one; `restore` makes a table of its bytes."""
        path, start = self._folder / f"{table}{self._end}", _MAGIC + key
        head = len(start) + _HASH
        try:
            with path.open("rb") as file:
                if file.read(len(start)) != start:
                    return None
                digest = file.read(_HASH)
                whole = file.read() if os.fstat(file.fileno()).st_size < _LONG_BYTES else None
            if whole is not None:
                content: Content = whole
            else:
                kept = WatchedFile.all_of(path, path.name)
                content = part_of(kept, head, len(kept))
            return restore(content) if _digest_of(first_line(content)) == digest else None
        except (OSError, OutsideError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return None

    def load_all(
        self, tables: Sequence[tuple[str, bytes, Callable[[Content], ParsedTable]]]
    ) -> list[ParsedTable | None]:
        """What each table gave, by `load`'s arguments: reading and hashing them is work for all cores."""
        if len(tables) < 2:
            return [self.load(*one) for one in tables]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            return list(pool.map(self.load, *zip(*tables, strict=True)))

    def save(self, table: str, key: bytes, parts: Sequence[Content]) -> None:
        """Keep what the table gave (`to_parts`); where that can't be written, the next build parses again.

        There is no fsync: a file that a crash cut short is damaged, and counts as none.
        """
        temporary = self._folder / f".{os.urandom(8).hex()}.tmp"
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.writelines([_MAGIC, key, _digest_of(bytes(parts[0]))])
                    for part in parts:
                        file.writelines(blocks_of(part))
                temporary.replace(self._folder / f"{table}{self._end}")
            finally:
                temporary.unlink(missing_ok=True)

    def forget_others(self, tables: Iterable[str]) -> None:
        """Remove what is kept for tables that the project no longer has, and of other versions all but the newest."""
        known = set(tables)
        with suppress(OSError):
            kept = {path: path.name.removesuffix(".bin").partition("@") for path in self._folder.iterdir()}
            newest = dict.fromkeys(kept[path][2] for path in sorted(kept, key=_age))
            slots = {"", *list(newest)[:_MOST_SLOTS]}
            for path, (table, _, slot) in kept.items():
                if table not in known or slot not in slots:
                    path.unlink()


def _age(path: Path) -> float:
    return -path.stat().st_mtime


def _digest_of(line: bytes) -> bytes:
    """The digest of the first line; the rest has digests in there."""
    return hashlib.sha256(line).digest()


_CLOCK = re.compile(r"\b(?:[lg]t_)?now\b|\bwithin\b")
"""What a rule that asks the clock has in its text: `lt_now`, `within`, or `now` in an expression."""


class CacheKeys:
    """Keys of one project's tables: everything that their rows and problems depend on, and nothing else."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._parts = SchemaParts(project.schema.project_files)
        self._lines: dict[str, bytes] = {}
        self.ask_for_now = False
        """Whether one of them holds now and not later: a constraint compares with the clock."""

    def of(self, table: TableInput) -> bytes:
        """The key of a table made of these bytes."""
        asks_for_now = self._asks_for_now(table.plan)
        self.ask_for_now = self.ask_for_now or asks_for_now
        fed_too = [
            plan for entry in self._entries.get(table.plan.message, ()) for plan in self._project.plans_of(entry)
        ]
        return cache_key(
            {
                "table": table.plan.message,
                "schema": self._parts.of([table.plan, *fed_too]),
                "audiences": self._project.audiences,
                "timezone": self._project.config.timezone,
                "sheets": [(name, self._sheets(name), self._bytes(one)) for name, one in table.pulled.items()],
                "now": time.time_ns() if asks_for_now else 0,
            }
        )

    @cached_property
    def _entries(self) -> dict[str, list[SheetEntry]]:
        """The lines under `sheets:` by the message that they feed."""
        entries: dict[str, list[SheetEntry]] = {}
        for spreadsheet in self._project.config.spreadsheets:
            for entry in spreadsheet.sheets:
                for message in dict.fromkeys(entry.tables):
                    entries.setdefault(message, []).append(entry)
        return entries

    def _sheets(self, name: str) -> bytes:
        """The lines of a spreadsheet under `sheets:`: others than the table's decide what a glob takes."""
        if name in self._lines:
            return self._lines[name]
        (spreadsheet,) = [one for one in self._project.config.spreadsheets if one.name == name]
        lines = [
            (
                one.title,
                one.tables,
                one.layout,
                one.header_row,
                one.first_row,
                one.multirow,
                one.unknown_columns,
                one.merged,
                one.notes,
                one.header_rows,
                one.blank,
                one.range,
                one.keys,
                one.overlay,
                one.tags,
                one.span,
            )
            for one in spreadsheet.sheets
        ]
        self._lines[name] = hashlib.sha256(repr(lines).encode("utf-8", "surrogatepass")).digest()
        return self._lines[name]

    def _bytes(self, pulled: Pulled) -> tuple[object, ...]:
        # Files that are of no sheet tell of other tables' sheets; of this one's they say nothing.
        own = files_of(pulled)
        names = pulled.files if own is None else own.by_title.values()
        files = [(name, pulled.digests[name]) for name in sorted(names)]
        return (
            pulled.kind,
            pulled.encoding,
            pulled.location,
            files,
            pulled.failure and (str(pulled.failure), pulled.failure.hint),
        )

    def _asks_for_now(self, plan: TablePlan) -> bool:
        """Whether a constraint compares with the clock: what it says today may be wrong tomorrow."""
        return any(map(_CLOCK.search, self._rules(plan.descriptor, set())))

    def _rules(self, message: Descriptor, seen: set[str]) -> list[str]:
        if message.full_name in seen:
            return []
        seen.add(message.full_name)
        rules = [str(self._reader.of_message(message) or "")]
        for field in message.fields:
            rules.append(str(self._reader.of_field(field) or ""))
            if field.message_type is not None:
                rules += self._rules(field.message_type, seen)
        return rules

    @cached_property
    def _reader(self) -> RuleReader:
        from gdata.checks.constraints.rules import RuleReader

        return RuleReader(self._project.schema.pool)


def cache_key(parts: Mapping[str, object]) -> bytes:
    """The key for `parts`; values are anything with one repr for equal content."""
    native = core()
    digest = hashlib.sha256(_versions(native.__file__ if native is not None else ""))
    for name, part in sorted(parts.items()):
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.digest()


@cache
def _versions(compiled: str) -> bytes:
    """What tells this gdata and its libraries from others: its very files, so that its makers aren't fooled.

    `compiled` is the core's file; "" where it isn't used: who switches it off wants nothing that it made.
    """
    folder = Path(__file__).parent.parent
    paths = [path for name in _SOURCES for path in (folder / name).rglob("*.py")] + list(folder.glob("*.py"))
    paths += [Path(compiled)] if compiled else []
    stamps = [google.protobuf.__version__, *map(package_stamp, _LIBRARIES), *map(file_stamp, sorted(paths))]
    return hashlib.sha256("\n".join(stamps).encode()).digest()
