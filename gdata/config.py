"""sheets.yaml as frozen dataclasses. `gdata.configfile` reads the file; everything else takes these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from gdata.versions import ALWAYS, Span, Version

Layout = Literal["rows", "columns", "vertical"]
TextFormat = Literal["", "json", "txtpb"]
SourceKind = Literal["google", "workbook", "csv"]
SchemaRule = Literal["readers", "wire", "wire_json", "file", "off"]
DENIALS = ("added_rows", "removed_rows", "changed_rows", "added_table", "removed_table", "any")
LIMITS = ("max_change", "max_increase", "max_decrease", "max_changed_rows", "min", "max")


@dataclass(frozen=True)
class Area:
    """Cells of a sheet, from 1, both ends included; a last row or column of 0 has no end."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int
    text: str = ""
    """As sheets.yaml writes it: "A:C", "A1:F40"."""

    def turned(self) -> Area:
        """The same of a sheet on its side."""
        return Area(self.first_column, self.first_row, self.last_column, self.last_row, self.text)


@dataclass(frozen=True)
class SheetEntry:
    """One line under `sheets:`: which sheets (a title, or a glob of `*` and `?`) feed which tables, and how."""

    title: str
    tables: tuple[str, ...]
    """Full names of the messages, as written."""
    layout: Layout = "rows"
    header_row: int = 1
    first_row: int = 0
    """0: the row after the header; in the vertical layout, 1."""
    multirow: bool = False
    unknown_columns: Literal["error", "warn", "ignore"] = "error"
    merged: Literal["", "fill"] = ""
    notes: str = "#"
    """What the first cell of a row for people alone begins with; "" where there are none."""
    header_rows: int = 1
    """1, or 2: what stands above joined to what stands below."""
    overlay: bool = False
    """Its rows change those of other sheets."""
    tags: tuple[str, ...] = ()
    """Of an overlay: only targets with one of them get it; () where all do."""
    span: Span = ALWAYS
    """Of an overlay: in which versions it counts."""
    blank: tuple[str, ...] = ()
    """Texts that count as blank in all fields but those of text."""
    range: Area | None = None
    """The cells that are the sheet, where others lie beside or below them."""
    keys: tuple[tuple[int, int], ...] = ()
    """The keys that its rows may have, first and last of each range; () where any may be."""
    line: int = 0

    @property
    def is_glob(self) -> bool:
        """Whether the title stands for several sheets."""
        return "*" in self.title or "?" in self.title


@dataclass(frozen=True)
class Spreadsheet:
    """One Google file (`id`) or local workbook or csv folder (`path`), under its short name."""

    name: str
    sheets: tuple[SheetEntry, ...]
    id: str = ""
    path: Path | None = None
    location: str = ""
    """The id, or the path as sheets.yaml writes it."""
    encoding: str = "utf-8"
    """Of the files of a csv folder: a name, `auto` (each is recognised), or a JSON object of these by title or glob."""
    line: int = 0

    @property
    def kind(self) -> SourceKind:
        """The kind of source that brings it."""
        if self.path is None:
            return "google"
        return "csv" if self.path.is_dir() else "workbook"


@dataclass(frozen=True)
class GoogleSettings:
    """How to reach Google: credentials as a path or JSON text, the team's OAuth client, another endpoint."""

    credentials: str = field(default="", repr=False)
    oauth_client: Path | None = None
    endpoint: str = ""


@dataclass(frozen=True)
class Audience:
    """What decides which rows, columns and overlays a target sees: its tags, and the version that it is for."""

    tags: tuple[str, ...] = ()
    version: Version | None = None
    """None: what will be newest."""

    def __str__(self) -> str:
        return ", ".join([*self.tags, *([str(self.version)] if self.version is not None else ())])


@dataclass(frozen=True)
class Target:
    """One audience: which groups of fields and which tagged rows it gets, as of which version, and a text format beside
    the binary.
    """

    name: str
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    format: TextFormat = ""
    compress: Literal["", "zstd"] = ""
    """How its table files are packed; "" is not at all."""
    version: Version | None = None

    @property
    def audience(self) -> Audience:
        """What it shares with the targets that see the same rows."""
        return Audience(self.tags, self.version)


