"""What parsing a table gives, as bytes: so it comes back from another process, and from an earlier build.

A line of JSON, then the rows on the wire. Nothing in it can run: unlike a pickle, it may lie in a folder that
somebody else can write to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeVar

from gdata import kinds
from gdata.bundles.manifest import sha256
from gdata.language import Sentence, word_from_json
from gdata.parsing.view import HeaderTexts, LeftOut, Tags, ViewBytes
from gdata.problems import Cell, Kind, Problem

In = TypeVar("In")
Out = TypeVar("Out")

_KINDS = {name: kind for name, kind in vars(kinds).items() if isinstance(kind, Kind)}
_NAMES = {id(kind): name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class SheetFacts:
    """What stays of a spreadsheet once its cells are rows: the sheets that were asked for, and the missing ones."""

    sheets: tuple[tuple[str, int | None], ...] = ()
    """Titles in the order of sheets.yaml, and their ids."""
    missing: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """All titles, where they are known."""


@dataclass(frozen=True)
class TableResult:
    """A table parsed, and its rows checked by themselves."""

    problems: list[Problem] = field(default_factory=list)
    """Of its sheets."""
    cell_problems: Mapping[Tags, list[Problem]] = field(default_factory=dict)
    """Of its cells and rows, by the tags of those who see them."""
    views: Mapping[Tags, ViewBytes] = field(default_factory=dict)
    facts: Mapping[str, SheetFacts] = field(default_factory=dict)
    """By spreadsheet; where each sheet has its own file, the pull tells as much."""
    headers: Mapping[tuple[str, str], HeaderTexts] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    left_out: Mapping[tuple[str, str], LeftOut] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    records: int = 0
    """How many its sheets hold, whoever sees them."""

    def to_parts(self) -> list[bytes]:
        """The result as bytes, the line of JSON first; sets of tags that share rows share their bytes.

        The line has the digests of the others, so that its own tells whether all are whole.
        """
        blobs: list[bytes] = []
        digests: list[str] = []
        known: dict[int, dict[str, Any]] = {}
        views = []
        for tags, view in self.views.items():
            if id(view) not in known:
                known[id(view)] = _view_as_json(view, len(blobs))
                blobs.append(view.message)
                digests.append(view.digest)
                if view.rows is not None:
                    blobs.append(b"".join(view.rows))
                    digests.append(sha256(blobs[-1]))
            views.append([tags, known[id(view)]])
        content = {
            "problems": _problems_as_json(self.problems),
            "cells": [[tags, _problems_as_json(problems)] for tags, problems in self.cell_problems.items()],
            "views": views,
            "facts": {name: [one.sheets, one.missing, one.titles] for name, one in self.facts.items()},
            "headers": [[*place, one.texts, one.is_down, one.first] for place, one in self.headers.items()],
            "left out": [[*place, one.notes, one.unticked] for place, one in self.left_out.items()],
            "records": self.records,
            "sizes": list(map(len, blobs)),
            "digests": digests,
        }
        return [json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode() + b"\n", *blobs]

    @classmethod
    def from_bytes(cls, content: bytes, *, is_ours: bool = False) -> TableResult:
        """The result that `to_parts` gave, joined; only what this very run has written is taken unseen (`is_ours`).

        Raises:
            ValueError, KeyError, TypeError, IndexError: these are other bytes.
        """
        end = content.index(b"\n")
        raw = json.loads(content[:end])
        blobs, start = [], end + 1
        for size in raw["sizes"]:
            blobs.append(content[start : start + size])
            start += size
        if start != len(content):
            raise ValueError("the sizes aren't those of the content")
        if not is_ours and list(map(sha256, blobs)) != raw["digests"]:
            raise ValueError("the bytes aren't those that were written")
        views: dict[int, ViewBytes] = {}
        for _, one in raw["views"]:
            views.setdefault(one["first"], _view(one, blobs, raw["digests"]))
        return cls(
            problems=_problems(raw["problems"]),
            cell_problems={tuple(tags): _problems(problems) for tags, problems in raw["cells"]},
            views={tuple(tags): views[one["first"]] for tags, one in raw["views"]},
            facts={name: _facts(*one) for name, one in raw["facts"].items()},
            headers={
                (spreadsheet, sheet): HeaderTexts(tuple(texts), is_down, first)
                for spreadsheet, sheet, texts, is_down, first in raw["headers"]
            },
            left_out={
                (spreadsheet, sheet): LeftOut(notes, unticked)
                for spreadsheet, sheet, notes, unticked in raw["left out"]
            },
            records=raw["records"],
        )


def map_views(views: Mapping[Tags, In], make: Callable[[Tags, In], Out]) -> dict[Tags, Out]:
    """What is made of each view; sets of tags that share one share what is made of it."""
    made: dict[int, Out] = {}
    for tags, view in views.items():
        if id(view) not in made:
            made[id(view)] = make(tags, view)
    return {tags: made[id(view)] for tags, view in views.items()}


def _view_as_json(view: ViewBytes, first: int) -> dict[str, Any]:
    return {
        "first": first,
        "count": view.count,
        "rows": None if view.rows is None else list(map(len, view.rows)),
        "bad": [[index, sorted(names)] for index, names in view.bad_fields.items()],
        "whole": view.whole,
        "ends": view.block_ends,
    }


def _view(raw: dict[str, Any], blobs: list[bytes], digests: list[str]) -> ViewBytes:
    first, sizes = raw["first"], raw["rows"]
    rows = None
    if sizes is not None:
        ends = list(accumulate(sizes))
        rows = tuple(blobs[first + 1][end - size : end] for size, end in zip(sizes, ends, strict=True))
    return ViewBytes(
        blobs[first],
        raw["count"],
        rows,
        {index: frozenset(names) for index, names in raw["bad"]},
        raw["whole"],
        tuple(raw["ends"]),
        digests[first],
    )


def _facts(sheets: list[list[Any]], missing: list[str], titles: list[str]) -> SheetFacts:
    return SheetFacts(tuple((title, gid) for title, gid in sheets), tuple(missing), tuple(titles))


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
