"""Workbooks written part by part, to hold what Excel and LibreOffice write and openpyxl doesn't."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gdata.config import SheetEntry, Spreadsheet
from gdata.sources.adapters import pull_local, read_sheets
from gdata.sources.grid import ReadSheets, SheetRequest

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = f"""<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="[h]:mm:ss"/></numFmts>
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/><xf numFmtId="170"/>
<xf numFmtId="22"/></cellXfs></styleSheet>"""
DATE, TIME, HOURS, DATE_TIME = 1, 2, 3, 4
"""Cell styles in STYLES: m/d/yy, h:mm:ss, [h]:mm:ss, m/d/yy h:mm."""


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _rels(targets: Iterable[tuple[str, str]]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'


def xlsx(cells: str | bytes, *, properties: str = "", after: str = "", prefix: str = "") -> bytes:
    """An .xlsx with the sheet S, whose <sheetData> holds `cells`; bytes are the whole sheet."""
    name = f"{prefix}:worksheet" if prefix else "worksheet"
    xmlns = f"xmlns:{prefix}" if prefix else "xmlns"
    data = f"{prefix}:sheetData" if prefix else "sheetData"
    sheet = f'<{name} {xmlns}="{_MAIN}"><{data}>{cells!s}</{data}>{after}</{name}>'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": _rels([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">{properties}'
            '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _rels([("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]),
            "xl/styles.xml": STYLES,
            "xl/worksheets/sheet1.xml": cells if isinstance(cells, bytes) else sheet,
        }
    )


def _record(kind: int, content: bytes = b"") -> bytes:
    id_bytes = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return id_bytes + bytes([len(content)]) + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


@dataclass(frozen=True)
class Dated:
    """A number in a cell of one of these styles: 1 is m/d/yy, 2 is `[Red]0.0"days"`, 3 is yyyy-mm-dd, 4 is `0.0%`."""

    number: float
    style: int = 1


def _binary_styles() -> bytes:
    formats = {170: '[Red]0.0"days"', 171: "yyyy-mm-dd", 172: "0.0%"}
    content = _record(278) + _record(615, struct.pack("<I", len(formats)))
    content += b"".join(_record(44, struct.pack("<H", number) + _wide(code)) for number, code in formats.items())
    styles = (0, 14, 170, 171, 172)
    content += _record(616) + _record(617, struct.pack("<I", len(styles)))
    content += b"".join(_record(47, struct.pack("<HH", 0, number) + bytes(12)) for number in styles)
    return content + _record(618) + _record(279)


def xlsb(
    rows: Mapping[int, Mapping[int, str | float | Dated]],
    merges: Iterable[tuple[int, int, int, int]] = (),
    from_1904: int = 0,
) -> bytes:
    """An .xlsb with the sheet S; rows and columns from 0, a text is one of Excel's errors or a text.

    Whole numbers are written in the short form, as Excel does.
    """
    errors = {"#DIV/0!": 0x07, "#N/A": 0x2A}
    book = (
        _record(153, struct.pack("<I", from_1904))
        + _record(143)
        + _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("S"))
        + _record(144)
        + _record(132)
    )
    last = max(rows), max(column for cells in rows.values() for column in cells)
    sheet = _record(129) + _record(148, struct.pack("<IIII", 0, last[0], 0, last[1])) + _record(145)
    for row, cells in rows.items():
        sheet += _record(0, struct.pack("<I", row) + bytes(13))
        for column, value in cells.items():
            style, value = (value.style, value.number) if isinstance(value, Dated) else (0, value)
            head = struct.pack("<II", column, style)
            if value in errors:
                sheet += _record(11, head + bytes([errors[str(value)]]) + bytes(8))
            elif isinstance(value, str):
                sheet += _record(6, head + _wide(value))
            elif isinstance(value, int):
                sheet += _record(2, head + struct.pack("<i", value << 2 | 2))
            else:
                sheet += _record(5, head + struct.pack("<d", value))
    sheet += _record(146)
    for top, left, bottom, right in merges:
        sheet += _record(176, struct.pack("<IIII", top, bottom, left, right))
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _rels([("worksheet", "worksheets/sheet1.bin")]),
            "xl/styles.bin": _binary_styles(),
            "xl/worksheets/sheet1.bin": sheet + _record(130),
        }
    )


def ods(tables: str, head: str = "") -> bytes:
    """An .ods whose <office:spreadsheet> holds `tables`."""
    names = {"office": "office", "table": "table", "text": "text", "draw": "drawing"}
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for prefix, name in names.items()
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f'{head}<office:document-content {spaces} xmlns:calcext="urn:org:documentfoundation:names:'
            'experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet>'
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def read(path: Path, *titles: str, encoding: str = "utf-8") -> ReadSheets:
    """Pull `path` and read these sheets of it."""
    entries = tuple(SheetEntry(title, ("game.T",)) for title in titles)
    pulled = pull_local(Spreadsheet("game", entries, path=path, location=path.name, encoding=encoding))
    return read_sheets(pulled, [SheetRequest(entry.title, entry.is_glob) for entry in entries]).require_all()


def read_bytes(folder: Path, content: bytes, name: str = "book.xlsx", title: str = "S") -> ReadSheets:
    """Read the sheet `title` of a workbook with this content."""
    path = folder / name
    path.write_bytes(content)
    return read(path, title)
