"""A table as bytes: so it comes back from another process, in pieces too, and out of the cache from an earlier build.

A line of JSON, then the rows on the wire. Nothing in it can run: unlike a pickle, it may lie in a folder that
somebody else can write to. A table too large for one core is parsed in pieces of its blocks, which are joined here.

The cache is one file a table in `.gdata/cache/`: what the table gave last time, under the hash of all that went into
it. A file that is damaged, of another version or for other sheets counts as none: the table is parsed again, and nobody
hears of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from gdata import kinds
from gdata.config import Audience
from gdata.errors import OutsideError
from gdata.files import plain
from gdata.language import Sentence, word_from_json
from gdata.longbytes import Content, LongBytes, WatchedFile, blocks_of, digest_of, first_line, part_of
from gdata.parsing.view import Bound, HeaderTexts, Locate, ParsedTable, RowsLeftOut, View, join_bounds, told_once
from gdata.problems import Cell, Kind, Problem
from gdata.schema.plan import TablePlan
from gdata.sources.grid import FoundSheets
from gdata.versions import Version

MakeLocate = Callable[[Audience, Sequence[int]], Locate]
"""Makes the `Locate` of an audience's view, by the ends of its blocks."""

_KINDS = {name: kind for name, kind in vars(kinds).items() if isinstance(kind, Kind)}
_NAMES = {id(kind): name for name, kind in _KINDS.items()}

_MAGIC = b"gdata parse cache 3\n"
_HASH = 32
_LONG_BYTES = 4 << 20
"""From this much on the rows stay in the cache's file."""
_MOST_SLOTS = 4
_SMALL_BYTES = 1 << 20
"""Up to so much of a view is in memory, wherever it comes from."""


def to_parts(table: ParsedTable) -> list[Content]:
    """The table as bytes, the line of JSON first.

    The line has the digests of the others, so that its own tells whether all are whole.
    """
    blobs: list[Content] = []
    digests: list[str] = []
    for view in table.views:
        rows = b"".join(view.row_bytes)
        blobs += [view.wire, rows]
        digests += [view.digest, digest_of(rows)]
    content = {
        "problems": _problems_as_json(table.problems),
        "cells": [[_audience_as_json(one), _problems_as_json(found)] for one, found in table.cell_problems.items()],
        "views": list(map(_view_as_json, table.views)),
        "seen_by": [[_audience_as_json(one), number] for one, number in table.seen_by.items()],
        "found": {name: [one.sheets, one.missing, one.titles] for name, one in table.found.items()},
        "headers": [[*place, one.texts, one.is_down, one.first] for place, one in table.headers.items()],
        "left_out": [[*place, one.notes, one.unticked, one.area] for place, one in table.left_out.items()],
        "records": table.records,
        "bounds": [[one.word, one.version.text, _cell_as_json(one.cell), one.lines] for one in table.bounds],
        "is_checked": table.is_checked,
        "sizes": list(map(len, blobs)),
        "digests": digests,
    }
    return [json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode() + b"\n", *blobs]


def from_bytes(plan: TablePlan, content: Content, locate: MakeLocate, *, is_ours: bool = False) -> ParsedTable:
    """The table that `to_parts` was of, from its parts joined; only what this very run has written is taken unseen
    (`is_ours`).

    Raises:
        ValueError, KeyError, TypeError, IndexError: these are other bytes.
    """
    line = first_line(content)
    raw = json.loads(line)
    blobs: list[Content] = []
    start = len(line)
    for size in raw["sizes"]:
        blob = part_of(content, start, start + size)
        blobs.append(_held(blob))
        start += size
    if start != len(content):
        raise ValueError("the sizes aren't those of the content")
    if not is_ours and list(map(digest_of, blobs)) != raw["digests"]:
        raise ValueError("the bytes aren't those that were written")
    seen_by = {_audience(one): number for one, number in raw["seen_by"]}
    views = []
    for number, one in enumerate(raw["views"]):
        audience = next(audience for audience, seen in seen_by.items() if seen == number)
        rows = _split(bytes(blobs[2 * number + 1]), one["rows"])
        view = _view(plan, audience.version, one, locate(audience, one["ends"]))
        views.append(view.holding_bytes(blobs[2 * number], rows, raw["digests"][2 * number]))
    return ParsedTable(
        plan,
        views,
        seen_by,
        problems=_problems(raw["problems"]),
        cell_problems={_audience(one): _problems(problems) for one, problems in raw["cells"]},
        headers={
            (spreadsheet, sheet): HeaderTexts(tuple(texts), is_down, first)
            for spreadsheet, sheet, texts, is_down, first in raw["headers"]
        },
        left_out={
            (spreadsheet, sheet): RowsLeftOut(notes, unticked, area)
            for spreadsheet, sheet, notes, unticked, area in raw["left_out"]
        },
        records=raw["records"],
        bounds=[Bound(word, _version(text), Cell(*cell), tuple(lines)) for word, text, cell, lines in raw["bounds"]],
        found={name: _found(*one) for name, one in raw["found"].items()},
        is_checked=raw["is_checked"],
    )


def _held(content: Content) -> Content:
    return bytes(content) if len(content) < _SMALL_BYTES else content


def _audience_as_json(audience: Audience) -> list[Any]:
    return [audience.tags, audience.version.text if audience.version is not None else ""]


def _audience(raw: list[Any]) -> Audience:
    tags, version = raw
    return Audience(tuple(tags), _version(version) if version else None)


