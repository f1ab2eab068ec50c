#!/usr/bin/env bash
# Gnumeric 1.12.55 (apt install gnumeric; pip install openpyxl): =2^3^2 of an .xlsx is =2^(3^2) once it was opened and
# saved there, and 512; in Excel and LibreOffice it is 64. Excel's powers go from left to right, Gnumeric's own, as
# mathematics has them, from right to left, and it reads the workbook's formula as one of its own. With -2^2, where the two
# differ as well, it takes care: that is =(-2)^2, and 4.
# (Guess: =(2^3)^2 and 64, since the formula is Excel's.)
# Exits 0 while that is so, 1 once it isn't, 2 where Gnumeric is another one: then it says nothing of this version.
set -euo pipefail
version=$(ssconvert --version 2>&1 | grep -o "version '[^']*'" | head -1) || version="none"
if [ "$version" != "version '1.12.55'" ]; then
  echo "tried with Gnumeric 1.12.55, and here is $version" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q openpyxl==3.1.5
venv/bin/python - <<'PY'
import openpyxl

book = openpyxl.Workbook()
for formula in ["=2^3^2", "=(2^3)^2", "=-2^2"]:
    book.active.append([formula])
book.save("curve.xlsx")
PY
ssconvert curve.xlsx saved.xlsx
venv/bin/python - <<'PY'
import openpyxl

formulas, values = (openpyxl.load_workbook("saved.xlsx", data_only=only).active for only in (False, True))
found = {formulas.cell(row, 1).value: values.cell(row, 1).value for row in (1, 2, 3)}
print(found)
assert found == {"=2^(3^2)": 512, "=(2^3)^2": 64, "=(-2)^2": 4}
PY
