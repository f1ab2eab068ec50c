#!/usr/bin/env bash
# proto-plus 1.29.0 (pip install proto-plus protobuf), with which Google's own clients for Python are made: a datetime before
# 1970 with a fraction is another second. 1969-12-31 23:59:59.5 becomes the Timestamp 1970-01-01T00:00:00.5Z, and each
# half of a second before that one second more: the fraction is taken from the datetime, the seconds are rounded towards
# zero. datetime.max, which many tables have for "never ends", becomes a Timestamp of the year 10000, which protobuf
# forbids and proto-plus itself can't read. Nothing is said; what lies between is right.
# (Guess: what Timestamp.FromDatetime makes of the same datetime.)
# Exits 0 while that is so, 1 once it isn't.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q proto-plus==1.29.0 protobuf==7.36.2
venv/bin/python - <<'PY'
from datetime import UTC, datetime

import proto
from google.protobuf.timestamp_pb2 import Timestamp


class Event(proto.Message):
    at = proto.Field(Timestamp, number=1)


late = {}
for moment in [
    datetime(1960, 1, 1, 0, 0, 0, 500_000, UTC),
    datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC),
    datetime(1960, 1, 1, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime.max.replace(tzinfo=UTC),
]:
    right, made = Timestamp(), Timestamp.FromString(Event.serialize(Event(at=moment))[2:])
    right.FromDatetime(moment)
    late[str(moment.year) + ("" if moment.microsecond else " whole")] = made.seconds - right.seconds
    print(moment, "is", (made.seconds, made.nanos), "and should be", (right.seconds, right.nanos))
assert late == {"1960": 1, "1969": 1, "1960 whole": 0, "2026": 0, "9999": 1}
try:
    print(Event.deserialize(Event.serialize(Event(at=datetime.max.replace(tzinfo=UTC)))).at)
except OverflowError as error:
    print("read again:", error)
else:
    raise SystemExit(1)
PY
