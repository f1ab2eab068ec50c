"""What a change does to metrics, and the gate's rules on them."""

import json
import math
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from diffcases import as_json, diff_of
from rich.console import Console

from gdata.config import Gate, GateRule, Limit
from gdata.diffs.gate import GateVerdict, judge
from gdata.diffs.metrics import MetricDiff, change_size
from gdata.diffs.model import Diff
from gdata.diffs.renderers.html import to_html
from gdata.diffs.renderers.json import to_json
from gdata.diffs.renderers.markdown import to_markdown
from gdata.diffs.renderers.text import render_text
from gdata.language import sentence

OLD = {"숲": 100.0, "광산": 50.0, "성": 10.0, "섬": 1.0}
NEW = {"숲": 130.0, "광산": 10.0, "성": 10.0, "탑": 7.0}
INCOME = MetricDiff("income", "server", "gold/h", OLD, NEW)


def with_metrics(*metrics: MetricDiff) -> Diff:
    diff = diff_of({"ItemTable": [{"id": 1}]}, {"ItemTable": [{"id": 1, "price": 5}]})
    return Diff(diff.old, diff.new, diff.summary, diff.targets, metrics)


def judged(metric: MetricDiff, **rule: object) -> GateVerdict:
    limits = {"limit_by": Limit(0), **rule}
    return judge(with_metrics(metric), Gate("off", (GateRule("rule", metrics=("inc*",), **limits),)))  # type: ignore[arg-type]


def test_the_largest_change_comes_first_and_what_is_only_on_one_side_is_apart() -> None:
    assert INCOME.as_json() == {
        "unit": "gold/h",
        "target": "server",
        "changed": {"광산": {"old": 50.0, "new": 10.0}, "숲": {"old": 100.0, "new": 130.0}},
        "added": {"탑": 7.0},
        "removed": {"섬": 1.0},
        "failed": None,
    }
    assert list(INCOME.changed) == ["광산", "숲"]


@pytest.mark.parametrize(
    ("old", "new", "size"), [(1, 1, 0), (1, 2, math.log(2)), (2, 1, math.log(2)), (0, 1, math.inf), (-1, 1, math.inf)]
)
def test_a_half_and_a_double_are_changes_of_one_size(old: float, new: float, size: float) -> None:
    assert change_size(old, new) == pytest.approx(size)


def test_sums_that_came_out_in_another_order_are_the_same() -> None:
    assert not MetricDiff("x", "server", "", {"": 0.1 + 0.2}, {"": 0.3}).differs


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"limit": "max_change", "limit_by": Limit(50, percent=True)}, ["income: 광산 50 → 10, more than 50%"]),
        ({"limit": "max_increase", "limit_by": Limit(20, percent=True)}, ["income: 숲 100 → 130, more than 20%"]),
        ({"limit": "max_decrease", "limit_by": Limit(39)}, ["income: 광산 50 → 10, more than 39"]),
        ({"limit": "min", "limit_by": Limit(8)}, ["income: 탑 is 7, less than 8"]),
        ({"limit": "max", "limit_by": Limit(100)}, ["income: 숲 is 130, more than 100"]),
        ({"limit": "max", "limit_by": Limit(1000)}, []),
    ],
)
def test_the_gate_holds_metrics_to_its_rules(rule: dict[str, object], told: list[str]) -> None:
    verdict = judged(INCOME, **rule)
    assert [one.message for one in verdict.violations] == told
    assert all(one.metric == "income" and one.table is None for one in verdict.violations)


def test_one_that_can_not_be_computed_breaks_the_rules_about_it_and_one_that_only_could_not_does_not() -> None:
    why = sentence("division by zero")
    broken = MetricDiff("income", "server", failed=why, is_broken=True)
    (violation,) = judged(broken, limit="max_change").violations
    assert violation.message == "income can't be computed: division by zero"
    assert judged(MetricDiff("income", "server", new=NEW, failed=why), limit="max_change").passed
    assert not judged(MetricDiff("income", "server", new=NEW, failed=why), limit="min", limit_by=Limit(8)).passed


def test_every_form_tells_them() -> None:
    broken = MetricDiff("pulls", "server", failed=sentence("no such table"), is_broken=True)
    diff = with_metrics(INCOME, broken)
    verdict = judge(diff, Gate())
    page = StringIO()
    render_text(Console(file=page, width=80), diff, verdict)
    lines = [" ".join(line.split()) for line in page.getvalue().splitlines()]
    assert "income (gold/h) 광산 50 10 × 0.2" in lines and "숲 100 130 × 1.3" in lines
    assert "탑 (none) 7" in lines and "pulls: no such table" in lines
    assert "| income (gold/h) | 광산 | 50 | 10 | × 0.2 |".replace("(", "&#40;").replace(")", "&#41;") in to_markdown(
        diff, verdict
    )
    assert '["광산",50.0,10.0,"50","10","× 0.2"]' in to_html(diff, verdict)
    schema = json.loads((Path(__file__).parents[2] / "docs/diff.schema.json").read_text("utf-8"))
    jsonschema.validate(as_json(to_json(diff, verdict)), schema)
