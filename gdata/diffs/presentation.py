"""How planners call things: a sheet's own headers for fields, labels for enum values, dates in their time zone.

Used where people read (terminal, Markdown, HTML); programs get JSON with the names of the .proto files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from gdata.diffs.model import Json, Key, TableDiff, bracketed, plain
from gdata.language import translate

_INDEX = re.compile(r"\[([^\]]*)\]")
_CONTROL_NAMES = {"\n": "⏎", "\t": "⇥"}


@dataclass(frozen=True)
class Presentation:
    """The words of one project; the default has none, and shows everything by its name in the .proto files.

    `headers` and `labels` go by table and path without indexes; a header's `{}` stands for the index, a label
    is found by the enum value's name.
    """

    headers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    labels: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    timezone: str = "UTC"

    def field_name(self, table: str, path: str) -> str:
        """The sheet's header for a field, or its path where the sheet has none: `보상1 수량`, `rewards[1].count`."""
        header = self.headers.get((table, plain(path)))
        if header is None:
            return visible(path)
        indexes = iter(_INDEX.findall(path))
        named = re.sub(r"\{\}", lambda _: next(indexes, ""), header)
        return visible("".join((named, *(f"[{index}]" for index in indexes))))

    def value(self, table: TableDiff, path: str, value: Json) -> str:
        """A value on one line: dates in the time zone, enums by their label, None as (none)."""
        where = plain(path)
        if isinstance(value, dict):
            step = "{}[{}]" if where in table.maps else "{}.{}"
            parts = (
                f"{self._part_name(table, where, name)} {self.value(table, step.format(path, bracketed(name)), one)}"
                for name, one in value.items()
            )
            return "{" + ", ".join(parts) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.value(table, path, one) for one in value) + "]"
        return self._scalar(value, table.kinds.get(where, ""), self.labels.get((table.name, where), {}))

    def _part_name(self, table: TableDiff, where: str, name: str) -> str:
        """What a part of a message is called beside the others, where its index is told already."""
        header = None if where in table.maps else self.headers.get((table.name, f"{where}.{name}"))
        return visible(name if header is None else " ".join(header.replace("{}", "").split()))

    def _scalar(self, value: Json, kind: str, labels: Mapping[str, str]) -> str:
        if value is None:
            return translate("(none)")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        if kind == "enum":
            return visible(labels.get(str(value), str(value)))
        if kind == "timestamp" and isinstance(value, str):
            return visible(local_time(value, self.timezone))
        return visible(str(value))


def visible(text: str) -> str:
    """The text on one line, with every sign that can't be seen, or would act on a terminal, written out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _CONTROL_NAMES.get(one) or _escaped(one) for one in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def key_text(key: Key | None, row_number: int) -> str:
    """A row as people call it: `1001`, `1001, 2`, or `row 7` where it has no key."""
    return translate("row {number}").format(number=row_number) if key is None else visible(", ".join(map(str, key)))


def local_time(value: str, timezone: str) -> str:
    """A timestamp of protobuf's JSON in the time zone, without seconds where they are zero."""
    from zoneinfo import ZoneInfo

    zone: tzinfo = ZoneInfo(timezone)
    try:
        moment = datetime.fromisoformat(value).astimezone(zone)
    except (ValueError, OverflowError):  # a year that only protobuf knows
        return value
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    seconds = f":{moment.second:02}{fraction}" if moment.second or fraction else ""
    return f"{moment:%Y-%m-%d %H:%M}{seconds}"


def presentation_of(sources: bytes | None, timezone: str = "UTC") -> Presentation:
    """The words that a project's full descriptors (a FileDescriptorSet with gdata's options) give."""
    if sources is None:
        return Presentation(timezone=timezone)
    from gdata.diffs.projectwords import read_words

    return read_words(sources, timezone)
