"""What else the core does by itself is what Python does without it."""

from __future__ import annotations

import hashlib
from random import Random

import pytest

from gdata._core import core
from gdata.bundles.index import make_index
from gdata.bundles.manifest import Part
from gdata.testing.views import build_views

pytestmark = pytest.mark.skipif(core() is None, reason="gdata was installed without a compiler")

SCHEMA = """
syntax = "proto3"; package game; import "gdata/options.proto";
message A { int64 id = 1 [(gdata.field).key = true]; string name = 2; double rate = 3; }
message ATable { repeated A rows = 1; }
message B { uint64 id = 7 [(gdata.field).key = true]; string name = 200; }
message BTable { repeated B rows = 3; }
message C { sint32 id = 1 [(gdata.field).key = true]; string name = 2 [(gdata.field).key = true]; }
message CTable { repeated C rows = 1; }
"""


@pytest.mark.parametrize("table", ["ATable", "BTable", "CTable"])
@pytest.mark.parametrize("ids", ["dense", "rising", "mixed", "wide"])
def test_index(table: str, ids: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(1)
    numbers = {"dense": range(5, 105), "rising": range(0, 700, 7), "mixed": random.sample(range(10**6), 100)}
    wide = [-(2**40), 2**40, 3] if table == "ATable" else [2**40, 3] if table == "BTable" else [-(2**31), 2**31 - 1]
    rows = [{"id": number, "name": "얼음" * random.randint(0, 90)} for number in numbers.get(ids, wide)]
    view = build_views(SCHEMA, {table: rows})[table]
    part = Part("x.binpb", hashlib.sha256(view.content).hexdigest(), len(view.content), len(rows))
    key = [field.name for field in view.plan.key]
    made = make_index([view.content], part, view.plan.descriptor, key)
    monkeypatch.setenv("GDATA_CORE", "0")
    assert made is not None
    assert made == make_index([view.content], part, view.plan.descriptor, key)


COLUMN = (b"", (1,), 0, 0, 0, 0, 0, b"")


@pytest.mark.parametrize(("name", "arguments"), [("meets", (b"", ((1,),))), ("refers", (COLUMN, (1,), None, 0))])
def test_what_is_no_tuple_is_an_error(name: str, arguments: tuple[object, ...]) -> None:
    native = core()
    if native is None:
        pytest.skip("the core isn't built")
    with pytest.raises(TypeError):
        getattr(native, name)(*arguments)
