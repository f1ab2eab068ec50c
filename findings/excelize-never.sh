#!/usr/bin/env bash
# excelize 0.1.0 (pip install excelize openpyxl), excelize's own package for Python: the date 9999-12-31, which stands for
# "never ends" in many tables, is 1969-12-22 in the workbook that it writes, and 1900-01-01 is 2036-02-07. A date crosses to
# the Go side as seconds in 32 bits, which last from 1901 to 2038; whole numbers cross likewise, and 9007199254740991 is -1.
# No error, no warning, and 2026 is right.
# (Guess: the dates that were given, or an error for those beyond Excel's own 1900 to 9999.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q excelize==0.1.0 openpyxl==3.1.5
venv/bin/python - <<'PY'
import datetime

import excelize
import openpyxl

dates = [datetime.date(2026, 12, 1), datetime.date(9999, 12, 31), datetime.date(1900, 1, 1)]
book = excelize.new_file()
for row, value in enumerate([*dates, 2**53 - 1], 1):
    book.set_cell_value("Sheet1", f"A{row}", value)
book.save_as("event.xlsx")
values = [row[0] for row in openpyxl.load_workbook("event.xlsx")["Sheet1"].values]
print(*values, sep="\n")
assert [str(value)[:10] for value in values] == ["2026-12-01", "1969-12-22", "2036-02-07", "-1"]
PY
