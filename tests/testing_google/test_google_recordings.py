"""The emulator answers what Google answered: a recording's data is put in, the same is asked, bodies are compared."""

import json
from datetime import date
from pathlib import Path

import gspread
import pytest
import requests

from gdata.sources.grid import DateCell
from gdata.testing.google import EmulatedSheet, EmulatedSpreadsheet, Formula, GoogleEmulator
from gdata.testing.google.refusals import PROJECT
from gdata.testing.google.sheets import as_cell

RECORDINGS = Path(__file__).parents[1] / "recordings" / "google"
HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")


def load(name: str) -> dict:
    return json.loads(next(RECORDINGS.glob(f"{name}_*.json")).read_text(encoding="utf-8"))


def sheet(title: str, rows: list[list], *, size: tuple[int, int] = (0, 0), **rest) -> EmulatedSheet:
    return EmulatedSheet(title, rows, row_count=size[0], column_count=size[1], **rest)


DATES = [[2, as_cell(date(2020, 1, 1)), "string", 53], [1.5, 0.12, as_cell(date(1999, 1, 2))]]
FORMULAS = [[Formula("=4/2", 2), *DATES[0][1:]], [Formula("=3/2", 1.5), *DATES[1][1:]]]
COLUMN = [[f"test_delete_cols {number}"] for number in (1, 5, 9, 13, 17, 21)]
FRUIT = [["🍇", "🍉", "🍋"], ["🍐", "🍎", "🍓"]]
CORNERS = [["A1", "B1", "", "D1"], ["", "b2"], [], ["A4", "B4", "", "d4"]]

SHEETS = {
    "01": [sheet("Sheet1", []), sheet("finances", [], size=(100, 100), id=736036187)],
    "02": [
        sheet("Sheet1", []),
        sheet("finances", [], size=(100, 100), id=1613166149),
        sheet("gacha", [], size=(100, 100), id=755875121, hidden=True),
    ],
    "03": [sheet("Sheet1", [], size=(4, 4), merges=[(1, 1, 2, 2), (2, 3, 2, 4), (3, 3, 4, 3)])],
    "04": [sheet("Sheet1", DATES, size=(2, 4))],
    "05": [sheet("Sheet1", DATES, size=(2, 4))],
    "06": [sheet("Sheet1", DATES, size=(2, 4))],
    "07": [sheet("Sheet1", FORMULAS, size=(2, 4))],
    "08": [sheet("Sheet1", [], size=(2, 4))],
    "09": [sheet("Sheet1", []), sheet("D3", CORNERS, size=(4, 4))],
    "10": [sheet("🌵 test_values_batch_get 1", FRUIT, size=(10, 3))],
    "11": [sheet("Sheet1", [["A1", "B1"], [], [], ["", "B4", None, "D4"]])],
    "12": [sheet("Sheet1", [])],
    "16": [],
    "18": [],
    "19": [sheet("Sheet1", [], notes={(2, 2): "Or don't", (3, 1): "another note", (3, 3): "test"})],
    "20": [sheet("Sheet1", COLUMN)],
    "21": [sheet("Sheet1", [["A", "", "C", "3_1_0"], [1.5, 0.12, "", "3_2_1"]], size=(2, 4))],
    "22": [],
}


def spreadsheet_of(number: str, recording: dict) -> EmulatedSpreadsheet:
    """The spreadsheet that Google had when it gave this answer."""
    body = recording["response"]["body"]
    file = body.get("files", [body])[0] if number in ("16", "18") else {}
    parts = recording["request"]["uri"].split("?")[0].split("/")
    id = file.get("id") or parts[5].split(":")[0]
    title = file.get("name") or body.get("properties", {}).get("title", id)
    found = EmulatedSpreadsheet(id, title, SHEETS[number], named_ranges=body.get("namedRanges", []))
    found.created, found.modified = file.get("createdTime", ""), file.get("modifiedTime", "")
    return found


def ask(google: GoogleEmulator, recording: dict, **rest) -> requests.Response:
    """The recorded request, sent to the emulator with a login of its own."""
    uri = recording["request"]["uri"]
    for host in HOSTS:
        uri = uri.replace(host, google.endpoint)
    headers = {"Authorization": f"Bearer {google.login.access_token()}"}
    return requests.request(recording["request"]["method"], uri, headers=headers, timeout=60, **rest)


