#!/usr/bin/env bash
# LibreOffice 7.4.7 (apt install libreoffice-calc; pip install openpyxl odfpy): 2026-12-01 09:30:00.123, saved as .ods, is
# 09:30:00.12, and 23:59:59.999 is 23:59:59.99. A day and a time together keep hundredths of a second there, the time alone
# all of its digits, and as .xlsx both keep them: a moment that a log or a key has in milliseconds is another one with the
# format that "Save as" is given, and no cell looks different.
# (Guess: the milliseconds in both formats; .ods writes dates as ISO 8601, with as many digits as one likes.)
# Exits 0 while that is so, 1 once it isn't, 2 where LibreOffice is another one: then it says nothing of this version.
set -euo pipefail
version=$(soffice --version 2>/dev/null | cut -d' ' -f2) || version="none"
case $version in
  7.4.7.*) ;;
  *) echo "tried with LibreOffice 7.4.7, and here is $version" >&2; exit 2 ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q openpyxl==3.1.5 odfpy==1.4.1
venv/bin/python - <<'PY'
from datetime import datetime, timedelta

import openpyxl

book = openpyxl.Workbook()
book.active.append([datetime(2026, 12, 1, 9, 30, 0, 123_000), datetime(2026, 12, 1, 23, 59, 59, 999_000)])
book.active.append([timedelta(hours=30, milliseconds=123)])
book.save("log.xlsx")
PY
mkdir saved
for format in ods xlsx; do
  HOME=$folder soffice --headless --convert-to "$format" --outdir saved log.xlsx >/dev/null 2>&1
done
venv/bin/python - <<'PY'
import openpyxl
from odf.opendocument import load
from odf.table import TableCell

cells = load("saved/log.ods").getElementsByType(TableCell)
ods = [cell.getAttribute("datevalue") or cell.getAttribute("timevalue") for cell in cells]
ods = [value for value in ods if value]
xlsx = [cell.value for row in openpyxl.load_workbook("saved/log.xlsx").active for cell in row if cell.value]
print("ods: ", *ods)
print("xlsx:", *xlsx)
assert ods == ["2026-12-01T09:30:00.12", "2026-12-01T23:59:59.99", "PT30H00M00.123S"]
assert [str(value) for value in xlsx[:2]] == ["2026-12-01 09:30:00.123000", "2026-12-01 23:59:59.999000"]
PY
