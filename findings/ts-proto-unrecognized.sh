#!/usr/bin/env bash
# ts-proto 2.18.0 (npm install ts-proto typescript@5.9.3; pip install grpcio-tools): in an enum with a value -1, each number
# that the enum doesn't know has that value's name. Its code keeps -1 for what it doesn't recognize, without looking whether
# -1 is taken: a row of a newer server with the element 7 is ELEMENT_ANY in JSON and in logs, as -1 is.
# (Guess: UNRECOGNIZED, as it says of 7 in an enum without a -1, or the number, as protobuf's JSON has it.)
# Exits 0 while that is so, 1 once it isn't. Needs node, npm and python3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . ts-proto@2.18.0 typescript@5.9.3 > /dev/null
python3 -m venv venv
venv/bin/pip install -q grpcio-tools==1.85.1
cat > row.proto <<'PROTO'
syntax = "proto3";
enum Element { ELEMENT_NONE = 0; ELEMENT_ANY = -1; }
enum Grade { GRADE_NONE = 0; GRADE_RARE = 1; }
message Row { Element element = 1; Grade grade = 2; }
PROTO
venv/bin/python -m grpc_tools.protoc -I. --plugin=node_modules/.bin/protoc-gen-ts_proto --ts_proto_out=. row.proto
node_modules/.bin/tsc --module commonjs --target es2022 --skipLibCheck --esModuleInterop row.ts
cat > read.cjs <<'JAVASCRIPT'
const { Row } = require("./row.js");
console.log(JSON.stringify(Row.toJSON(Row.decode(Uint8Array.from([8, 7, 16, 7])))));
JAVASCRIPT
found=$(node read.cjs)
echo "$found"
[ "$found" = '{"element":"ELEMENT_ANY","grade":"UNRECOGNIZED"}' ]
