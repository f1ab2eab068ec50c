"""A year in one set of sheets: each of twelve versions has the bundle that a copy of the sheets made by hand gives."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdata.bundles.encode import encode_build
from gdata.configfile import load_config
from gdata.pipeline.check import check_all, views_for
from gdata.pipeline.pull import pull_all
from gdata.problems import has_errors
from gdata.project import plan_project
from gdata.schema.schema import Schema
from gdata.tables.stage import parse_all
from gdata.testing.bundles import compile_protos

VERSIONS = [f"1.{number}" for number in range(1, 13)]
LAST = len(VERSIONS)
Span = tuple[int, int]
"""The first version that has something, and the first that no longer does; as positions in VERSIONS."""
HEAD = 'syntax = "proto3"; package game; import "gdata/options.proto";\n'
CRIT: Span = (3, LAST)
OLD: Span = (0, 7)
PET: Span = (5, LAST)
EVENT: Span = (4, 9)
"""The versions of the overlay."""


@dataclass(frozen=True)
class Line:
    """A row of the trunk's sheet."""

    id: int
    span: Span
    values: Mapping[str, Any]
    variants: Mapping[int, int]
    """Its prices from some versions on."""


@dataclass(frozen=True)
class Year:
    """What the planners wrote."""

    lines: Sequence[Line]
    event: Mapping[int, Mapping[str, Any]]
    """By id, what the overlay has in its row; {} takes the row out."""
    columns: Sequence[int]
    """The versions that have a column of prices of their own."""


def spans() -> st.SearchStrategy[Span]:
    bounds = st.tuples(st.integers(0, LAST - 1), st.integers(1, LAST))
    return bounds.filter(lambda one: one[0] < one[1])


@st.composite
def years(draw: st.DrawFn) -> Year:
    columns = draw(st.lists(st.integers(1, LAST - 1), unique=True, max_size=3))
    lines = [Line(1, (0, LAST), {"name": "always", "price": 1, "crit": 1, "old": 1}, {})]
    for id_ in draw(st.lists(st.integers(2, 9), unique=True, max_size=6)):
        first = draw(spans())
        parts = [first]
        if first[1] < LAST and draw(st.booleans()):
            parts.append((first[1], LAST))  # It stands twice: until a version, and since it.
        for span in parts:
            values = {name: draw(st.integers(0, 99)) for name in ("price", "crit", "old")}
            values["name"] = draw(st.sampled_from(["검", "bow", "", "a b"]))
            variants = {at: draw(st.integers(100, 999)) for at in columns if draw(st.booleans())}
            lines.append(Line(id_, span, values, variants))
    changed = st.fixed_dictionaries({}, optional={"name": st.just("event"), "price": st.integers(1000, 1099)})
    lasting = [one.id for one in lines[1:] if one.span[0] <= EVENT[0] and one.span[1] >= EVENT[1]]
    event = {id_: draw(changed) for id_ in lasting if draw(st.booleans())}
    return Year(lines, event, columns)


def has(span: Span, at: int) -> bool:
    return span[0] <= at < span[1]


def options(span: Span) -> str:
    since = f'since: "{VERSIONS[span[0]]}"' if span[0] else ""
    until = f'until: "{VERSIONS[span[1]]}"' if span[1] < LAST else ""
    return ", ".join(filter(None, (since, until)))


@lru_cache
def schema(at: int | None) -> Schema:
    """The trunk's schema; of a version, the one that somebody would write for it."""

    def field(text: str, span: Span) -> str:
        if at is None:
            return f"  {text} [(gdata.field) = {{{options(span)}}}];\n"
        return f"  {text};\n" if has(span, at) else ""

    pet = f"PET = 1 [(gdata.value) = {{{options(PET)}}}];" if at is None else "PET = 1;" if has(PET, at) else ""
    body = (
        f"enum Kind {{ SWORD = 0; {pet} }}\n"
        "message Item {\n  int32 id = 1 [(gdata.field).key = true];\n  string name = 2;\n  int32 price = 3;\n"
        + field("int32 crit = 4", CRIT)
        + field("int32 old = 5", OLD)
        + "  Kind kind = 6;\n}\nmessage ItemTable { repeated Item rows = 1; }\n"
    )
    return Schema(compile_protos({"game.proto": HEAD + body}))


