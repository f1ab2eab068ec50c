#!/usr/bin/env bash
# pbf 5.1.2 (npm install pbf): the code that it makes for an enum reads the value -1 as 18446744073709552000. An int32 of -1
# beside it is -1: an enum's number goes the same way on the wire, but its reader takes it for unsigned. A map and a
# repeated field of that enum do likewise. With pbf on both sides, a -1 that was sent is no -1 when it arrives.
# (Guess: -1, as enums are int32 on the wire by the language's specification.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . pbf@5.1.2 > /dev/null
cat > row.proto <<'PROTO'
syntax = "proto3";
enum Element { ELEMENT_NONE = 0; ELEMENT_ANY = -1; }
message Row { Element element = 1; int32 level = 2; }
PROTO
node node_modules/pbf/bin/pbf row.proto > row.mjs
cat > read.mjs <<'JAVASCRIPT'
import * as pbf from "pbf";
import { Element, readRow, writeRow } from "./row.mjs";
const minusOne = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
const read = (bytes) => readRow(new pbf.PbfReader(bytes));
console.log(Element.ELEMENT_ANY, JSON.stringify(read(Uint8Array.from([8, ...minusOne, 16, ...minusOne]))));
const writer = new pbf.PbfWriter();
writeRow({ element: -1, level: -1 }, writer);
console.log(JSON.stringify(read(writer.finish())));
JAVASCRIPT
found=$(node read.mjs)
echo "$found"
[ "$found" = '-1 {"element":18446744073709552000,"level":-1}
{"element":18446744073709552000,"level":-1}' ]
