#!/usr/bin/env bash
# betterproto2 0.10.0 (pip install betterproto2 betterproto2-compiler ruff grpcio-tools) reads a google.protobuf.Duration of
# half a second less than nothing as that timedelta, and writes it as half a second more: -0.5 s read and written again is
# 0.5 s, and -1.5 s is seconds -1 with nanos +500000000, whose mixed signs protobuf forbids. Nothing is said, and what was
# never below zero is right.
# (Guess: the bytes that were read.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q betterproto2==0.10.0 betterproto2-compiler==0.10.1 ruff grpcio-tools==1.85.1
export PATH="$folder/venv/bin:$PATH"
cat > game.proto <<'PROTO'
syntax = "proto3";
package game;
import "google/protobuf/duration.proto";
message Skill { google.protobuf.Duration offset = 1; }
PROTO
mkdir code
python -m grpc_tools.protoc -I. --python_betterproto2_out=code game.proto 2> /dev/null
touch code/__init__.py
mv code skills
python - <<'PY'
from google.protobuf.duration_pb2 import Duration
from skills.game import Skill

found = []
for seconds, nanos in [(0, -500_000_000), (-1, -500_000_000), (1, 500_000_000)]:
    given = Duration(seconds=seconds, nanos=nanos).SerializeToString()
    skill = Skill.parse(b"\x0a" + bytes([len(given)]) + given)
    written = Duration.FromString(bytes(skill)[2:])
    found.append((written.seconds, written.nanos))
    print((seconds, nanos), "is", skill.offset, "and then", found[-1])
assert found == [(0, 500_000_000), (-1, 500_000_000), (1, 500_000_000)]
PY
