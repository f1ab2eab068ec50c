#!/usr/bin/env bash
# protarrow 0.16.0 (pip install protarrow protobuf pyarrow grpcio-tools), from protobuf to Arrow and back: with
# enum_type=pa.string() the number 7, which the schema in use doesn't know yet, is ELEMENT_NONE when it comes back, in a
# field and in a list, where its neighbours stay. With the default, pa.int32(), it stays 7. A table kept by names forgets
# what a newer server wrote, and nothing is said.
# (Guess: "7", as protobuf's JSON has it, or an error.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q protarrow==0.16.0 pyarrow==26.0.1 protobuf==7.36.2 grpcio-tools==1.85.1
cat > game.proto <<'PROTO'
syntax = "proto3";
package game;
enum Element { ELEMENT_NONE = 0; ELEMENT_FIRE = 1; ELEMENT_ICE = 2; }
message Skill { Element element = 1; repeated Element weak = 2; }
PROTO
venv/bin/python -m grpc_tools.protoc -I. --python_out=. game.proto
venv/bin/python - <<'PY'
import protarrow
import pyarrow as pa
from game_pb2 import Skill

skill = Skill(element=7, weak=[1, 7, 2])
found = {}
for kind in (pa.int32(), pa.string()):
    table = protarrow.messages_to_table([skill], Skill, protarrow.ProtarrowConfig(enum_type=kind))
    (back,) = protarrow.table_to_messages(table, Skill)
    found[str(kind)] = back.element, list(back.weak)
    print(kind, table.to_pylist(), "and back", found[str(kind)])
assert found == {"int32": (7, [1, 7, 2]), "string": (0, [1, 0, 2])}
PY
