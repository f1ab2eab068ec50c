"""How the tables are shared out among the cores: several in one job, or one in several.

What a job gives is bytes, for it may run in another process; where these are many they lie in files. It keeps its
results in the cache by itself: hashing and writing them is work for all cores too.

Jobs run on all cores where the system can fork: a copy of this process has everything a job needs at once. Starting a
fresh Python and importing gdata in it takes 0.3 s and more; a fork takes 5 ms. Where there is none (Windows; macOS,
whose libraries don't bear it), jobs run one after the other in this process.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from gdata.errors import SchemaError, SourceError
from gdata.longbytes import Content, LongBytes, Spool, part_of
from gdata.parsing.view import ParsedTable
from gdata.sources.adapters import files_of
from gdata.tables.parser import TableInput, TableParser, TableSheets
from gdata.tables.result import ParseCache, cut, piece_bytes, to_parts


class Share(Protocol):
    """Tables that are parsed by some jobs."""

    @property
    def jobs(self) -> Sequence[Job]:
        """What is to be done, in any order, in any process."""

    def results(self, outcomes: Sequence[Content]) -> Iterator[ParsedTable]:
        """The tables, once each job has given its bytes."""


def share_out(tables: Sequence[TableInput], parser: TableParser, cache: ParseCache, workers: int) -> list[Share]:
    """The tables in shares, the longest first, so that no core is left with a long one at the end."""
    # On one core too: so no more than a piece of a large table is in memory.
    size = piece_bytes(sum(one.size for one in tables), workers)
    in_pieces = [one for table in tables if (one := _InPieces.of(table, parser, cache, size))]
    apart = {one.table.plan.name for one in in_pieces}
    groups = groups_of([table for table in tables if table.plan.name not in apart])
    return [*in_pieces, *(_Group(parser, cache, group) for group in groups)]


@dataclass(frozen=True)
class _Group:
    """Tables whose sheets lie in one file: parsed one after the other, so that it is read once."""

    parser: TableParser
    cache: ParseCache
    tables: Sequence[TableInput]

    @property
    def jobs(self) -> Sequence[Job]:
        return [self._run]

    def _run(self) -> Content:
        contents: list[Content] = []
        for one in self.tables:
            parts = to_parts(self.parser.run(one))
            self.cache.save(one.plan.name, one.key, parts)
            contents.append(LongBytes.joined(parts))
        self.parser.forget()
        return _join(contents)

    def results(self, outcomes: Sequence[Content]) -> Iterator[ParsedTable]:
        (outcome,) = outcomes
        for one, content in zip(self.tables, _split(outcome), strict=True):
            yield self.parser.restore(one, content, is_ours=True)


@dataclass(frozen=True)
class _InPieces:
    """A table of one large sheet."""

    parser: TableParser
    cache: ParseCache
    table: TableInput
    sheets: TableSheets
    pieces: Sequence[slice]

    @classmethod
    def of(cls, table: TableInput, parser: TableParser, cache: ParseCache, size: int) -> _InPieces | None:
        """The table in pieces of `size` bytes; None unless it is one sheet with its own file, of two or more."""
        count = table.size // size
        files = [files_of(one) for one in table.pulled.values()]
        sheets_of_own = sum(len(one.by_title) for one in files if one is not None)
        if table.plan.kind != "rows" or count < 2 or sheets_of_own != 1 or len(files) != 1:
            return None
        try:
            sheets = parser.read(table)
            parser.compile(table.plan)  # Once: each process would.
        except (SchemaError, SourceError):
            return None  # As a whole it says so together with all others that can't be read.
        pieces = cut(len(parser.blocks_of(sheets)), count)
        return cls(parser, cache, table, sheets, pieces) if pieces else None

    @cached_property
    def jobs(self) -> Sequence[Job]:
        return [partial(self._run, piece) for piece in self.pieces]

    def _run(self, piece: slice) -> Content:
        return LongBytes.joined(to_parts(self.parser.parse_piece(self.sheets, piece)))

    def results(self, outcomes: Sequence[Content]) -> Iterator[ParsedTable]:
        joined = self.parser.join(self.table, self.sheets, outcomes)
        self.cache.save(self.table.plan.name, self.table.key, to_parts(joined))
        yield joined


def groups_of(tables: Sequence[TableInput]) -> list[list[TableInput]]:
    """The tables in groups that share no file, the largest first."""
    groups: list[tuple[set[str], list[TableInput]]] = []
    for one in tables:
        shared = {name for name, pulled in one.pulled.items() if files_of(pulled) is None}
        names, members = set(shared), [one]
        apart = []
        for group in groups:
            if group[0].isdisjoint(shared):
                apart.append(group)
            else:
                names, members = names | group[0], group[1] + members
        groups = [*apart, (names, members)]
    return sorted((members for _, members in groups), key=lambda group: -sum(one.size for one in group))


def _join(parts: Sequence[Content]) -> LongBytes:
    sizes = [len(part).to_bytes(8, "little") for part in parts]
    return LongBytes.joined([b"".join([len(parts).to_bytes(4, "little"), *sizes]), *parts])


def _split(content: Content) -> list[Content]:
    count = int.from_bytes(content[:4], "little")
    sizes = content[4 : 4 + 8 * count]
    start = 4 + 8 * count
    parts = []
    for number in range(count):
        size = int.from_bytes(sizes[8 * number : 8 * number + 8], "little")
        parts.append(part_of(content, start, start + size))
        start += size
    return parts


Job = Callable[[], Content]

_LENGTHS = struct.Struct("<QQ")
_INDEX = struct.Struct("<I")
_SMALL_BYTES = 1 << 20
"""What a job gives stays in memory up to this size."""


def core_count() -> int:
    """How many processes can work at once."""
    if sys.platform != "linux":
        return 1
    return len(os.sched_getaffinity(0))


Outcome = Content | Exception


def run_jobs(jobs: Sequence[Job], workers: int, folder: Path | None = None) -> list[Outcome]:
    """What each job returns or raises, in their order; what is large lies in files without names in `folder`.

    This process works as well, so two workers are one fork. A job whose process died is run here.

    Raises:
        OutputError: the disk is full.
    """
    own = _Kept(folder)
    if workers < 2 or len(jobs) < 2:
        return [own.keep(_run(job)) for job in jobs]
    queue_out, queue_in = os.pipe()
    os.write(queue_in, b"".join(map(_INDEX.pack, range(min(len(jobs), 4096)))))
    os.close(queue_in)
    children = [_start(jobs, queue_out, folder) for _ in range(min(workers, len(jobs)) - 1)]
    try:
        outcomes = {index: own.keep(outcome) for index, outcome in _work(jobs, queue_out)}
    finally:
        os.close(queue_out)
        for child, _ in children:
            os.waitpid(child, 0)
    for _, results in children:
        outcomes |= _read_results(results)
    return [outcomes[index] if index in outcomes else own.keep(_run(job)) for index, job in enumerate(jobs)]


class _Kept:
    """Where this process keeps what its jobs gave."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._spool: Spool | None = None

    def keep(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Exception) or len(outcome) < _SMALL_BYTES:
            return outcome if isinstance(outcome, Exception) else bytes(outcome)
        self._spool = self._spool or Spool(self._folder)
        return self._spool.add(outcome)


