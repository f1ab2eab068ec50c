"""sheets.yaml of a new project, and entries added to one that exists: its comments and lines stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from gdata.config import SheetEntry, Spreadsheet
from gdata.configfile.names import what_is_wrong_with
from gdata.errors import ConfigError
from gdata.language import sentence

_PLAIN = re.compile(r"[A-Za-z_가-힣ぁ-んァ-ヶ一-龥][\w가-힣 -]*(?<! )")
_WORDS = frozenset("y n yes no on off true false null".split())
_NEW = """\
# Which sheet feeds which table. Written by `gdata scaffold`; from now on it is yours.
version: 1

protos: {protos}          # the schemas that were written from the sheets
output: output          # `gdata build` writes the bundles here, one folder a target
releases: releases      # `gdata publish` keeps releases here; a team writes s3://bucket/game
timezone: {timezone}    # what 2026-12-01 00:00 means in a date cell; a guess: {why}

spreadsheets:
{spreadsheets}
# Who gets what: each target is a folder under `output`. `client: {{groups: [client]}}` would get only the fields
# that the schemas mark with that group.
targets:
{targets}
# Names that point at a release.
default_channel: dev
channels:
  dev: {{gate: off}}
  live: {{protected: true}}    # publishing to it needs the id of the build that was reviewed: --expect
"""


@dataclass(frozen=True)
class NewEntries:
    """Lines under `sheets:` of a spreadsheet, which is new itself or not."""

    spreadsheet: Spreadsheet
    entries: tuple[SheetEntry, ...]
    is_new: bool


def quoted(text: str) -> str:
    """A text as YAML writes it: plain where nobody can take it for anything else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _in_quotes(text)


def _in_quotes(text: str) -> str:
    """A text between double quotes; what YAML doesn't take as it is, is escaped."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in plain)


def new_config(
    new: Sequence[NewEntries], tags: Sequence[str], groups: Sequence[str], timezone: str, why: str, protos: str
) -> str:
    """The text of sheets.yaml for a new project; `tags` and `groups` are those that its sheets speak of."""
    targets = "".join(f"  {quoted(group)}: {{groups: [{quoted(group)}]}}\n" for group in groups) or "  server: {}\n"
    # A tag that can't be a folder's name has a mistake in it: the build tells of it where it stands.
    named = [tag for tag in tags if not what_is_wrong_with(f"server-{tag}")]
    targets += "".join(f"  {quoted(f'server-{tag}')}: {{tags: [{quoted(tag)}]}}\n" for tag in named)
    lines = "\n".join(_block(one, "  ") for one in new)
    return _NEW.format(spreadsheets=lines, targets=targets, timezone=timezone, why=why, protos=quoted(protos))


def _place(spreadsheet: Spreadsheet) -> dict[str, str]:
    place = {"id": spreadsheet.id} if spreadsheet.id else {"path": spreadsheet.location}
    return place | ({"encoding": spreadsheet.encoding} if spreadsheet.encoding != "utf-8" else {})


def _block(new: NewEntries, indent: str, newline: str = "\n") -> str:
    inner = f"{indent}  "
    lines = [f"{indent}{quoted(new.spreadsheet.name)}:"]
    lines += [f"{inner}{key}: {_in_quotes(value)}" for key, value in _place(new.spreadsheet).items()]
    lines += [f"{inner}sheets:", *(f"{inner}  {_entry(entry)}" for entry in new.entries)]
    return newline.join(lines) + newline


def _flow(new: NewEntries) -> str:
    place = [f"{key}: {_in_quotes(value)}" for key, value in _place(new.spreadsheet).items()]
    sheets = ", ".join(map(_entry, new.entries))
    return f"{quoted(new.spreadsheet.name)}: {{{', '.join([*place, f'sheets: {{{sheets}}}'])}}}"


def _entry(entry: SheetEntry) -> str:
    options: Mapping[str, object] = {
        "layout": "" if entry.layout == "rows" else entry.layout,
        "header_row": entry.header_row if entry.header_row > 1 else 0,
        "header_rows": entry.header_rows if entry.header_rows > 1 else 0,
        "first_row": entry.first_row,
        "multirow": "true" if entry.multirow else "",
        "unknown_columns": entry.unknown_columns if entry.unknown_columns != "error" else "",
        "range": _in_quotes(entry.range.text) if entry.range is not None else "",
        "blank": f"[{', '.join(map(_in_quotes, entry.blank))}]" if entry.blank else "",
        "notes": _in_quotes(entry.notes) if entry.notes != "#" else "",
    }
    written = [f"{key}: {value}" for key, value in options.items() if value]
    table = entry.tables[0]
    return f"{quoted(entry.title)}: " + (f"{{{', '.join([f'table: {table}', *written])}}}" if written else table)


def add_entries(text: str, new: Sequence[NewEntries], name: str) -> str:
    """The text of sheets.yaml with entries added; `name` is its name for messages.

    Raises:
        ConfigError: it is written in a way that can't be added to.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    newline = "\r\n" if "\r\n" in text else "\n"
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(
            sentence("{name}: isn't a mapping, so nothing can be added to it", name=name),
            hint=sentence("start with `version: 1`"),
        )
    place = _value_of(root, "spreadsheets")
    if place is None:
        start = "" if text.endswith("\n") or not text else newline
        blocks = newline.join(_block(one, "  ", newline) for one in new)
        return f"{mark}{text}{start}{newline}spreadsheets:{newline}{blocks}"
    inserted = [_insertion(text, place, one, newline, name) for one in new]
    for _, (offset, piece) in sorted(enumerate(inserted), key=lambda one: (one[1][0], one[0]), reverse=True):
        text = text[:offset] + piece + text[offset:]
    return mark + text


def _value_of(node: yaml.Node, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if isinstance(name, yaml.ScalarNode) and name.value == key), None)


def _insertion(text: str, spreadsheets: yaml.Node, new: NewEntries, newline: str, name: str) -> tuple[int, str]:
    """Where something is to be put, and what."""
    if new.is_new:
        node, flow = spreadsheets, _flow(new)
        block = [_block(new, "", newline).removesuffix(newline)]
    else:
        own = _value_of(spreadsheets, new.spreadsheet.name)
        sheets = _value_of(own, "sheets") if own is not None else None
        if sheets is None:
            raise ConfigError(
                sentence(
                    "{file}: the lines of {spreadsheet} aren't plain YAML to add to",
                    file=name,
                    spreadsheet=new.spreadsheet.name,
                )
            )
        node, flow = sheets, ", ".join(map(_entry, new.entries))
        block = list(map(_entry, new.entries))
    if isinstance(node, yaml.ScalarNode) and not node.value and new.is_new:
        # `spreadsheets:` with nothing below it yet.
        below = "".join(f"  {line}{newline}" for line in newline.join(block).split(newline))
        return _line_end(text, node.start_mark.index), below
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        end = node.end_mark.index - 1
        return end, f"{', ' if node.value else ''}{flow}"
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise ConfigError(
            sentence("{name}:{line}: nothing stands here to add to", name=name, line=node.start_mark.line + 1),
            hint=sentence("delete the line"),
        )
    indent = " " * node.value[0][0].start_mark.column
    offset = _line_end(text, _last_mark(node))
    start = newline if offset and not text[:offset].endswith("\n") else ""
    lines = newline.join(block).split(newline)
    return offset, start + "".join(f"{indent}{line}{newline}" for line in lines)


def _last_mark(node: yaml.Node) -> int:
    """Where the last thing in a node ends; a block's own end is where the next thing begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_mark(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1
