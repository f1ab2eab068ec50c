"""A project's own metrics: what they may give, and what is said of one that goes wrong."""

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gdata.checks.metrics import Computed, Metric, check_metric, compute, load_metrics
from gdata.errors import ConfigError
from gdata.metrics import MARK, MetricMark, metric


def marked(function: Callable[..., Any], **mark: Any) -> Metric:
    return Metric(function, Path("metrics/economy.py"), 3, MetricMark(**mark))


def computed(gives: Any) -> Computed:
    def income(data: Any) -> Any:
        return gives() if callable(gives) else gives

    return compute(marked(income), None, lambda _: None)


def raises(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("gives", "values"),
    [
        (3, {"": 3.0}),
        (0.5, {"": 0.5}),
        (Decimal("1.5"), {"": 1.5}),
        ({"숲": 1, 7: 2.5}, {"숲": 1.0, "7": 2.5}),
        ({}, {}),
    ],
)
def test_a_metric_gives_a_number_or_numbers_by_name(gives: Any, values: dict[str, float]) -> None:
    assert computed(gives) == Computed(values)


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        (None, "it gives nothing; it must return a number, or a dict of numbers by name"),
        ("12", "it gives '12', which is no number"),
        (True, "it gives True, which is no number"),
        ([1, 2], "it gives [1, 2], which is no number"),
        (float("nan"), "it gives nan, which is no finite number"),
        ({"숲": float("inf")}, "it gives inf for 숲, which is no finite number"),
        ({"숲": 10**400}, "which is no finite number"),
        ({"숲": None}, "it gives nothing"),
        ({1: 1, "1": 2}, "it gives two values called 1"),
        (dict.fromkeys(range(1_000_000), 1), "it gives 1,000,000 values, and no more than 10,000 can be shown"),
        (raises(ZeroDivisionError("division by zero")), "division by zero (ZeroDivisionError)"),
        (raises(SystemExit(1)), "1 (SystemExit)"),
        (raises(RecursionError()), "RecursionError (RecursionError)"),
    ],
)
def test_what_is_no_number_is_told(gives: Any, why: str) -> None:
    found = computed(gives)
    assert found.failed is not None and why in found.failed.english and found.values == {}


def test_a_metric_that_takes_long_is_told_while_it_runs() -> None:
    said: list[str] = []

    def slow(data: Any) -> int:
        while not said:
            time.sleep(0.01)
        return 1

    assert compute(marked(slow), None, said.append, budget=0.05) == Computed({"": 1.0})
    assert said == ["the metric slow (metrics/economy.py:3) takes more than 0.05 s"]


def test_what_a_metric_prints_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert computed(lambda: print("loud") or 1) == Computed({"": 1.0})
    assert capsys.readouterr() == ("", "loud\n")


def test_values_outside_of_min_and_max_are_problems() -> None:
    def income(data: Any) -> dict[str, float]:
        """Gold an hour is between what is dull and what ruins the shop."""
        return {"숲": 5, "광산": 50, "성": 5000}

    low, high = check_metric(marked(income, unit="gold/h", min=10, max=1000), None, lambda _: None)
    assert (low.code, low.message, low.severity) == ("metric.income", "income 숲 is 5 gold/h, less than 10", "error")
    assert high.message == "income 성 is 5,000 gold/h, more than 1000"
    assert high.hint == "Gold an hour is between what is dull and what ruins the shop."


def test_a_metric_that_raises_is_a_problem_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "economy.py"
    file.write_text("from gdata.metrics import metric\n\n@metric\ndef income(data):\n    return data.Gone.gold\n")
    (one,) = load_metrics([file], ["server"])
    (problem,) = check_metric(one, SimpleNamespace(), lambda _: None)
    assert problem.code == "metric.income" and problem.hint.startswith("this is a fault of the metric at ")
    assert f"{tmp_path.name}/economy.py:5" in problem.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no metric in it"),
        ("def income(:", "this is no Python"),
        ("from gdata.metrics import metric\n@metric(target='clientt')\ndef one(data): pass", "no target clientt"),
        ("from gdata.metrics import metric\n@metric(min='x')\ndef one(data): pass", "min and max are numbers"),
        ("from gdata.metrics import metric\n@metric(min=2, max=1)\ndef one(data): pass", "more than max"),
        ("from gdata.metrics import metric\nmetric(5)", 'write @metric or @metric(unit="gold/h")'),
    ],
)
def test_a_file_that_can_not_be_used_is_told(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "economy.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"economy\.py") as found:
        load_metrics([file], ["server", "client"])
    assert said in str(found.value)


def test_two_metrics_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("from gdata.metrics import metric\n@metric\ndef income(data): return 1\n")
    with pytest.raises(ConfigError, match="a metric income stands at"):
        load_metrics([tmp_path / "a.py", tmp_path / "b.py"], ["server"])


def test_the_decorator_leaves_the_function_as_it_is() -> None:
    @metric
    def plain(data: int) -> int:
        return data + 1

    @metric(unit="gold", min=0)
    def bounded(data: int) -> int:
        return data

    assert plain(1) == 2 and getattr(plain, MARK) == MetricMark() and getattr(bounded, MARK) == MetricMark("gold", 0)
