"""Google's real answers, read by gspread and by gdata: both see the same."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from gspread.exceptions import APIError
from gspread.worksheet import ValueRange

from gdata.sources.google.answers import read_google
from gdata.sources.google.failures import WORDS, Circumstances, explain, failure_of_answer
from gdata.sources.google.index import INDEX_NAME, ReadingIndex, ReadingPlace, read_facts
from gdata.sources.grid import DateCell, Pulled, SheetRequest

RECORDINGS = Path(__file__).parents[1] / "recordings" / "google"
VALUES = ("04", "05", "06", "07", "08", "09", "20", "21")
BATCHES = ("10", "11")
ERRORS = {"12": "unknown", "13": "not_shared", "14": "not_found", "15": "quota", "23": "quota"}
FROM_ISSUES = {"400_unable_to_parse_range": "bad_range", "400_xlsx": "office_file", "503_unavailable": "server"}


def load(number: str) -> dict:
    return json.loads(next(RECORDINGS.glob(f"{number}_*.json")).read_text(encoding="utf-8"))["response"]


def read_as_pulled(serials: str = "", **bodies: str) -> list:
    """Read batch answers as if they had just been pulled: sheet title → body."""
    index = ReadingIndex({title: ReadingPlace(f"{title}.json", 0) for title in bodies})
    files = {f"{title}.json": body.encode() for title, body in bodies.items()}
    if serials:
        index.serial = {title: ReadingPlace("serial.json", 0) for title in bodies}
        files["serial.json"] = serials.encode()
    pulled = Pulled("s", "google", {INDEX_NAME: index.to_json(), **files}, datetime.now(UTC))
    requests = [SheetRequest(title, has_times=bool(serials)) for title in bodies]
    return [grid.rows for grid in read_google(pulled, requests).grids]


def batch(number: str) -> str:
    return f'{{"spreadsheetId": "s", "valueRanges": [{load(number)["body_raw"]}]}}'


@pytest.mark.parametrize("number", VALUES)
def test_values_read_as_gspread_reads_them(number):
    assert read_as_pulled(Sheet=batch(number)) == [list(ValueRange.from_json(load(number)["body"]))]


@pytest.mark.parametrize("number", BATCHES)
def test_a_batch_reads_as_gspread_reads_it(number):
    response = load(number)
    index = ReadingIndex(
        {str(place): ReadingPlace("all.json", place) for place in range(len(response["body"]["valueRanges"]))}
    )
    pulled = Pulled(
        "s", "google", {INDEX_NAME: index.to_json(), "all.json": response["body_raw"].encode()}, datetime.now(UTC)
    )
    grids = read_google(pulled, [SheetRequest(title) for title in index.values]).grids
    assert [grid.rows for grid in grids] == [
        list(ValueRange.from_json(part)) for part in response["body"]["valueRanges"]
    ]


def test_the_two_recorded_readings_of_one_sheet_give_its_dates():
    assert read_as_pulled(batch("05"), Sheet=batch("06")) == [
        [[2, DateCell(43831.0, "2020-01-01"), "string", 53], [1.5, 0.12, DateCell(36162.0, "1999-01-02")]]
    ]


@pytest.mark.parametrize("number", ["01", "02", "03"])
def test_metadata_says_what_gspread_takes_from_it(number):
    facts = read_facts(load(number)["body_raw"].encode())
    sheets = [sheet["properties"] for sheet in load(number)["body"]["sheets"]]
    assert [(fact.title, fact.gid, fact.hidden) for fact in facts] == [
        (sheet["title"], sheet["sheetId"], sheet.get("hidden", False)) for sheet in sheets
    ]


def test_merges_count_from_one():
    assert read_facts(load("03")["body_raw"].encode())[0].merges == ((1, 1, 2, 2), (2, 3, 2, 4), (3, 3, 4, 3))


def answer_of(response: dict, body: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.reason, answer._content = response["status"], response.get("reason", ""), body.encode()
    return answer


@pytest.mark.parametrize(("number", "kind"), ERRORS.items())
def test_an_error_is_the_kind_that_gspreads_code_says(number, kind):
    answer = answer_of(load(number), load(number)["body_raw"])
    assert_kind(answer, kind)


@pytest.mark.parametrize(("name", "kind"), FROM_ISSUES.items())
def test_an_error_that_users_met(name, kind):
    response = json.loads((RECORDINGS / "from-issues" / f"{name}.json").read_text(encoding="utf-8"))["response"]
    assert_kind(answer_of(response, json.dumps(response["body"])), kind)


def assert_kind(answer: requests.Response, kind: str) -> None:
    failure = failure_of_answer(answer)
    assert failure.kind == kind
    assert failure.status in (0, APIError(answer).code)
    assert failure.transient == (answer.status_code in (429, 503))
    if kind in WORDS:
        assert str(explain(failure, Circumstances(spreadsheet="items", id="x")))
