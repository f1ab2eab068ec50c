#!/usr/bin/env bash
# SheetJS as npm has it (xlsx 0.18.5): 9007199254740989, which is Number.MAX_SAFE_INTEGER - 2, saved as .xlsb or .xls is
# 9007199254741502 when SheetJS itself reads it again, 513 more, and Number.MAX_SAFE_INTEGER is 2^53. It puts the 8 bytes of
# a double together in JavaScript, and rounds the mantissa without carrying to the exponent. As .xlsx and .ods the same
# numbers are whole: a flag made of 53 bits changes with the format in "Save as".
# (Guess: a safe integer is safe in each format: all four hold doubles or their digits.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . xlsx@0.18.5 > /dev/null
cat > save.cjs <<'JAVASCRIPT'
const xlsx = require("xlsx");
const values = [Number.MAX_SAFE_INTEGER - 2, Number.MAX_SAFE_INTEGER];
const book = xlsx.utils.book_new();
xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet([values]), "Flags");
for (const bookType of ["xlsx", "ods", "xlsb", "xls"]) {
  const read = xlsx.read(xlsx.write(book, { type: "buffer", bookType }), { type: "buffer" });
  console.log(bookType, ...xlsx.utils.sheet_to_json(read.Sheets.Flags, { header: 1 })[0]);
}
JAVASCRIPT
found=$(node save.cjs)
echo "$found"
[ "$found" = "xlsx 9007199254740989 9007199254740991
ods 9007199254740989 9007199254740991
xlsb 9007199254741502 9007199254740992
xls 9007199254741502 9007199254740992" ]
