"""The parse cache: an unchanged table isn't parsed again, a changed or damaged one is, and nothing gets lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gdata.errors import OutputError
from gdata.parsing.view import ParsedTable
from gdata.pipeline.build import Built, build, check
from gdata.project import open_project, read_config
from gdata.tables.jobs import groups_of, run_jobs
from gdata.tables.parser import TableParser

SCHEMA = """
syntax = "proto3";
package t;
import "gdata/options.proto";
import "buf/validate/validate.proto";
enum Grade { COMMON = 0; RARE = 1; }
message Item {
  int32 id = 1 [(gdata.field).key = true];
  string name = 2;
  int32 price = 3 [(buf.validate.field).int32.gte = 0];
  Grade grade = 4;
}
message ItemTable { repeated Item rows = 1; }
message Drop { int32 id = 1 [(gdata.field).key = true]; int32 item = 2 [(gdata.field).ref = {table: "ItemTable"}]; }
message DropTable { map<int32, Drop> rows = 1; }
"""
CONFIG = """
version: 1
spreadsheets:
  game: {path: sheets, sheets: {Item: t.ItemTable, Drop: t.DropTable}}
targets: {server: {}, jp: {tags: [jp]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos" / "t.proto").write_text(SCHEMA)
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets" / "Item.csv").write_text("id,name,price,price@jp,grade\n1,a ,5,,RARE\n2,b,6,7,COMMON\n")
    (tmp_path / "sheets" / "Drop.csv").write_text("id,item\n1,1\n")
    (tmp_path / "sheets.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are parsed, as it happens."""
    names: list[str] = []
    run = TableParser.run

    def noting(self: TableParser, table: Any) -> ParsedTable:
        names.append(table.plan.name)
        return run(self, table)

    monkeypatch.setattr(TableParser, "run", noting)
    return names


def build_in(folder: Path) -> Built:
    return build(open_project(read_config(folder / "sheets.yaml")), lambda _: None)


def seen(built: Built) -> list[str]:
    return [f"{one.severity} {one.code} {one.cell} {one.value} {one.hint}" for one in built.checked.problems]


def test_an_unchanged_table_is_not_parsed_again(project: Path, parsed: list[str]) -> None:
    first = build_in(project)
    assert parsed == ["ItemTable", "DropTable"]
    again = build_in(project)
    assert parsed == ["ItemTable", "DropTable"]
    assert again.build == first.build and first.build is not None
    assert seen(again) == seen(first) and "text.blank_ends" in seen(first)[0]


def test_only_what_changed_is_parsed(project: Path, parsed: list[str]) -> None:
    build_in(project)
    del parsed[:]
    (project / "sheets" / "Drop.csv").write_text("id,item\n1,2\n")
    build_in(project)
    assert parsed == ["DropTable"]
    (project / "protos" / "t.proto").write_text(SCHEMA.replace("COMMON = 0;", "COMMON = 0; EPIC = 2;"))
    build_in(project)
    assert parsed == ["DropTable", "ItemTable"]
    (project / "protos" / "t.proto").write_text(SCHEMA.replace("COMMON = 0;", "COMMON = 0; EPIC = 2; /* a comment */"))
    build_in(project)
    assert parsed == ["DropTable", "ItemTable"]


@pytest.mark.parametrize(
    "change",
    [
        ("targets: {server: {}, jp: {tags: [jp]}}", "targets: {server: {}, jp: {tags: [jp, kr]}}"),
        ("version: 1", "version: 1\ntimezone: Asia/Seoul"),
        ("Item: t.ItemTable", "Item: {table: t.ItemTable, unknown_columns: warn}"),
    ],
)
def test_options_are_part_of_the_key(project: Path, parsed: list[str], change: tuple[str, str]) -> None:
    build_in(project)
    del parsed[:]
    (project / "sheets.yaml").write_text(CONFIG.replace(*change))
    build_in(project)
    assert "ItemTable" in parsed


def test_a_damaged_cache_is_made_again(project: Path, parsed: list[str]) -> None:
    first = build_in(project)
    for kept in (project / ".gdata" / "cache").iterdir():
        content = bytearray(kept.read_bytes())
        content[-1] ^= 1
        kept.write_bytes(content)
    del parsed[:]
    again = build_in(project)
    assert parsed == ["ItemTable", "DropTable"]
    assert (again.build, seen(again)) == (first.build, seen(first))
    for kept in (project / ".gdata" / "cache").iterdir():
        kept.write_bytes(kept.read_bytes()[:40])
    assert build_in(project).build == first.build


def test_any_byte_of_the_cache_may_be_wrong(project: Path) -> None:
    first = build_in(project)
    kept = project / ".gdata" / "cache" / "DropTable.bin"
    content = kept.read_bytes()
    for position in range(0, len(content), 7):
        kept.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        assert build_in(project).build == first.build


def test_without_a_cache_the_problems_are_the_same(project: Path) -> None:
    (project / "sheets" / "Item.csv").write_text("id,name,price,price@jp,grade\n1,a,x,,RAR\n2,b,-6,,\n2,b,,7,COMMON\n")
    (project / "sheets" / "Drop.csv").write_text("id,item\n1,9\n1,1\n")
    first = build_in(project)
    cached = build_in(project)
    shutil.rmtree(project / ".gdata")
    assert seen(first) == seen(cached) == seen(build_in(project))
    assert len(first.checked.problems) >= 6 and first.build is None
    # A place that needs the cells again: a reference of a table from the cache.
    assert any("reference.missing" in one and "Drop!B2" in one for one in seen(cached))


def test_rules_that_ask_for_the_time_are_not_kept(project: Path, parsed: list[str]) -> None:
    rule = 'option (buf.validate.message).cel = {id: "late", message: "late", expression: "now > timestamp(0)"};'
    (project / "protos" / "t.proto").write_text(SCHEMA.replace("message Item {", "message Item { " + rule))
    build_in(project)
    del parsed[:]
    build_in(project)
    assert "ItemTable" in parsed


def test_a_rule_whose_words_only_look_like_a_clock_is_kept(project: Path, parsed: list[str]) -> None:
    rule = '(buf.validate.field).cel = {id: "item.known", message: "unknown price", expression: "this >= 0"}'
    schema = SCHEMA.replace("(buf.validate.field).int32.gte = 0", rule)
    (project / "protos" / "t.proto").write_text(schema)
    for _ in range(2):
        build_in(project)
    assert sorted(parsed) == ["DropTable", "ItemTable"]


def test_tables_that_are_gone_leave_the_cache(project: Path) -> None:
    build_in(project)
    (project / "sheets.yaml").write_text(CONFIG.replace(", Drop: t.DropTable", ""))
    build_in(project)
    assert [kept.name for kept in (project / ".gdata" / "cache").iterdir()] == ["ItemTable.bin"]


def test_jobs_on_two_processes() -> None:
    def job(number: int) -> bytes:
        if number == 3:
            raise ValueError("three")
        return bytes([number]) * number * 100_000

    outcomes = run_jobs([lambda number=number: job(number) for number in range(8)], 2)  # type: ignore[misc]
    assert [len(one) if isinstance(one, bytes) else str(one) for one in outcomes] == [
        0, 100_000, 200_000, "three", 400_000, 500_000, 600_000, 700_000,
    ]  # fmt: skip


def test_a_job_whose_process_dies_is_run_again() -> None:
    import os

    parent = os.getpid()

    def job() -> bytes:
        if os.getpid() != parent:
            os._exit(9)
        return b"done"

    assert run_jobs([job] * 4, 3) == [b"done"] * 4


def test_parallel_gives_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = build_in(project)
    shutil.rmtree(project / ".gdata")
    monkeypatch.setattr("gdata.tables.FORK_BYTES", 0)
    monkeypatch.setattr("gdata.tables.core_count", lambda: 3)
    together = build_in(project)
    assert (together.build, seen(together)) == (alone.build, seen(alone))


ITEMS = """id,name,price,price@jp,grade
1,a,5,,RARE
2,b ,x,7,COMMON
,,,,
3,"c, d",-6,,RARE
#1,f,5,,RARE
1,e,5,y,EPIC
4,,5,,RARE
"""


RULE = (
    'option (buf.validate.message).cel = {id: "dear", message: "too dear", expression: "this.price < 1000 / this.id"};'
)
DEAR = "id,name,price,grade\n" + "".join(f"{one},n{one},{one * 50},RARE\n" for one in (*range(1, 9), 0, 2))
NAMELESS = "id,name,price,grade\n1,,5,RARE\n2,,6,RARE\n"


@pytest.mark.parametrize("rule", ["", RULE])
@pytest.mark.parametrize(
    "rows",
    [ITEMS, ITEMS.replace("\n", "\r\n"), NAMELESS, NAMELESS + ",,,\n" * 20, "\n" + NAMELESS, NAMELESS.upper(), DEAR],
)
def test_a_table_in_pieces_is_the_table(project: Path, monkeypatch: pytest.MonkeyPatch, rows: str, rule: str) -> None:
    (project / "protos" / "t.proto").write_text(SCHEMA.replace("message Item {", f"message Item {{ {rule}"))
    (project / "sheets" / "Item.csv").write_bytes(rows.encode())
    alone = build_in(project)
    assert seen(alone)
    monkeypatch.setattr("gdata.tables.FORK_BYTES", 0)
    monkeypatch.setattr("gdata.tables.core_count", lambda: 2)
    monkeypatch.setattr("gdata.tables.result.LEAST_BYTES", 15)
    monkeypatch.setattr("gdata.sources.grid.BLOCK_BYTES", 16)
    joined: list[int] = []
    join = TableParser.join

    def noting(self: TableParser, table: Any, sheets: Any, pieces: Any) -> ParsedTable:
        joined.append(len(pieces))
        return join(self, table, sheets, pieces)

    monkeypatch.setattr(TableParser, "join", noting)
    for leftover in ("cache", "none"):
        shutil.rmtree(project / ".gdata" / leftover, ignore_errors=True)
        together = build_in(project)
        assert (together.build, seen(together)) == (alone.build, seen(alone))
    assert rows[0] == "\n" or (len(joined) == 1 and joined[0] > 1)  # Without a header there is nothing to cut.


def test_groups_share_no_workbook() -> None:
    from types import SimpleNamespace as Fake  # tables as far as grouping looks at them

    def table(name: str, *books: str) -> Any:
        kinds = {"c": "csv", "w": "workbook"}
        pulled = {book: Fake(kind=kinds[book[0]], files={"folder.json": b"[]"}) for book in books}
        return Fake(plan=Fake(name=name), pulled=pulled, size=len(books))

    found = groups_of([table("A", "w1"), table("B", "w2"), table("C", "c1"), table("D", "c1"), table("E", "w1", "w2")])
    assert sorted(sorted(one.plan.name for one in group) for group in found) == [["A", "B", "E"], ["C"], ["D"]]


def test_an_unchanged_build_starts_without_what_parses(project: Path) -> None:
    (project / "sheets" / "Item.csv").write_text("id,name,price,grade\n1,a,5,RARE\n")
    parsing = {"gdata.parsing.records", "gdata.sources.google.spreadsheet", "deepdiff", "protovalidate"}
    light = {*parsing, "difflib", "importlib.metadata", "secrets", "shutil", "subprocess", "zipfile"}

    def build_and_list(names: set[str], *more: str) -> str:
        arguments = ["build", "--quiet", *more]
        program = (
            f"import sys; from gdata.cli.main import run; assert run({arguments}) == 0; "
            f"print(sorted({names} & sys.modules.keys()), file=sys.stderr)"
        )
        ran = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)
        return ran.stderr.splitlines()[-1]

    assert "gdata.parsing.records" in build_and_list(parsing)
    assert build_and_list(parsing, "--format", "json") == build_and_list(light) == "[]"


def test_protovalidates_schema_is_kept_for_the_next_edit_of_a_schema(project: Path) -> None:
    kept, whole = project / ".gdata" / "validate.binpb", b""
    for damaged in (b"", b"damaged"):
        (project / "protos" / "more.proto").write_text(f'syntax = "proto3"; // {damaged!r}\n')
        if whole:
            kept.write_bytes(damaged)
        open_project(read_config(project / "sheets.yaml"))
        whole = whole or kept.read_bytes()
        assert kept.read_bytes() == whole


def test_a_check_does_without_what_it_can_not_keep(project: Path) -> None:
    (project / "sheets" / "Item.csv").write_text("id,name,price,grade\n1,a,5,RARE\n2,b,-6,COMMON\n")
    (project / ".gdata").write_text("as where nothing can be written")
    opened = open_project(read_config(project / "sheets.yaml"))
    assert [one.code for one in check(opened, lambda _: None).problems] == ["constraint.int32.gte"]
    with pytest.raises(OutputError):
        build(opened, lambda _: None)
