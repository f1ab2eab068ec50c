#!/usr/bin/env bash
# protons 9.0.2 (npm install protons protons-runtime tsx), the protobuf of libp2p and IPFS: a field that isn't there has the
# enum's value with the lowest number. With ELEMENT_ANY = -1 in the enum, each row without an element is ELEMENT_ANY, and is
# written so: a row read and written again has it for everybody. It is zero by the language's specification, whose first
# rule for proto3's enums is a first value of zero.
# (Guess: ELEMENT_NONE.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --prefix . protons@9.0.2 protons-runtime@8.0.1 tsx@4.23.15 > /dev/null 2>&1
cat > skill.proto <<'PROTO'
syntax = "proto3";
enum Element { ELEMENT_NONE = 0; ELEMENT_FIRE = 1; ELEMENT_ANY = -1; }
enum Rank { RANK_NONE = 0; RANK_A = 1; }
message Skill { int32 id = 1; Element element = 2; Rank rank = 3; }
PROTO
node_modules/.bin/protons skill.proto
cat > read.mts <<'TYPESCRIPT'
const { Skill } = await import("./skill.ts");
const skill = Skill.decode(Uint8Array.from([0x08, 1]));
console.log(JSON.stringify(skill), Buffer.from(Skill.encode(skill)).toString("hex"));
TYPESCRIPT
found=$(node_modules/.bin/tsx read.mts)
echo "$found"
[ "$found" = '{"id":1,"element":"ELEMENT_ANY","rank":"RANK_NONE"} 080110ffffffffffffffffff01' ]
