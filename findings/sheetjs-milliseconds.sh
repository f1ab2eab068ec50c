#!/usr/bin/env bash
# SheetJS 0.20.3 (npm install @e965/xlsx@0.20.3, its mirror on npm), read with cellDates: 2026-12-31 23:59:59 is the Date
# 23:59:58.999. Nearly a quarter of all seconds of a day, and of its minutes, come out a millisecond early, for the days of
# the cell, a double just below, are cut to milliseconds and not rounded: an event that begins at 10:10 began at
# 10:09:59.999, and what is asked for its minute has another one. The same cells as texts, and as numbers, are right.
# (Guess: the second that the cell shows, as openpyxl and LibreOffice read it.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . @e965/xlsx@0.20.3 > /dev/null
cat > read.cjs <<'JAVASCRIPT'
const XLSX = require("@e965/xlsx");
const sheet = { "!ref": "A1:A86400" };
for (let second = 0; second < 86400; second++) {
  sheet[`A${second + 1}`] = { t: "n", v: 46387 + second / 86400, z: "yyyy-mm-dd hh:mm:ss" }; // 2026-12-31
}
const file = XLSX.write({ SheetNames: ["S"], Sheets: { S: sheet } }, { type: "buffer", bookType: "xlsx" });
const read = XLSX.read(file, { cellDates: true, UTC: true }).Sheets.S;
const early = (second) => Date.UTC(2026, 11, 31) + second * 1000 - read[`A${second + 1}`].v.getTime();
const seconds = [...Array(86400).keys()].filter((second) => early(second) === 1);
const last = read.A86400;
console.log(last.v.toISOString(), XLSX.utils.format_cell(XLSX.read(file).Sheets.S.A86400));
console.log(`${seconds.length} seconds, ${seconds.filter((second) => second % 60 === 0).length} of them whole minutes`);
JAVASCRIPT
found=$(TZ=UTC node read.cjs)
echo "$found"
[ "$found" = '2026-12-31T23:59:58.999Z 2026-12-31 23:59:59
20736 seconds, 320 of them whole minutes' ]
