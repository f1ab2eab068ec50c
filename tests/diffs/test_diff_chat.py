"""A diff as Slack and Discord take it: within their limits, and nothing of a cell acts there."""

import json
from typing import Any

import pytest
from diffcases import PROTO, diff_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gdata.config import Gate, GateRule, Limit
from gdata.diffs.gate import judge
from gdata.diffs.metrics import MetricDiff
from gdata.diffs.model import Diff
from gdata.diffs.presentation import presentation_of
from gdata.diffs.renderers.chat import to_discord, to_plain, to_slack
from gdata.testing.bundles import compile_protos

OLD = [{"id": 1, "name": "철검", "price": 50}, {"id": 2, "name": "활", "price": 80}]
NEW = [{"id": 1, "name": "철검", "price": 70}]
HALF = Gate(rules=(GateRule("price-swing", fields=("price",), limit="max_change", limit_by=Limit(10, percent=True)),))


def game(old: list[Any] = OLD, new: list[Any] = NEW) -> Diff:
    diff = diff_of({"ItemTable": old}, {"ItemTable": new})
    income = MetricDiff("income", "server", "gold/h", {"숲": 100}, {"숲": 130})
    return Diff(diff.old, diff.new, diff.summary, diff.targets, (income,))


def words() -> Any:
    return presentation_of(compile_protos(PROTO))


def test_a_message_has_headline_gate_metrics_and_rows() -> None:
    diff = game()
    text = to_plain(diff, judge(diff, HALF), presentation=words(), title="live is now at R")
    assert text.splitlines()[0] == "live is now at R"
    for line in (
        "1 table changed · 1 row removed · 1 row changed · 1 cell",
        "❌ gate: blocked by price-swing",
        "• blocks price-swing · ItemTable: [1] 철검: 가격 50 → 70, more than 10%",
        "income (gold/h)",
        "숲 100 → 130  × 1.3",
        "~ 1 철검  가격 50 → 70 × 1.4",
        "1 row removed · 1 row changed",
        "− 2 활  가격: 80 · sell: 0 · rate: 0 · power: 0 · grade: GRADE_NONE",
    ):
        assert line in text.splitlines(), text


def check_slack(message: dict[str, Any]) -> None:
    assert message["text"] and 1 <= len(message["blocks"]) <= 50
    head, *rest = message["blocks"]
    assert head["type"] == "header" and 1 <= len(head["text"]["text"]) <= 150
    for block in rest:
        assert block["type"] == "section" and 1 <= len(block["text"]["text"]) <= 3000


def check_discord(message: dict[str, Any]) -> None:
    (embed,) = message["embeds"]
    assert 1 <= len(embed["title"]) <= 256 and 1 <= len(embed["description"]) <= 4096 and len(embed["fields"]) <= 25
    assert all(1 <= len(one["name"]) <= 256 and 1 <= len(one["value"]) <= 1024 for one in embed["fields"])
    parts = [embed["title"], embed["description"], *(one[key] for one in embed["fields"] for key in ("name", "value"))]
    assert sum(map(len, parts)) <= 6000 and message["allowed_mentions"] == {"parse": []}


@settings(max_examples=15)
@given(st.text(max_size=300), st.text(min_size=1, max_size=300), st.integers(1, 300))
def test_the_services_limits_hold_whatever_is_in_the_cells(name: str, title: str, rows: int) -> None:
    old = [{"id": n, "name": name, "price": n, "rewards": [{"item_id": n, "count": 1}] * 5} for n in range(rows)]
    new = [{"id": n, "name": f"{name}!", "price": n * 7 + 1, "rewards": [{"item_id": 0}] * 9} for n in range(rows)]
    diff = game(old, new)
    verdict = judge(diff, Gate(rules=(GateRule("x" * 200, deny="any"),)))
    check_slack(to_slack(diff, verdict, title=title))
    check_discord(to_discord(diff, verdict, title=title))
    json.dumps(to_slack(diff, verdict), allow_nan=False)


@pytest.mark.parametrize("hostile", ["<!channel>", "<@U123>", "<https://evil.example|click>", "*bold* `code`", "&lt;"])
def test_a_cell_mentions_nobody_in_slack_and_is_no_link(hostile: str) -> None:
    diff = game([{"id": 1, "name": "x", "price": 1}], [{"id": 1, "name": hostile, "price": 1}])
    told = json.dumps(to_slack(diff, judge(diff, Gate())), ensure_ascii=False)
    assert "<" not in told and ">" not in told.replace("→", "")


def test_a_cell_mentions_nobody_in_discord() -> None:
    diff = game([{"id": 1, "name": "x", "price": 1}], [{"id": 1, "name": "@everyone <@1>", "price": 2}])
    message = to_discord(diff, judge(diff, Gate()))
    assert message["allowed_mentions"] == {"parse": []}
