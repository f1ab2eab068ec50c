"""The emulator on the wire, and what no recording shows."""

import json
import signal
import socket
import subprocess
import sys
import time
import zlib
from datetime import date, datetime, timedelta
from datetime import time as clock

import pytest
import requests

from gdata.sources.grid import DateCell, FormulaCell
from gdata.testing.google import EmulatedSheet, EmulatedSpreadsheet, GoogleEmulator
from gdata.testing.google.sheets import as_cell, render_cell


@pytest.fixture
def google():
    rows = [["id", "name"], [1, "<b>"], [2.0, True], [1e15, 0.1]]
    with GoogleEmulator([EmulatedSpreadsheet.of("s", {"Item": rows, "It's": [[1]], "A1": [["x"]]}, "Items")]) as google:
        yield google


def get(google: GoogleEmulator, path: str, session=requests, **params) -> requests.Response:
    headers = {"Authorization": f"Bearer {google.login.access_token()}"}
    return session.get(f"{google.endpoint}{path}", params, headers=headers, timeout=60)


def values(google: GoogleEmulator, area: str, **params) -> dict:
    return get(google, f"/v4/spreadsheets/s/values/{area}", **params).json()


def test_answers_are_zipped_chunked_and_keep_the_connection(google):
    raw = socket.create_connection(google.endpoint.removeprefix("http://").split(":"))
    headers = f"Host: x\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer {google.login.access_token()}\r\n\r\n"
    ask = f"GET /v4/spreadsheets/s/values/Item HTTP/1.1\r\n{headers}"
    for _ in range(2):
        raw.sendall(ask.encode())
        received = b""
        while b"\r\n0\r\n\r\n" not in received:
            received += raw.recv(65536)
        head, _, chunk = received.partition(b"\r\n\r\n")
        assert b"Content-Encoding: gzip" in head and b"Transfer-Encoding: chunked" in head
        assert b'"range": "Item!A1:Z1000"' in zlib.decompressobj(31).decompress(chunk.partition(b"\r\n")[2])
    raw.close()


def test_compact_answers_escape_what_html_would_take_for_a_tag(google):
    text = get(
        google, "/v4/spreadsheets/s/values/Item", prettyPrint="false", valueRenderOption="UNFORMATTED_VALUE"
    ).text
    assert text == (
        '{"range":"Item!A1:Z1000","majorDimension":"ROWS",'
        '"values":[["id","name"],[1,"\\u003cb\\u003e"],[2,true],[1000000000000000.0,0.1]]}\n'
    )


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        ("Item", "Item!A1:Z1000"),
        ("item", "Item!A1:Z1000"),
        ("'It''s'", "'It''s'!A1:Z1000"),
        ("'A1'", "'A1'!A1:Z1000"),
        ("A1", "Item!A1"),
        ("B2:C", "Item!B2:C1000"),
        ("Item!2:3", "Item!A2:Z3"),
        ("Item!A1:ZZ5000", "Item!A1:Z1000"),
    ],
)
def test_ranges_are_clamped_and_echoed(google, asked, echoed):
    assert values(google, asked)["range"] == echoed


@pytest.mark.parametrize("asked", ["Nope", "Nope!A1", "'Item", "Item!A1:B2:C3", "'Item'!", "Item!1A"])
def test_ranges_that_do_not_parse(google, asked):
    error = values(google, asked)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["message"] == f"Unable to parse range: {asked}"


def test_a_range_outside_the_grid(google):
    message = values(google, "Item!A1001")["error"]["message"]
    assert message == "Range (Item) exceeds grid limits. Max rows: 1000, max columns: 26"


def test_one_bad_range_fails_the_batch(google):
    answer = get(google, "/v4/spreadsheets/s/values:batchGet", ranges=["'Item'", "'Gone'"])
    assert answer.json()["error"]["message"] == "Unable to parse range: 'Gone'"


def test_an_unknown_option(google):
    assert "Invalid value at 'valueRenderOption'" in values(google, "Item", valueRenderOption="RAW")["error"]["message"]


@pytest.mark.parametrize(
    ("mask", "body"),
    [
        ("spreadsheetId", {"spreadsheetId": "s"}),
        ("properties.title,sheets(properties(title,index))", None),
        ("properties/title,sheets.properties.title,sheets/properties/index", None),
    ],
)
def test_field_masks(google, mask, body):
    titles = [{"properties": {"title": title, "index": place}} for place, title in enumerate(["Item", "It's", "A1"])]
    expected = body or {"properties": {"title": "Items"}, "sheets": titles}
    assert get(google, "/v4/spreadsheets/s", fields=mask).json() == expected


@pytest.mark.parametrize("mask", ["a(b", "a)b", "a..b", "(a)"])
def test_field_masks_that_do_not_parse(google, mask):
    assert get(google, "/v4/spreadsheets/s", fields=mask).status_code == 400


