"""Large csv files are read in blocks where they lie: their rows, and what is wrong with them, are as in small ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import SourceError
from gdata.sources.csv import CsvFolders
from gdata.sources.grid import ReadSheets, SheetRequest

LINES = "id,name\n" + "".join(f"{number},얼음 {number}\n" for number in range(40))
TEXTS: dict[str, bytes] = {
    "plain": LINES.encode(),
    "no end": LINES.encode()[:-1],
    "CRLF": LINES.replace("\n", "\r\n").encode(),
    "BOM": b"\xef\xbb\xbf" + LINES.encode(),
    "blank lines": (LINES + "\n\n,\n" + LINES + "\n\n").encode(),
    "quoted": LINES.encode() + b'41,"a,b"\n42,"c""d"\n"43","""e"""\n' + LINES.encode(),
    "line breaks in cells": LINES.encode() + b'41,"' + b"a\nb,\r\n" * 9 + b'"\r\n42,""\n' + LINES.encode(),
    "a quoted end": LINES.encode() + b'41,"a\n"',
    "quotes within a cell": LINES.encode() + b'41,a "b" c\n',
    "a quote that nobody closed": LINES.encode() + b'41,"a\n' + LINES.encode(),
    "quotes and separators of ours": LINES.encode() + b'41,"\x1f"\n' + LINES.encode(),
    "a carriage return alone": LINES.encode() + b"41,a\rb\n",
    "sep=": b"sep=;\r\n" + LINES.replace(",", ";").encode(),
    "semicolons": LINES.replace(",", ";").encode(),
    "a zero": LINES.encode() + b"41,\0\n",
    "another encoding": LINES.encode("cp949"),
    "not UTF-8 at the end": LINES.encode() + b"41,\xff\n",
    "UTF-16": LINES.encode("utf-16"),
    "a zip": b"PK\x03\x04" + LINES.encode(),
    "nothing": b"",
    "one line": b"id,name",
}
LEFT = b"<<<<<<< HEAD\n41,a\n=======\n41,b\n>>>>>>> theirs\n"


def read(folder: Path) -> ReadSheets:
    names = [SheetEntry(title="Item", tables=("x.Item",), line=1)]
    pulled = CsvFolders().pull_one(Spreadsheet(name="all", sheets=tuple(names), path=folder, location="sheets"))
    return CsvFolders().read(pulled, [SheetRequest("Item")])


def seen(folder: Path) -> tuple[list[list[object]], list[str]]:
    found = read(folder)
    rows = [[list(row) for row in grid.rows] for grid in found.grids]
    return (rows[0] if rows else []), [f"{error} → {error.hint}" for error in found.unreadable.values()]


@pytest.mark.parametrize("core", ["", "0"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_rows_are_the_same(
    name: str, suffix: str, core: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("GDATA_CORE", core)
    text = TEXTS[name].replace(b",", b"\t") if suffix == ".tsv" else TEXTS[name]
    (tmp_path / f"Item{suffix}").write_bytes(text)
    small = seen(tmp_path)
    request.getfixturevalue("long_files")
    assert seen(tmp_path) == small


@pytest.mark.parametrize("shift", range(0, 64, 5))
def test_what_git_left_is_told_wherever_a_block_ends(
    shift: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "Item.csv").write_bytes(LINES.encode() + b"x" * shift + b"\n" + LEFT)
    request.getfixturevalue("long_files")
    assert seen(tmp_path)[1][0].startswith("sheets/Item.csv, line 43: git couldn't merge it")


def test_what_must_be_read_as_a_whole_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("long_files")
    monkeypatch.setattr("gdata.sources.source.MAX_BYTES", 100)
    (tmp_path / "Item.csv").write_bytes(TEXTS["plain"])
    assert len(read(tmp_path).grids[0].rows) == 41
    (tmp_path / "Item.csv").write_bytes(TEXTS["another encoding"])
    (error,) = read(tmp_path).unreadable.values()
    assert isinstance(error, SourceError)
    assert "larger than" in str(error)
