#!/usr/bin/env bash
# protovalidate 2.1.0 for Python (pip install protovalidate grpcio-tools) and @bufbuild/protovalidate 1.3.0 for JavaScript:
# in one rule, string(this.rate) of the double 0.1 is
# "0.1" in JavaScript and "0.10000000000000001" in Python. A rule that compares it has two verdicts, and one that makes a
# sentence of it tells people of a rate that nobody wrote.
# (Guess: "0.1" in both: rules are written once to mean the same in each language.)
# Exits 0 while that is so, 1 once it isn't. Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q protovalidate==2.1.0 grpcio-tools==1.85.1
npm install --silent --no-audit --no-fund --prefix . @bufbuild/protovalidate@1.3.0 @bufbuild/protobuf@2.17.0 > /dev/null
mkdir -p buf/validate
cat > buf/validate/validate.proto <<'PROTO'
syntax = "proto2";
package buf.validate;
import "google/protobuf/descriptor.proto";
// The part of protovalidate's own file that is needed here.
message Rule { optional string id = 1; optional string message = 2; optional string expression = 3; }
message MessageRules { repeated Rule cel = 3; }
extend google.protobuf.MessageOptions { optional MessageRules message = 1159; }
PROTO
cat > drop.proto <<'PROTO'
syntax = "proto3";
import "buf/validate/validate.proto";
message Drop {
  option (buf.validate.message).cel = {id: "rate", expression: "'the rate is ' + string(this.rate)"};
  double rate = 1;
}
PROTO
venv/bin/python -m grpc_tools.protoc -I. --include_imports --descriptor_set_out=drop.binpb drop.proto
cat > check.py <<'PYTHON'
import protovalidate
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

pool = DescriptorPool()
for file in FileDescriptorSet.FromString(open("drop.binpb", "rb").read()).file:
    pool.Add(file)
Drop = GetMessageClass(pool.FindMessageTypeByName("Drop"))
print(protovalidate.Validator().collect_violations(Drop(rate=0.1))[0].proto.message)
PYTHON
cat > check.cjs <<'JAVASCRIPT'
const { create, createFileRegistry, fromBinary } = require("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt");
const { createValidator } = require("@bufbuild/protovalidate");
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, require("fs").readFileSync("drop.binpb")));
const Drop = registry.getMessage("Drop");
console.log(createValidator({ registry }).validate(Drop, create(Drop, { rate: 0.1 })).violations[0].message);
JAVASCRIPT
found=$(venv/bin/python check.py; node check.cjs)
echo "$found"
[ "$found" = "the rate is 0.10000000000000001
the rate is 0.1" ]
