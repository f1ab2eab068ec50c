import functools
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from diffcases import PROTO, as_json, diff_of, side
from jsonschema import Draft202012Validator

from gdata.config import Gate, GateRule
from gdata.diffs.compare import compare
from gdata.diffs.gate import judge
from gdata.diffs.model import Diff, Side
from gdata.diffs.renderers.json import to_json, written

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
    text = "".join(to_json(diff, judge(diff, Gate(rules=(GateRule("nothing", deny="any"),)))))
    VALIDATOR.validate(json.loads(text, parse_constant=pytest.fail))
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1)


def test_the_schema_refuses_what_it_does_not_know() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    good: dict[str, Any] = as_json(to_json(cases()["everything"], judge(cases()["nothing"], Gate())))
    for wrong in (
        {**good, "extra": 1},
        {**good, "gate": {"passed": True}},
        {k: v for k, v in good.items() if k != "old"},
    ):
        assert not VALIDATOR.is_valid(wrong)


@pytest.mark.parametrize("empty", [{}, [], "", None])
def test_it_is_written_as_the_standard_library_does(empty: Any) -> None:
    value = {
        "a\n\u2028": [1, -2, 1.5, 1e300, True, False, None, '검"\\\t\x7f\ud800'],
        "b": {"": [[], [{}], empty]},
        "c": empty,
    }
    assert "".join(written(value)) == json.dumps(value, ensure_ascii=False, indent=1)
    for rows in ([value, value], []):
        assert "".join(written({"rows": iter(rows)})) == json.dumps({"rows": rows}, ensure_ascii=False, indent=1)
    made: list[int] = []
    pieces = written({"rows": ({"number": made.append(one)} for one in range(100))})
    assert "".join(islice(pieces, 4)).count("number") == len(made) < 4
