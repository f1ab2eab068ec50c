"""A pull, from the requests made to the grids that come out."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from unicodedata import normalize

import pytest
from google_project import QUICK, emulate, grid_of, pull, read_one, request, settings
from waiting import LONGEST, until

from gdata.config import GoogleSettings, Spreadsheet
from gdata.errors import ConfigError, SourceError
from gdata.sources.google import fetch_sheet_ids, pull_google
from gdata.sources.google.answers import read_google
from gdata.sources.google.spreadsheet import split_by_length
from gdata.sources.grid import DateCell
from gdata.testing.google import EmulatedSheet, EmulatedSpreadsheet, GoogleEmulator

ITEMS = [["id", "name", "on"], [1, "검 <🌵>'\"\\", True], [], ["", "#N/A", False, None, 1.5]]
TIMES = [["id", "start", "long"], [1, datetime(2026, 12, 1, 18, 30), timedelta(hours=30)], [2, "soon", 0.25]]


def paths(google: GoogleEmulator) -> list[str]:
    return [asked.path for asked in google.log if asked.kind != "token"]


def test_one_read_brings_all_sheets_of_a_spreadsheet():
    with emulate(items={"Item": ITEMS, "D3": [["id"]], "It's": [[1]], "Empty": []}) as google:
        requests = [request("Item"), request("D3"), request("It's"), request("Empty")]
        read = read_one(google, *requests)
    assert google.reads == 1
    assert [grid.sheet for grid in read.grids] == ["Item", "D3", "It's", "Empty"]
    assert grid_of(read, "Item").rows == [ITEMS[0], ITEMS[1], [], ["", "#N/A", False, "", 1.5]]
    assert [type(cell) for cell in grid_of(read, "Item").rows[1]] == [int, str, bool]
    assert grid_of(read, "Empty").rows == []
    assert all(grid.dates_as_text for grid in read.grids)
    assert read.missing == []


def test_two_reads_where_times_are_wanted_and_only_for_those_sheets():
    with emulate(items={"Item": TIMES, "Event": TIMES}) as google:
        read = read_one(google, request("Item"), request("Event", has_times=True))
        ranges = [asked.query["ranges"] for asked in google.log if asked.kind == "batchGet"]
    assert sorted(ranges) == [["'Event'"], ["'Item'", "'Event'"]]
    assert grid_of(read, "Item").rows[1][1] == "2026-12-01 18:30:00"
    event = grid_of(read, "Event")
    assert not event.dates_as_text
    assert event.rows[1] == [1, DateCell(46357 + 18.5 / 24, "2026-12-01 18:30:00"), DateCell(1.25, "30:00:00")]
    assert event.rows[2] == [2, "soon", 0.25]


def test_a_date_whose_format_shows_nothing_is_still_a_date():
    hidden = DateCell(46357.0, "")
    with emulate(items={"Event": [["id"], [1, hidden], ["", hidden]]}) as google:
        rows = read_one(google, request("Event", has_times=True)).grids[0].rows
    assert rows[1:] == [[1, hidden], ["", hidden]]


def test_globs_ask_for_the_titles_first():
    with emulate(items={"Weapon B": [[1]], "Weapon A": [[2]], "Notes": [["x"]]}) as google:
        read = read_one(google, request("Weapon *"), request("Notes"))
    assert google.reads == 2
    assert [grid.sheet for grid in read.grids] == ["Weapon A", "Weapon B", "Notes"]
    assert [grid.gid for grid in read.grids] == [1, 0, 2]
    assert read.titles == ["Weapon B", "Weapon A", "Notes"]


def test_merges_and_hidden_come_with_the_metadata():
    sheet = EmulatedSheet("Drop", [[1], [], [2]], merges=[(1, 1, 2, 1)], hidden=True, id=77)
    with GoogleEmulator([EmulatedSpreadsheet("items", "x", [sheet])]) as google:
        grid = read_one(google, request("Drop", needs_merges=True)).grids[0]
    assert (grid.merges, grid.hidden, grid.gid) == (((1, 1, 2, 1),), True, 77)
    assert google.reads == 2


@pytest.mark.parametrize(
    ("rows", "header_row", "reads"),
    [
        ([["id", "lv", "", "name"], [1, 5, 6, "a"]], 1, 2),
        ([["title", "", ""], ["id", "lv"], [1, 5], [2, 5, 6]], 2, 2),
        ([["id", "lv", "", "name"], [1, 5, "", "a"]], 1, 1),
        ([["", "id"], ["note", 1]], 1, 1),
        ([["id", "lv", ""], [1, 5, 6]], 0, 1),
        ([["id", '"values":[[""'], [1, "x"]], 1, 1),
        ([], 1, 1),
    ],
)
def test_values_without_a_header_ask_for_the_merges(rows, header_row, reads):
    sheet = EmulatedSheet("Hero", rows, merges=[(header_row, 2, header_row, 3)] if header_row else [])
    with GoogleEmulator([EmulatedSpreadsheet("items", "x", [sheet])]) as google:
        grid = read_one(google, request("Hero", header_row=header_row)).grids[0]
    assert google.reads == reads
    assert grid.merges == (((header_row, 2, header_row, 3),) if reads == 2 else ())


@pytest.mark.parametrize("wrong", ["Itme", "item", "Item "])
def test_a_missing_sheet_is_named_and_the_others_come(wrong):
    with emulate(items={"Item": ITEMS, "Drop": [[7]]}) as google:
        read = read_one(google, request(wrong), request("Drop"))
    assert read.missing == [wrong]
    assert read.titles == ["Item", "Drop"]
    assert [grid.rows for grid in read.grids] == [[[7]]]
    assert google.reads == 3


def test_a_decomposed_title_is_found():
    title = normalize("NFD", "아이템")
    with emulate(items={title: [[1]]}) as google:
        assert [grid.sheet for grid in read_one(google, request("아이템")).grids] == [title]


def test_a_title_that_two_globs_take():
    with emulate(items={"Weapon A": [[1]]}) as google, pytest.raises(ConfigError, match="Weapon A"):
        read_one(google, request("Weapon *"), request("* A"))


def test_many_long_titles_are_asked_in_chunks():
    titles = [f"아주 긴 시트 제목 {number:03}" for number in range(116)]
    with emulate(items={title: [[number]] for number, title in enumerate(titles)}) as google:
        read = read_one(google, *map(request, titles))
        assert max(len(asked.target) for asked in google.log) < 8000
    assert [grid.rows for grid in read.grids] == [[[number]] for number in range(116)]
    assert google.reads == len(split_by_length(titles))


def test_the_token_is_fetched_once_and_the_reads_run_together():
    spreadsheets = {f"s{number}": {"Item": [[number]]} for number in range(11)}
    all_asked = threading.Barrier(11)
    with emulate(**spreadsheets) as google:
        answer = google.state.answer

        def answer_together(asked):
            if asked.kind == "batchGet":
                all_asked.wait(LONGEST)
            return answer(asked)

        google.state.answer = answer_together
        pulled = pull(google, {name: [request("Item")] for name in spreadsheets}, replace(QUICK, read_timeout=LONGEST))
        assert not all_asked.broken
        assert [asked.kind for asked in google.log].count("token") == 1
    assert sum(one.requests for one in pulled.values()) == google.reads == 11


def test_work_starts_with_the_call_and_every_read_says_what_it_is():
    with emulate(items={"Item": [[1]]}) as google:
        answers = pull_google([(Spreadsheet("items", (), id="items"), [request("Item")])], settings(google))
        until(lambda: google.reads == 1)
        assert next(answers).files.keys() == {"index.json", "values-0.json"}
        query = google.log[-1].query
        assert (query["prettyPrint"], query["valueRenderOption"]) == (["false"], ["UNFORMATTED_VALUE"])


def test_nothing_secret_is_kept():
    with emulate(items={"Item": [[1]]}) as google:
        kept = b"".join(pull(google, {"items": [request("*")]})["items"].files.values())
        assert b"ya29." not in kept
        assert google.key["private_key"].encode() not in kept


def test_a_sheet_edited_between_the_two_readings_is_read_again():
    """A row put in above shifts everything: mixing the two readings would make dates of names."""
    rows = [["name", "start"], ["sword", 5], ["bow", 6], [7, "axe"]]
    with emulate(items={"Event": rows}) as google:
        google.wire.latency = 0.02
        edited = threading.Event()
        answer = google.state.answer

        def answer_and_edit(asked):
            given = answer(asked)
            if asked.query.get("dateTimeRenderOption") == ["SERIAL_NUMBER"] and not edited.is_set():
                edited.set()
                google.spreadsheet("items").sheet("Event").rows.insert(1, [1, 2])
                google.touch()
                given = answer(asked)
            return given

        google.state.answer = answer_and_edit
        grid = read_one(google, request("Event", has_times=True)).grids[0]
    assert grid.rows == [rows[0], [1, 2], *rows[1:]]
    assert not any(isinstance(cell, DateCell) for row in grid.rows for cell in row)


def test_a_formula_that_never_agrees_is_no_edit():
    with emulate(items={"Event": [["id", "random"], [1, 0.5], [2, date(2026, 1, 1)]]}) as google:
        answer, numbers = google.state.answer, count(0.5)

        def answer_and_roll(asked):
            google.edit("items", "Event", "B2", next(numbers))
            return answer(asked)

        google.state.answer = answer_and_roll
        rows = read_one(google, request("Event", has_times=True)).grids[0].rows
    assert rows[2] == [2, DateCell(46023.0, "2026-01-01")]
    assert isinstance(rows[1][1], float)


def test_tab_ids_for_links_and_none_for_what_cannot_be_read():
    with emulate(items={"Item": [], "Drop": []}, shops={"Shop": []}) as google:
        google.unshare("shops")
        spreadsheets = [Spreadsheet(name, (), id=name) for name in ("items", "shops")]
        assert fetch_sheet_ids(spreadsheets, settings(google), patience=QUICK) == {"items": {"Item": 0, "Drop": 1}}
    gone = GoogleSettings(credentials="{}", endpoint="http://127.0.0.1:9")
    assert fetch_sheet_ids(spreadsheets, gone, patience=QUICK) == {}


def test_nothing_wanted_asks_nothing():
    assert list(pull_google([], GoogleSettings())) == []


@pytest.mark.parametrize(
    "endpoint", ["http://example.com", "https://sheets.example.com:1", "http://127.0.0.1.evil.com"]
)
def test_a_token_is_not_sent_to_a_stranger(endpoint, monkeypatch):
    monkeypatch.delenv("GDATA_ALLOW_ENDPOINT", raising=False)
    with pytest.raises(ConfigError, match="isn't on this machine"):
        pull_google([], GoogleSettings(endpoint=endpoint))
    monkeypatch.setenv("GDATA_ALLOW_ENDPOINT", "1")
    assert list(pull_google([], GoogleSettings(endpoint=endpoint))) == []


def test_a_kept_pull_reads_what_it_holds_and_says_what_it_lacks():
    with emulate(items={"Item": ITEMS, "Event": TIMES}) as google:
        pulled = pull(google, {"items": [request("Item")]})["items"]
    assert len(read_google(pulled, [request("Item")]).grids) == 1
    for asked, lack in [
        (request("Event"), "doesn't have the sheet Event"),
        (request("Item", has_times=True), "no dates of the sheet Item"),
        (request("E*"), r"doesn't have the sheet E\*"),
        (request("Item", needs_merges=True), "merged cells of the sheet Item"),
    ]:
        with pytest.raises(SourceError, match=lack) as caught:
            read_google(pulled, [asked])
        assert "gdata pull" in caught.value.hint


DAMAGED_INDEXES = [b"", b"[]", b'{"format": 2}', b'{"format": 1, "metadata": "", "sheets": {"Item": {}}}']
DAMAGED_ANSWERS = [b"", b"{", b"[1]", b'{"valueRanges": [1]}', b"\xff", b'{"valueRanges": []}']


@pytest.mark.parametrize("damage", DAMAGED_INDEXES)
def test_a_damaged_index(damage):
    with emulate(items={"Item": ITEMS}) as google:
        pulled = pull(google, {"items": [request("Item")]})["items"]
    pulled.files["index.json"] = damage
    with pytest.raises(SourceError, match="damaged"):
        read_google(pulled, [request("Item")])


@pytest.mark.parametrize("kept", DAMAGED_ANSWERS)
def test_a_damaged_answer(kept):
    with emulate(items={"Item": ITEMS}) as google:
        pulled = pull(google, {"items": [request("Item")]})["items"]
    pulled.files["values-0.json"] = kept
    with pytest.raises(SourceError):
        read_google(pulled, [request("Item")])
    del pulled.files["values-0.json"]
    with pytest.raises(SourceError, match=r"lacks values-0\.json"):
        read_google(pulled, [request("Item")])
