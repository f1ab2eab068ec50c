#!/usr/bin/env bash
# formulas 1.3.4 (pip install formulas), which computes workbooks in Python: in 2026 =VALUE("1,000") is 46022, and
# =VALUE("1,500") is 182623. A text with a thousands separator is taken for a date in which something is missing, the day
# before this year and 1 January 2400, and its serial number is the result. Excel, LibreOffice and Gnumeric say 1000 and
# 1500. Where such a text is a price, the sheet computes on with a number fifty or a hundred times as large.
# (Guess: 1000, or #VALUE! as for "12,345" there.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q formulas==1.3.4
venv/bin/python - <<'PY'
import formulas

found = {}
for text in ["1000", "1,000", "1,500", "1,234.5"]:
    found[text] = float(formulas.Parser().ast(f'=VALUE("{text}")')[1].compile()())
    print(text, "is", found[text])
assert found["1000"] == 1000 and found["1,500"] == 182623
assert found["1,000"] > 46_000 and found["1,234.5"] > 46_000
PY
