#!/usr/bin/env bash
# protons 9.0.2 (npm install protons protons-runtime tsx), the protobuf of libp2p and IPFS: it doesn't know packed lists,
# which are how protobuf's own implementations of proto3 write numbers. It takes the list's length for its one element and
# its elements for fields: {id: 1, levels: [8, 5]} is read as {id: 5, levels: [2]}, without an error, for 8 5 are also the
# bytes of id = 5. Lists of other numbers are errors about wire types and indexes, or fields that aren't there. What
# protons writes itself is unpacked, which all can read.
# (Guess: {id: 1, levels: [8, 5]}: packed is the default of proto3, and readers have to take both.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --prefix . protons@9.0.2 protons-runtime@8.0.1 tsx@4.23.15 > /dev/null 2>&1
printf 'syntax = "proto3";\nmessage Skill { int32 id = 1; repeated int32 levels = 2; }\n' > skill.proto
node_modules/.bin/protons skill.proto
cat > read.mts <<'TYPESCRIPT'
const { Skill } = await import("./skill.ts");
const packed = Uint8Array.from([0x08, 1, 0x12, 2, 8, 5]); // id = 1, levels = [8, 5]
const unpacked = Uint8Array.from([0x08, 1, 0x10, 8, 0x10, 5]);
console.log(JSON.stringify([Skill.decode(packed), Skill.decode(unpacked)]));
TYPESCRIPT
found=$(node_modules/.bin/tsx read.mts)
echo "$found"
[ "$found" = '[{"id":5,"levels":[2]},{"id":1,"levels":[8,5]}]' ]
