"""A csv too large to be read as a whole: its build, release and second build are as of any other."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from command_line import run_gdata

import gdata
from gdata.errors import ChangedError
from gdata.events import Event
from gdata.longbytes import LongBytes
from gdata.pipeline.build import build
from gdata.project import open_project, read_config
from gdata.sources.adapters import pull_local

PROTO = """
syntax = "proto3";
package t;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; repeated int32 parts = 3; }
message ItemTable { repeated Item rows = 1; }
"""
CONFIG = "{version: 1, spreadsheets: {game: {path: sheets, sheets: {Item: t.ItemTable}}}, default_channel: dev}"
ROWS = 70_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("protos", "sheets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "protos" / "t.proto").write_text(PROTO)
    (tmp_path / "sheets.yaml").write_text(CONFIG)
    write_rows(tmp_path, range(ROWS))
    return tmp_path


def write_rows(project: Path, ids: range | list[int]) -> None:
    lines = [f'{number},얼음 {number} {"x" * 40},"{number % 7},{number % 5}"' for number in ids]
    (project / "sheets" / "Item.csv").write_text("\n".join(["id,name,parts", *lines]), encoding="utf-8")


@pytest.mark.parametrize("order", ["rising", "shuffled"])
def test_from_sheet_to_server_and_back(project: Path, order: str) -> None:
    if order == "shuffled":
        ids = list(range(ROWS))
        random.Random(1).shuffle(ids)
        write_rows(project, ids)
    (spreadsheet,) = open_project(read_config(project / "sheets.yaml")).config.spreadsheets
    assert isinstance(pull_local(spreadsheet).files["Item.csv"], LongBytes)
    built = run_gdata("build", "--format", "json", cwd=project).json["build"]
    run_gdata("publish", "--yes", "-q", cwd=project)
    run_gdata("verify", cwd=project)
    items = gdata.load(project / "output" / "server").ItemTable
    assert len(items) == ROWS
    assert (items[69_999].name, list(items[69_999].parts)) == (f"얼음 69999 {'x' * 40}", [6, 4])
    for again in (["--verify"], ["--snapshot", "dev"]):
        assert run_gdata("build", "--format", "json", *again, cwd=project).json["build"] == built
    assert run_gdata("build", "--format", "json", cwd=project, GDATA_CORE="0").json["build"] == built


def test_a_key_that_stands_twice_is_found_where_it_is(project: Path) -> None:
    write_rows(project, [*range(ROWS), 7])
    (problem,) = run_gdata("build", "--format", "json", cwd=project, code=1).json["problems"]
    assert (problem["code"], problem["cell"]) == ("key.duplicate", "A70002")
    assert problem["related"] == ["Item!A9"]


def test_a_sheet_that_is_written_meanwhile_stops_the_build(project: Path) -> None:
    path = project / "sheets" / "Item.csv"
    before = run_gdata("build", "--format", "json", cwd=project).json["build"]
    path.write_text(path.read_text(encoding="utf-8") + "\n70000,new,", encoding="utf-8")

    def write_when_pulled(event: Event) -> None:
        if event.stage == "pull" and event.name:
            with path.open("a", encoding="utf-8") as file:
                file.write("\n70001,newer,")

    with pytest.raises(ChangedError, match=r"Item\.csv: changed while it was being read"):
        build(open_project(read_config(project / "sheets.yaml")), write_when_pulled)
    assert gdata.load(project / "output" / "server").build == before