def bundle_of(folder: Path, at: int, schema_at: int | None, sheets: Mapping[str, list[list[Any]]], overlay: str) -> str:
    """The bundle of a version, built from these sheets."""
    (folder / "sheets").mkdir(parents=True)
    (folder / "protos").mkdir()
    for name, rows in sheets.items():
        with (folder / f"sheets/{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    text = f"{{Item: game.ItemTable{overlay}}}"
    (folder / "sheets.yaml").write_text(
        f"version: 1\nspreadsheets: {{a: {{path: sheets, sheets: {text}}}}}\n"
        f'targets: {{server: {{version: "{VERSIONS[at]}"}}}}\n'
    )
    config = load_config(folder / "sheets.yaml", {})
    project = plan_project(config, schema(schema_at))
    parsed = parse_all(project, pull_all(project, config.spreadsheets, lambda _: None), lambda _: None)
    problems = check_all(project, parsed, lambda _: None)
    assert not has_errors(problems), [(one.cell.a1, one.message) for one in problems]
    targets = {one.name: (one, views_for(parsed, one.audience)) for one in config.targets}
    return encode_build(project.schema, targets)[0].manifest.bundle


def trunk_sheets(year: Year) -> dict[str, list[list[Any]]]:
    """The sheets with all versions in them."""
    variants = [f"price@{VERSIONS[at]}+" for at in year.columns]
    rows: list[list[Any]] = [["id", "name", "price", *variants, "crit", "old", "kind", "@since", "@until"]]
    for one in year.lines:
        bounds = [VERSIONS[one.span[0]] if one.span[0] else "", VERSIONS[one.span[1]] if one.span[1] < LAST else ""]
        prices = [one.variants.get(at, "") for at in year.columns]
        crit = one.values["crit"] if one.span[1] > CRIT[0] else "not yet"
        kind = "PET" if one.span[0] >= PET[0] else "SWORD"
        rows.append([one.id, one.values["name"], one.values["price"], *prices, crit, one.values["old"], kind, *bounds])
    event: list[list[Any]] = [["id", "name", "price", "@remove"]]
    for id_, values in year.event.items():
        event.append([id_, values.get("name", ""), values.get("price", ""), "" if values else "TRUE"])
    return {"Item": rows, "Event": event}


def copied_sheets(year: Year, at: int) -> dict[str, list[list[Any]]]:
    """The sheet as somebody would copy it for one version."""
    extra = [name for name, span in (("crit", CRIT), ("old", OLD)) if has(span, at)]
    rows: list[list[Any]] = [["id", "name", "price", *extra, "kind"]]
    for one in year.lines:
        event = year.event.get(one.id, {"": ""}) if has(EVENT, at) else {"": ""}
        if has(one.span, at) and event:
            prices = [one.variants[begins] for begins in sorted(one.variants) if begins <= at]
            price = event.get("price", prices[-1] if prices else one.values["price"])
            kind = "PET" if one.span[0] >= PET[0] else "SWORD"
            rows.append(
                [one.id, event.get("name", one.values["name"]), price, *(one.values[name] for name in extra), kind]
            )
    return {"Item": rows}


@given(year=years(), month=st.integers(1, LAST - 2))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_bundle_of_a_year_is_that_of_a_copy_made_by_hand(year: Year, month: int) -> None:
    overlay = f", Event: {{table: game.ItemTable, overlay: true, {options(EVENT)}}}"
    with tempfile.TemporaryDirectory() as folder:
        for at in (month - 1, month, month + 1):  # live, staging, dev
            trunk = bundle_of(Path(folder) / f"trunk{at}", at, None, trunk_sheets(year), overlay)
            copy = bundle_of(Path(folder) / f"copy{at}", at, at, copied_sheets(year, at), "")
            assert trunk == copy, VERSIONS[at]
