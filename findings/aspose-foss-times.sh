#!/usr/bin/env bash
# aspose-cells-foss 26.10.0 (pip install aspose-cells-foss openpyxl): datetime.time(1, 30) in a cell is half past one of the
# day on which the workbook is saved: 46353.0625 on 27 November 2026, a day later 46354.0625, without a format. A cooldown
# of 1:30 hours has another value, and the file other bytes, each day that it is written.
# (Guess: 0.0625, a 16th of a day, as Excel has 1:30, and as openpyxl and XlsxWriter write it; or an error, as for types
# that it doesn't know.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q aspose-cells-foss==26.10.0 openpyxl==3.1.5
venv/bin/python - <<'PY'
import datetime

import openpyxl
from aspose.cells_foss import Workbook

before = datetime.date.today()
book = Workbook()
book.worksheets[0].cells["A1"].value = datetime.time(1, 30)
book.save("skill.xlsx")
after = datetime.date.today()
value = openpyxl.load_workbook("skill.xlsx").worksheets[0]["A1"].value
print(value)
days = [(day - datetime.date(1899, 12, 30)).days for day in (before, after)]
assert value in [day + 1.5 / 24 for day in days]
PY
