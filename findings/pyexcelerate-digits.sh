#!/usr/bin/env bash
# PyExcelerate 0.13.0 (pip install PyExcelerate openpyxl): the whole number 1234567890123456 is 1234567890123460 in the
# workbook that it writes. Its numbers have 15 digits, though a cell's, a double, hold any whole number up to 2^53: ids
# with the time in milliseconds and a counter are others, without a warning.
# (Guess: 1234567890123456, as openpyxl writes it.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q PyExcelerate==0.13.0 openpyxl==3.1.5
venv/bin/python - <<'PY'
import openpyxl
import pyexcelerate

book = pyexcelerate.Workbook()
book.new_sheet("Item", data=[[1234567890123456]])
book.save("item.xlsx")
value = openpyxl.load_workbook("item.xlsx")["Item"]["A1"].value
print(value)
assert value == 1234567890123460
PY
