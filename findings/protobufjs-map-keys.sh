#!/usr/bin/env bash
# protobufjs 8.8.1 (npm install protobufjs): a map<int64, string> is decoded to an object whose keys are no numbers. The key
# 7 is "\x07\x00\x00\x00\x00\x00\x00\x00", eight characters with the bits: m.names[7] is undefined, and
# Object.keys prints as nothing in a log. map<int32, string> has "7". toObject() gives "7" again, so tests that compare
# JSON pass, and the game that reads the message doesn't find the row.
# (Guess: "7" in both, as JSON has it; 64-bit values that don't fit a number would be texts of digits.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . protobufjs@8.8.1
cat > read.cjs <<'JAVASCRIPT'
const { parse } = require("protobufjs");
const { root } = parse(`syntax = "proto3"; package game;
  message Names { map<int64, string> big = 1; map<int32, string> small = 2; }`);
const Names = root.lookupType("game.Names");
const entry = [5, 0x08, 7, 0x12, 1, 0x78]; // 7: "x"
const names = Names.decode(Uint8Array.from([0x0a, ...entry, 0x12, ...entry]));
console.log(JSON.stringify([Object.keys(names.big), Object.keys(names.small), names.big[7], Names.toObject(names)]));
JAVASCRIPT
found=$(node read.cjs)
echo "$found"
[ "$found" = '[["\u0007\u0000\u0000\u0000\u0000\u0000\u0000\u0000"],["7"],null,{"big":{"7":"x"},"small":{"7":"x"}}]' ]
