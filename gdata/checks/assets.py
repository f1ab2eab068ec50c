"""The `path` option: the file that a value names is there, under asset_root, in exactly that spelling.

Names are compared with what the folders list, not asked of the file system: on Windows and macOS it finds
`Sword.PNG` for `sword.png`, and the game on a phone doesn't.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Any

from gdata import kinds
from gdata.checks.values import (
    Column,
    column_values,
    marked_columns,
    numbered_sound_rows,
    plain_text,
    sound_rows,
    walk_column,
    written_path,
)
from gdata.files import as_on_disk
from gdata.language import Sentence, sentence
from gdata.parsing.view import View
from gdata.problems import Kind, Problem
from gdata.text import nearest, question


class Assets:
    """The files under a folder; each folder is listed once."""

    def __init__(self, root: FilePath) -> None:
        self._root = root
        self._listed: dict[PurePosixPath, frozenset[str]] = {}

    def has(self, path: PurePosixPath) -> bool:
        """Whether there is a file or folder of exactly this name."""
        return all(one.name in self._names(one.parent) for one in (path, *path.parents) if one.name)

    def nearest(self, path: PurePosixPath) -> str | None:
        """The path most like `path` in the same folder."""
        name = nearest(path.name, self._names(path.parent))
        return str(path.parent / name) if name else None

    def _names(self, folder: PurePosixPath) -> frozenset[str]:
        if folder not in self._listed:
            try:
                names = [one.name for one in as_on_disk(self._root / folder).iterdir()]
            except OSError:
                names = []
            # macOS gives names in NFD, sheets are written in NFC.
            self._listed[folder] = frozenset(unicodedata.normalize("NFC", name) for name in names)
        return self._listed[folder]


def check_assets(view: View, assets: Assets) -> list[Problem]:
    """The files that a table names and that aren't there."""
    return [problem for column in asset_columns(view) for problem in _check_column(view, column, assets)]


def warn_unchecked(views: Mapping[str, View], root: FilePath | None) -> list[Problem]:
    """One warning where fields name files, but there is no folder to look in."""
    reason = sentence("asset_root isn't set") if root is None else sentence("there is no folder {folder}", folder=root)
    for view in views.values():
        for column in asset_columns(view):
            if any(column_values(sound_rows(view, (column.top,)), column)):
                return [_unchecked(view, column, reason)]
    return []


def _unchecked(view: View, column: Column, reason: Sentence) -> Problem:
    index, path = next(
        (index, path)
        for index, row in numbered_sound_rows(view, (column.top,))
        for path, value in walk_column(row, column)
        if value
    )
    field = written_path(view.plan.row.descriptor, path)
    return kinds.PATH_UNCHECKED.at(view.locate(index, path), table=view.plan.name, field=field, reason=reason)


def asset_columns(view: View) -> list[Column]:
    """The columns whose values name files."""
    return [column for column in marked_columns(view.plan.row) if column.field.path and column.kind != "message"]


def _check_column(view: View, column: Column, assets: Assets) -> Iterable[Problem]:
    values = {plain_text(value) or "" for value in column_values(sound_rows(view, (column.top,)), column)}
    wrong = {value: found for value in values if (found := _wrong(value, column.field.path, assets)) is not None}
    return _report(view, column, wrong) if wrong else ()


def _wrong(value: str, template: str, assets: Assets) -> tuple[Kind, dict[str, Any]] | None:
    """What is wrong with the file that a value names; None: it is there, or the cell is blank."""
    if not value:
        return None
    text = template.replace("{}", value)
    path = PurePosixPath(unicodedata.normalize("NFC", text).replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in text or "\0" in text:
        return kinds.PATH_OUTSIDE, {"path": text}
    if assets.has(path):
        return None
    return kinds.PATH_MISSING, {"path": str(path), "before": question(assets.nearest(path))}


def _report(view: View, column: Column, wrong: Mapping[str, tuple[Kind, dict[str, Any]]]) -> Iterator[Problem]:
    for index, row in numbered_sound_rows(view, (column.top,)):
        for path, value in walk_column(row, column):
            text = plain_text(value) or ""
            if text in wrong:
                kind, words = wrong[text]
                field = written_path(view.plan.row.descriptor, path)
                yield kind.at(view.locate(index, path), table=view.plan.name, field=field, value=text, **words)
