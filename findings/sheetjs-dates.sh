#!/usr/bin/env bash
# SheetJS as npm has it (xlsx 0.18.5), in Seoul: one workbook with the Date of 2026-12-01 09:30, saved as .xlsx and as
# .ods with cellDates, holds 09:30 in the one and 00:30 in the other, both "Z"; without cellDates the .xlsx holds
# 09:30:52, for the zone's offset of 1900 (8:27:52) is taken for today's. openpyxl 3.1.5 and odfpy 1.4.1 read the values.
# (Guess: the same clock in every format, or the same instant.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund xlsx@0.18.5 > /dev/null
TZ=Asia/Seoul node - <<'NODE'
const xlsx = require("xlsx");
for (const [name, cellDates] of [["dates", true], ["numbers", false]]) {
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet([[new Date(2026, 11, 1, 9, 30)]], {cellDates}), "Sheet1");
  for (const type of ["xlsx", "ods"]) xlsx.writeFile(book, `${name}.${type}`, {cellDates});
}
NODE
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q openpyxl==3.1.5 odfpy==1.4.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import openpyxl
from odf.opendocument import load
from odf.table import TableCell

first, second = (openpyxl.load_workbook(f"{name}.xlsx").active["A1"].value for name in ("dates", "numbers"))
ods = load("dates.ods").getElementsByType(TableCell)[0].getAttribute("datevalue")
print("cellDates .xlsx:", first)
print("cellDates .ods: ", ods)
print("numbers .xlsx:  ", second)
sys.exit(0 if str(first) == "2026-12-01 09:30:00" and "T00:30:00" in ods and second.second == 52 else 1)
PYTHON