def assert_same(answer: requests.Response, recording: dict) -> None:
    assert answer.status_code == recording["response"]["status"]
    assert answer.reason == recording["response"]["reason"]
    assert answer.headers["Content-Type"] == recording["response"]["headers"]["content-type"]
    assert answer.text == recording["response"]["body_raw"]


@pytest.mark.parametrize("number", [number for number in SHEETS if number != "12"])
def test_an_answer_is_what_google_answered(number):
    recording = load(number)
    with GoogleEmulator([spreadsheet_of(number, recording)]) as google:
        assert_same(ask(google, recording), recording)


def test_no_file_matches():
    with GoogleEmulator([EmulatedSpreadsheet("1", "another")]) as google:
        assert_same(ask(google, load("17")), load("17"))


def test_a_write_of_the_wrong_shape():
    recording = load("12")
    with GoogleEmulator([spreadsheet_of("12", recording)]) as google:
        assert_same(ask(google, recording, json={"values": ["X"]}), recording)


def test_not_shared():
    recording = load("13")
    with GoogleEmulator() as google:
        google.unshare("1jIKzPs8LsiZZdLdeMEP-5ZIHw6RkjiOmj1LrJN706Yc")
        assert_same(ask(google, recording), recording)


def test_no_such_spreadsheet():
    with GoogleEmulator() as google:
        assert_same(ask(google, load("14")), load("14"))


def test_read_quota_used_up():
    recording = load("15")
    assert PROJECT in recording["response"]["body_raw"]
    with GoogleEmulator([EmulatedSpreadsheet("1f6e0m42XXAsEMJnr5-lzOf6srAjvBmOuuQlmU0npwR4", "x")]) as google:
        google.state.quota = 1
        ask(google, load("17"))
        assert_same(ask(google, recording), recording)


def test_write_quota_used_up():
    recording = load("23")
    with GoogleEmulator() as google:
        google.state.write_quota = 0
        answer = ask(google, recording)
        assert answer.status_code == 429
        assert answer.json() == recording["response"]["body"]  # the order within `metadata` is a map's: any


@pytest.mark.parametrize("name", ["400_unable_to_parse_range", "400_xlsx", "503_unavailable"])
def test_errors_that_users_met(name):
    expected = json.loads((RECORDINGS / "from-issues" / f"{name}.json").read_text(encoding="utf-8"))["response"]
    expected["body"]["error"].pop("errors", None)  # only older clients get this list
    with GoogleEmulator([EmulatedSpreadsheet.of("s", {"Sheet1": []})]) as google:
        if name == "400_xlsx":
            google.turn_into_office_file("s")
        if name == "503_unavailable":
            google.fail("503", on="values")
        uri = f"{HOSTS[0]}/v4/spreadsheets/s/values/Sheet%201"
        answer = ask(google, {"request": {"method": "GET", "uri": uri}})
        assert (answer.status_code, answer.json()) == (expected["status"], expected["body"])


def test_gspread_itself_logs_in_and_reads():
    rows = [["id", "이름", "ok"], [1, "검 <b>'\"\\", True], [DateCell(46357.5, "2026-12-01 12:00"), "#N/A", False]]
    with GoogleEmulator([EmulatedSpreadsheet.of("s", {"It's": rows})]) as google:
        client = gspread.service_account(google.key_file)
        client.http_client = _Redirected(client.http_client, google.endpoint)
        worksheet = client.open_by_key("s").worksheet("It's")
        assert worksheet.get_all_values() == [
            ["id", "이름", "ok"],
            ["1", "검 <b>'\"\\", "TRUE"],
            ["2026-12-01 12:00", "#N/A", "FALSE"],
        ]
        unformatted = worksheet.get_all_values(value_render_option="UNFORMATTED_VALUE")
        assert unformatted[1:] == [[1, "검 <b>'\"\\", True], [46357.5, "#N/A", False]]


class _Redirected(gspread.HTTPClient):
    """gspread, but to the emulator."""

    def __init__(self, client: gspread.HTTPClient, endpoint: str) -> None:
        super().__init__(client.auth)
        self.endpoint = endpoint

    def request(self, method, endpoint, *args, **kwargs):
        for host in HOSTS:
            endpoint = endpoint.replace(host, self.endpoint)
        return super().request(method, endpoint, *args, **kwargs)
