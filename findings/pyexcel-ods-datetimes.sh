#!/usr/bin/env bash
# pyexcel-ods 0.6.0 (pyexcel's plugin for .ods, over odfpy 1.4.1) writes a datetime under a type of value that
# OpenDocument doesn't have (office:value-type="datetime"), and a timedelta of -5 minutes as PT-1H55M00S. So
# python-calamine 0.9.1 refuses the whole workbook, and pyexcel-ods itself reads its own datetime as a text and its own
# timedelta as None.
# (Guess: office:value-type="date" with a time in it, as odfpy, ezodf and LibreOffice write; what was written is read.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pyexcel-ods==0.6.0 odfpy==1.4.1 python-calamine==0.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import re
import sys
import zipfile

import python_calamine
from pyexcel_ods import get_data, save_data

row = ["id", datetime.datetime(2026, 12, 1, 9, 30), datetime.timedelta(minutes=-5), "end"]
save_data("book.ods", {"Sheet1": [row]})
content = zipfile.ZipFile("book.ods").read("content.xml").decode()
types = re.findall(r'office:value-type="(\w+)"', content)
print("types of value in the file:", types)
print("the timedelta as written:", re.findall(r'office:time-value="([^"]*)"', content))
own = get_data("book.ods")["Sheet1"][0]
print("read again by pyexcel-ods:", own)
try:
    print("calamine:", python_calamine.CalamineWorkbook.from_path("book.ods").get_sheet_by_index(0).to_python())
    refused = False
except python_calamine.CalamineError as error:
    print("calamine:", error)
    refused = True
sys.exit(0 if "datetime" in types and refused and own[1] == "2026-12-01 09:30:00" and own[2] is None else 1)
PYTHON
