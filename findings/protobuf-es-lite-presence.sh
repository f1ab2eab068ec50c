#!/usr/bin/env bash
# @aptre/protobuf-es-lite 1.0.2 (npm install @aptre/protobuf-es-lite; pip install grpcio-tools), a fork of protobuf-es: an
# `optional int32 level` that is 0 isn't in its JSON, nor is a oneof's member with 0 or "". Read again they are unset, and
# the oneof has no member: "level 0" has become "no level". In its bytes they stay, and protobuf-es writes "level":0.
# (Guess: "level":0; a field with presence is left out where it isn't set, whatever its value.)
# Exits 0 while that is so, 1 once it isn't. Needs node, npm and python3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . @aptre/protobuf-es-lite@1.0.2 @bufbuild/protobuf@2.17.0 \
  @bufbuild/protoc-gen-es@2.17.0 typescript@5.9.3 > /dev/null 2>&1
python3 -m venv venv
venv/bin/pip install -q grpcio-tools==1.85.1
cat > row.proto <<'PROTO'
syntax = "proto3";
message Row { optional int32 level = 1; oneof reward { int32 gold = 2; string text = 3; } }
PROTO
for plugin in es-lite es; do
  mkdir $plugin
  venv/bin/python -m grpc_tools.protoc -I. --plugin=node_modules/.bin/protoc-gen-$plugin --${plugin}_out=$plugin \
    --${plugin}_opt=target=js row.proto
done
cat > read.mjs <<'JAVASCRIPT'
import { fromBinary, toJsonString } from "@bufbuild/protobuf";
import { Row } from "./es-lite/row.pb.js";
import { RowSchema } from "./es/row_pb.js";

const given = Uint8Array.from([0x08, 0, 0x10, 0]); // level = 0, gold = 0
const hex = (bytes) => Buffer.from(bytes).toString("hex");
console.log(toJsonString(RowSchema, fromBinary(RowSchema, given)));
const row = Row.fromBinary(given);
console.log(Row.toJsonString(row), hex(Row.toBinary(row)), hex(Row.toBinary(Row.fromJsonString(Row.toJsonString(row)))));
JAVASCRIPT
found=$(node read.mjs)
echo "$found"
[ "$found" = '{"level":0,"gold":0}
{} 08001000 ' ]
