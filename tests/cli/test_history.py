"""`gdata history`: who changed what, newest first, and only from releases in which the table differs."""

from __future__ import annotations

import contextvars
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import run_gdata

from gdata import language
from gdata.bundles.reader import open_output
from gdata.diffs.compare import compare
from gdata.diffs.model import Side
from gdata.diffs.presentation import age
from gdata.errors import UsageError
from gdata.pipeline.releasing.history import HistoryReader, past_of
from gdata.releases.log import newest_entry, read_log_so_far
from gdata.releases.move import Move, move_channel
from gdata.releases.reader import read_bundle, read_release
from gdata.releases.stores import open_store
from gdata.releases.stores.cache import RecentFiles
from gdata.releases.stores.folder import FolderStore
from gdata.releases.stores.store import blob_name, release_name, writable
from gdata.testing.bundles import build_output

PROTO = """
syntax = "proto3";
package game;
import "gdata/options.proto";
message Item { int32 id = 1 [(gdata.field).key = true]; string name = 2; int32 price = 3; }
message ItemTable { repeated Item rows = 1; }
message Line { string text = 1; }
message LineTable { repeated Line rows = 1; }
"""
SWORD, BOW = {"id": 1, "name": "검", "price": 50}, {"id": 2, "name": "활", "price": 80}
WEEKS = [
    ("first", [SWORD], ["a"]),
    ("texts", [SWORD], ["b"]),
    ("a bow", [SWORD, BOW], ["b"]),
    ("dearer", [{**SWORD, "price": 70}, BOW], ["b"]),
    ("renamed", [{**SWORD, "price": 70, "name": "철검"}, BOW], ["b"]),
    ("no bow", [{**SWORD, "price": 70, "name": "철검"}], ["b"]),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("history")
    opened = writable(open_store(place / "releases"))
    for message, items, lines in WEEKS:
        tables = {"ItemTable": items, "LineTable": [{"text": text} for text in lines]}
        bundles = open_output(build_output(place / "output", PROTO, tables))
        move = Move("publish", "live", author="minji", message=message)
        move_channel(opened, move, bundles, base=newest_entry(opened, "live"))
    return place / "releases"


def reader(store: Path) -> HistoryReader:
    opened = open_store(store)
    return HistoryReader(opened, read_log_so_far(opened, "live")[0], ["server"])


def told(store: Path, key: str = "", path: str = "") -> Iterator[tuple[str, str, dict[str, tuple[object, object]]]]:
    for one in reader(store).changes("ItemTable"):
        for row in one.rows(key, path):
            yield one.entry.message, row.status, {change.path: (change.old, change.new) for change in row.fields}


def test_only_entries_in_which_the_table_differs_are_told(store: Path) -> None:
    found = [one.entry.message for one in reader(store).changes("ItemTable")]
    assert found == ["no bow", "renamed", "dearer", "a bow", "first"]
    assert [one.entry.message for one in reader(store).changes("LineTable")] == ["texts", "first"]


def test_a_row_is_named_by_its_key_or_its_title(store: Path) -> None:
    whole = {"id": (None, 1), "name": (None, "검"), "price": (None, 50)}
    renamed, dearer = {"name": ("검", "철검")}, {"price": (50, 70)}
    assert list(told(store, "1")) == [
        ("renamed", "changed", renamed),
        ("dearer", "changed", dearer),
        ("first", "added", whole),
    ]
    assert [(message, status) for message, status, _ in told(store, "활")] == [
        ("no bow", "removed"),
        ("a bow", "added"),
    ]
    assert list(told(store, "1", "price")) == [("dearer", "changed", dearer), ("first", "added", {"price": (None, 50)})]


def test_the_files_of_a_release_in_which_nothing_differs_are_not_read(store: Path) -> None:
    opened = open_store(store)
    log, _ = read_log_so_far(opened, "live")
    asked: list[str] = []
    get_blob = opened.get_blob
    opened.get_blob = lambda digest, size: asked.append(digest) or get_blob(digest, size)  # type: ignore[method-assign,func-returns-value]
    list(HistoryReader(opened, log, ["server"]).changes("LineTable"))
    release = read_release(opened, next(entry for entry in log.backwards() if entry.message == "dearer").release)
    assert release.targets["server"].manifest in asked
    assert len(asked) < 21


class FarStore(FolderStore):
    """A store that is asked for each blob as one in a bucket is."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cache = RecentFiles()
        self.asked: Counter[str] = Counter()

    def find(self, name: str, at_most: int | None = None) -> bytes | None:
        self.asked[name] += 1
        return super().find(name, at_most)

    def path_of_blob(self, digest: str) -> Path | None:
        return None


def test_a_distant_store_is_asked_for_each_file_once(store: Path) -> None:
    far = FarStore(store)
    log, _ = read_log_so_far(far, "live")
    assert len(list(HistoryReader(far, log, ["server"]).changes("ItemTable"))) == 5
    assert set(far.asked.values()) == {1}


def test_what_was_pruned_or_is_damaged_is_passed_over_and_told(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "releases"
    shutil.copytree(store, copy)
    opened = open_store(copy)
    entries = {entry.message: entry for entry in read_log_so_far(opened, "live")[0].backwards()}
    (copy / release_name(entries["dearer"].release)).unlink()
    manifest = read_release(opened, entries["renamed"].release).targets["server"].manifest
    (copy / blob_name(manifest)).write_bytes(b"{")
    one = reader(copy)
    assert [found.entry.message for found in one.changes("ItemTable")] == ["no bow", "a bow", "first"]
    assert len(one.faults) == 2


def test_of_a_damaged_first_table_what_came_later_is_told(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "releases")
    opened = open_store(tmp_path / "releases")
    first = read_log_so_far(opened, "live")[0].entries[0].release
    table = read_bundle(opened, read_release(opened, first), "server").manifest.tables["ItemTable"].parts[0]
    (tmp_path / "releases" / blob_name(table.sha256)).unlink()
    asked = ["history", "Item", "--store", "releases", "--channel", "live", "--format", "json"]
    whole = run_gdata(*asked, cwd=tmp_path)
    assert [one["status"] for one in whole.json["changes"]] == ["changed"] * 3 + ["added"]
    row = run_gdata(*asked[:2], "철검", "price", *asked[2:], cwd=tmp_path)
    assert [one["fields"] for one in row.json["changes"]] == [{"price": {"old": 50, "new": 70}}]
    assert f"{first} can't be compared" in row.err


def test_a_table_that_never_was_is_answered_with_the_nearest(store: Path) -> None:
    with pytest.raises(UsageError, match="live has no table ItemTabel") as error:
        list(reader(store).changes("ItemTabel"))
    assert "ItemTable" in str(error.value.hint)


def test_the_command_tells_people_and_programs(store: Path, tmp_path: Path) -> None:
    asked = ["history", "Item", "철검", "price", "--store", store, "--channel", "live"]
    text = run_gdata(*asked, cwd=tmp_path).out
    assert "minji" in text and "dearer" in text and "price 50 → 70" in text and "× 1.4" in text and "texts" not in text
    (change, first) = run_gdata(*asked, "--format", "json", cwd=tmp_path).json["changes"]
    assert change.keys() >= {"entry", "release", "time", "author", "message", "status", "fields"}
    assert (change["entry"], change["status"], change["fields"]) == (4, "changed", {"price": {"old": 50, "new": 70}})
    assert first["status"] == "added"
    assert len(run_gdata(*asked[:2], *asked[4:], "--limit", 2, "--format", "json", cwd=tmp_path).json["changes"]) == 2


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["99"], "ItemTable has no row 99"),
        (["sword"], "'sword' is no value of id"),
        (["1", "prize"], "ItemTable has no field prize\n  → did you mean price?"),
    ],
)
def test_what_never_was_is_told_from_what_nobody_changed(
    store: Path, tmp_path: Path, asked: list[str], answer: str
) -> None:
    said = run_gdata("history", "Item", *asked, "--store", store, "--channel", "live", cwd=tmp_path, code=2)
    assert answer in said.err
    removed = run_gdata("history", "Item", " 2 ", "--store", store, "--channel", "live", cwd=tmp_path)
    assert "the row was removed" in removed.out


PRICES = [50, 70, 60, 90, 100]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A price that every release changes; the last build, with another one still, isn't released."""
    place = tmp_path_factory.mktemp("past")
    opened = writable(open_store(place / "releases"))
    for week, price in enumerate([*PRICES, 120]):
        items = [{**SWORD, "price": price}, {**BOW, "name": f"활 {week // 5}"}]
        tables = {"ItemTable": items, "LineTable": [{"text": str(week)}]}
        bundles = open_output(build_output(place / "output", PROTO, tables, targets=["server"]))
        if price != 120:
            move = Move("publish", "live", author="minji", message=f"<b>week {week}</b>")
            move_channel(opened, move, bundles, base=newest_entry(opened, "live"))
    (place / "protos").mkdir()
    (place / "protos" / "game.proto").write_text(PROTO)
    (place / "sheets").mkdir()
    (place / "sheets.yaml").write_text(
        "version: 1\nspreadsheets: {game: {path: sheets, sheets: {Item: game.ItemTable}}}\n"
    )
    return place


def test_a_changed_cell_has_its_last_three_changes(project: Path) -> None:
    opened = open_store(project / "releases")
    log, _ = read_log_so_far(opened, "live")
    assert log.newest is not None
    old = Side("live", None, {"server": read_bundle(opened, read_release(opened, log.newest.release), "server")})
    diff = compare(old, Side("output", None, open_output(project / "output")), category="off")
    past = past_of(HistoryReader(opened, log, ["server"]), diff)
    assert {key: [(one.old, one.new, one.message) for one in found] for key, found in past.items()} == {
        ("ItemTable", (1,), "price"): [
            (90, 100, "<b>week 4</b>"),
            (60, 90, "<b>week 3</b>"),
            (70, 60, "<b>week 2</b>"),
        ]
    }  # the bow's name never changed before, and a line has no key
    assert past_of(HistoryReader(opened, log, ["server"]), compare(old, old, category="off")) == {}


def test_the_page_shows_them_when_asked(project: Path) -> None:
    page = run_gdata("diff", "--format", "html", "--history", cwd=project).out
    assert "minji: 90 → 100 \\u003cb\\u003eweek 4" in page and "week 1" not in page
    assert "week 4" not in run_gdata("diff", "--format", "html", cwd=project).out
    assert "--history is for the page" in run_gdata("diff", "--history", cwd=project, code=2).err


def test_a_table_without_releases_before_has_no_past(project: Path, tmp_path: Path) -> None:
    opened = open_store(project / "releases")
    log, _ = read_log_so_far(opened, "live")
    proto = PROTO.replace("ItemTable", "GoodsTable")
    sides = [
        Side(name, None, open_output(build_output(tmp_path / name, proto, {"GoodsTable": [{**SWORD, "price": price}]})))
        for name, price in (("old", 1), ("new", 2))
    ]
    assert past_of(HistoryReader(opened, log, ["server"]), compare(*sides, category="off")) == {}


@pytest.mark.parametrize(
    ("ago", "english", "korean"),
    [
        (timedelta(seconds=-5), "just now", "방금"),
        (timedelta(seconds=59), "just now", "방금"),
        (timedelta(minutes=1), "1 minute ago", "1분 전"),
        (timedelta(hours=3, minutes=59), "3 hours ago", "3시간 전"),
        (timedelta(days=59), "59 days ago", "59일 전"),
        (timedelta(days=400), "13 months ago", "13개월 전"),
        (timedelta(days=800), "2 years ago", "2년 전"),
    ],
)
def test_ages(ago: timedelta, english: str, korean: str) -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def spoken() -> str:
        language.use_language("ko")
        return age(now - ago, now)

    assert age(now - ago, now) == english
    assert contextvars.copy_context().run(spoken) == korean