def _run(job: Job) -> Outcome:
    try:
        return job()
    except Exception as error:
        return error


def _start(jobs: Sequence[Job], queue: int, folder: Path | None) -> tuple[int, Spool]:
    """Fork a process that takes jobs from the queue; its results are written to a file without a name."""
    results = Spool(folder)
    with warnings.catch_warnings():
        # Other threads may run (a progress line); the child takes no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child, results
    try:
        for index, outcome in _work(jobs, queue):
            content = pickle.dumps(outcome) if isinstance(outcome, Exception) else outcome
            results.add(_LENGTHS.pack(index * 2 + isinstance(outcome, Exception), len(content)))
            results.add(content)
    finally:
        # Neither buffers nor exit handlers of the parent may run twice.
        os._exit(0)


def _work(jobs: Sequence[Job], queue: int) -> Iterator[tuple[int, Outcome]]:
    while True:
        taken = os.read(queue, _INDEX.size)
        if not taken:
            return
        (index,) = _INDEX.unpack(taken)
        yield index, _run(jobs[index])


def _read_results(results: Spool) -> dict[int, Outcome]:
    """What a process has written: its own pickles, in a file that nobody else can open."""
    outcomes: dict[int, Outcome] = {}
    content, start = results.written, 0
    while start + _LENGTHS.size <= len(content):
        number, size = _LENGTHS.unpack(content[start : start + _LENGTHS.size])
        start += _LENGTHS.size
        if start + size > len(content):
            break
        body = content.part(start, start + size)
        if number % 2:
            outcomes[number // 2] = pickle.loads(bytes(body))
        else:
            outcomes[number // 2] = bytes(body) if size < _SMALL_BYTES else body
        start += size
    return outcomes
