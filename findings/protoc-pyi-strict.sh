#!/usr/bin/env bash
# protoc of grpcio-tools 1.85.1 (pip install grpcio-tools mypy types-protobuf): the .pyi that `--pyi_out` writes doesn't pass
# `mypy --strict` where a message has a message or map in a field: its __init__ takes a bare `_Mapping`. A project that
# checks strictly gets an error for each of its messages, in files that nobody wrote by hand; what reads well in editors
# can't be checked in CI.
# (Guess: `_Mapping[str, _Any]`: whoever generates stubs has them checked.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q grpcio-tools==1.85.1 mypy==2.4.1 types-protobuf
cat > item.proto <<'PROTO'
syntax = "proto3";
message Reward { int32 count = 1; }
message Item { Reward reward = 1; }
PROTO
venv/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. item.proto
told=$(venv/bin/mypy --strict item_pb2.pyi || true)
echo "$told"
grep -q 'Missing type .* for generic type "_\?Mapping"' <<< "$told"
