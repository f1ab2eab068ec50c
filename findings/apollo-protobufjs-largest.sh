#!/usr/bin/env bash
# @apollo/protobufjs 1.2.8 (npm install @apollo/protobufjs), Apollo's fork of protobufjs 6: the uint64 18446744073709551615,
# all bits set, is 0 once it was read and written again. It is read as the JavaScript number 2^64, and what is written of
# that are its low 64 bits. 2^63 + 1 is one less. Nothing is thrown.
# (Guess: the number, as a Long or a BigInt; or 18446744073709549568, the largest one below that a double holds.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . @apollo/protobufjs@1.2.8
cat > read.cjs <<'JAVASCRIPT'
const { parse } = require("@apollo/protobufjs");
const Row = parse(`syntax = "proto3"; message Row { uint64 flags = 1; }`).root.lookupType("Row");
const given = Uint8Array.from([0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
const row = Row.decode(given);
const again = Row.decode(Row.encode(row).finish());
console.log(JSON.stringify([row.flags, again.flags]));
JAVASCRIPT
found=$(node read.cjs)
echo "$found"
[ "$found" = '[18446744073709552000,0]' ]
