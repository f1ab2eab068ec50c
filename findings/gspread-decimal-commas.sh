#!/usr/bin/env bash
# gspread 6.2.1 (pip install gspread): get_all_records() of a sheet that Germany, France or Brazil set up gives ten or a
# hundred times the number. The cell that shows 1,5 is 15, and 0,25 is 25, since every comma in a text is deleted before
# it is tried as a number, and what the API sends by default is what the cell shows. A name is a number too where Python's
# float() takes it: the item Infinity is inf, and Nan is nan. No error, no warning, and 1.5 is right.
# (Guess: the text "1,5", or 1.5; a comma is a thousands separator before three digits alone.)
# Exits 0 while that is so, 1 once it isn't. The API's answer is given here; nothing is asked of Google.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q gspread==6.2.1
venv/bin/python - <<'PY'
import json

import gspread
import requests
from google.auth.credentials import AnonymousCredentials

ROWS = [["name", "rate"], ["Sword", "1,5"], ["Infinity", "0,25"], ["Nan", "1.234,5"], ["Bow", "1.5"]]


class Answers(gspread.HTTPClient):
    """What the API says of a sheet whose locale is de_DE: values as the cells show them."""

    def request(self, method, endpoint, *args, **options):
        answer = requests.Response()
        answer.status_code = 200
        sheet = {"properties": {"sheetId": 0, "title": "Item", "index": 0, "gridProperties": {}}}
        content = {"values": ROWS, "range": "Item", "majorDimension": "ROWS"} if "/values/" in endpoint else {"properties": {}, "sheets": [sheet]}
        answer._content = json.dumps(content).encode()
        return answer


client = gspread.Client(auth=AnonymousCredentials(), http_client=Answers)
records = client.open_by_key("any").sheet1.get_all_records()
for record in records:
    print(record)
assert [record["rate"] for record in records] == [15, 25, 1.2345, 1.5]
assert records[1]["name"] == float("inf") and records[2]["name"] != records[2]["name"]
PY
