#!/usr/bin/env bash
# pycel 1.0b30 (pip install pycel openpyxl), which computes workbooks in Python, rounds in two ways: =ROUND(2.5,0) is 3 as in
# Excel, and =ROUND(25,-1) is 20 where Excel has 30. To the tens and hundreds it rounds a half to the even side, to whole
# numbers and decimals away from zero. Prices that end in 5, rounded as shops do, are 10 less for every second one.
# (Guess: 30; away from zero whatever the digits, as Excel's documentation has it.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q pycel==1.0b30 openpyxl==3.1.5
venv/bin/python - <<'PY'
import openpyxl
from pycel import ExcelCompiler

book = openpyxl.Workbook()
book.active.title = "Item"
formulas = ["=ROUND(2.5,0)", "=ROUND(0.125,2)", "=ROUND(25,-1)", "=ROUND(35,-1)", "=ROUND(1250,-2)"]
for formula in formulas:
    book.active.append([formula])
book.save("item.xlsx")
compiler = ExcelCompiler("item.xlsx")
found = [compiler.evaluate(f"Item!A{row}") for row in range(1, 6)]
for formula, value in zip(formulas, found):
    print(formula, "is", value)
assert found == [3, 0.13, 20, 40, 1200]
PY
