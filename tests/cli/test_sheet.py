"""`gdata sheet`: tables as workbooks, of a schema, a build or a release, and what stands in the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from command_line import ROOT, run_gdata

SCHEMA = """syntax = "proto3";
package game;
import "gdata/options.proto";
import "buf/validate/validate.proto";
enum Grade { GRADE_UNSPECIFIED = 0; GRADE_COMMON = 1 [(gdata.value).label = "일반"]; GRADE_RARE = 2; }
message Item {
  // What references look up.
  int32 id = 1 [(gdata.field) = {key: true, column: "번호", groups: "client"}];
  string name = 2 [(gdata.field).column = "이름"];
  Grade grade = 3 [(buf.validate.field).enum = {not_in: [0]}];
  // In gold.
  int32 price = 4 [(buf.validate.field).int32 = {gte: 0, lte: 100}, (gdata.field) = {groups: "none", default: "3"}];
  bool on = 5;
  repeated int32 next = 6 [(gdata.field) = {ref: {table: "ItemTable"}}];
  int32 pair = 7 [(gdata.field) = {ref: {table: "ItemTable", none: "0"}, default: "0"}];
  repeated int32 marks = 8 [(gdata.field).groups = "client"];
}
message ItemTable { option (gdata.table).groups = "client"; repeated Item rows = 1; }
message Pet { int32 id = 1 [(gdata.field).key = true]; string name = 2; }
message PetTable { repeated Pet rows = 1; }
"""
SHEETS = {
    "version": 1,
    "spreadsheets": {"items": {"path": "sheets", "sheets": {"Items of it": "game.ItemTable"}}},
    "targets": {"client": {"groups": ["client"]}, "server": {}},
}
CSV = '번호,이름,grade,price,on,next,pair,marks\n1,1-2,일반,5,TRUE,"2, 1",,\n2,=A1,GRADE_RARE,0,FALSE,,1,"7,8,9"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "protos").mkdir()
    (folder / "sheets").mkdir()
    (folder / "protos" / "game.proto").write_text(SCHEMA, encoding="utf-8")
    (folder / "sheets" / "Items of it.csv").write_text(CSV, encoding="utf-8")
    (folder / "sheets.yaml").write_text(yaml.safe_dump(SHEETS, sort_keys=False), encoding="utf-8")
    run_gdata("build", cwd=folder)
    return folder


@pytest.fixture
def game(tmp_path: Path, built: Path) -> Path:
    """The game, built."""
    shutil.copytree(built, tmp_path / "game")
    return tmp_path / "game"


def parts(game: Path) -> Any:
    return json.loads((game / "output" / "server" / "manifest.json").read_text("utf-8"))["tables"]["ItemTable"]["parts"]


def build_from(game: Path, lines: str) -> Any:
    config = yaml.safe_load((game / "sheets.yaml").read_text("utf-8"))
    config["spreadsheets"] = yaml.safe_load(lines)["spreadsheets"]
    (game / "sheets.yaml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    run_gdata("build", cwd=game)
    return parts(game)


def test_it_builds_the_same_bytes_with_the_lines_that_it_prints(game: Path) -> None:
    before = parts(game)
    made = run_gdata("sheet", "Item", "--output", "back.xlsx", cwd=game)
    shutil.rmtree(game / "sheets")
    assert build_from(game, made.out) == before


def test_a_lost_sheet_comes_back_from_a_release(game: Path) -> None:
    run_gdata("publish", "--yes", cwd=game)
    before = parts(game)
    (game / "sheets" / "Items of it.csv").write_text(CSV.replace("=A1", "other"), encoding="utf-8")
    run_gdata("build", cwd=game)
    made = run_gdata("sheet", "itemtable", "--from", "live", "-o", "back.xlsx", cwd=game)
    assert "rows 2" in made.err
    assert build_from(game, made.out) == before


def test_planners_find_words_dropdowns_and_lists(game: Path) -> None:
    run_gdata("sheet", "Item", "-o", "back.xlsx", "--lang", "ko", cwd=game)
    book = openpyxl.load_workbook(game / "back.xlsx")
    page = book["Items of it"]
    header = {cell.value: cell for cell in page[1]}
    assert list(header) == ["번호", "이름", "grade", "price", "on", "next", "pair", "marks"]
    assert "What references look up." in header["번호"].comment.text
    assert "In gold." in header["price"].comment.text
    assert "0 이상 100 이하" in header["price"].comment.text
    assert "ItemTable" in header["pair"].comment.text
    assert page.freeze_panes == "B2"
    lists = {next(iter(one.sqref.ranges)).min_col: one.formula1 for one in page.data_validations.dataValidation}
    assert lists == {3: '"일반,GRADE_RARE"', 5: '"TRUE,FALSE"', 7: "'목록'!$A$2:$A$3"}
    assert [[cell.value for cell in row] for row in book["목록"].rows] == [["ItemTable", None], [1, "1-2"], [2, "=A1"]]
    assert [page["B2"].number_format, page["B3"].data_type] == ["@", "s"]


def test_a_new_table_starts_from_its_message(game: Path) -> None:
    made = run_gdata("sheet", "game.PetTable", "-o", "pets.xlsx", cwd=game)
    assert yaml.safe_load(made.out)["spreadsheets"]["pets"]["sheets"] == {"Pet": "game.PetTable"}
    page = openpyxl.load_workbook(game / "pets.xlsx")["Pet"]
    assert [[cell.value for cell in row] for row in page.rows] == [["id", "name"]]


def test_a_target_that_sees_less_says_so(game: Path) -> None:
    made = run_gdata("sheet", "Item", "--target", "client", "-o", "back.xlsx", cwd=game)
    assert "the target client doesn't see" in made.err
    assert "price" in made.err


def test_empty_has_the_header_alone(game: Path) -> None:
    run_gdata("sheet", "Item", "--empty", "-o", "back.xlsx", cwd=game)
    assert openpyxl.load_workbook(game / "back.xlsx")["Items of it"].max_row == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Itm", "-o", "back.xlsx"], "did you mean Item?"),
        (["Item", "-o", "back.csv"], "back.csv is no .xlsx file"),
        (["Item", "-o", "there.xlsx"], "there.xlsx is there already"),
        (["Item", "-o", "back.xlsx", "--from", "nowhere"], "nowhere"),
        (["Item", "-o", "back.xlsx", "--target", "nobody"], "has no target nobody"),
        (["game.Pet", "game.Item", "-o", "x.xlsx"], "the message game.Pet is no table"),
    ],
)
def test_what_stands_in_the_way(game: Path, arguments: list[str], said: str) -> None:
    (game / "there.xlsx").touch()
    made = run_gdata("sheet", *arguments, cwd=game, code=2)
    assert said in made.err
    assert not (game / "back.xlsx").exists()


def test_a_text_too_long_for_a_cell_is_told(game: Path) -> None:
    (game / "sheets" / "Items of it.csv").write_text(CSV.replace("=A1", "x" * 40_000), encoding="utf-8")
    run_gdata("build", cwd=game)
    made = run_gdata("sheet", "Item", "-o", "back.xlsx", cwd=game, code=2)
    assert "이름 is more than a workbook holds" in made.err


@pytest.fixture
def sample(tmp_path: Path) -> tuple[Path, Any]:
    """The sample game, built, with a workbook of all its tables; and what its tables are."""
    for name in ("sheets.yaml", "protos", "sheets", "checks"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    run_gdata("build", cwd=tmp_path)
    tables = tables_of(tmp_path)
    made = run_gdata("sheet", *tables, "-o", "all.xlsx", cwd=tmp_path)
    config = yaml.safe_load((tmp_path / "sheets.yaml").read_text("utf-8"))
    config["spreadsheets"] = yaml.safe_load(made.out)["spreadsheets"]
    (tmp_path / "sheets.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return tmp_path, tables


def tables_of(game: Path) -> dict[str, Any]:
    manifest = json.loads((game / "output" / "server" / "manifest.json").read_text("utf-8"))
    return {name: one["parts"] for name, one in manifest["tables"].items()}


@pytest.mark.slow
def test_the_sample_game_builds_again_from_one_workbook(sample: tuple[Path, Any]) -> None:
    game, tables = sample
    run_gdata("build", cwd=game)
    assert tables_of(game) == tables


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice isn't installed")
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_libreoffice_saves_it_again_and_no_value_changes(sample: tuple[Path, Any], suffix: str) -> None:
    game, tables = sample
    environ = {**os.environ, "HOME": str(game)}
    convert = ["soffice", "--headless", "--convert-to", suffix, "--outdir", "saved", "all.xlsx"]
    subprocess.run(convert, cwd=game, env=environ, check=True, timeout=300, capture_output=True)
    config = (game / "sheets.yaml").read_text("utf-8")
    (game / "sheets.yaml").write_text(config.replace("all.xlsx", f"saved/all.{suffix}"), encoding="utf-8")
    run_gdata("build", cwd=game)
    assert tables_of(game) == tables
