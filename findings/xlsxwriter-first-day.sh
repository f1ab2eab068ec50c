#!/usr/bin/env bash
# XlsxWriter 3.3.1 (pip install XlsxWriter openpyxl), behind pandas and polars too: datetime(1900, 1, 1, 9, 30) in a cell is
# half past nine of no day, and datetime(1900, 1, 1) is 00:00. The day from which Excel counts, a common "long ago", stands
# for datetimes in which strptime read a time alone, and is taken out of all of them. date(1900, 1, 1) stays that day, as
# does 2 January with its time.
# (Guess: 1900-01-01 09:30, or an error; openpyxl writes the day.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q XlsxWriter==3.3.1 openpyxl==3.1.5
venv/bin/python - <<'PY'
from datetime import date, datetime

import openpyxl
import xlsxwriter

given = [datetime(1900, 1, 1, 9, 30), datetime(1900, 1, 1), date(1900, 1, 1), datetime(1900, 1, 2, 9, 30)]
with xlsxwriter.Workbook("item.xlsx") as book:
    shown = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    book.add_worksheet().write_column("A1", given, shown)
found = [str(cell.value) for cell in openpyxl.load_workbook("item.xlsx").active["A"]]
for value, text in zip(given, found):
    print(repr(value), "is", text)
assert found == ["09:30:00", "00:00:00", "1900-01-01 00:00:00", "1900-01-02 09:30:00"]
PY
