#!/usr/bin/env bash
# exceljs 4.4.0 (npm install exceljs): the text `icon_x0041_a` is another one after it was written and read again, by
# exceljs itself: `iconAa`. In .xlsx `_xHHHH_` stands for the character with that number (ECMA-376, ST_Xstring), so a
# writer has to escape an underscore before one; exceljs doesn't when it writes, and unescapes when it reads. No warning:
# a key that is made of hexadecimal numbers becomes another key.
# (Guess: `icon_x0041_a`, as rust_xlsxwriter keeps it.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent exceljs@4.4.0
cat > write.js <<'JS'
const {Workbook} = require("exceljs");
(async () => {
  const made = new Workbook();
  made.addWorksheet("Item").addRow(["icon_x0041_a"]);
  await made.xlsx.writeFile("item.xlsx");
  const read = new Workbook();
  await read.xlsx.readFile("item.xlsx");
  console.log(read.getWorksheet("Item").getCell("A1").value);
})();
JS
[ "$(node write.js | tee /dev/stderr)" = iconAa ]
