#!/usr/bin/env bash
# protobufjs 8.8.1 (npm install protobufjs, pip install grpcio-tools): the field item_2_id is the property
# item_2Id, in messages and in its JSON, where protobuf's JSON has item2Id, and so do all others: an underscore before a
# digit stays. Decoded from bytes the value is there under that name alone; JSON of a server with item2Id is read without
# an error, and the field is 0.
# (Guess: item2Id, the json_name that protoc itself puts into each descriptor.)
# Exits 0 while that is so, 1 once it isn't. Needs node, npm and python3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . protobufjs@8.8.1 > /dev/null
python3 -m venv venv
venv/bin/pip install -q grpcio-tools==1.85.1
printf 'syntax = "proto3";\nmessage Row { int32 item_2_id = 1; }\n' > row.proto
venv/bin/python -m grpc_tools.protoc -I. --descriptor_set_out=row.binpb row.proto
venv/bin/python - <<'PY'
from google.protobuf.descriptor_pb2 import FileDescriptorSet

name = FileDescriptorSet.FromString(open("row.binpb", "rb").read()).file[0].message_type[0].field[0].json_name
print(name)
assert name == "item2Id"
PY
cat > read.cjs <<'JAVASCRIPT'
const Row = require("protobufjs").loadSync("row.proto").lookupType("Row");
const fromJson = Row.toObject(Row.fromObject({ item2Id: 5 }), { defaults: true });
console.log(JSON.stringify(Row.decode(Uint8Array.from([8, 5]))), JSON.stringify(fromJson));
JAVASCRIPT
found=$(node read.cjs)
echo "$found"
[ "$found" = '{"item_2Id":5} {"item_2Id":0}' ]
