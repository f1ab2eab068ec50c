import functools
import json
from pathlib import Path
from typing import Any

import pytest
from diffcases import PROTO, diff_of, side
from jsonschema import Draft202012Validator

from gdata.config import Gate, GateRule
from gdata.diffs.compare import compare
from gdata.diffs.gate import judge
from gdata.diffs.model import Diff, Side
from gdata.diffs.reporting import to_json

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "diff.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
ITEMS = [{"id": n, "price": n, "rewards": [{"item_id": n}], "rate": float("nan")} for n in range(9)]


@functools.cache
def cases() -> dict[str, Diff]:
    broken = PROTO.replace("int32 sell = 4;", "string sell = 4; int32 more = 14;")
    old = {"ItemTable": ITEMS, "LineTable": [{"text": "a"}], "Constants": {"max_level": 1}, "DropTable": []}
    new = {"ItemTable": [*ITEMS[:0:-1], {"id": 77}], "LineTable": [{"text": "b"}, {"text": "c"}], "Constants": {}}
    renamed = PROTO.replace("ItemTable", "GoodsTable")
    return {
        "nothing": diff_of(old, old),
        "everything": compare(side("old", old), side("new", new, broken)),
        "first": compare(Side("live"), side("output", old)),
        "release": compare(Side("live", "20261123-091245-9f3ac1d0", side("x", old).bundles), side("output", new)),
        "renamed": diff_of({"ItemTable": ITEMS}, {"GoodsTable": ITEMS}, new_protos=renamed),
    }


@pytest.mark.parametrize("name", cases())
def test_the_json_is_what_the_schema_says(name: str) -> None:
    diff = cases()[name]
    written = json.dumps(to_json(diff, judge(diff, Gate(rules=(GateRule("nothing", deny="any"),)))), allow_nan=False)
    VALIDATOR.validate(json.loads(written))


def test_the_schema_refuses_what_it_does_not_know() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    good: dict[str, Any] = to_json(cases()["everything"], judge(cases()["nothing"], Gate()))
    for wrong in (
        {**good, "extra": 1},
        {**good, "gate": {"passed": True}},
        {k: v for k, v in good.items() if k != "old"},
    ):
        assert not VALIDATOR.is_valid(wrong)
