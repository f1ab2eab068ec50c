"""Workbooks that can't be read: each says why, and what to do."""

import io
import random
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from workbook_files import ods, read, read_bytes, xlsb, xlsx, zipped

from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import SourceError
from gdata.sources.grid import SheetRequest
from gdata.sources.workbook.read import pull_workbook, read_workbook

GOOD = xlsx('<row r="1"><c r="A1"><v>1</v></c></row>')
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
FAR = "reaches to row 1,048,576 and column 16,384"

CASES = [
    ("empty", b"", "book.xlsx: the file is empty", "synced"),
    ("old", OLE, "book.xlsx: is an old .xls workbook", "save it as .xlsx"),
    ("locked", OLE + "EncryptedPackage".encode("utf-16-le"), "book.xlsx: is protected by a password", "without one"),
    ("lfs", b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS", "git lfs pull"),
    ("page", b"<!DOCTYPE html><html>Sign in", "isn't a workbook, whatever its name says", "save it as .xlsx"),
    ("text", b"id,name\n1,a\n", "isn't a workbook, whatever its name says", ""),
    ("cut", GOOD[:-40], "the workbook is damaged", "try again"),
    ("half", GOOD[: len(GOOD) // 2], "the workbook is damaged", "try again"),
    ("zip", zipped({"readme.txt": "hello"}), "is a zip file, but no workbook", "save it as .xlsx"),
    ("no rels", zipped({"xl/workbook.xml": "<workbook/>"}), "the workbook is damaged", ""),
    ("no xml", zipped({"xl/workbook.xml": "hello"}), "the workbook is damaged", ""),
    ("bad cell", xlsx('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), "book.xlsx, sheet S", ""),
    ("far", xlsx('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
     f"book.xlsx, sheet S: {FAR}", "Ctrl+End"),
    ("far down", xlsx('<row r="1"><c r="ZZ1"><v>1</v></c></row><row r="999999"><c r="A999999"><v>1</v></c></row>'),
     "book.xlsx, sheet S: reaches to row 999,999 and column 702", "Ctrl+End"),
    ("far binary", xlsb({0: {0: 1.0}, 1_048_575: {16_383: 1.0}}), FAR, "Ctrl+End"),
    ("far ods", ods('<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576">'
     '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
     "</table:table-row></table:table>"), FAR, "Ctrl+End"),
    # Each took minutes where a search begins anew at every one of them.
    ("forged ods", ods("<table:table table:name=\"'a'#\">" * 60_000), "the workbook is damaged", ""),
    ("forged texts", xlsx('<row r="1"><c r="A1" ' + "t='inlineStr'" * 60_000), "the workbook is damaged", ""),
    ("entities", ods('<table:table table:name="S"/>', '<!DOCTYPE a [<!ENTITY b "c">]>'), "the workbook is damaged", ""),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message", "hint"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_said(tmp_path: Path, content: bytes, message: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_bytes(tmp_path, content)
    assert str(caught.value).startswith("book.xlsx")
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_formatted_cells_far_out_do_not_matter(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert read_bytes(tmp_path, xlsx(rows)).grids[0].rows == [[1]]


def test_a_wrong_suffix_of_a_real_workbook_does_not_matter(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, GOOD, "book.ods").grids[0].rows == [[1]]


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    content = bytearray(zipped({"xl/workbook.xml": "<workbook/>", "xl/media/a.png": b""}))
    place = content.rfind(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 0xF0000000)
    with pytest.raises(SourceError, match="unpacks to more than 2 GiB"):
        read_bytes(tmp_path, bytes(content))


def test_a_size_that_lies_is_found(tmp_path: Path) -> None:
    content = bytearray(xlsx('<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 1_000_000))
    for info in zipfile.ZipFile(io.BytesIO(bytes(content))).infolist():
        if info.filename.endswith("sheet1.xml"):
            place = content.rfind(struct.pack("<I", info.file_size))
            content[place : place + 4] = struct.pack("<I", 500)
    with pytest.raises(SourceError, match="damaged"):
        read_bytes(tmp_path, bytes(content))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.xlsx: there is no such file"):
        pull_workbook(Spreadsheet("a", (SheetEntry("S", ("g.T",)),), path=tmp_path / "gone.xlsx"))


def test_any_byte_flipped_is_read_or_refused_but_never_crashes(tmp_path: Path) -> None:
    source = random.Random(4)
    for number in range(300):
        content = bytearray(GOOD)
        for _ in range(source.choice((1, 1, 3, 20))):
            content[source.randrange(len(content))] = source.randrange(256)
        (tmp_path / f"{number}.xlsx").write_bytes(content)
        try:
            read(tmp_path / f"{number}.xlsx", "S")
        except SourceError as error:
            assert error.hint


def test_one_damaged_sheet_leaves_the_others(tmp_path: Path) -> None:
    """Said as a problem among others; what stands in them is checked all the same."""
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Good"
    book.active["A1"] = "id"
    book.create_sheet("Bad")["A1"] = "id"
    book.save(path)
    members = {one: zipfile.ZipFile(path).read(one) for one in zipfile.ZipFile(path).namelist()}
    members["xl/worksheets/sheet2.xml"] = b'<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row>'
    path.write_bytes(zipped(members))
    entries = tuple(SheetEntry(title, ("game.T",)) for title in ("Good", "Bad"))
    pulled = pull_workbook(Spreadsheet("game", entries, path=path, location="book.xlsx"))
    found = read_workbook(pulled, [SheetRequest("Good"), SheetRequest("Bad")])
    assert [one.sheet for one in found.grids] == ["Good"]
    assert list(found.unreadable) == ["Bad"]
    assert "book.xlsx, sheet Bad: the workbook is damaged" in str(found.unreadable["Bad"])
