#!/usr/bin/env bash
# protocol-buffers 5.0.0 (npm install protocol-buffers protobufjs) has negative numbers of its own: -7 as every other
# implementation writes it is 18446744069414584000 as an int32 and -121 as an int64, and the int64 -7 that it writes is
# -121 to the others. It reads back what it wrote itself, so tests with one side pass; and from 0 on all is right.
# (Guess: -7 throughout: the language's specification has one way to write it, in ten bytes.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . protocol-buffers@5.0.0 protobufjs@8.8.1 > /dev/null
cat > read.cjs <<'JAVASCRIPT'
const source = 'syntax = "proto3"; message Row { int32 small = 1; int64 big = 2; }';
const one = require("protocol-buffers")(source).Row;
const other = require("protobufjs").parse(source).root.lookupType("Row");
for (const n of [7, -7]) {
  const row = { small: n, big: n };
  const [written, own] = [Buffer.from(other.encode(row).finish()), one.encode(row)];
  const [theirs, back] = [one.decode(written), one.decode(own)];
  console.log(n, "is", theirs.small, theirs.big, "and its own", back.small, back.big, "is", String(other.decode(own).big));
}
JAVASCRIPT
found=$(node read.cjs)
echo "$found"
[ "$found" = "7 is 7 7 and its own 7 7 is 7
-7 is 18446744069414584000 -121 and its own -7 -7 is -121" ]
