"""The whole road, driven with the installed command: pull, build, edit a cell, diff, publish, load, roll back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from command_line import run_gdata

import gdata
from gdata.testing.google import GoogleEmulator
from gdata.testing.google.folders import import_folder, spreadsheet_id

PRODUCTS = "sheets/shop/ShopProduct.csv"
PRODUCT_1001 = ",1001,1,아이템,1001,5,1,250,"


def tree_hashes(folder: Path) -> dict[str, str]:
    """Every file below a folder and the hash of its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def served_by(google: GoogleEmulator, game: Path) -> None:
    """Make sheets.yaml read its spreadsheets from the emulator: ids in place of paths."""
    text = (game / "sheets.yaml").read_text(encoding="utf-8")

    def id_line(found: re.Match[str]) -> str:
        return f"{found[1]}id: {spreadsheet_id(game / found[2], game / 'sheets')}"

    text, count = re.subn(r"(?m)^( +)path: (\S+).*$", id_line, text)
    assert count == 11
    text += f"\ngoogle:\n  credentials: {google.key_file}\n  endpoint: {google.endpoint}\n"
    (game / "sheets.yaml").write_text(text, encoding="utf-8")


def test_the_road_from_a_cell_to_the_server_and_back(game: Path, edit_csv: Callable[..., None]) -> None:
    run_gdata("pull", cwd=game)
    first = run_gdata("build", "--format", "json", cwd=game).json
    assert first["ok"] and first["problems"] == []
    assert set(first["targets"]) == {"server", "server-jp", "server-kr", "client"}
    run_gdata("publish", "--yes", "-m", "first", cwd=game)
    server = gdata.load(game / "releases", channel="dev", target="server")
    assert server.ShopProductTable[1001].price == 250 and server.build == first["build"]

    edit_csv(game / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("250", "300"))
    second = run_gdata("build", "--format", "json", cwd=game).json
    assert second["diff"]["rows_changed"] == 1 and second["diff"]["cells_changed"] == 1
    changes = run_gdata("diff", "--format", "json", "--exit-code", cwd=game, code=1).json
    table = changes["targets"]["server"]["tables"]["ShopProductTable"]
    assert table["changed"] == [
        {"key": [1001], "title": "초급 회복 물약", "fields": {"price": {"old": 250, "new": 300}}}
    ]
    assert changes["gate"] == {"passed": True, "violations": []}

    run_gdata("publish", "--yes", "-m", "potions cost more", "--expect", second["build"][:8], cwd=game)
    assert server.refresh() and server.ShopProductTable[1001].price == 300

    run_gdata("rollback", "--yes", "-m", "too dear", cwd=game)
    assert server.refresh() and server.ShopProductTable[1001].price == 250 and server.build == first["build"]
    history = run_gdata("releases", "--channel", "dev", "--format", "json", cwd=game).json["channels"]["dev"]
    assert [line["action"] for line in history] == ["rollback", "publish", "publish"]
    assert history[1]["bad"] and history[0]["current"]
    assert run_gdata("publish", "--yes", cwd=game, code=4).err.count("yanked")

    run_gdata("fetch", "dev", "--target", "client", "--into", "client-data", cwd=game)
    assert gdata.load(game / "client-data").ShopProductTable[1001].price == 250
    run_gdata("verify", "client-data", cwd=game)
    run_gdata("verify", cwd=game)
    assert run_gdata("show", "ShopProductTable", "1001", "--format", "json", cwd=game).json[0]["price"] == 300


def test_the_gate_stops_a_release(published_game: Path, edit_csv: Callable[..., None]) -> None:
    edit_csv(published_game / PRODUCTS, PRODUCT_1001, PRODUCT_1001.replace("250", "2500"))
    run_gdata("build", "-q", cwd=published_game)
    verdict = run_gdata("diff", "--format", "json", cwd=published_game, code=4).json["gate"]
    assert not verdict["passed"] and {one["rule"] for one in verdict["violations"]} == {"price-swing"}
    before = tree_hashes(published_game / "releases")
    refused = run_gdata("publish", "--yes", cwd=published_game, code=4)
    assert "price-swing" in refused.err and tree_hashes(published_game / "releases") == before
    run_gdata("publish", "--yes", "--allow", "price-swing", cwd=published_game, code=2)
    run_gdata("publish", "--yes", "--allow", "price-swing", "--reason", "agreed", cwd=published_game)
    line = run_gdata("releases", "--format", "json", cwd=published_game).json["channels"]["dev"][0]
    assert line["allowed"] == [{"name": "price-swing", "reason": "agreed"}]
    # The way back is as long as the way there, and nobody at 2 a.m. should have to argue with a rule.
    rolled_back = run_gdata("rollback", "--yes", cwd=published_game)
    assert "price-swing" in rolled_back.err


def test_a_protected_channel_takes_only_what_was_reviewed(game: Path) -> None:
    build = run_gdata("build", "--format", "json", cwd=game).json["build"]
    run_gdata("publish", "--channel", "live", "--yes", cwd=game, code=4)
    run_gdata("publish", "--channel", "live", "--yes", "--expect", "0" * 8, cwd=game, code=4)
    run_gdata("publish", "--channel", "staging", "--yes", cwd=game)
    run_gdata("promote", "staging", "live", "--yes", "--expect", build[:8], cwd=game)
    again = run_gdata("promote", "staging", "live", "--yes", "--expect", build[:8], cwd=game)
    assert "nothing to publish" in again.out


