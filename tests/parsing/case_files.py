"""Read the folders of tests/cases: each is a schema, sheets, and what must come out of them.

schema.proto   without a `syntax` line it gets the usual head: proto3, package t, both shipped imports
Item.csv       a sheet of text cells; its title is the file's name
Item.yaml      a sheet of typed cells: rows as YAML lists, or {rows: …, merges: [A1:B2], percents: [B2],
               uncomputed: [B3]}; dates are
               !date [serial, text], formulas without a value !formula text
case.yaml      about: what it shows; sheets, targets, timezone, severity: as in sheets.yaml (a sheet feeds
               t.<title>Table unless `sheets` says otherwise);
               rows: {table: […]} of every target, or targets_rows: {target: {table: […]}};
               problems: ["code cell", …] in their order, with " ⊃ text" where message or hint holds it;
               schema_error / config_error: a part of the message
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from gdata.config import Area, SheetEntry, Spreadsheet
from gdata.configfile import load_config
from gdata.parsing.table import TableSheet, parse_table
from gdata.project import Project
from gdata.schema.protoc import compile_protos
from gdata.schema.schema import Schema
from gdata.sources.csv import CsvFolders
from gdata.sources.grid import CellValue, DateCell, FormulaCell, Grid, Pulled, SheetRequest
from gdata.sources.source import match_titles
from gdata.tables import Parsed

CASES = Path(__file__).parent.parent / "cases"
_HEAD = """syntax = "proto3"; package t; import "gdata/options.proto"; import "google/protobuf/timestamp.proto"; \
import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
"""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with typed cells."""


_Loader.add_constructor("!date", lambda loader, node: DateCell(*loader.construct_sequence(node)))
_Loader.add_constructor("!formula", lambda loader, node: FormulaCell(loader.construct_scalar(node)))
# A bare date is a text here, as it is in a csv file.
_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Case:
    """One folder."""

    folder: Path
    wanted: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name


@functools.cache
def cases() -> Sequence[Case]:
    folders = sorted(path.parent for path in CASES.glob("*/case.yaml"))
    return [Case(folder, read_yaml(folder / "case.yaml")) for folder in folders]


def read_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


def open_case(case: Case, folder: Path, cache: Path) -> Project:
    """The case as a project; `folder` is for files that have to be made."""
    protos = folder / "protos"
    protos.mkdir()
    for path in case.folder.glob("*.proto"):
        text = path.read_text(encoding="utf-8")
        is_whole = re.search(r"^\s*(syntax|edition)\s*=", text, re.MULTILINE)
        (protos / path.name).write_text(text if is_whole else _HEAD + text, encoding="utf-8")
    sheets = case.wanted.get("sheets") or {path.stem: f"t.{path.stem}Table" for path in _sheet_files(case)}
    content = {
        "version": 1,
        "spreadsheets": {"game": {"path": str(folder), "sheets": sheets}},
        **{name: case.wanted[name] for name in ("targets", "timezone", "severity") if name in case.wanted},
    }
    (folder / "sheets.yaml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    config = load_config(folder / "sheets.yaml", {})
    schema = Schema(compile_protos(config.protos, cache / case.name))
    names = [(name, one.layout == "vertical") for one in config.spreadsheets[0].sheets for name in one.tables]
    return Project(config, schema, schema.tables(dict.fromkeys(names)))


def parse_case(case: Case, project: Project) -> Parsed:
    """The case's tables."""
    grids = {path.stem: read_grid(path) for path in _sheet_files(case)}
    spreadsheet = project.config.spreadsheets[0]
    requests = [SheetRequest(one.title, one.is_glob) for one in spreadsheet.sheets]
    titles = match_titles(grids, requests, spreadsheet.name).titles
    parsed = Parsed(sheet_order={("game", title): number for number, title in enumerate(grids)})
    for plan in project.plans.values():
        sheets = [
            TableSheet(grids[title], entry, project.plans_of(entry), _beside(entry, spreadsheet))
            for entry, names in zip(spreadsheet.sheets, titles, strict=True)
            if plan.message in entry.tables
            for title in names
        ]
        table = parse_table(plan, sheets, project.audiences, ZoneInfo(project.config.timezone))
        parsed.tables[plan.name] = table
        parsed.problems += table.problems
    return parsed


def _beside(entry: SheetEntry, spreadsheet: Spreadsheet) -> tuple[Area, ...]:
    others = (one for one in spreadsheet.sheets if one is not entry and one.title == entry.title)
    return tuple(one.range for one in others if one.range is not None)


def _sheet_files(case: Case) -> list[Path]:
    return sorted(path for path in case.folder.iterdir() if path.suffix == ".csv" or path.stem[0].isupper())


def read_grid(path: Path) -> Grid:
    if path.suffix == ".csv":
        files = {path.name: path.read_bytes(), "folder.json": json.dumps([path.name]).encode()}
        return CsvFolders().read(Pulled("game", "csv", files, datetime.now(UTC)), [SheetRequest(path.stem)]).grids[0]
    content = read_yaml(path)
    rows: list[list[CellValue]] = content["rows"] if isinstance(content, dict) else content
    merges = [_merge(text) for text in content.get("merges", ())] if isinstance(content, dict) else ()
    marks = {
        name: frozenset(_merge(f"{place}:{place}")[:2] for place in content[name])
        for name in ("percents", "uncomputed")
        if isinstance(content, dict) and name in content
    }
    return Grid("game", path.stem, [row or [] for row in rows], "google", merges=tuple(merges), **marks)


def _merge(text: str) -> tuple[int, int, int, int]:
    found = re.fullmatch(r"([A-Z])(\d+):([A-Z])(\d+)", text)
    assert found is not None, text
    return int(found[2]), ord(found[1]) - 64, int(found[4]), ord(found[3]) - 64
