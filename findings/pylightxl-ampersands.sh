#!/usr/bin/env bash
# pylightxl 1.61 (pip install pylightxl openpyxl): "salt & pepper" is "salt &amp; pepper" in the workbook that it writes,
# for it escapes the text and then the escape. Where a row has a True, openpyxl can't open the workbook at all: the cell
# is a number whose digits are `True`.
# (Guess: what was written is what is read.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q pylightxl==1.61 openpyxl==3.1.5
venv/bin/python - <<'PY'
import openpyxl
import pylightxl


def written(name, value):
    book = pylightxl.Database()
    book.add_ws("Item")
    book.ws("Item").update_index(1, 1, value)
    pylightxl.writexl(book, name)
    return openpyxl.load_workbook(name)["Item"]["A1"].value


text = written("text.xlsx", "salt & pepper")
print(text)
assert text == "salt &amp; pepper"
try:
    written("bool.xlsx", True)
except ValueError as error:
    print(error.__cause__)
else:
    raise SystemExit("a True can be read")
PY
