"""What sheets say of versions: cells under @since and @until, and headers of variants such as `price@jp@1.4+`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from gdata import kinds
from gdata.config import Audience
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import Fault, is_blank, shown
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell
from gdata.versions import Version, nearest_version

_BEGINS_WITH_A_NUMBER = re.compile(r"[vV]?\.?\s*[0-9]+\.[0-9.]*")


class Variant(NamedTuple):
    """For whom a further column of a field is: `price@jp` for a tag, `price@1.4+` from a version on."""

    tag: str = ""
    since: Version | None = None

    def __str__(self) -> str:
        return "".join([f"@{self.tag}" if self.tag else "", f"@{self.since}+" if self.since is not None else ""])

    def has_begun(self, version: Version | None) -> bool:
        """Whether a version has it; None is what will be newest."""
        return self.since is None or version is None or self.since <= version


def read_variant(parts: Iterable[str]) -> Variant | Sentence:
    """The variant that the parts of a header behind its field's name are; else what is wrong with them."""
    tag, since = "", None
    for part in parts:
        version = Version.read(part[:-1].strip()) if part.endswith("+") else None
        if version is not None:
            if since is not None:
                return sentence("it names two versions")
            since = version
        elif _BEGINS_WITH_A_NUMBER.match(part):
            meant = nearest_version(part) or "1.4"
            return sentence("{part} is no version from which it counts: write @{meant}+", part=part, meant=meant)
        elif tag:
            return sentence("it names two tags")
        else:
            tag = part
    return Variant(tag, since)


def fitting(variants: Iterable[Variant], audience: Audience) -> list[Variant]:
    """The variants that an audience takes, the one that goes first first: its tags in their order, then versions."""
    tags = {tag: position for position, tag in enumerate((*audience.tags, ""))}
    found = [one for one in variants if one.tag in tags and one.has_begun(audience.version)]
    found.sort(key=lambda one: one.since.parts if one.since is not None else (), reverse=True)
    return sorted(found, key=lambda one: tags[one.tag])


def convert_version(cell: CellValue) -> tuple[Version | None, Fault | None]:
    """The version that a cell holds; None where it is blank or none, and what is wrong with it."""
    text = shown(cell).strip()
    if is_blank(cell):
        return None, None
    if text in ERROR_TEXTS:
        return None, Fault(kinds.CELL_FORMULA_ERROR, {"value": text})
    if isinstance(cell, DateCell):
        instead = sentence("the spreadsheet made a date of it: format the column as plain text, then write the version")
        return None, Fault(kinds.CELL_NOT_VERSION, {"instead": instead})
    if isinstance(cell, float) and not cell.is_integer():
        instead = sentence("as a number 1.10 is 1.1: format the column as plain text, then write the version again")
        return None, Fault(kinds.CELL_NOT_VERSION, {"instead": instead})
    version = Version.read(text)
    if version is not None:
        return version, None
    meant = nearest_version(text)
    hint = sentence("write numbers with dots between them: 1.4")
    instead = sentence("did you mean {meant}? Write numbers with dots between them", meant=meant) if meant else hint
    return None, Fault(kinds.CELL_NOT_VERSION, {"instead": instead})