def _version(text: str) -> Version:
    version = Version.read(text)
    if version is None:
        raise ValueError(f"{text!r} is no version")
    return version


def _view_as_json(view: View) -> dict[str, Any]:
    return {
        "count": view.row_count,
        "rows": list(map(len, view.row_bytes)),
        "bad": [[index, sorted(names)] for index, names in view.bad_fields.items()],
        "whole": view.whole,
        "ends": view.block_ends,
        "overlaid": list(view.overlaid.items()),
        "removed": dict(view.removed),
        "clean": view.clean,
    }


def _view(plan: TablePlan, version: Version | None, raw: dict[str, Any], locate: Locate) -> View:
    bad = {index: frozenset(names) for index, names in raw["bad"]}
    overlaid = {index: dict(origins) for index, origins in raw["overlaid"]}
    ends, clean = tuple(raw["ends"]), tuple((start, end) for start, end in raw["clean"])
    return View(
        plan.at(version), raw["count"], locate, bad, raw["whole"], ends, version, overlaid, raw["removed"], clean
    )


def _split(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    ends = list(accumulate(sizes))
    return [content[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _found(sheets: list[list[Any]], missing: list[str], titles: list[str]) -> FoundSheets:
    return FoundSheets(tuple((title, gid) for title, gid in sheets), tuple(missing), tuple(titles))


def _problems_as_json(problems: Iterable[Problem]) -> list[list[Any]]:
    return [
        [
            _NAMES[id(one.kind)],
            one.code,
            one.severity,
            _cell_as_json(one.cell),
            one.table,
            one.field,
            one.value,
            [_cell_as_json(cell) for cell in one.related],
            [[name, word.as_json() if isinstance(word, Sentence) else word] for name, word in one.words],
            one.target,
            one.url,
        ]
        for one in problems
    ]


def _cell_as_json(cell: Cell) -> list[Any]:
    return [cell.spreadsheet, cell.sheet, cell.row, cell.column]


def _problems(raw: Iterable[list[Any]]) -> list[Problem]:
    return [
        Problem(
            _KINDS[kind],
            code,
            severity,
            Cell(*cell),
            table,
            field,
            value,
            tuple(Cell(*one) for one in related),
            tuple((name, word_from_json(word)) for name, word in words),
            target,
            url,
        )
        for kind, code, severity, cell, table, field, value, related, words, target, url in raw
    ]


MOST_BYTES = 8 << 20
"""Of a piece's text: its rows are in memory until it is done."""
LEAST_BYTES = 512 << 10
"""Of a piece's text: a piece costs a few milliseconds more than its rows, so smaller ones don't pay."""
_PIECES_EACH = 4
"""For every core, were all tables cut: so that no core waits long for the last one."""


def piece_bytes(total: int, workers: int) -> int:
    """How large pieces are, of tables that have `total` bytes together."""
    return min(max(LEAST_BYTES, total // (workers * _PIECES_EACH)), MOST_BYTES) if workers > 1 else MOST_BYTES


def cut(count: int, pieces: int) -> list[slice]:
    """`count` blocks in at most so many pieces, at least two; none where there is nothing to cut."""
    pieces = min(pieces, count)
    if pieces < 2:
        return []
    return [slice(*ends) for ends in pairwise(count * number // pieces for number in range(pieces + 1))]


def join_pieces(pieces: Sequence[ParsedTable], locate: MakeLocate) -> ParsedTable:
    """The table of one sheet whose pieces these are, in order."""
    first = pieces[0]
    return replace(
        first,
        # Which audiences share a view is the same in every piece.
        views=[
            _join_views([piece.views[number] for piece in pieces], partial(locate, one))
            for number, one in sorted({number: one for one, number in first.seen_by.items()}.items())
        ],
        problems=_join_problems(pieces),
        cell_problems={
            one: told_once(problem for piece in pieces for problem in piece.cell_problems[one]) for one in first.seen_by
        },
        left_out={
            # What lies at the sheet's end, each piece says alike.
            place: replace(one, notes=sum(piece.left_out[place].notes for piece in pieces))
            for place, one in first.left_out.items()
        },
        records=sum(piece.records for piece in pieces),
        bounds=join_bounds(bound for piece in pieces for bound in piece.bounds),
    )


def _join_views(views: Sequence[View], locate: Callable[[Sequence[int]], Locate]) -> View:
    *starts, count = accumulate((view.row_count for view in views), initial=0)
    placed = list(zip(starts, views, strict=True))
    ends = tuple(start + end for start, view in placed for end in view.block_ends)
    bad = {start + row: names for start, view in placed for row, names in view.bad_fields.items()}
    clean = tuple((start + first, start + end) for start, view in placed for first, end in view.clean)
    whole = all(view.whole for view in views)
    joined = View(views[0].plan, count, locate(ends), bad, whole, ends, views[0].version, clean=clean)
    return joined.holding_bytes(_held(LongBytes.joined(view.wire for view in views)))


def _join_problems(pieces: Sequence[ParsedTable]) -> list[Problem]:
    """What is wrong with the sheet, told once; a column is blank where it is in every piece that has records."""
    filled = [piece for piece in pieces if piece.records]
    blank = [{one for one in piece.problems if one.kind is kinds.COLUMN_BLANK} for piece in filled]
    everywhere = set.intersection(*blank) if blank else set()
    told = dict.fromkeys(problem for piece in pieces for problem in piece.problems)
    return [one for one in told if one.kind is not kinds.COLUMN_BLANK or one in everywhere]


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
            with open(path, "rb", opener=plain) as file:
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