@dataclass(frozen=True)
class Limit:
    """N, or N percent of the old value or row count."""

    amount: float
    percent: bool = False

    def __str__(self) -> str:
        return f"{self.amount:.15g}%" if self.percent else f"{self.amount:.15g}"


@dataclass(frozen=True)
class GateRule:
    """One rule that a diff must pass: either `deny` or a limit; `tables` and `fields` are globs, empty = all."""

    name: str
    tables: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    level: Literal["block", "warn"] = "block"
    deny: str = ""
    """One of DENIALS."""
    limit: str = ""
    """One of LIMITS."""
    limit_by: Limit = Limit(0)
    line: int = 0
    metrics: tuple[str, ...] = ()
    """Globs of metrics, in place of tables and fields."""


@dataclass(frozen=True)
class Gate:
    """The rules that a diff must pass, and who must cope with a changed schema: readers of the old one, or `buf`."""

    schema: SchemaRule = "readers"
    rules: tuple[GateRule, ...] = ()


@dataclass(frozen=True)
class Channel:
    """Settings of the channels that match `pattern`; `gate` None: the general one."""

    pattern: str
    protected: bool = False
    gate: Gate | None = None
    version: Version | None = None
    """The one of which builds may be published there; None: of any."""


@dataclass(frozen=True)
class SeverityRules:
    """`severity:`: levels (error, warning, off) by code, and by table and code."""

    codes: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Where each table's rules stand in sheets.yaml."""


@dataclass(frozen=True)
class Config:
    """sheets.yaml, checked; paths are absolute."""

    path: Path
    protos: Path
    output: Path
    releases: str
    """An absolute path, or a URL: s3://…, gs://…"""
    spreadsheets: tuple[Spreadsheet, ...]
    targets: tuple[Target, ...] = (Target("server"),)
    timezone: str = "UTC"
    asset_root: Path | None = None
    google: GoogleSettings = GoogleSettings()
    checks: tuple[Path, ...] = ()
    metrics: tuple[Path, ...] = ()
    severity: SeverityRules = SeverityRules()
    gate: Gate = Gate()
    default_channel: str = "live"
    channels: tuple[Channel, ...] = ()
    asked_at: Config | None = field(default=None, repr=False)
    """As sheets.yaml has it, where all targets are given another version for once."""

    @property
    def folder(self) -> Path:
        """The project's folder: where sheets.yaml lies."""
        return self.path.parent

    @property
    def state(self) -> Path:
        """`.gdata/`: what gdata keeps for itself; safe to delete."""
        return self.folder / ".gdata"

    def channel(self, name: str) -> Channel:
        """The settings of the channel `name`: its own entry, else the first glob that matches, else the defaults."""
        for channel in self.channels:
            if channel.pattern == name:
                return channel
        for channel in self.channels:
            if fnmatchcase(name, channel.pattern):
                return channel
        return Channel(name)

    def at(self, version: Version) -> Config:
        """The same with every target at one version."""
        targets = tuple(replace(target, version=version) for target in self.targets)
        return replace(self, targets=targets, asked_at=self.asked_at or self)

    @property
    def versions(self) -> frozenset[Version | None]:
        """Those that targets and channels have; None among them: a target has what will be newest."""
        own = self.asked_at or self
        channels = {channel.version for channel in own.channels if channel.version is not None}
        return frozenset(channels | {target.version for target in own.targets})

    def gate_of(self, channel: str | None) -> Gate:
        """The gate that a diff against `channel` must pass; without a channel, the general one."""
        own = self.channel(channel).gate if channel is not None else None
        return self.gate if own is None else own

    @property
    def entries(self) -> Iterator[SheetEntry]:
        """Every line under `sheets:`, in the order of the file."""
        for spreadsheet in self.spreadsheets:
            yield from spreadsheet.sheets

    @property
    def gate_rules(self) -> Iterator[GateRule]:
        """Those of all gates, the general one's first."""
        for gate in (self.gate, *(channel.gate for channel in self.channels if channel.gate is not None)):
            yield from gate.rules

    @property
    def has_metrics(self) -> bool:
        """Whether it has metrics, or a rule that asks for some."""
        return bool(self.metrics) or any(rule.metrics for rule in self.gate_rules)