def test_without_a_terminal_nothing_is_published_unasked(built_game: Path) -> None:
    assert "--yes" in run_gdata("publish", cwd=built_game, code=2).err


def test_a_mistake_stops_the_build_and_leaves_the_last_one(built_game: Path, edit_csv: Callable[..., None]) -> None:
    before = tree_hashes(built_game / "output")
    edit_csv(built_game / PRODUCTS, PRODUCT_1001, ",1001,1,아이템,99999,5,1,,")
    result = run_gdata("build", "--format", "json", cwd=built_game, code=1).json
    found = {(one["code"], one["cell"]) for one in result["problems"]}
    assert found == {("reference.missing", "E3"), ("cell.blank", "H3")}
    assert result["build"] is None and result["diff"] is None
    assert tree_hashes(built_game / "output") == before
    assert run_gdata("check", "--format", "json", cwd=built_game, code=1).json["problems"] == result["problems"]


def test_google_gives_the_bundles_of_the_files(built_game: Path, tmp_path: Path) -> None:
    from_files = tree_hashes(built_game / "output")
    with GoogleEmulator(import_folder(built_game / "sheets")) as google:
        served_by(google, built_game)
        built = run_gdata("build", "--format", "json", cwd=built_game).json
        assert tree_hashes(built_game / "output") == from_files
        # One batch a spreadsheet, a second where there are times, metadata for globs and merged cells alone.
        assert built["requests"] == google.reads <= 11 * 3
    # The emulator is gone: the last pull is enough.
    run_gdata("build", "--offline", "-q", cwd=built_game)
    assert tree_hashes(built_game / "output") == from_files


def test_a_mistake_in_google_has_a_link_to_its_cell(game: Path) -> None:
    with GoogleEmulator(import_folder(game / "sheets")) as google:
        served_by(google, game)
        spreadsheet = spreadsheet_id(game / "sheets/shop", game / "sheets")
        google.edit(spreadsheet, "ShopProduct", "H3", "이백오십")
        (problem,) = run_gdata("check", "--format", "json", cwd=game, code=1).json["problems"]
        assert (problem["code"], problem["cell"]) == ("cell.not_integer", "H3")
        gid = google.spreadsheet(spreadsheet).sheet("ShopProduct").id
        link = f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit#gid={gid}&range=H3"
        assert problem["url"] == link


def test_a_workbook_is_edited_like_a_sheet(published_game: Path) -> None:
    workbook = openpyxl.load_workbook(published_game / "sheets/items.xlsx")
    sheet = workbook["Item"]
    headers = {cell.value: cell.column for cell in sheet[1]}
    line = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[headers["번호"] - 1].value == 1001)
    sheet.cell(line, headers["구매가"]).value = 60
    workbook.save(published_game / "sheets/items.xlsx")
    run_gdata("build", "-q", cwd=published_game)
    tables = run_gdata("diff", "--format", "json", cwd=published_game).json["targets"]["server"]["tables"]
    # The price is an int64, which protobuf's JSON writes as text.
    assert tables["ItemTable"]["changed"] == [
        {"key": [1001], "title": "초급 회복 물약", "fields": {"price": {"old": "50", "new": "60"}}}
    ]


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (lambda game: (game / "sheets.yaml").write_text("version: 2\n"), 2, "sheets.yaml:1"),
        (lambda game: (game / "sheets.yaml").unlink(), 2, "sheets.yaml"),
        (lambda game: (game / "sheets/items.xlsx").unlink(), 1, "items.xlsx"),
        (lambda game: (game / "sheets/items.xlsx").write_bytes(b"PK no workbook"), 1, "items.xlsx"),
        (lambda game: (game / "sheets/shop/ShopTab.csv").unlink(), 1, "ShopTab"),
        (lambda game: (game / "sheets/shop/ShopTab.csv").write_bytes("번호".encode("cp949")), 1, "ShopTab.csv"),
        (
            lambda game: (game / "protos/game/shop.proto").write_text('syntax = "proto3";\nmessage {'),
            2,
            "shop.proto:2:9",
        ),
        (lambda game: (game / "checks/economy.py").write_text("def broken(:"), 2, "economy.py"),
    ],
)
def test_what_is_wrong_with_a_project_is_one_clear_message(
    published_game: Path, damage: Callable[[Path], object], code: int, words: str
) -> None:
    before = tree_hashes(published_game / "output") | tree_hashes(published_game / "releases")
    damage(published_game)
    ran = run_gdata("build", cwd=published_game, code=code)
    assert words in (ran.out if code == 1 else ran.err)
    assert tree_hashes(published_game / "output") | tree_hashes(published_game / "releases") == before


def test_a_damaged_bundle_is_refused_by_name(built_game: Path) -> None:
    for table in (built_game / "output").glob("server*/ItemTable-*.binpb"):
        table.write_bytes(table.read_bytes()[:-1] + b"\xff")
    for command in (["verify", "output/server"], ["publish", "--yes"]):
        ran = run_gdata(*command, cwd=built_game, code=1)
        assert table.name in ran.out + ran.err
    assert not (built_game / "releases/channels").exists()
    # Building again mends it.
    run_gdata("build", "-q", cwd=built_game)
    run_gdata("verify", "output", cwd=built_game)
