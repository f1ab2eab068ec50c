#!/usr/bin/env bash
# ptars 0.0.25 (pip install ptars protobuf pyarrow grpcio-tools), from protobuf to Arrow and back in Rust: the Timestamp
# 9999-12-31, which stands for "never ends" in many tables, comes back as 2262-04-11 23:47:16.854775807, and 0001-01-01 as
# 1677-09-21: the ends of what nanoseconds in 64 bits can hold. Nothing is said; protarrow, which does the same in Python,
# raises an OverflowError.
# (Guess: an error, or 9999-12-31.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q ptars==0.0.25 pyarrow==26.0.1 protobuf==7.36.2 grpcio-tools==1.85.1
cat > game.proto <<'PROTO'
syntax = "proto3";
package game;
import "google/protobuf/timestamp.proto";
message Event { google.protobuf.Timestamp ends = 1; }
PROTO
venv/bin/python -m grpc_tools.protoc -I. --python_out=. game.proto
venv/bin/python - <<'PY'
import ptars
from game_pb2 import Event

pool = ptars.HandlerPool([Event.DESCRIPTOR.file])
found = []
for text in ["2026-12-31T00:00:00Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"]:
    event = Event()
    event.ends.FromJsonString(text)
    batch = pool.messages_to_record_batch([event], Event.DESCRIPTOR)
    (back,) = pool.record_batch_to_messages(batch, Event.DESCRIPTOR)
    if not isinstance(back, bytes):
        back = back.SerializeToString()
    found.append(Event.FromString(back).ends.ToJsonString())
    print(text, "comes back as", found[-1])
assert found == ["2026-12-31T00:00:00Z", "2262-04-11T23:47:16.854775807Z", "1677-09-21T00:12:43.145224192Z"]
PY