def test_cells_with_their_data(google):
    answer = get(google, "/v4/spreadsheets/s", ranges="Item!A2:B3", includeGridData="true").json()
    rows = answer["sheets"][0]["data"][0]["rowData"]
    assert rows[0]["values"][1] == {"effectiveValue": {"stringValue": "<b>"}, "formattedValue": "<b>"}
    assert rows[1]["values"][1]["effectiveValue"] == {"boolValue": True}
    assert len(answer["sheets"]) == 1


def test_edits_show_at_once(google):
    assert values(google, "Item!B2")["values"] == [["<b>"]]
    google.edit("s", "Item", "B2", 5)
    google.edit("s", "Item", "D9", date(2026, 12, 1))
    google.rename_sheet("s", "A1", "Moved")
    assert values(google, "Item!B2:D9")["values"][0] == ["5"]
    assert values(google, "Item!D9")["values"] == [["2026-12-01"]]
    assert values(google, "Moved")["values"] == [["x"]]


def test_requests_without_a_login(google):
    url = f"{google.endpoint}/v4/spreadsheets/s"
    assert requests.get(url, timeout=60).status_code == 401
    assert requests.get(url, headers={"Authorization": "Bearer x"}, timeout=60).status_code == 401
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}
    assert requests.post(f"{google.endpoint}/token", form, timeout=60).json()["error"] == "invalid_grant"
    assert requests.post(f"{google.endpoint}/token", {"grant_type": "x"}, timeout=60).status_code == 400
    assert requests.get(f"{google.endpoint}/nothing", timeout=60).status_code == 404


def test_the_quota_counts_each_minute(google):
    google.state.quota = 2
    assert [get(google, "/v4/spreadsheets/s").status_code for _ in range(3)] == [200, 200, 429]


def test_bandwidth_and_latency(google):
    google.edit("s", "It's", "A1", "x" * 20_000)
    google.wire.latency, google.wire.bandwidth = 0.1, 100_000
    started = time.monotonic()
    get(google, "/v4/spreadsheets/s/values/'It''s'", session=_plain())
    assert time.monotonic() - started > 0.28


def _plain() -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"
    return session


@pytest.mark.parametrize(
    ("value", "formatted", "serial"),
    [
        (True, "TRUE", True),
        (3.0, "3", 3),
        (datetime(2026, 12, 1, 18), "2026-12-01 18:00:00", 46357.75),
        (clock(6), "06:00:00", 0.25),
        (timedelta(hours=-1), "-1:00:00", -1 / 24),
        (FormulaCell("=A1"), "#ERROR!", "#ERROR!"),
        (DateCell(1.0, "first"), "first", 1),
        (None, "", ""),
    ],
)
def test_cells_under_each_option(value, formatted, serial):
    cell = as_cell(value)
    assert render_cell(cell, "FORMATTED_VALUE", "SERIAL_NUMBER") == formatted
    assert render_cell(cell, "UNFORMATTED_VALUE", "SERIAL_NUMBER") == serial
    with pytest.raises(TypeError, match="can't hold a list"):
        as_cell([])


def test_a_sheet_grows_with_what_is_written():
    sheet = EmulatedSheet("x")
    sheet.write(1200, 30, 1)
    assert (sheet.height, sheet.width, sheet.cell(1200, 30), sheet.cell(1, 1)) == (1200, 30, 1, None)


def test_the_command_serves_a_folder(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Shop.csv").write_text("id,name\n1,검\n", encoding="utf-8")
    key = tmp_path / "key.json"
    arguments = [str(tmp_path), "--port", "0", "--key", str(key), "--fault", "503:1"]
    program = [sys.executable, "-m", "gdata.testing.google", *arguments]
    server = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        _, endpoint, credentials, listed = (server.stdout.readline().strip() for _ in range(4))
        assert credentials.endswith(str(key))
        assert listed.endswith(f"# in place of `path: {(tmp_path / 'shop').as_posix()}`: Shop")
        address = endpoint.split(": ", 1)[1]
        assert json.loads(key.read_text())["token_uri"] == f"{address}/token"
        assert requests.get(f"{address}/v4/spreadsheets/x", timeout=60).status_code == 503
        assert requests.get(f"{address}/v4/spreadsheets/x", timeout=60).status_code == 401
        server.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
        server.wait(timeout=60)
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("arguments", [["nowhere"], [".", "--fault", "nonsense"], [".", "--fault", "503:x"]])
def test_the_command_says_what_is_wrong(tmp_path, arguments):
    program = [sys.executable, "-m", "gdata.testing.google", *arguments]
    ran = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert ran.returncode in (2, 3)
    assert "Traceback" not in ran.stderr
    assert ran.stderr
