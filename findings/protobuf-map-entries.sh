#!/usr/bin/env bash
# protobuf 7.36.2 for Python (pip install protobuf): the two implementations in the one package read the same bytes
# differently. A map<string, double> read by a schema that still says map<string, int32>: pure Python, and C++, keep
# the key with a zero, as a plain field of another wire type is zero; upb, the default, has no such key. Code that
# asks `"luck" in row.stats` goes another way, depending on an environment variable.
# (Guess: the key with a zero in both, as for plain fields, since an entry is a message of a key and a value.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q protobuf==7.36.2
cat > "$folder/read.py" <<'PYTHON'
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.api_implementation import Type
from google.protobuf.message_factory import GetMessageClass


def row_class(package, value_type):
    """message Row { map<string, VALUE_TYPE> stats = 1; }"""
    file = FileDescriptorProto(name="row.proto", package=package, syntax="proto3")
    row = file.message_type.add(name="Row")
    entry = row.nested_type.add(name="StatsEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=FieldDescriptorProto.TYPE_STRING, label=1)
    entry.field.add(name="value", number=2, type=value_type, label=1)
    row.field.add(
        name="stats", number=1, type=FieldDescriptorProto.TYPE_MESSAGE, label=3, type_name=f".{package}.Row.StatsEntry"
    )
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{package}.Row"))


written = row_class("now", FieldDescriptorProto.TYPE_DOUBLE)(stats={"luck": 1.5}).SerializeToString()
print(Type(), dict(row_class("before", FieldDescriptorProto.TYPE_INT32).FromString(written).stats))
PYTHON
by_upb=$(PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=upb "$folder/venv/bin/python" "$folder/read.py")
by_python=$(PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python "$folder/venv/bin/python" "$folder/read.py")
printf '%s\n%s\n' "$by_upb" "$by_python"
[ "$by_upb" = "upb {}" ] && [ "$by_python" = "python {'luck': 0}" ]
