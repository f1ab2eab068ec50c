"""A year in one set of sheets: each of twelve versions has the bundle that a copy of the sheets made by hand gives."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdata.bundles.encode import encode_build
from gdata.configfile import load_config
from gdata.pipeline.build import build
from gdata.pipeline.check import check_all, views_for
from gdata.pipeline.pull import pull_all
from gdata.pipeline.releasing.move import carry_out, plan_move
from gdata.pipeline.releasing.rebuild import build_tables
from gdata.problems import has_errors
from gdata.project import Project, plan_project
from gdata.releases.move import Move
from gdata.releases.reader import bundles_of
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable
from gdata.schema.schema import Schema
from gdata.tables import parse_all
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
        "message Quest { int32 id = 1 [(gdata.field).key = true]; int32 gold = 2; }\n"
        "message QuestTable { repeated Quest rows = 1; }\n"
    )
    return Schema(compile_protos({"game.proto": HEAD + body}))


def bundle_of(folder: Path, at: int, schema_at: int | None, sheets: Mapping[str, list[list[Any]]], overlay: str) -> str:
    """The bundle of a version, built from these sheets."""
    write_sheets(folder, sheets)
    project = project_of(folder, schema_at, overlay, f'targets: {{server: {{version: "{VERSIONS[at]}"}}}}\n')
    config = project.config
    parsed = parse_all(project, pull_all(project, config.spreadsheets, lambda _: None), lambda _: None)
    problems = check_all(project, parsed, lambda _: None)
    assert not has_errors(problems), [(one.cell.a1, one.message) for one in problems]
    targets = {one.name: (one, views_for(parsed, one.audience)) for one in config.targets}
    return encode_build(project.schema, targets)[0].manifest.bundle


def write_sheets(folder: Path, sheets: Mapping[str, list[list[Any]]]) -> None:
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    for name, rows in sheets.items():
        with (folder / f"sheets/{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def project_of(folder: Path, schema_at: int | None, more_sheets: str, settings: str) -> Project:
    (folder / "protos").mkdir(exist_ok=True)
    (folder / "sheets.yaml").write_text(
        f"version: 1\nspreadsheets: {{a: {{path: sheets, sheets: {{Item: game.ItemTable{more_sheets}}}}}}}\n{settings}"
    )
    return plan_project(load_config(folder / "sheets.yaml", {}), schema(schema_at))


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


OVERLAY = f", Event: {{table: game.ItemTable, overlay: true, {options(EVENT)}}}"


@given(year=years(), month=st.integers(1, LAST - 2))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_bundle_of_a_year_is_that_of_a_copy_made_by_hand(year: Year, month: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for at in (month - 1, month, month + 1):  # live, staging, dev
            trunk = bundle_of(Path(folder) / f"trunk{at}", at, None, trunk_sheets(year), OVERLAY)
            copy = bundle_of(Path(folder) / f"copy{at}", at, at, copied_sheets(year, at), "")
            assert trunk == copy, VERSIONS[at]


@dataclass(frozen=True)
class Month:
    """What happens after a month's versions are out."""

    gold: int
    """What the quest gives from this month on."""
    price: int
    """What a hotfix of live makes of an item's price; 0: there is none."""
    is_rolled_back: bool
    """Live goes back to what it had before the last thing that happened to it."""


def months(least: int, most: int) -> st.SearchStrategy[list[Month]]:
    one = st.builds(Month, st.integers(1, 99), st.just(0) | st.integers(500, 599), st.booleans())
    return st.lists(one, min_size=least, max_size=most)


class Trunk:
    """A team's project: one set of sheets, three channels at three versions, a store; and what each is to have."""

    def __init__(self, folder: Path, year: Year) -> None:
        self.folder, self.year, self.gold = folder, year, 1
        self.live: list[str] = []
        """The bundles that live had, the present one last."""
        self.copies = 0

    def at(self, month: int) -> Project:
        """The project in a month: live has that version, staging the next, dev the one after."""
        channels = ", ".join(f'{name}: {{version: "{VERSIONS[month + i]}"}}' for i, name in enumerate(CHANNELS))
        settings = f"targets: {{server: {{}}}}\ndefault_channel: live\nchannels: {{{channels}}}\n"
        return project_of(self.folder, None, f"{OVERLAY}, Quest: game.QuestTable", settings)

    def write(self, gold: Any) -> None:
        write_sheets(self.folder, {**trunk_sheets(self.year), "Quest": [["id", "gold"], [1, gold]]})

    def copy(self, at: int) -> str:
        """The bundle of a copy of the sheets that somebody makes for one version."""
        self.copies += 1
        sheets = {**copied_sheets(self.year, at), "Quest": [["id", "gold"], [1, self.gold]]}
        return bundle_of(self.folder / f"copy{self.copies}", at, at, sheets, ", Quest: game.QuestTable")

    def release(self, project: Project, channel: str, *only: str) -> str:
        """The bundle that a channel has after it was built for, all or some tables, and published."""
        (version,) = [one.version for one in project.config.channels if one.pattern == channel]
        at = replace(project, config=project.config.at(version))
        made = build_tables(at, only, channel, lambda _: None) if only else build(at, lambda _: None)
        assert made.checked.ok, made.checked.problems
        return self.move(at, Move("publish", channel))

    def move(self, project: Project, move: Move) -> str:
        store = writable(open_store(project.config.releases))
        plan = plan_move(project.config, store, move)
        plan.check_gate()
        carry_out(project.config, store, plan)
        return bundles_of(store, move.channel).bundles["server"].manifest.bundle


CHANNELS = ("live", "staging", "dev")


def live_through(year: Year, plan: Sequence[Month], start: int) -> None:
    """Release month after month, and hold each channel to a copy made by hand whatever happens to it."""
    with tempfile.TemporaryDirectory() as folder:
        trunk = Trunk(Path(folder), year)
        for number, month in enumerate(plan, start):
            trunk.gold = month.gold
            trunk.write(month.gold)
            project = trunk.at(number)
            for ahead, channel in enumerate(CHANNELS):
                copy = trunk.copy(number + ahead)
                assert trunk.release(project, channel) == copy, (VERSIONS[number], channel)
                if channel == "live":
                    trunk.live.append(copy)
            if month.price:
                # The quests are half-finished; a hotfix carries the items alone.
                first, *others = trunk.year.lines
                fixed = replace(first, values={**first.values, "price": month.price + 100 * number})
                trunk.year = replace(trunk.year, lines=[fixed, *others])
                trunk.write("not yet")
                trunk.live.append(trunk.copy(number))
                assert trunk.release(project, "live", "ItemTable") == trunk.live[-1], VERSIONS[number]
            if month.is_rolled_back and len(trunk.live) > 1:
                del trunk.live[-1]
                assert trunk.move(project, Move("rollback", "live")) == trunk.live[-1], VERSIONS[number]


@given(year=years(), plan=months(2, 2), start=st.integers(0, LAST - 4))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hotfix_and_rollback_between_two_months(year: Year, plan: list[Month], start: int) -> None:
    live_through(year, plan, start)


@pytest.mark.slow
@given(year=years(), plan=months(LAST - 2, LAST - 2))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hotfix_and_rollback_in_a_whole_year(year: Year, plan: list[Month]) -> None:
    live_through(year, plan, 0)
